"""Snapshots that are given by their cells alone, for tests of what follows from coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from hypothesis import strategies as st

from cachediff.engine.memory import compare
from tests.builders import an_entry
from tests.strategies import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.package import Snapshot
    from tests.strategies import Entry

Place: TypeAlias = tuple[str, str, str, str]
"""A stack, platform, os and target."""

PackageCell: TypeAlias = tuple[str, Place]

PACKAGES = ("gcc", "hdf5", "zlib")
PLACES = st.tuples(
    st.sampled_from("ABC"), st.sampled_from(("darwin", "linux")), st.sampled_from("uv"), st.sampled_from("xyz")
)


def a_place(text: str) -> Place:
    """Return a place written as `stack os target` on linux, or as `stack platform os target`."""
    words = text.split()
    stack, platform, os, target = words if len(words) == 4 else (words[0], "linux", *words[1:])
    return stack, platform, os, target


def a_map(places: Mapping[str, Iterable[str]]) -> Snapshot:
    """Return a snapshot, given where each package is."""
    return chart({package: [a_place(text) for text in texts] for package, texts in places.items()})


def chart(places: Mapping[str, Iterable[Place]]) -> Snapshot:
    """Return a snapshot with one spec in each place of each package; a package without a place has an orphan."""
    return snapshot_of(
        {
            package: [_an_entry(package, place) for place in sorted(where)] or [_an_orphan(package)]
            for package, where in places.items()
        }
    )


def compare_maps(old: Mapping[str, Iterable[str]], new: Mapping[str, Iterable[str]]) -> SnapshotDiff:
    """Return the comparison of two snapshots, given where each package is."""
    return compare(a_map(old), a_map(new))


def map_pairs() -> st.SearchStrategy[tuple[dict[str, set[Place]], dict[str, set[Place]]]]:
    """Draw where packages are in OLD and in NEW.

    NEW keeps much of it, and packages without a place may have an orphan or no page.
    """
    return st.tuples(_maps(8), _maps(3), st.sets(PLACES, max_size=3)).map(_evolve)


def cells_of(places: Mapping[str, Iterable[Place]]) -> set[PackageCell]:
    """Return the cells of all packages."""
    return {(package, place) for package, where in places.items() for place in where}


def _maps(most: int) -> st.SearchStrategy[dict[str, set[Place]]]:
    return st.dictionaries(st.sampled_from(PACKAGES), st.sets(PLACES, max_size=most))


def _evolve(
    drawn: tuple[dict[str, set[Place]], dict[str, set[Place]], set[Place]],
) -> tuple[dict[str, set[Place]], dict[str, set[Place]]]:
    """Return OLD, and the few places that NEW has of its own with some of those that OLD has everywhere."""
    old, new, kept = drawn
    return old, {package: where | (old.get(package, set()) & kept) for package, where in new.items()}


def _an_entry(package: str, place: Place) -> Entry:
    stack, platform, os, target = place
    return an_entry(crc32(f"{package} {place}".encode()), platform=platform, os=os, target=target, stacks=[stack])


def _an_orphan(package: str) -> Entry:
    return an_entry(crc32(package.encode()), os="orphaned", stacks=[])
