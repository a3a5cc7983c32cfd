"""Which predicates explain lost cells and removed packages: cases that a maintainer would name the causes of."""

from __future__ import annotations

import pytest

from cachediff.comparison.causes import find_causes
from cachediff.domain.report import Cause
from tests.coverage_maps import compare_maps

Map = dict[str, list[str]]

CASES: dict[str, tuple[Map, Map, list[str]]] = {
    "nothing is lost": ({"gcc": ["A u x"]}, {"gcc": ["A u x", "B u x"]}, []),
    "a stack is gone": (
        {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"]},
        {"gcc": ["B u x"], "hdf5": ["B u x"]},
        ["stack=A 2"],
    ),
    "a gone stack comes before the os and the target that it alone had": (
        {"gcc": ["A v y", "B u x"], "hdf5": ["A v y", "B u x"]},
        {"gcc": ["B u x"], "hdf5": ["B u x"]},
        ["stack=A 2"],
    ),
    "each gone stack is a cause, though one os would do": (
        {"gcc": ["A v x", "B v x", "C u x"], "hdf5": ["A v x", "C u x"]},
        {"gcc": ["C u x"], "hdf5": ["C u x"]},
        ["stack=A 2", "stack=B 1"],
    ),
    "an os that is gone beyond the gone stacks takes their cells, too": (
        {"gcc": ["A v x", "B v x", "C u x", "C v x"], "hdf5": ["C u x"]},
        {"gcc": ["C u x"], "hdf5": ["C u x"]},
        ["os=v 3"],
    ),
    "what a wider cause leaves of a gone stack is the stack's": (
        {"gcc": ["A v x", "A u x", "C u x", "C v x"], "hdf5": ["C v x", "C u x"]},
        {"gcc": ["C u x"], "hdf5": ["C u x"]},
        ["os=v 3", "stack=A 1"],
    ),
    "an os is gone from one stack": (
        {"gcc": ["A u x", "A v x"], "hdf5": ["A v x", "B v x"], "zlib": ["A u x"]},
        {"gcc": ["A u x"], "hdf5": ["B v x"], "zlib": ["A u x"]},
        ["stack=A & os=v 2"],
    ),
    "a target is gone from one os": (
        {"gcc": ["A u x", "A v x", "A v y"], "hdf5": ["B v y", "B u y"]},
        {"gcc": ["A u x", "A v x"], "hdf5": ["B u y"]},
        ["os=v & target=y 2"],
    ),
    "a package is gone from a stack": (
        {"gcc": ["A u x", "B u x"], "hdf5": ["A u x"]},
        {"gcc": ["B u x"], "hdf5": ["A u x"]},
        ["stack=A & package=gcc 1"],
    ),
    "of two facts that do alike, the stack comes first": (
        {"gcc": ["A v y", "B u x"], "hdf5": ["A v y", "B u x"]},
        {"gcc": ["B u x"], "hdf5": ["A v y", "B u x"]},
        ["stack=A & package=gcc 1"],
    ),
    "of two values that do alike, the alphabet decides": (
        {"gcc": ["B u x", "A u x", "C u x"]},
        {"gcc": ["C u x"]},
        ["stack=A 1", "stack=B 1"],
    ),
    "a package that is gone though its stacks are there": (
        {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"]},
        {"hdf5": ["A u x", "B u x"]},
        ["package=gcc 2", "packages: package=gcc 1"],
    ),
    "a package that went with the only stack that had it": (
        {"gcc": ["A u x"], "hdf5": ["A u x", "B u x"]},
        {"hdf5": ["B u x"]},
        ["stack=A 2", "packages: stack=A 1"],
    ),
    "a package that went with two stacks is put down to the wider one": (
        {"gcc": ["A u x", "B u x", "B v x"], "hdf5": ["A u x", "C u x"], "zlib": ["A u x", "C u x"]},
        {"hdf5": ["C u x"], "zlib": ["C u x"]},
        ["stack=A 3", "stack=B 2", "packages: stack=B 1"],
    ),
    "a package that is gone also from a stack that stays is its own cause": (
        {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"], "zlib": ["A u x", "B u x"]},
        {"hdf5": ["B u x"], "zlib": ["B u x"]},
        ["stack=A 3", "package=gcc 1", "packages: package=gcc 1"],
    ),
    "a removed package that was in no stack": (
        {"gcc": [], "hdf5": ["A u x"]},
        {"hdf5": ["A u x"]},
        ["packages: package=gcc 1"],
    ),
    "a package that has only orphans left": (
        {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"]},
        {"gcc": [], "hdf5": ["A u x", "B u x"]},
        ["package=gcc 2"],
    ),
    "a place of which every pair of facts is left elsewhere": (
        {"gcc": ["A u x", "A v x", "A u y", "B u x"]},
        {"gcc": ["A v x", "A u y", "B u x"]},
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_causes(case: str) -> None:
    """The causes are these, in this order, with so many cells or packages."""
    old, new, expected = CASES[case]
    assert [_write(cause) for cause in find_causes(compare_maps(old, new)).found] == expected


def test_each_cell_counts_for_one_cause() -> None:
    """What explains a cell is the first cause that holds for it."""
    diff = compare_maps(
        {"gcc": ["A v x", "A u x", "C u x", "C v x"], "hdf5": ["C v x", "C u x"]},
        {"gcc": ["C u x"], "hdf5": ["C u x"]},
    )
    causes = find_causes(diff)
    assert {(package, cell.stack, cell.os): cause for (package, cell), cause in causes.of_cells.items()} == {
        ("gcc", "A", "v"): "os=v",
        ("gcc", "C", "v"): "os=v",
        ("hdf5", "C", "v"): "os=v",
        ("gcc", "A", "u"): "stack=A",
    }


def test_removed_packages_have_a_cause() -> None:
    """Each removed package is put down to one cause, and counted with all cells that it had."""
    diff = compare_maps(
        {"gcc": ["A u x", "A v x"], "hdf5": ["A u x"], "zlib": ["A u x", "B u x"], "zstd": ["B u x"]},
        {"zstd": ["B u x"]},
    )
    causes = find_causes(diff)
    assert causes.of_packages == {"gcc": "stack=A", "hdf5": "stack=A", "zlib": "package=zlib"}
    assert [cause for cause in causes.found if cause.explains == "packages"] == [
        Cause("stack=A", "packages", {"stack": "A"}, 3, 2, ("gcc", "hdf5")),
        Cause("package=zlib", "packages", {"package": "zlib"}, 2, 1, ("zlib",)),
    ]


def test_examples_are_packages() -> None:
    """Three packages stand for all that a cause explains, in alphabetical order."""
    names = ["e", "d", "c", "b", "a"]
    causes = find_causes(compare_maps({name: ["A u x", "B u x"] for name in names}, {name: ["B u x"] for name in names}))
    assert causes.found == (Cause("stack=A", "cells", {"stack": "A"}, 5, 5, ("a", "b", "c")),)


def test_examples_are_places_where_the_cause_names_the_package() -> None:
    """Three places say where the one package is gone, without the stack if the cause names it."""
    old = ["A u x", "A v x", "A w x", "A w y", "B v y", "C v y", "C u x"]
    diff = compare_maps({"gcc": old, "hdf5": old}, {"gcc": ["C u x"], "hdf5": old})
    assert {cause.id: cause.examples for cause in find_causes(diff).found} == {
        "stack=A & package=gcc": ("linux-u-x", "linux-v-x", "linux-w-x"),
        "os=v & package=gcc": ("B linux-v-y", "C linux-v-y"),
    }


def test_a_package_of_new_alone_keeps_a_fact_alive() -> None:
    """A predicate is no cause if one cell of NEW bears it out, be it of a package that came."""
    diff = compare_maps({"gcc": ["A v x", "A u x"]}, {"gcc": ["A u x"], "hdf5": ["A v x"]})
    assert [cause.id for cause in find_causes(diff).found] == ["os=v & package=gcc"]


def _write(cause: Cause) -> str:
    return f"{cause.id} {cause.cells}" if cause.explains == "cells" else f"packages: {cause.id} {cause.packages}"
