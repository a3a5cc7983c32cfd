"""Why hashes are new, in a few lines: how many and how, and the causes that reach most (docs/design.md, The graph)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.domain.rebuilds import say_changes
from cachediff.render.terminal import fill, finish, wrap
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cachediff.domain.rebuilds import RebuildCause, Rebuilds
    from cachediff.domain.report import Report
    from cachediff.domain.spec import FieldChange
    from cachediff.render.options import Options

MAX_CAUSES = 3
"""How many causes a short report names: with the sums before and what is left out after them five lines."""

_ORDER = ("version", "variants", "external", "compiler", "flags", "os", "target", "platform", "namespace", "recipe")
"""Which facts are told first: dependencies come last."""

ALL_EQUAL = "it differs in nothing that is compared"
"""Why a record is another one: another Spack wrote one of them, in another format, or it was built from another checkout."""

MAX_WORDS = 4
"""How many differing facts of a cause are named before the rest is only counted."""


def sum_up_rebuilds(report: Report) -> str:
    """Return how many hashes are new, and how: empty where none is, or nothing is known of it.

    For example `213 of 213 hashes are new: 175 only rebuilt (9 with another recipe, 166 through dependencies)`. All others
    are of what changed or was added. Where Spack hashes another text by now, that is said first.
    """
    rebuilds = report.rebuilds
    if rebuilds is None or not rebuilds.fresh:
        return ""
    specs = f"{rebuilds.fresh:,} of {report.new.specs:,} {'hash is' if report.new.specs == 1 else 'hashes are'} new"
    parts = {"with another recipe": rebuilds.recipes_changed, "through dependencies": rebuilds.dependencies_only}
    said = {how: f"{count:,} {how}" for how, count in parts.items() if count}
    old, new = rebuilds.specfile_old, rebuilds.specfile_new
    if old and new and old != new:
        specs += f" (specfile {old} → {new}: what is concretized anew has another hash)"
    how, rebuilt = ", ".join(said.values()), report.summary.specs.rebuilt
    # Where OLD has some of these hashes outside of its snapshot, not all that is rebuilt is new.
    # What a report of somebody else counts need not add up.
    if said and sum(parts.values()) <= rebuilt <= rebuilds.fresh:
        # Where all are so in one way, their number is said once.
        is_one_way = rebuilt in parts.values()
        how = f"{rebuilt:,} only rebuilt{f', {next(iter(said))}' if is_one_way else f' ({how})'}"
    return ": ".join(filter(None, [specs, how]))


def choose_causes(rebuilds: Rebuilds, most: int = MAX_CAUSES) -> tuple[tuple[RebuildCause, ...], int]:
    """Return the causes that reach most, and how many more there are; what reaches nothing is none of these."""
    reaching = [cause for cause in rebuilds.causes if cause.reaches]
    # All are known of whose reach the last of the listed ones is none.
    total = len(reaching) if len(reaching) < len(rebuilds.causes) else rebuilds.self_changed + rebuilds.rewired
    listed = tuple(reaching[:most])
    return listed, total - len(listed)


def write_rebuilds(report: Report, options: Options) -> Iterator[str]:
    """Yield the same with the causes that reach most, as lines of a terminal: five, or all with verbosity."""
    rebuilds, sums = report.rebuilds, sum_up_rebuilds(report)
    if not sums or rebuilds is None:
        return
    yield from fill(sums, options, subsequent_indent="    ")
    listed, more = choose_causes(rebuilds, len(rebuilds.causes) if options.is_verbose else MAX_CAUSES)
    width = len(f"{listed[0].reaches:,}") if listed else 0
    for cause, said in zip(listed, say_causes(listed), strict=True):
        lead = f"  reaches {cause.reaches:>{width},}: "
        lines = fill(said, options, initial_indent=lead, subsequent_indent="    ")
        yield from lines if options.is_verbose else [_cut(lines, options)]
    if more:
        hint = "" if options.is_verbose else " (-v lists them; cachediff why SPEC tells of one)"
        yield from wrap("  and", f"{number(more, 'more cause')}{hint}", "dim", options)
    yield ""


def _cut(lines: Sequence[str], options: Options) -> str:
    """Return what one line shows of several."""
    return lines[0] if len(lines) == 1 else f"{lines[0].rstrip(',')} {finish('…', options)}"


def list_rebuilds(report: Report, show: Callable[[str], str]) -> Iterator[str]:
    """Yield the same as sentences, each a line; `show` makes what files say fit for the format."""
    rebuilds, sums = report.rebuilds, sum_up_rebuilds(report)
    if not sums or rebuilds is None:
        return
    yield sums
    listed, more = choose_causes(rebuilds)
    for cause, said in zip(listed, say_causes(listed, show), strict=True):
        yield f"reaches {cause.reaches:,}: {said}"
    if more:
        yield f"and {number(more, 'more cause')}, the widest of them in the JSON report"


def say_causes(causes: Sequence[RebuildCause], show: Callable[[str], str] = str) -> Iterator[str]:
    """Yield causes in words: `gcc@12.2.0, external at /usr: its recipe changed`.

    Those with one name, such as a compiler on several systems, have their hashes: else one seems to be told again and again.
    """
    names = Counter(map(name_record, causes))
    for cause in causes:
        yield say_cause(cause, show, has_hash=names[name_record(cause)] > 1)


def say_cause(cause: RebuildCause, show: Callable[[str], str] = str, *, has_hash: bool = False) -> str:
    """Return one cause in words, with its hash where that is wanted."""
    return f"{name_record(cause, show, has_hash=has_hash)}: {say_why(cause, show)}"


def name_record(cause: RebuildCause, show: Callable[[str], str] = str, *, has_hash: bool = False) -> str:
    """Return what a cause is: name, version, its hash where that is wanted, and of an external where it lies."""
    external = (f", external at {show(cause.path)}" if cause.path else ", external") if cause.is_external else ""
    return show(f"{cause.package}@{cause.version}{f' /{cause.hash[:7]}' if has_hash else ''}") + external


def say_why(cause: RebuildCause, show: Callable[[str], str] = str) -> str:
    """Return how a cause differs from what OLD had, in short."""
    if cause.old_hash is None:
        return "new"
    if not cause.fields:
        return ALL_EQUAL
    more = len(cause.fields) - MAX_WORDS
    fields = sorted(cause.fields, key=order_field)
    return say_changes(fields[:MAX_WORDS], show) + (f" and {more:,} more" if more > 0 else "")


def order_field(field: FieldChange) -> tuple[int, str]:
    """Return the order in which a reader wants to know: what somebody chose, then what follows."""
    name = field.field.partition(".")[0]
    return _ORDER.index(name) if name in _ORDER else len(_ORDER), field.field
