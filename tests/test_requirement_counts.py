"""What NEW offers of what is required: counted on pages, and judged only where a comparison sees all of it."""

from __future__ import annotations

import pytest

from cachediff.comparison.requirements import count_on, name_requirement_counts, within
from cachediff.domain.diff import Requirement, RequirementCount
from cachediff.domain.package import InvalidPage
from cachediff.domain.selection import Selection
from tests.builders import an_entry
from tests.strategies import page_of

HDF5 = page_of(
    [
        an_entry(0, version="1.0", os="rhel8", target="zen4", stacks=["e4s"]),
        an_entry(1, version="1.0", os="rhel8", target="zen4", stacks=["hep"], compiler="none"),
        an_entry(2, version="1.1", os="ubuntu22.04", target="zen4", stacks=["e4s", "hep"]),
        an_entry(3, version="2.0", os="ubuntu22.04", target="x86_64_v3", stacks=[]),
    ]
)


@pytest.mark.parametrize(
    ("requirement", "count"),
    [
        (Requirement("hdf5"), 3),  # two of four differ in nothing but the compiler
        (Requirement("hdf*"), 3),
        (Requirement("zlib"), 0),
        (Requirement("hdf5", stack="e4s"), 2),
        (Requirement("hdf5", stack="h*"), 2),
        (Requirement("hdf5", stack="ml"), 0),
        (Requirement("hdf5", os="rhel8"), 1),
        (Requirement("hdf5", target="zen*"), 2),
        (Requirement("hdf5", version="1.*"), 2),
        (Requirement("hdf5", stack="e4s", os="rhel8", target="zen4", version="1.0"), 1),
        (Requirement("hdf5", stack="e4s", os="rhel8", target="x86_64_v3"), 0),
        (Requirement("hdf5", stack="e4s", os="rhel8", version="1.1"), 0),
        (Requirement("hdf5", os="ubuntu22.04", target="x86_64_v3", version="2.0"), 1),
        (Requirement("hdf5", stack="e4s", version="2.0"), 0),
    ],
)
def test_distinct_coordinates_are_counted(requirement: Requirement, count: int) -> None:
    assert count_on(HDF5, requirement) == count


def test_pages_that_may_hide_more_are_named() -> None:
    invalid = [InvalidPage(name, f"new/{name}/specs.md", ()) for name in ("zlib", "hdf5-vol", "hdf5", "hdf5")]
    some, other = Requirement("hdf5*", specs=2), Requirement("gcc")
    assert name_requirement_counts([some, other], [1, 0], invalid) == (
        RequirementCount(some, 1, ("hdf5", "hdf5-vol")),
        RequirementCount(other, 0, ()),
    )


@pytest.mark.parametrize(
    ("wanted", "globs", "is_judged"),
    [
        (Requirement("hdf5", "e4s"), ("*", "*"), True),
        (Requirement("*", ""), ("*", "*"), True),
        (Requirement("hdf5"), ("hdf5", "*"), True),
        (Requirement("hdf5"), ("hdf*", "*"), True),
        (Requirement("hdf5"), ("zlib", "*"), False),
        (Requirement("hdf*"), ("hdf*", "*"), True),
        (Requirement("hdf?"), ("hdf*", "*"), False),  # surely it is, but globs are not compared
        (Requirement("*"), ("?", "*"), False),
        (Requirement("[ab]"), ("????", "*"), False),
        (Requirement("hdf5", "e4s"), ("*", "e4s"), True),
        (Requirement("hdf5", "e4s-cray"), ("*", "e4s*"), True),
        (Requirement("hdf5", "hep"), ("*", "e4s*"), False),
        (Requirement("hdf5"), ("*", "e4s"), False),  # in any stack, also in those that are not looked at
        (Requirement("hdf5"), ("*", "?*"), False),
    ],
)
def test_requirements_are_judged_where_all_of_them_is_seen(
    wanted: Requirement, globs: tuple[str, str], is_judged: bool
) -> None:
    assert within([wanted], Selection(*globs)) == ((wanted,) if is_judged else ())
