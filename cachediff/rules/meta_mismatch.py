"""meta-mismatch: a list in meta is not the set of values in the specs, or a view has what its mirror's index lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.domain.diff import Mismatch, SnapshotDiff, SnapshotTotals
    from cachediff.domain.reading import Fault


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each list of a page in NEW that is not the set of values in its specs."""
    for package in diff.packages:
        for mismatch in package.new.mismatches if package.new else ():
            if not mismatch.is_count:
                yield Observation(
                    Subject(package=package.package, field=mismatch.field),
                    f"{mismatch.field} in meta of {package.package} differ from the specs: {_list_values(mismatch)}",
                    locate_in(package, mismatch.pointer),
                    # OLD is published with the very same list: the mistake is old.
                    is_eased=mismatch in (package.old.mismatches if package.old else ()),
                )


def _list_values(mismatch: Mismatch) -> str:
    """Return the values that only one side has: `centos7 claimed, not counted`."""
    sides = ((mismatch.claimed, "claimed, not counted"), (mismatch.counted, "counted, not claimed"))
    return "; ".join(f"{list_sorted(values)} {side}" for values, side in sides if values)


def check_views(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a view of a mirror that has what the index of the whole lacks: of one package under its name."""
    before, after = _find_lacking(diff.old) if diff.old else {}, _find_lacking(diff.new)
    for stack, faults in after.items():
        # By name, as hashes are new every week: an index that nobody makes anew lacks the same packages in both.
        is_same = _packages_of(faults) <= _packages_of(before.get(stack, ()))
        yield _observe_view(Subject(stack=stack), faults, is_eased=is_same)
    for stack, faults in before.items():
        yield _observe_view(Subject(stack=stack, snapshot="old"), faults, is_eased=True)


def _find_lacking(side: SnapshotTotals) -> dict[str, list[Fault]]:
    """Return what views have and the mirror's index lacks, by view."""
    found: dict[str, list[Fault]] = {}
    for fault in sorted([fault for fault in side.reading.faults if fault.kind == "view"], key=_order):
        found.setdefault(fault.stack, []).append(fault)
    return found


def _order(fault: Fault) -> tuple[str, str, str]:
    return fault.stack, fault.package, fault.hash


def _packages_of(faults: Iterable[Fault]) -> set[str]:
    return {fault.package for fault in faults}


def _observe_view(subject: Subject, faults: Sequence[Fault], *, is_eased: bool) -> Observation:
    first, *others = faults
    packages = _packages_of(faults)
    message = first.message + (f" (and {number(len(others), 'more spec')})" if others else "")
    if len(packages) == 1:
        subject = msgspec.structs.replace(subject, package=first.package)
    else:
        # An index of the whole that nobody made anew lacks all that is new: hundreds of packages, for one reason.
        lacks = f"{number(len(faults), 'spec')} of {number(len(packages), 'package')} that the mirror's index lacks"
        message = f"view {subject.stack} has {lacks}: {list_sorted(packages)}"
    return Observation(subject, message, first.location, is_eased=is_eased)


RULE = Rule(
    id="meta-mismatch",
    severity="error",
    scope="page",
    summary="a list in meta is not the set of values in the specs, or a view has what its mirror's index lacks",
    why=(
        "People find binaries by these lists: a value that is not claimed hides its binaries, and one that is not counted "
        "promises binaries that are not there. A mirror's own index is the union of its views. Where OLD has the very same "
        "mismatch, it is a warning."
    ),
    fix="Publish the page again from its generator, and a mirror's indexes with `spack buildcache update-index`.",
    mirror="no mirror: a list that is right is not news",
    check=check,
    check_whole=check_views,
)
