"""Why hashes are new, as the HTML page shows it: a table of causes, each of which unfolds into facts and a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.domain.rebuilds import MAX_LISTED, RebuildCause
from cachediff.render.rebuilds import name_record, say_why, sum_up_rebuilds
from cachediff.text.words import number

if TYPE_CHECKING:
    from cachediff.domain.rebuilds import Rebuilds
    from cachediff.domain.report import Report
    from cachediff.domain.spec import FieldChange

MAX_FACTS = 50
"""How many differing facts of a cause are told in full: real ones have 20 at most."""

MAX_CHAIN = 50
"""How many records of a chain are shown: ours are shorter, a report that somebody else wrote may be longer."""

_NAMES = {"variants": "variant", "dependencies": "dependency", "external": "external path"}
"""How fields are called beside their values, where not by their own name."""


class Fact(Struct, frozen=True):
    """One fact that differs: both values, or what is said in place of them."""

    name: str
    old: str
    new: str
    said: str = ""


class CauseLine(Struct, frozen=True):
    """One cause: what it is, why in short, and what it unfolds into.

    `kind` says how it is new. `more` counts the facts that are not listed. `chain` has an empty text for records that are
    left out.
    """

    what: str
    why: str
    kind: str
    cause: RebuildCause
    facts: tuple[Fact, ...]
    more: int
    chain: tuple[str, ...]


class RebuildTable(Struct, frozen=True):
    """Why hashes are new: the sums, what the kinds of causes mean, the causes, and what is said of those not listed."""

    sums: str
    lead: str
    lines: tuple[CauseLine, ...]
    rest: str


def tabulate_rebuilds(report: Report) -> RebuildTable | None:
    """Return the table, None where no hash is new or nothing is known of it."""
    rebuilds, sums = report.rebuilds, sum_up_rebuilds(report)
    if rebuilds is None or not sums:
        return None
    origins = {origin.hash for origin in rebuilds.origins}
    listed = rebuilds.causes[:MAX_LISTED]
    lines = tuple(_describe(cause, is_origin=cause.hash in origins) for cause in listed)
    return RebuildTable(sums, _lead(rebuilds), lines, _say_rest(rebuilds, listed))


def _lead(rebuilds: Rebuilds) -> str:
    """Return what the words of the table mean, with their counts."""
    kinds = [
        f"{rebuilds.self_changed:,} self-changed (differing by themselves)" if rebuilds.self_changed else "",
        f"{rebuilds.rewired:,} rewired (on other records that old has, too)" if rebuilds.rewired else "",
        f"{number(rebuilds.origins_total, 'origin')} (nothing below is new)" if rebuilds.origins_total else "",
    ]
    said = ": ".join(
        filter(None, [f"{number(rebuilds.fresh_records, 'record')} new to the index", ", ".join(filter(None, kinds))])
    )
    unknown = f" No cause is known of {rebuilds.unexplained:,} of the hashes." if rebuilds.unexplained else ""
    return f"{said}. A cause reaches what depends on it; reaches overlap and do not add up.{unknown}"


def _say_rest(rebuilds: Rebuilds, listed: tuple[RebuildCause, ...]) -> str:
    """Return how many causes are not listed, and how far those reach at most."""
    more = rebuilds.self_changed + rebuilds.rewired - len(listed)
    if more <= 0:
        return ""
    bound = f", none of which reaches more than {listed[-1].reaches:,}" if listed else ""
    return f"and {number(more, 'more cause')}{bound}"


def _describe(cause: RebuildCause, *, is_origin: bool) -> CauseLine:
    facts = tuple(_state(field) for field in cause.fields[:MAX_FACTS])
    return CauseLine(
        what=name_record(cause),
        why=say_why(cause),
        kind=f"{cause.kind}, origin" if is_origin else cause.kind,
        cause=cause,
        facts=facts,
        more=len(cause.fields) - len(facts),
        chain=_cut(cause.chain),
    )


def _state(field: FieldChange) -> Fact:
    """Return one fact with both values in full; of a recipe only hashes are known, which tell nobody anything."""
    name, _, part = field.field.partition(".")
    said = {"recipe": "its recipe changed"}.get(name, "")
    label = " ".join(filter(None, [_NAMES.get(name, name), part]))
    if name == "external":
        return Fact(label, *("no external" if path is None else path or "unknown" for path in (field.old, field.new)))
    return Fact(label, field.old or "none", field.new or "none", said)


def _cut(chain: tuple[str, ...]) -> tuple[str, ...]:
    """Return a chain of a length that a page has room for: its ends."""
    half = MAX_CHAIN // 2
    return chain if len(chain) <= MAX_CHAIN else (*chain[:half], "", *chain[-half:])
