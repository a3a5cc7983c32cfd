"""Where users can get a package: cells, GPU facets, and what became of those that are gone (DESIGN section 5)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cachediff.compare.versions import version_key
from cachediff.model import Cell, Lost, StackChange
from cachediff.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.compare.match import Pair
    from cachediff.model import Body, Spec

GPU_ARCHITECTURES = {"cuda": "cuda_arch", "rocm": "amdgpu_target", "sycl": ""}
"""Each GPU variant and the variant that lists what it is built for (empty: none does)."""


def cells_of(body: Body) -> tuple[Cell, ...]:
    """Return the cells that a spec fills: one a stack, none for an orphaned spec."""
    c = body.coordinates
    return cells_at(c.platform, c.os, c.target, body.stacks)


@lru_cache(maxsize=1 << 12)
def cells_at(platform: str, os: str, target: str, stacks: tuple[str, ...]) -> tuple[Cell, ...]:
    """Return the cells of some stacks at one platform, os and target."""
    return tuple([_cell(stack, platform, os, target) for stack in stacks])


@lru_cache(maxsize=1 << 12)
def _cell(stack: str, platform: str, os: str, target: str) -> Cell:
    return Cell(stack, platform, os, target)


@lru_cache(maxsize=1 << 12)
def gpu_facets(variants: tuple[str, ...]) -> frozenset[str]:
    """Return what GPUs canonical variants are built for: `+cuda cuda_arch=80`, or `+cuda` alone where no architecture is named."""
    values = dict(map(parse_variant, variants))
    facets = set()
    for name, architectures in GPU_ARCHITECTURES.items():
        if values.get(name) == ("+",):
            named = set(values.get(architectures, ())) - {"none"}
            facets |= {f"+{name} {architectures}={arch}" for arch in named} or {f"+{name}"}
    return frozenset(facets)


def find_lost(old: Iterable[Cell], new: Iterable[Cell]) -> list[Lost]:
    """Return the cells of OLD that NEW lacks, in order, each with what still serves its users.

    A kept or new target serves where the lost one can run its binaries in the same stack and os; an os serves where it came, in the same
    stack and target, in place of the lost one. One that was there before replaces nothing.
    """
    before, after = set(old), set(new)
    if before <= after:
        return []
    targets: dict[tuple[str, str, str], set[str]] = {}
    for cell in after:
        targets.setdefault((cell.stack, cell.platform, cell.os), set()).add(cell.target)
    first_os: dict[tuple[str, str, str], str] = {}
    for cell in sorted(after - before):
        first_os.setdefault((cell.stack, cell.platform, cell.target), cell.os)
    return [
        Lost(
            cell,
            served_by_target=_closest_target(cell.target, targets.get((cell.stack, cell.platform, cell.os), set())),
            served_by_os=first_os.get((cell.stack, cell.platform, cell.target), ""),
        )
        for cell in sorted(before - after)
    ]


def _closest_target(machine: str, targets: set[str]) -> str:
    """Return the best of some targets whose binaries a machine runs, empty for none."""
    return max(ancestors(machine) & targets, key=lambda target: (len(ancestors(target)), target), default="")


@cache
def ancestors(target: str) -> frozenset[str]:
    """Return every other target whose binaries run on this one (archspec, which Spack itself uses); none for an unknown name."""
    import archspec.cpu

    known = archspec.cpu.TARGETS.get(target)
    return frozenset(parent.name for parent in known.ancestors) if known else frozenset()


def compare_stacks(old: Sequence[Spec], new: Sequence[Spec], changed: Sequence[Pair]) -> list[StackChange]:
    """Return what changed within each stack that has the package on both sides: GPU facets, and versions that are gone for good.

    A version is not gone from a stack where a pair there takes it to another one, or where a version came that no pair explains: then a
    spec was split or merged on its way, and the highest versions that went are taken to have become the ones that came.
    """
    bumps = [
        ((stack, a.coordinates.version), (stack, b.coordinates.version))
        for a, b in changed
        if a.coordinates.version != b.coordinates.version
        for stack in set(a.stacks) & set(b.stacks)
    ]
    left, reached = {before for before, _ in bumps}, {after for _, after in bumps}
    changes = []
    old_bodies, new_bodies = {spec.body for spec in old}, {spec.body for spec in new}
    touched = {stack for body in old_bodies ^ new_bodies for stack in body.stacks}
    before, after = _by_stack(old_bodies, touched), _by_stack(new_bodies, touched)
    for stack in sorted(before.keys() & after.keys()):
        (old_gpu, old_versions), (new_gpu, new_versions) = before[stack], after[stack]
        gone = sorted((v for v in old_versions - new_versions if (stack, v) not in left), key=version_key)
        came = sum((stack, v) not in reached for v in new_versions - old_versions)
        change = StackChange(
            stack,
            tuple(sorted(_missing_facets(old_gpu, new_gpu))),
            tuple(sorted(_missing_facets(new_gpu, old_gpu))),
            tuple(gone[: max(0, len(gone) - came)]),
        )
        if change != StackChange(stack):
            changes.append(change)
    return changes


def _by_stack(bodies: Iterable[Body], among: set[str]) -> dict[str, tuple[set[str], set[str]]]:
    """Return the GPU facets and the versions of some stacks."""
    stacks: dict[str, tuple[set[str], set[str]]] = {}
    for body in bodies:
        for stack in body.stacks:
            if stack in among:
                facets, versions = stacks.setdefault(stack, (set(), set()))
                facets |= gpu_facets(body.coordinates.variants)
                versions.add(body.coordinates.version)
    return stacks


def _missing_facets(before: set[str], after: set[str]) -> set[str]:
    """Return the facets that are gone; `+cuda` without an architecture is not, while any `+cuda …` stays."""
    kept = after | {facet.partition(" ")[0] for facet in after}
    return before - kept
