"""A report in a format: where renderers, which know the report alone, are told what the rules say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.render.formats import RENDERERS, STREAMS, refuse_format
from cachediff.render.options import DEFAULT_OPTIONS, Options, RuleText
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.report import Report

# A renderer may import no rule (a contract in pyproject.toml): what it quotes of them is handed to it.
RULE_TEXTS = {rule.id: RuleText(**{name: getattr(rule, name) for name in RuleText.__struct_fields__}) for rule in RULES}


def stream(report: Report, format: str = "text", options: Options = DEFAULT_OPTIONS) -> Iterator[str]:
    """Yield the report in one format, in pieces that add up to what `render` returns.

    Raises UsageError for an unknown format.
    """
    # The others need all of a report before their first line.
    if format in STREAMS:
        yield from STREAMS[format](report, tell_rules(options))
    else:
        yield render(report, format, options)


def render(report: Report, format: str = "text", options: Options = DEFAULT_OPTIONS) -> str:
    """Return the report in one format, ending in a line break. Raises UsageError for an unknown format."""
    if format not in RENDERERS:
        raise refuse_format(format)
    return RENDERERS[format](report, tell_rules(options))


def tell_rules(options: Options) -> Options:
    """Return the options with the texts of all rules."""
    return replace(options, rules=RULE_TEXTS)
