"""From acceptances of what a part of two snapshots lost to such that accept nothing outside of that part. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from cachediff.domain.finding import Subject
from cachediff.domain.selection import list_narrowed, parse_globs
from cachediff.policy.losses import LOSS, is_of_cells, is_of_moves, list_lost
from cachediff.policy.settings import Entry
from cachediff.policy.subjects import matches
from cachediff.text.globs import as_glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.report import Report
    from cachediff.domain.selection import Selection


def narrow(entries: Iterable[Entry], report: Report) -> tuple[Entry, ...]:
    """Return entries that accept the same of a report, and of all else only what is in its part of the snapshots.

    Of one stack alone a package may lose an os that it has in others: `os-dropped` does not say in which, so what is
    accepted are lost cells, or what something came in place of there. Entries that speak of no cell stay as they are.
    """
    # By name, the glob that says what the part is; nothing where several do, or one that excludes.
    parts = {name: _find_glob(report.selection, name) for name in sorted(list_narrowed(report.selection))}
    if not parts:
        return tuple(entries)
    lost: dict[str, dict[Subject, bool]] = {}
    for package, cells in list_lost(report).items():
        lost[as_glob(package)] = {Subject(package=package, **asdict(cell)): is_moved for cell, is_moved in cells.items()}
    # Several rules may speak of the same cells.
    return tuple(dict.fromkeys(one for entry in entries for one in _narrow(entry, parts, lost)))


def _find_glob(selection: Selection, name: str) -> str:
    globs = parse_globs(getattr(selection, name))
    return "" if globs.excluded or len(globs.included) > 1 else globs.included[0]


def _narrow(entry: Entry, parts: dict[str, str], lost: dict[str, dict[Subject, bool]]) -> Iterator[Entry]:
    """Yield an entry for the part, or for each place in it that has cells of the given one."""
    unsaid = [name for name in parts if not getattr(entry.subject, name)]
    if not unsaid or not (entry.rule == LOSS or is_of_cells(entry.rule)):
        yield entry
        return
    near = [lost.get(entry.subject.package, {})] if entry.subject.package else lost.values()
    # What moved was not lost: who accepts the one does not accept that it is gone altogether.
    is_move = is_of_moves(entry.rule)
    places = {
        tuple(parts[name] or as_glob(getattr(one, name)) for name in unsaid)
        for some in near
        for one, is_moved in some.items()
        if (is_moved or not is_move) and matches(entry.subject, one)
    }
    # Without a cell, only orphans had it: no entry can say in which stack.
    if not places:
        yield entry
    for place in sorted(places):
        rule = entry.rule if is_move else LOSS
        yield Entry(rule, replace(entry.subject, **dict(zip(unsaid, place, strict=True))), entry.acceptance)
