"""What changed pairs of specs leave behind, by package: the rules on variants, versions and compilers share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.coverage import cells_of
from cachediff.rules.rule import on_both_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.domain.diff import PackageDiff, SnapshotDiff
    from cachediff.domain.finding import Severity
    from cachediff.domain.spec import Coordinates, Spec

Leaving: TypeAlias = "Callable[[Coordinates, Coordinates], Iterable[str]]"


def group_by_leaving(diff: SnapshotDiff, leaving: Leaving) -> Iterator[tuple[PackageDiff, str, list[Spec]]]:
    """Yield a package, what `leaving` says its changed pairs leave behind, and NEW's specs of those pairs; both in order."""
    for package, fact, pairs in _group(diff, leaving):
        yield package, fact, [new for _, new in pairs]


def group_losses(diff: SnapshotDiff, leaving: Leaving) -> Iterator[tuple[PackageDiff, str, list[Spec], Severity]]:
    """Yield the same of pairs that are wanted, with how severe it may be: no more than a note where none of them is."""
    for package, fact, pairs in _group(diff, leaving):
        wanted = [pair for pair in pairs if not is_unwanted(package, pair[0])]
        # Pairs that nobody wants count in no message about those that somebody does.
        yield package, fact, [new for _, new in wanted or pairs], "error" if wanted else "note"


def is_unwanted(package: PackageDiff, old: Spec) -> bool:
    """Return whether a spec of OLD is in stacks, and no lock of them asks for it."""
    return bool(old.stacks and package.unwanted) and package.unwanted.issuperset(cells_of(old.content))


def _group(diff: SnapshotDiff, leaving: Leaving) -> Iterator[tuple[PackageDiff, str, list[tuple[Spec, Spec]]]]:
    for package in on_both_sides(diff):
        found: dict[str, list[tuple[Spec, Spec]]] = {}
        # Packages in which nothing changed, but much was removed, need not be walked through.
        for change in package.changes if package.specs.changed else ():
            if change.kind == "changed" and change.old and change.new:
                for fact in leaving(change.old.coordinates, change.new.coordinates):
                    found.setdefault(fact, []).append((change.old, change.new))
        yield from ((package, fact, pairs) for fact, pairs in sorted(found.items()))
