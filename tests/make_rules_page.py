"""Writes docs/rules.md, in which each rule has a heading that a link can lead to, and the rules of the policy's schema.

Run it as `python -m tests.make_rules_page`. Tests show that it gives the committed files.
"""

from __future__ import annotations

import json
import re
import textwrap
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES
from cachediff.policy.losses import LOSS
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.rules.rule import Rule

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
SCHEMA = Path(__file__).parent.parent / "schemas" / "policy.schema.json"
WIDTH = 150
OPENING = (
    "What each rule sees, why that matters, and what to do about it; `cachediff rules RULE` prints the same. The severities "
    "are the built-in ones: a [policy](policy.md) may set others. Made by `python -m tests.make_rules_page`."
)


def write_page() -> str:
    """Return the page: the rules by severity in a list, and one by one in the order of the catalogue."""
    listed = [
        f"* **{severity}**: {', '.join(f'[{rule.id}](#{rule.id})' for rule in RULES if rule.severity == severity)}"
        for severity in SEVERITIES
    ]
    return "\n".join(["# Rules", "", _wrap(OPENING), "", *map(_wrap, listed), *chain(*map(_describe, RULES))]) + "\n"


def write_schema() -> str:
    """Return the schema of policies with the rules as they are: what may be set of each, and which may be accepted."""
    settings = [f'        "{rule.id}": {_write_setting(rule)}' for rule in RULES]
    words = [f'                "{word}"' for word in (*(rule.id for rule in RULES), LOSS)]
    # These lines alone: all else is written by hand, in a layout that no program gives back.
    text = _replace_lines(SCHEMA.read_text(encoding="utf-8"), r' {8}"[a-z-]+": \{ "\$ref": "#/\$defs/(?!glob).*', settings)
    return _replace_lines(text, r' {16}"[a-z-]+"', words)


def _replace_lines(text: str, pattern: str, lines: list[str]) -> str:
    """Return a text with other lines in place of those that follow each other and match, all but the last with a comma."""
    # A function, since the backslashes of a replacement would be read.
    return re.sub(rf"(?m)(?:^{pattern},\n)+^{pattern}$", lambda _: ",\n".join(lines), text)


def _write_setting(rule: Rule) -> str:
    """Return what a policy may set of a rule; one on the policy itself never fails a run."""
    kind = "threshold_setting" if rule.threshold else "setting"
    if rule.scope == "policy":
        kind = "expiry" if rule.severity == "warning" else "tidiness"
    return f'{{ "$ref": "#/$defs/{kind}", "description": {json.dumps(rule.summary)} }}'


def _describe(rule: Rule) -> Iterator[str]:
    yield from ("", f"## {rule.id}", "", _wrap(f"{rule.severity.capitalize()}: {rule.summary}."))
    yield from ("", _wrap(f"**Why it matters.** {rule.why}"), "", _wrap(f"**What to do.** {rule.fix}"))
    if rule.threshold:
        yield from (
            "",
            _wrap(f"Threshold: more than {rule.threshold.percent:g} percent, and at least {rule.threshold.at_least}."),
        )
    mirror = (
        rule.mirror[0].upper() + rule.mirror[1:]
        if rule.mirror.startswith("no mirror")
        else f"Mirror: [{rule.mirror}](#{rule.mirror})"
    )
    yield from ("", _wrap(f"{mirror}."))


def _wrap(text: str) -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent="  " * text.startswith("* "), break_on_hyphens=False, break_long_words=False
    )


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
    SCHEMA.write_text(write_schema(), encoding="utf-8")
