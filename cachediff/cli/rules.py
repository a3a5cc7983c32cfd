"""`cachediff rules [RULE]`: the catalogue, or one rule."""

from __future__ import annotations

import sys
import textwrap
from typing import Annotated

import typer

from cachediff.errors import UsageError


def run(rule: Annotated[str | None, typer.Argument(metavar="RULE", help="A rule's id, such as os-dropped.")] = None) -> int:
    """Print every rule in a line, or one rule in full. Returns 0."""
    from cachediff.rules.catalogue import RULES

    if rule is None:
        width = max(len(one.id) for one in RULES)
        sys.stdout.write("".join(f"{one.id:{width}}  {one.severity:7}  {one.summary}\n" for one in RULES))
        return 0
    found = next((one for one in RULES if one.id == rule), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(rule, [one.id for one in RULES])
        message = f"unknown rule {rule!r}"
        raise UsageError(message, hint=f"did you mean {near[0]!r}?" if near else "cachediff rules lists them")
    threshold = found.threshold
    sections = [
        f"{found.id} ({found.severity}): {found.summary}",
        f"why it matters: {found.why}",
        f"how to fix it: {found.fix}",
        f"mirror: {found.mirror.removeprefix('no mirror: ')}",
        *([f"threshold: more than {threshold.percent:g} percent, and at least {threshold.at_least}"] if threshold else []),
    ]
    sys.stdout.write("\n\n".join(textwrap.fill(section, 80, break_on_hyphens=False) for section in sections) + "\n")
    return 0
