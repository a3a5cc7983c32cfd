"""Where the time of one run goes: `python -m benchmarks.stages OLD NEW` prints CPU seconds by stage, as JSON.

The functions that are the stages are wrapped with a clock; a stage that is called within another does not count there too. They are called
once a page or package at most, so that the clock costs little; the sum is what the process took from its first to its last instruction.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = {
    "find the pages": ("cachediff.engine.loop:find_pages",),
    "read their bytes": ("cachediff.sources.pages.page:read_page_file",),
    "digest them": ("cachediff.sources.pages.page:sha256", "cachediff.engine.loop:digest_pages"),
    "front matter and meta": ("cachediff.sources.pages.page:_parse_fast",),
    "specs: cut, decode, validate, spell": ("cachediff.sources.pages.decoder:SpecDecoder.read_specs",),
    "pair specs": ("cachediff.comparison.packages:match",),
    "cells, counts and claims": ("cachediff.comparison.packages:add_up",),
    "facets by cell": ("cachediff.comparison.packages:compare_facets",),
    "what became of the removed": ("cachediff.comparison.packages:find_stand_ins",),
    "other work on a package": ("cachediff.engine.loop:compare_package",),
    "sums": ("cachediff.comparison.totals:Tally.add",),
    "rules and severities": ("cachediff.review.report:judge",),
    "causes": ("cachediff.review.report:find_causes", "cachediff.review.report:explain_findings"),
    "what is reported of a package": ("cachediff.review.report:_report_package",),
    "JSON report": ("cachediff.cli.output:_write_stdout",),
}
START = "start, imports, loops between stages"


class Clock:
    """CPU seconds by stage. Time belongs to the innermost stage that runs."""

    def __init__(self) -> None:
        self.seconds = {START: 0.0} | dict.fromkeys(STAGES, 0.0)
        self._running = [START]
        self._last = 0.0  # the process's own clock starts with the process

    def switch(self) -> None:
        """Give the time since the last switch to the stage that runs."""
        now = process_time()
        self.seconds[self._running[-1]] += now - self._last
        self._last = now

    def wrap(self, stage: str, place: str) -> None:
        """Put a function that keeps time in the place of a function or method, named as `module:name`."""
        module, _, path = place.partition(":")
        *owners, name = path.split(".")
        owner: Any = import_module(module)
        for one in owners:
            owner = getattr(owner, one)
        function: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            self.switch()
            self._running.append(stage)
            try:
                return function(*arguments, **options)
            finally:
                self.switch()
                self._running.pop()

        setattr(owner, name, timed)


def main() -> None:
    """Run the command line: one process, JSON report to nowhere, seconds by stage to stdout."""
    from cachediff.cli.main import run

    old, new = sys.argv[1:]
    clock = Clock()
    for stage, places in STAGES.items():
        for place in places:
            clock.wrap(stage, place)
    stdout = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), 1)
    run([old, new, "--format", "json", "--jobs", "1"])
    clock.switch()
    os.write(stdout, json.dumps(clock.seconds).encode())


if __name__ == "__main__":
    main()
