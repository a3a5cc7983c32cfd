"""In what two reports on the same comparison differ: the one that somebody shows, and the one that is computed anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import msgspec

from cachediff.review.places import name_paths
from cachediff.text.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.domain.report import Report
    from cachediff.review.places import Namer

MAX_EXAMPLES = 5
"""How many entries of each list are named that only one of the reports has."""

MAX_TEXT = 160
"""How much of an entry is told: what names it stands at its beginning."""

_PATHS = frozenset({"path", "found"})
"""The fields that hold the path of a page: of two pages with one title, each is what is found beside the other."""

_encode = msgspec.json.Encoder().encode


def find_differences(claimed: Report, found: Report) -> list[str]:
    """Return what differs between a report and the one that its inputs give, a line each; none where they are the same.

    Where the snapshots were read from is no difference: a path below a source counts from there on.
    """
    # Said first: what another version finds need be nobody's fault.
    if claimed.cachediff != found.cachediff:
        version = f"cachediff: {claimed.cachediff} in the report, and this is {found.cachediff}, which may find other things"
        return [version, *_compare(claimed, found, ("cachediff",))]
    return _compare(claimed, found, ())


def _compare(claimed: Report, found: Report, left_out: Collection[str]) -> list[str]:
    lines: list[str] = []
    they, we = name_paths(claimed, _list_paths(claimed), found, _list_paths(found))
    for name in claimed.__struct_fields__:
        theirs, ours = getattr(claimed, name), getattr(found, name)
        if name in left_out or name == "also_compared":  # which is about other snapshots
            continue
        if isinstance(theirs, Collection) and not isinstance(theirs, str):
            lines += _compare_lists(name, _write_all(theirs, they), _write_all(ours, we))
        else:
            lines += _compare_values(name, _without_source(theirs), _without_source(ours))
    return lines


def _compare_values(name: str, theirs: Any, ours: Any) -> Iterator[str]:
    """Yield the single values that differ, each with its path."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        # The keys of both: only those kinds of facet are counted of which one was lost or gained.
        for key in dict.fromkeys([*theirs, *ours]):
            yield from _compare_values(f"{name}.{key}", theirs.get(key), ours.get(key))
    elif theirs != ours:
        yield f"{name}: {_show(theirs)} in the report, {_show(ours)} from the inputs"


def _compare_lists(name: str, theirs: list[str], ours: list[str]) -> Iterator[str]:
    """Yield what only one of two lists has, as far as it is told, and whether it is their order alone that differs."""
    # A multiset on either side: a finding that is there twice and should be once is a difference.
    surplus, lack = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    for which, entries in (("only in the report", surplus), ("only from the inputs", lack)):
        all_entries = sorted(entries.elements())
        yield from (f"{name}, {which}: {shorten(entry, MAX_TEXT)}" for entry in all_entries[:MAX_EXAMPLES])
        if len(all_entries) > MAX_EXAMPLES:
            yield f"{name}, {which}: {len(all_entries) - MAX_EXAMPLES:,} more"
    if theirs != ours and not surplus and not lack:
        yield f"{name}: in another order"


def _list_paths(report: Report) -> set[str]:
    """Return all paths of files that a report names."""
    paths: set[str] = set()

    def note(path: str) -> str:
        paths.add(path)
        return path

    for one in (*report.findings, *report.not_compared):
        _change_paths(msgspec.to_builtins(one), note)
    return paths


def _write_all(entries: Iterable[Any], names: Namer) -> list[str]:
    """Return the entries of a list as JSON, with paths that do not say where the snapshots are."""
    return [_encode(_change_paths(msgspec.to_builtins(entry), names.name)).decode() for entry in entries]


def _change_paths(value: Any, change: Callable[[str], str]) -> Any:
    """Return plain JSON values with each path changed."""
    if isinstance(value, list | tuple):
        return [_change_paths(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(inner) if name in _PATHS and isinstance(inner, str) else _change_paths(inner, change)
        for name, inner in value.items()
    }


def _without_source(value: Any) -> Any:
    """Return a value as plain JSON values, without the names of the sources that it is about."""
    plain = msgspec.to_builtins(value)
    return (
        {name: inner for name, inner in plain.items() if name not in ("source", "locks")}
        if isinstance(plain, dict)
        else plain
    )


def _show(value: Any) -> str:
    return shorten(_encode(value).decode(), MAX_TEXT)
