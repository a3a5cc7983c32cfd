"""meta-mismatch: a list in meta is not the set of values in the specs, or a view has what its mirror's index lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.faults import observe_faults
from cachediff.rules.rule import Rule, list_some, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import Mismatch, SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each list of a page in NEW that is not the set of values in its specs."""
    for package in diff.packages:
        for mismatch in package.new.mismatches if package.new else ():
            if not mismatch.field.startswith("num_specs"):
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
    return "; ".join(f"{list_some(values)} {side}" for values, side in sides if values)


def check_views(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package that a view of a mirror has and the index of the whole mirror lacks."""
    return observe_faults(diff, "view", "spec")


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
