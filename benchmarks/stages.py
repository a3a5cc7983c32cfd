"""Where the time of one run goes: `python -m benchmarks.stages OLD NEW` prints CPU seconds by stage, as JSON.

The functions that are the stages are wrapped with a clock; a stage that is called within another does not count there too.
They are called once a page or package at most, so that the clock costs little; the sum is what the process took from its
first to its last instruction. The table holds the functions themselves: one that is renamed or moved ends this with an
error.
"""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from time import process_time
from typing import TYPE_CHECKING, Any

from cachediff.cli.main import run
from cachediff.cli.output import write_reports
from cachediff.comparison.causes import find_causes
from cachediff.comparison.collectors.totals import Totals
from cachediff.comparison.counts import add_up
from cachediff.comparison.facets import compare_facets
from cachediff.comparison.match import match
from cachediff.comparison.outcomes import find_replacements
from cachediff.comparison.packages import compare_package
from cachediff.domain.package import digest_packages
from cachediff.review.causes import explain_findings
from cachediff.review.judge import judge
from cachediff.sources.open import Door
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.page import parse_page
from cachediff.sources.regular import read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

STAGES: dict[str, tuple[Callable[..., Any], ...]] = {
    "find the pages": (Door.open,),
    "read their bytes": (read_bytes,),
    "digest them": (sha256, digest_packages),
    "front matter and meta": (parse_page,),
    "specs: cut, decode, validate, spell": (SpecDecoder.read_specs,),
    "pair specs": (match,),
    "cells, counts and claims": (add_up,),
    "facets by cell": (compare_facets,),
    "what became of the removed": (find_replacements,),
    "other work on a package": (compare_package,),
    "sums": (Totals.add,),
    "rules and severities": (judge,),
    "causes": (find_causes, explain_findings),
    "report": (write_reports,),
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

    def wrap(self, stage: str, function: Callable[..., Any]) -> None:
        """Put a function that keeps time wherever cachediff has this one. Raises LookupError where it has not."""

        def timed(*arguments: Any, **options: Any) -> Any:
            self.switch()
            self._running.append(stage)
            try:
                return function(*arguments, **options)
            finally:
                self.switch()
                self._running.pop()

        places = [*_find_places(function)]
        if not places:
            message = f"cachediff does not use {function.__qualname__}"
            raise LookupError(message)
        for owner, name in places:
            setattr(owner, name, timed)


def _find_places(function: Callable[..., Any]) -> Iterator[tuple[ModuleType | type, str]]:
    """Yield each module or class of cachediff that has a function, and its name there."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "cachediff"]
    classes = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    owners: list[ModuleType | type] = [*modules, *classes]
    for owner in owners:
        yield from ((owner, name) for name, value in vars(owner).items() if value is function)


def main() -> None:
    """Run the command line: one process, JSON report to nowhere, seconds by stage to stdout."""
    old, new = sys.argv[1:]
    clock = Clock()
    for stage, functions in STAGES.items():
        for function in functions:
            clock.wrap(stage, function)
    stdout = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), 1)
    run([old, new, "--format", "json", "--jobs", "1"])
    clock.switch()
    os.write(stdout, json.dumps(clock.seconds).encode())


if __name__ == "__main__":
    main()
