"""spec-orphaned: a spec is newly in root only, in nothing at all, or no longer in root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.pairs import is_unwanted
from cachediff.rules.rule import Rule, locate_in, locate_spec_of, on_both_sides
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.spec import Spec


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package.

    Before 2023-06 no spec named root: that one left it is said where both snapshots use it.
    """
    both_use_root = diff.old is not None and diff.old.uses_root and diff.new.uses_root
    for package in on_both_sides(diff):
        orphaned = [(c.old, c.new) for c in package.changes if c.old and c.new and c.old.stacks and not c.new.stacks]
        unrooted = package.unrooted if both_use_root else 0
        if orphaned or unrooted:
            message = f"{package.package} has " + " and ".join(
                _list_orphans(orphaned, unrooted, uses_root=diff.new.uses_root)
            )
            # Which specs left root is not kept, only how many.
            place = locate_spec_of(package, orphaned[0][1]) if orphaned else locate_in(package)
            is_wanted = unrooted or not all(is_unwanted(package, old) for old, _ in orphaned)
            yield Observation(Subject(package=package.package), message, place, at_most="error" if is_wanted else "note")


def _list_orphans(orphaned: Sequence[tuple[Spec, Spec]], unrooted: int, *, uses_root: bool) -> Iterator[str]:
    """Yield how many specs of a package are where, in words."""
    for where, is_there in (("root only", True), ("nothing at all", False)):
        # Where no spec names root, all are in it.
        some = [old for old, new in orphaned if (new.is_in_root or not uses_root) is is_there]
        if some:
            left = list_sorted({stack for old in some for stack in old.stacks})
            yield f"{number(len(some), 'spec')} newly in {where}, out of {left}"
    if unrooted:
        yield f"{number(unrooted, 'spec')} no longer in root"


RULE = Rule(
    id="spec-orphaned",
    severity="warning",
    scope="package",
    summary="a spec is newly in root only, in nothing at all, or no longer in root",
    why=(
        "The binary is still there, but no stack lists it, so nobody who uses a stack finds it. Usually it is what is left "
        "of a stack that went. What is not in root is not in the snapshot's own list of all."
    ),
    fix="Look for the stack that it was in. If that is retired, accept spec-orphaned for the package.",
    mirror="no mirror: an orphan that joins a stack is stack-gained or cell-gained",
    check=check,
    explained="orphans",
)
