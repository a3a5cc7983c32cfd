"""Where the paths of a report lie in its snapshots, wherever those are: what is compared of two reports on the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from cachediff.sources.records.names import split_file, split_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.report import Report

_OF_A_REF = re.compile(r"(.+\.[a-z]+)#.+", re.DOTALL)
_NAMELESS = re.compile(r"(?:(.*)/)?\.\./[^/]+(?:/(.+))?", re.DOTALL)


class _Side(Struct, frozen=True):
    """A snapshot of a report: how it is called, its source, and what the paths of its files may begin with."""

    name: str
    source: str
    bases: tuple[str, ...]

    def find(self, path: str) -> str | None:
        """Return a path from the snapshot's folder on, None of what is not in it."""
        for base in self.bases:
            # One file is all that there is.
            if path == base:
                return split_file(path)[1]
            # A file in an archive or a revision stands behind a colon, which is all that names the top of one.
            if path.startswith((f"{base}/", f"{base}:")):
                return path[len(base) + 1 :]
            if base.endswith(":") and path.startswith(base):
                return path[len(base) :]
        return None

    def is_file(self, paths: Iterable[str]) -> bool:
        """Return whether somebody named a file that is all of the snapshot."""
        return any(path in self.bases for path in paths)


def name_paths(claimed: Report, paths: Iterable[str], found: Report, other_paths: Iterable[str]) -> tuple[Namer, Namer]:
    """Return for two reports on the same snapshots, each with its paths, what names a path by its side and place there.

    An archive may have a folder above the snapshot, which somebody who has it unpacked names; one who names an index as a
    file names none that lies above it.
    """
    sides, others = _list_sides(claimed), _list_sides(found)
    theirs, ours = Namer(sides), Namer(others)
    all_paths, all_others = [*paths], [*other_paths]
    for side, other in zip(sides, others, strict=False):
        if side.source == other.source:
            continue
        mine, its = theirs.list_places(side.name, all_paths), ours.list_places(other.name, all_others)
        if _is_archive(side.source) or other.is_file(all_others):
            theirs.above[side.name] = _find_above(mine, its)
        if _is_archive(other.source) or side.is_file(all_paths):
            ours.above[other.name] = _find_above(its, mine)
    return theirs, ours


class Namer:
    """Names the paths of a report; `above` are the folders in which the snapshot of a side lies, and which no name has."""

    def __init__(self, sides: list[_Side]) -> None:
        # One may be in the other.
        self._sides = sorted(sides, key=lambda side: -len(side.source))
        self.above: dict[str, str] = {}

    def list_places(self, side: str, paths: Iterable[str]) -> set[str]:
        """Return the paths of a side, from its snapshot on."""
        return {place for name, place in map(self._find, paths) if name == side}

    def name(self, path: str) -> str:
        """Return a path as it is called wherever the snapshots lie; the path of what is in none of them as it is."""
        side, place = self._find(path)
        return f"{side}/{place.removeprefix(self.above.get(side, ''))}" if side else path

    def _find(self, path: str) -> tuple[str, str]:
        for side in self._sides:
            if (place := side.find(path)) is not None:
                return side.name, place
        return "", path


def _list_sides(report: Report) -> list[_Side]:
    infos = (("OLD", report.old), ("NEW", report.new))
    return [_Side(name, info.source, tuple(_list_bases(info.source))) for name, info in infos if info]


def _list_bases(source: str) -> Iterator[str]:
    """Yield what the paths of a snapshot's files may begin with, given where it is from as a report says it."""
    yield source
    if found := _OF_A_REF.fullmatch(source):
        # What a listing names lies beside it, or in the same archive.
        yield found[1] if _is_archive(source) else split_file(found[1])[0]
    yield split_manifest(source)[0]
    # A folder that somebody wrote without its name has it in the source, and not in paths.
    if found := _NAMELESS.fullmatch(source):
        yield found[2] or found[1] or "."


def _is_archive(source: str) -> bool:
    return source.partition("#")[0].endswith(ARCHIVE_SUFFIXES)


def _find_above(longer: set[str], shorter: set[str]) -> str:
    """Return the folders, with a slash, that all paths of a set have above those of another one; empty where none."""
    if not longer or len(longer) != len(shorter):
        return ""
    # Both are in one order, since what all begin with changes none.
    first, like = min(longer), min(shorter)
    above = first.removesuffix(like)
    return above if above.endswith("/") and longer == {above + place for place in shorter} else ""
