"""`cachediff rules [RULE]`: the catalogue, or one rule."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cachediff.cli.options import AnswerFormat, AnswerOption, Color
from cachediff.errors import UsageError
from cachediff.text.globs import is_glob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.rules.rule import Rule


_FIELDS = ("id", "severity", "scope", "summary", "why", "fix")


def run(
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="A rule's id, such as os-dropped, a part of ids, or a glob.")
    ] = None,
    format: AnswerOption = AnswerFormat.text,
) -> int:
    """Print every rule in a line, those that match a word, or one rule in full. Returns 0."""
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.render.answer import write_answer
    from cachediff.render.terminal import finish
    from cachediff.rules.catalogue import RULES

    found = _find(rule, RULES) if rule else RULES
    if format is AnswerFormat.json:
        write_stdout(write_answer({"rules": [*map(_describe, found)]}, ("rules",)))
        return 0
    text = _explain(found[0]) if len(found) == 1 else _list(found)
    write_stdout(finish(text, stdout_options(Color.never, is_quiet=False, is_verbose=False)))
    return 0


def _list(rules: Sequence[Rule]) -> str:
    width = max(len(rule.id) for rule in rules)
    return "".join(f"{rule.id:{width}}  {rule.severity:7}  {rule.summary}\n" for rule in rules)


def _find(word: str, rules: Sequence[Rule]) -> Sequence[Rule]:
    """Return the rule of an id, else those that a glob matches, or whose ids a word is part of.

    Raises UsageError where there is none, with the nearest one.
    """
    from fnmatch import fnmatchcase

    ids = [rule.id for rule in rules]
    glob = word if word in ids or is_glob(word) else f"*{word}*"
    found = [rule for rule in rules if fnmatchcase(rule.id, glob)]
    if not found:
        from difflib import get_close_matches

        near = get_close_matches(word, ids)
        message = f"no rule is or matches {word!r}"
        raise UsageError(message, hint=f"did you mean {near[0]!r}?" if near else "cachediff rules lists them")
    return found


def _describe(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON has it (schemas/rules.schema.json)."""
    has_mirror = _has_mirror(rule)
    return {name: getattr(rule, name) for name in _FIELDS} | {
        "threshold": {"percent": rule.threshold.percent, "at_least": rule.threshold.at_least} if rule.threshold else None,
        "mirror": rule.mirror if has_mirror else None,
        "no_mirror": None if has_mirror else rule.mirror,
    }


def _has_mirror(rule: Rule) -> bool:
    return not rule.mirror.startswith("no mirror")


def _explain(rule: Rule) -> str:
    threshold = rule.threshold
    sections = [
        f"{rule.id} ({rule.severity}): {rule.summary}",
        f"why it matters: {rule.why}",
        f"how to fix it: {rule.fix}",
        *([f"threshold: more than {threshold.percent:g} percent, and at least {threshold.at_least}"] if threshold else []),
        f"mirror: {rule.mirror}" if _has_mirror(rule) else rule.mirror,
    ]
    # Ids of rules have hyphens, and are to be copied.
    return "\n\n".join(textwrap.fill(section, 80, break_on_hyphens=False) for section in sections) + "\n"
