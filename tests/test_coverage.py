"""Cells, GPU facets, and what still serves the users of a cell that is gone (docs/design.md, Coverage)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from cachediff.comparison.coverage import ancestors, cells_of, find_lost
from cachediff.comparison.facets import compare_facets
from cachediff.comparison.match import match
from cachediff.comparison.packages import compare_package
from cachediff.comparison.variants import gpu_facets
from cachediff.domain.cell import Cell, FacetChange, LostCell
from cachediff.domain.spelling import spell_variants
from cachediff.engine.memory import compare
from tests.builders import a_spec
from tests.strategies import Entry, entry_list_pairs, page_of, snapshot_of, snapshot_pairs, specs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.domain.spec import Spec


def a_cell(place: str) -> Cell:
    """Return the cell that `stack/os/target` names, on linux unless a platform is named first: `darwin:stack/os/target`."""
    platform, colon, rest = place.rpartition(":")
    stack, os, target = rest.split("/")
    return Cell(stack, platform if colon else "linux", os, target)


def cells_in(places: str) -> set[Cell]:
    """Return the cells that some words name."""
    return set(map(a_cell, places.split()))


# --- cells -------------------------------------------------------------------------------------------------------------


def test_a_spec_fills_a_cell_a_stack() -> None:
    spec = a_spec(os="rhel8", target="zen4", stacks=["hep", "e4s"])
    assert set(cells_of(spec.content)) == cells_in("e4s/rhel8/zen4 hep/rhel8/zen4")


def test_an_orphan_fills_none() -> None:
    assert cells_of(a_spec(stacks=[]).content) == ()


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("", "e4s/a/x", {}),
        ("e4s/a/x", "e4s/a/x", {}),
        ("e4s/a/x", "", {"e4s/a/x": ("", "")}),
        ("e4s/a/x hep/a/x", "hep/a/x", {"e4s/a/x": ("", "")}),
        # a target serves where the lost one can run it, in the same stack and os, kept or new
        ("e4s/a/zen4 e4s/a/x86_64_v3", "e4s/a/x86_64_v3", {"e4s/a/zen4": ("x86_64_v3", "")}),
        ("e4s/a/zen4", "e4s/a/x86_64_v3", {"e4s/a/zen4": ("x86_64_v3", "")}),
        ("e4s/a/zen4", "e4s/a/x86_64_v3 e4s/a/x86_64 e4s/a/zen3", {"e4s/a/zen4": ("zen3", "")}),
        ("e4s/a/icelake", "e4s/a/broadwell e4s/a/x86_64_v3", {"e4s/a/icelake": ("broadwell", "")}),
        ("e4s/a/x86_64_v3", "e4s/a/zen4", {"e4s/a/x86_64_v3": ("", "")}),
        ("e4s/a/x86_64_v3", "e4s/a/x86_64_v4", {"e4s/a/x86_64_v3": ("", "")}),
        ("e4s/a/neoverse_v2", "e4s/a/aarch64", {"e4s/a/neoverse_v2": ("aarch64", "")}),
        ("e4s/a/neoverse_v1", "e4s/a/aarch64 e4s/a/neoverse_n1", {"e4s/a/neoverse_v1": ("neoverse_n1", "")}),
        ("e4s/a/aarch64", "e4s/a/neoverse_v2", {"e4s/a/aarch64": ("", "")}),
        ("e4s/a/zen4", "e4s/a/aarch64", {"e4s/a/zen4": ("", "")}),
        ("e4s/a/zen4", "e4s/b/x86_64_v3", {"e4s/a/zen4": ("", "")}),
        ("e4s/a/zen4", "hep/a/x86_64_v3", {"e4s/a/zen4": ("", "")}),
        ("e4s/a/zen4", "darwin:e4s/a/x86_64_v3", {"e4s/a/zen4": ("", "")}),
        ("e4s/a/of_tomorrow", "e4s/a/x86_64_v3", {"e4s/a/of_tomorrow": ("", "")}),
        ("e4s/a/zen4", "e4s/a/of_tomorrow", {"e4s/a/zen4": ("", "")}),
        # an os serves where it came, in the same stack and target
        ("e4s/a/x", "e4s/b/x", {"e4s/a/x": ("", "b")}),
        ("e4s/a/x", "e4s/c/x e4s/b/x", {"e4s/a/x": ("", "b")}),
        ("e4s/a/x e4s/b/x", "e4s/b/x", {"e4s/a/x": ("", "")}),
        ("e4s/a/x e4s/b/x", "e4s/b/x e4s/c/x", {"e4s/a/x": ("", "c")}),
        ("e4s/a/x e4s/b/x", "e4s/c/x", {"e4s/a/x": ("", "c"), "e4s/b/x": ("", "")}),  # one for one
        (
            "e4s/a/x e4s/b/x e4s/c/x e4s/d/x",
            "e4s/bogus/x",
            {"e4s/a/x": ("", "bogus"), "e4s/b/x": ("", ""), "e4s/c/x": ("", ""), "e4s/d/x": ("", "")},
        ),
        ("e4s/a/x e4s/b/x", "e4s/c/x e4s/d/x", {"e4s/a/x": ("", "c"), "e4s/b/x": ("", "d")}),
        ("e4s/a7/x e4s/b7/x", "e4s/b8/x", {"e4s/a7/x": ("", ""), "e4s/b7/x": ("", "b8")}),  # its family first
        (
            "e4s/a/x86_64_v3 e4s/a/zen4 e4s/b/zen4",
            "e4s/a/x86_64_v3 e4s/c/zen4",
            {"e4s/a/zen4": ("x86_64_v3", ""), "e4s/b/zen4": ("", "c")},
        ),
        ("e4s/a/x", "hep/b/x", {"e4s/a/x": ("", "")}),
        ("e4s/a/x", "e4s/b/y", {"e4s/a/x": ("", "")}),
        ("e4s/a/x hep/b/x", "e4s/b/x hep/b/x", {"e4s/a/x": ("", "b")}),  # new in that stack
        ("e4s/a/x e4s/b/y", "e4s/b/x e4s/b/y", {"e4s/a/x": ("", "b")}),  # new in that target
        ("e4s/a/x", "darwin:e4s/b/x", {"e4s/a/x": ("", "")}),
        # both
        ("e4s/a/zen4", "e4s/b/zen4 e4s/a/x86_64_v3", {"e4s/a/zen4": ("x86_64_v3", "b")}),
    ],
)
def test_lost_cells(old: str, new: str, lost: dict[str, tuple[str, str]]) -> None:
    expected = [LostCell(a_cell(place), *served) for place, served in sorted(lost.items())]
    assert find_lost(cells_in(old), cells_in(new)) == expected


@pytest.mark.parametrize(
    ("machine", "target", "runs"),
    [
        ("zen4", "x86_64_v3", True),
        ("zen4", "x86_64", True),
        ("x86_64_v3", "zen4", False),
        ("icelake", "x86_64_v4", True),
        ("x86_64_v3", "x86_64_v4", False),
        ("neoverse_v2", "aarch64", True),
        ("neoverse_v1", "neoverse_n1", True),
        ("aarch64", "neoverse_v2", False),
        ("m2", "aarch64", True),
        ("power9le", "ppc64le", True),
        ("zen4", "aarch64", False),
        ("of_tomorrow", "x86_64", False),
        ("zen4", "zen4", False),  # itself is no other target
    ],
)
def test_the_lattice_is_that_of_archspec(machine: str, target: str, *, runs: bool) -> None:
    assert (target in ancestors(machine)) is runs


# --- GPU facets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variants", "facets"),
    [
        (["+cuda", "cuda_arch=80"], {"+cuda cuda_arch=80"}),
        (["+cuda", "cuda_arch:='80,70'"], {"+cuda cuda_arch=70", "+cuda cuda_arch=80"}),
        (["+cuda", "cuda_arch=none"], {"+cuda"}),
        (["+cuda"], {"+cuda"}),
        (["~cuda", "cuda_arch=80"], set()),
        (["cuda_arch=80"], set()),
        (["+rocm", "amdgpu_target=gfx90a,gfx908"], {"+rocm amdgpu_target=gfx908", "+rocm amdgpu_target=gfx90a"}),
        (["+rocm", "amdgpu_target=none"], {"+rocm"}),
        (["+rocm", "cuda_arch=80"], {"+rocm"}),
        (["+sycl"], {"+sycl"}),
        (["~sycl"], set()),
        (
            ["+cuda", "cuda_arch=80", "+rocm", "amdgpu_target=gfx90a", "+sycl"],
            {"+cuda cuda_arch=80", "+rocm amdgpu_target=gfx90a", "+sycl"},
        ),
        (["++cuda", "cuda_arch==80"], {"+cuda cuda_arch=80"}),
        (["cuda=yes"], set()),
        ([], set()),
    ],
)
def test_gpu_facets(variants: list[str], facets: set[str]) -> None:
    assert gpu_facets(spell_variants(tuple(variants))) == facets


def changes_in(old: Sequence[Spec], new: Sequence[Spec]) -> tuple[tuple[FacetChange, ...], tuple[FacetChange, ...]]:
    """Return the facets that two lists of specs lost and gained."""
    lost = find_lost(*({cell for spec in side for cell in cells_of(spec.content)} for side in (old, new)))
    return compare_facets(old, new, match(old, new), lost)


def show_changes(changes: Iterable[FacetChange]) -> list[str]:
    """Return changes as words: `gpu +cuda e4s`, or with a cell `gpu +cuda e4s/rhel8/zen4`."""
    return [
        f"{change.kind} {change.facet} {'/'.join(filter(None, (change.place.stack, change.place.os, change.place.target)))}"
        for change in changes
    ]


@pytest.mark.parametrize(
    ("old", "new", "lost", "gained"),
    [
        ([["+cuda", "cuda_arch=80"]], [["+cuda", "cuda_arch=80"]], [], []),
        ([["+cuda", "cuda_arch=80"]], [["~cuda"]], ["+cuda cuda_arch=80"], []),
        ([["+cuda", "cuda_arch=80"]], [["+cuda", "cuda_arch=90"]], ["+cuda cuda_arch=80"], ["+cuda cuda_arch=90"]),
        ([["+cuda", "cuda_arch=70,80"]], [["+cuda", "cuda_arch=80"]], ["+cuda cuda_arch=70"], []),
        ([["+cuda", "cuda_arch=70,80"]], [["+cuda", "cuda_arch=70"], ["+cuda", "cuda_arch=80"]], [], []),
        ([["+cuda", "cuda_arch=80"]], [["+cuda", "cuda_arch=none"]], ["+cuda cuda_arch=80"], []),
        ([["+cuda"]], [["+cuda", "cuda_arch=80"]], [], ["+cuda cuda_arch=80"]),
        ([["+cuda"]], [["+cuda", "cuda_arch=none"]], [], []),
        ([["+cuda"]], [["~cuda"]], ["+cuda"], []),
        ([["+cuda"], ["+cuda", "cuda_arch=80"]], [["+cuda", "cuda_arch=80"]], [], []),
        ([["+cuda"]], [["+rocm"]], ["+cuda"], ["+rocm"]),
        ([["+sycl"], ["+cuda"]], [["+cuda"]], ["+sycl"], []),
        ([["cuda_arch=80"]], [["+cuda", "cuda_arch=80"]], [], ["+cuda cuda_arch=80"]),
        ([["+cuda", "cuda_arch=80,90"]], [["cuda_arch=80"]], ["+cuda cuda_arch=80", "+cuda cuda_arch=90"], []),
    ],
)
def test_gpu_facets_of_a_stack(old: list[list[str]], new: list[list[str]], lost: list[str], gained: list[str]) -> None:
    before = [a_spec(number, variants=variants) for number, variants in enumerate(old)]
    after = [a_spec(100 + number, variants=variants) for number, variants in enumerate(new)]
    there, back = changes_in(before, after), changes_in(after, before)
    assert [change for change in show_changes(there[0]) if change.startswith("gpu")] == [
        f"gpu {facet} e4s" for facet in lost
    ]
    assert show_changes(there[1]) == [f"gpu {facet} e4s" for facet in gained]
    assert back[1] == tuple(change for change in there[0] if change.kind == "gpu")


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        # the whole stack, or the cell where another of the stack keeps it
        ("e4s/a/x+cuda", "e4s/a/x~cuda", ["gpu +cuda e4s"]),
        ("e4s/a/x+cuda e4s/a/y+cuda", "e4s/a/x~cuda e4s/a/y+cuda", ["gpu +cuda e4s/a/x"]),
        ("e4s/a/x+cuda e4s/a/y+cuda", "e4s/a/x~cuda e4s/a/y~cuda", ["gpu +cuda e4s"]),
        ("e4s/a/x+cuda e4s/a/y~cuda", "e4s/a/x~cuda e4s/a/y+cuda", ["gpu +cuda e4s/a/x"]),
        ("e4s/a/x+cuda hep/a/x+cuda", "e4s/a/x~cuda hep/a/x+cuda", ["gpu +cuda e4s"]),
        # a cell that is gone is for the rules on cells; one that is served owes what it had
        ("e4s/a/x+cuda e4s/b/x~cuda", "e4s/b/x~cuda", []),
        ("e4s/a/zen4+cuda e4s/a/x86_64_v3~cuda", "e4s/a/x86_64_v3~cuda", ["gpu +cuda e4s"]),
        ("e4s/a/zen4+cuda e4s/a/zen3~cuda", "e4s/a/zen3~cuda e4s/a/x86_64_v3+cuda", []),
        ("e4s/a/x+cuda", "e4s/b/x~cuda", ["gpu +cuda e4s"]),
        ("e4s/a/x+cuda", "e4s/b/x+cuda", []),
        # variants
        ("e4s/a/x+mpi e4s/a/x~mpi", "e4s/a/x~mpi", ["variant mpi e4s"]),
        ("e4s/a/x+mpi e4s/a/x~mpi e4s/b/x+mpi", "e4s/a/x~mpi e4s/b/x+mpi", ["variant mpi e4s/a/x"]),
        ("e4s/a/x+mpi", "e4s/a/x~mpi", []),  # a changed pair: variant-disabled
        ("e4s/a/x+mpi", "e4s/a/x+hl", []),  # the recipe does not have it any more
        ("e4s/a/x+mpi e4s/a/x+hl", "e4s/a/x+hl", ["variant mpi e4s"]),
        ("e4s/a/x|langs=c,f e4s/a/x|langs=c", "e4s/a/x|langs=c", ["variant langs=f e4s"]),
        ("e4s/a/x|type=c e4s/a/x|type=f", "e4s/a/x|type=c", []),  # one of one value
        ("e4s/a/x|type=c e4s/a/x|type=none", "e4s/a/x|type=none", ["variant type=c e4s"]),
        (
            "e4s/a/x|amdgpu_target=gfx90a e4s/a/x|amdgpu_target=gfx942",
            "e4s/a/x|amdgpu_target=gfx942",
            ["variant amdgpu_target=gfx90a e4s"],
        ),
        # a recipe that got a switch for what it was always built for
        ("e4s/a/x|amdgpu_target=gfx90a", "e4s/a/x|+rocm;amdgpu_target=gfx90a", []),
        ("e4s/a/x|amdgpu_target=gfx90a", "e4s/a/x|~rocm;amdgpu_target=gfx90a", ["variant amdgpu_target=gfx90a e4s"]),
        (
            "e4s/a/x|amdgpu_target=gfx90a e4s/b/x|amdgpu_target=gfx90a",
            "e4s/a/x|+rocm;amdgpu_target=gfx90a e4s/b/x|~rocm;amdgpu_target=gfx90a",
            ["variant amdgpu_target=gfx90a e4s/b/x"],
        ),
        ("e4s/a/x|amdgpu_target=gfx90a", "e4s/a/x~rocm", ["variant amdgpu_target=gfx90a e4s"]),
        ("e4s/a/x|amdgpu_target=gfx90a", "e4s/a/x+hl", []),
        # and one that lost the switch: whether it is always built for the GPU now nobody says
        ("e4s/a/x|+rocm;amdgpu_target=gfx90a", "e4s/a/x|amdgpu_target=gfx90a", ["gpu +rocm amdgpu_target=gfx90a e4s"]),
        ("e4s/a/x|patches=1234567 e4s/a/x", "e4s/a/x", []),
    ],
)
def test_facets_are_judged_a_cell(old: str, new: str, lost: list[str]) -> None:
    assert show_changes(changes_in(specs_at(old), specs_at(new, 100))[0]) == lost


def test_a_gpu_without_an_architecture_is_in_a_stack_that_has_it_for_one() -> None:
    a, b = a_spec(0, os="a", variants=["+cuda"]), a_spec(1, os="b", variants=["+cuda", "cuda_arch=80"])
    off = a_spec(2, os="a", variants=["~cuda"])
    there, back = changes_in([a, b], [off, b]), changes_in([off, b], [a, b])
    assert show_changes(there[0]) == show_changes(back[1]) == ["gpu +cuda e4s/a/x86_64_v3"]


def specs_at(places: str, first: int = 0) -> list[Spec]:
    """Return a spec a word: `stack/os/target`, and variants after it, `;` between them; `first` makes the first hash."""
    specs = []
    for number, word in enumerate(places.split(), first):
        place, variant = re.fullmatch(r"(.*?/.*?/[^+~|]*)(.*)", word).groups()  # type: ignore[union-attr]
        stack, os, target = place.split("/")
        variants = variant.lstrip("|").split(";") if variant else []
        specs.append(a_spec(number, os=os, target=target, stacks=[stack], variants=variants))
    return specs


# --- versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ([("1", "e4s")], [("1", "e4s")], []),
        ([("1", "e4s")], [("2", "e4s")], []),  # the pair is a version change
        ([("1", "e4s"), ("2", "e4s")], [("2", "e4s")], ["1 e4s"]),
        ([("1", "e4s"), ("2", "e4s")], [("2", "e4s"), ("2", "e4s")], ["1 e4s"]),  # the pair goes to a version that was there
        ([("1", "e4s"), ("2", "e4s")], [("2", "e4s"), ("3", "e4s")], []),
        ([("1", "e4s"), ("2", "e4s"), ("3", "e4s")], [("3", "e4s")], ["1 e4s", "2 e4s"]),
        ([("1", "e4s hep"), ("2", "e4s hep")], [("1", "hep"), ("2", "e4s hep")], ["1 e4s"]),
        ([("1", "e4s hep"), ("2", "hep")], [("3", "e4s"), ("2", "hep")], ["1 hep"]),  # changed in e4s alone
        ([("2", "e4s"), ("1", "hep")], [("1", "e4s hep")], ["2 e4s"]),  # what came was there, in another stack
        ([("1", "e4s hep")], [("2", "e4s"), ("2", "hep")], []),  # one spec became two
        ([("1", "e4s")], [("1", "hep")], []),  # the package left the stack: stack-dropped tells
        ([("1", "e4s")], [], []),
        ([("1", ""), ("2", "")], [("2", "")], []),  # root is no stack
    ],
)
def test_versions_of_a_cell(old: list[tuple[str, str]], new: list[tuple[str, str]], lost: list[str]) -> None:
    before = [a_spec(number, version=version, stacks=stacks.split()) for number, (version, stacks) in enumerate(old)]
    after = [a_spec(100 + number, version=version, stacks=stacks.split()) for number, (version, stacks) in enumerate(new)]
    assert show_changes(changes_in(before, after)[0]) == [f"version {one}" for one in lost]


# --- what is true of all pages -----------------------------------------------------------------------------------------


def count_cells(specs: Iterable[Spec]) -> set[Cell]:
    """Return the cells of specs, counted one by one."""
    return {
        Cell(stack, spec.coordinates.platform, spec.coordinates.os, spec.coordinates.target)
        for spec in specs
        for stack in spec.stacks
    }


@settings(deadline=None)
@given(entry_list_pairs())
def test_lost_and_gained_are_set_arithmetic(sides: tuple[list[Entry], list[Entry]]) -> None:
    before, after = (count_cells(specs_of(some)) for some in sides)
    diff = compare_package("hdf5", *map(page_of, sides))
    assert diff.old
    assert diff.new
    assert diff.old.cells == before
    assert diff.new.cells == after
    assert [lost.cell for lost in diff.lost] == sorted(before - after)
    assert list(diff.gained) == sorted(after - before)
    back = compare_package("hdf5", page_of(sides[1]), page_of(sides[0]))
    assert [lost.cell for lost in back.lost] == list(diff.gained)
    assert list(back.gained) == [lost.cell for lost in diff.lost]


@settings(deadline=None)
@given(entry_list_pairs())
def test_what_serves_is_there(sides: tuple[list[Entry], list[Entry]]) -> None:
    before, after = (count_cells(specs_of(some)) for some in sides)
    for lost in compare_package("hdf5", *map(page_of, sides)).lost:
        cell = lost.cell
        if lost.served_by_target:
            assert Cell(cell.stack, cell.platform, cell.os, lost.served_by_target) in after
        if lost.served_by_os:
            assert Cell(cell.stack, cell.platform, lost.served_by_os, cell.target) in after - before


@settings(deadline=None)
@given(entry_list_pairs())
def test_facets_are_found_with_and_without_the_shortcut(sides: tuple[list[Entry], list[Entry]]) -> None:
    old, new = map(page_of, sides)
    diff = compare_package("hdf5", old, new)
    assert (diff.facets_lost, diff.facets_gained) == changes_in(old.specs, new.specs)


@settings(deadline=None)
@given(snapshot_pairs())
def test_no_lost_cell_of_a_snapshot_is_forgotten(sides: tuple[dict[str, list[Entry]], dict[str, list[Entry]]]) -> None:
    diff = compare(*map(snapshot_of, sides))
    before, after = (
        {(package, cell) for package, some in side.items() for cell in count_cells(specs_of(some))} for side in sides
    )
    assert {(package.package, lost.cell) for package in diff.packages for lost in package.lost} == before - after
    assert {(package.package, cell) for package in diff.packages for cell in package.gained} == after - before
    assert (diff.lost, diff.gained) == (len(before - after), len(after - before))
