"""`cachediff rules [RULE]`: the catalogue, or one rule."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.options import Color
from cachediff.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.rules.rule import Rule


def run(rule: Annotated[str | None, typer.Argument(metavar="RULE", help="A rule's id, such as os-dropped.")] = None) -> int:
    """Print every rule in a line, or one rule in full. Returns 0."""
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.render.terminal import finish
    from cachediff.rules.catalogue import RULES

    text = _explain(_find(rule, RULES)) if rule else _list(RULES)
    write_stdout(finish(text, stdout_options(Color.never, is_quiet=False, is_verbose=False)))
    return 0


def _list(rules: Sequence[Rule]) -> str:
    width = max(len(rule.id) for rule in rules)
    return "".join(f"{rule.id:{width}}  {rule.severity:7}  {rule.summary}\n" for rule in rules)


def _find(id: str, rules: Sequence[Rule]) -> Rule:
    """Return the rule of that id. Raises UsageError with the nearest one."""
    by_id = {rule.id: rule for rule in rules}
    if id not in by_id:
        from difflib import get_close_matches

        near = get_close_matches(id, by_id)
        message = f"unknown rule {id!r}"
        raise UsageError(message, hint=f"did you mean {near[0]!r}?" if near else "cachediff rules lists them")
    return by_id[id]


def _explain(rule: Rule) -> str:
    has_mirror = not rule.mirror.startswith("no mirror")
    threshold = rule.threshold
    sections = [
        f"{rule.id} ({rule.severity}): {rule.summary}",
        f"why it matters: {rule.why}",
        f"how to fix it: {rule.fix}",
        *([f"threshold: more than {threshold.percent:g} percent, and at least {threshold.at_least}"] if threshold else []),
        f"mirror: {rule.mirror}" if has_mirror else rule.mirror,
    ]
    return "\n\n".join(textwrap.fill(section, 80, break_on_hyphens=False) for section in sections) + "\n"
