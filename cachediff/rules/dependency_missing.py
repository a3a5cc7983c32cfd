"""dependency-missing: a spec needs something that is neither in the snapshot nor external, so it cannot be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.graph import MissingDependency


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each missing dependency; those outside of a site's own database are one observation."""
    own: list[MissingDependency] = []
    upstream: list[MissingDependency] = []
    for one in diff.graph.missing:
        # A site may build upon another one's installations, whose database is not at hand. What OLD had is none of these.
        is_outside = diff.new.reading.kind == "site" and one.reason == "no record" and not one.had_record
        (upstream if is_outside else own).append(one)
    if upstream:
        yield _observe_upstream(upstream)
    yield from map(_observe, own)


def _observe(one: MissingDependency) -> Observation:
    # With a field where no record says which version and place it is: who accepts that accepts none of those that are known.
    field = "" if one.version else "record"
    subject = Subject(package=one.package, version=one.version, os=one.os, target=one.target, field=field)
    name = f"{one.package}@{one.version}" if one.version else one.package
    reason = {"bad record": "has a record that cannot be trusted", "no record": "has no record"}
    verb = "cannot be installed" if one.reason != "bad record" else "may not be installable"
    message = (
        f"{name} /{one.hash[:7]} {reason.get(one.reason, 'is not in the snapshot')}: "
        f"{number(one.specs, 'spec')} {verb} without it ({_list_users(one)})"
    )
    # A bad record is an error by itself, and may hold what is missing.
    return Observation(subject, message, one.location, is_eased=one.was_missing or one.reason == "bad record")


def _list_users(one: MissingDependency) -> str:
    more = one.specs - len(one.examples)
    return ", ".join(one.examples) + (f" and {more:,} more" if more > 0 else "")


def _observe_upstream(missing: Sequence[MissingDependency]) -> Observation:
    """Return what is true of all that a site's database has no record of."""
    # The widest of them is the example: who knows what it belongs to knows it of the others.
    widest = max(missing, key=lambda one: one.specs)
    have, need = "has" if len(missing) == 1 else "have", "needs" if widest.specs == 1 else "need"
    message = (
        f"{number(len(missing), 'dependency', 'dependencies')} of installed specs {have} no record here ({widest.package} "
        f"/{widest.hash[:7]} for one, which {number(widest.specs, 'spec')} {need}): is there an upstream database?"
    )
    # With a field, as an acceptance of a subject without any would be one of every dependency that is missing.
    return Observation(Subject(field="upstream"), message, widest.location, is_eased=True)


RULE = Rule(
    id="dependency-missing",
    severity="error",
    # What can be installed is asked of NEW alone, whatever it is compared with.
    scope="page",
    summary="a spec needs something that is neither in the snapshot nor external, so it cannot be installed",
    why=(
        "Every install of the spec, and of all above it, fails or builds from source. Only link and run dependencies count: "
        "a build dependency is needed by nobody who installs a binary. Spack's own check of a build cache does not see it. "
        "A warning where OLD lacks the same, unless it leaves a cell without an install that had one."
    ),
    fix=(
        "Push what is missing: `spack buildcache push MIRROR /HASH`, or find out which job should have built it; then write "
        "the index again."
    ),
    mirror="no mirror: what can be installed is not news",
    check_whole=check,
    is_about_lack=True,
)
