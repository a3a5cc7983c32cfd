"""What may take the place of a root that is not there, how near it is, and in what it differs (docs/impact.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cachediff.comparison.coverage import ancestors
from cachediff.comparison.fields import explain_fields
from cachediff.comparison.match import differing_variants, without_compiler
from cachediff.comparison.nearest import is_same_compiler
from cachediff.domain.spec import FieldChange, SpecContent
from cachediff.domain.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.comparison.stock import Stock
    from cachediff.domain.impact import RootClass
    from cachediff.domain.spec import Spec


def list_candidates(own: Spec, specs: Sequence[Spec], host: str) -> Iterator[tuple[RootClass, list[Spec]]]:
    """Yield what may take a root's place, the same one under another hash before those that differ."""
    c = own.coordinates
    runs = list_targets(host, c.target)
    yield "rebuilt", [spec for spec in specs if _is_alike(own, spec) and spec.coordinates.target in runs]
    # A lower version is not what was locked, and replaces nothing: `find_lower` tells of it.
    least = version_key(c.version)
    yield (
        "replaced",
        [
            spec
            for spec in specs
            if (spec.coordinates.platform, spec.coordinates.os) == (c.platform, c.os)
            and spec.coordinates.target in runs
            and version_key(spec.coordinates.version) >= least
        ],
    )


def list_targets(host: str, target: str) -> frozenset[str]:
    """Return the targets that a host runs; without one, those that run wherever the target does."""
    machine = host or target
    return ancestors(machine) | {machine}


def _is_alike(a: Spec, b: Spec) -> bool:
    """Return whether two specs have equal coordinates, as far as is known."""
    ours, theirs = a.coordinates, b.coordinates
    return without_compiler(ours) == without_compiler(theirs) and is_same_compiler(ours, theirs)


def had_alike(own: Spec | None, before: Stock, package: str) -> bool:
    """Return whether BEFORE had the same under another hash: whoever locked again could have installed that."""
    # Of itself more is known: what it needs, even where BEFORE is pages.
    others = [spec for spec in before.list_installable(package) if spec.hash != own.hash] if own else []
    return any(own is not None and _is_alike(own, spec) for spec in others)


def _distance(own: Spec, other: Spec) -> tuple[Any, ...]:
    """Return how far a spec is from a root: in how many facts they differ, then compiler, lowest version and best target."""
    a, b = own.coordinates, other.coordinates
    variants = differing_variants(a.variants, b.variants)
    differing = (a.version != b.version) + (a.target != b.target) + (not is_same_compiler(a, b)) + len(variants)
    differing += sum(1 for _ in _explain_beside(own, other))
    # Another release of the compiler is nearer than another compiler.
    is_other_compiler = not is_same_compiler(a, b) and a.compiler.partition("@")[0] != b.compiler.partition("@")[0]
    # The hash last, so that of two that are equally near always the same one is named.
    return differing, is_other_compiler, version_key(b.version), -len(ancestors(b.target)), other.hash


def choose_nearest(own: Spec, candidates: Sequence[Spec]) -> Spec:
    """Return which of several specs is the nearest to a root."""
    return min(candidates, key=lambda one: _distance(own, one))


def explain_replacement(own: Spec, new: Spec) -> tuple[FieldChange, ...]:
    """Return what differs between a root and what takes its place, in alphabetical order of the field."""
    fields = explain_fields(SpecContent(own.coordinates, ()), SpecContent(new.coordinates, ()))
    return tuple(sorted([*fields, *_explain_beside(own, new)], key=lambda one: one.field))


def _explain_beside(own: Spec, new: Spec) -> Iterator[FieldChange]:
    """Yield what differs and is no coordinate: on another MPI, or with other flags, it is not what was locked."""
    a, b = own.facts, new.facts
    if a is None or b is None:
        return
    # Directly, since it is asked of every spec that may take a root's place.
    if a.flags != b.flags:
        yield FieldChange("flags", " ".join(a.flags) or None, " ".join(b.flags) or None)
    if a.namespace != b.namespace:
        yield FieldChange("namespace", a.namespace or None, b.namespace or None)
    if a.mpi != b.mpi and a.mpi is not None and b.mpi is not None:
        yield FieldChange("mpi", name_mpi(own) or None, name_mpi(new) or None)


def find_lower(own: Spec | None, specs: Sequence[Spec], host: str) -> str:
    """Return the highest version below a root's that is there for its platform and os and runs there, empty for none."""
    if own is None:
        return ""
    place = own.coordinates.platform, own.coordinates.os
    known = [spec.coordinates for spec in specs]
    runs = list_targets(host, own.coordinates.target)
    versions = {c.version for c in known if (c.platform, c.os) == place and c.target in runs}
    return max((v for v in versions if version_key(v) < version_key(own.coordinates.version)), key=version_key, default="")


def name_mpi(spec: Spec) -> str:
    """Return the MPIs that a spec is on, empty for none, and where that is not known."""
    return ", ".join(spec.facts.mpi or ()) if spec.facts else ""
