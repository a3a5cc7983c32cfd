"""What changed pairs of specs leave behind, by package: the rules on variants, versions and compilers share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cachediff.rules.rule import on_both_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.domain.diff import PackageDiff, SnapshotDiff
    from cachediff.domain.spec import Coordinates, Spec

Leaving: TypeAlias = "Callable[[Coordinates, Coordinates], Iterable[str]]"


def group_by_leaving(diff: SnapshotDiff, leaving: Leaving) -> Iterator[tuple[PackageDiff, str, list[Spec]]]:
    """Yield a package, what `leaving` says its changed pairs leave behind, and NEW's specs of those pairs; both in order."""
    for package in on_both_sides(diff):
        found: dict[str, list[Spec]] = {}
        # Packages in which nothing changed, but much was removed, need not be walked through.
        for change in package.changes if package.specs.changed else ():
            if change.kind == "changed" and change.old and change.new:
                for fact in leaving(change.old.coordinates, change.new.coordinates):
                    found.setdefault(fact, []).append(change.new)
        yield from ((package, fact, specs) for fact, specs in sorted(found.items()))
