"""Writes docs/rules.md: what `cachediff rules` says of each rule, with a heading that a link can lead to.

Run it as `python -m tests.make_rules_page`. A test shows that it gives the committed page.
"""

from __future__ import annotations

import textwrap
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.rules.rule import Rule

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
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
