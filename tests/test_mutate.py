"""Mutation testing tries what it is for, by tests that there are."""

from __future__ import annotations

import random
from fnmatch import fnmatch

import pytest

from tests.commands import ROOT
from tests.mutate import PLACES, WHOLE, find_modules, find_mutants, find_tests

MODULES = find_modules()


@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_modules(place: str) -> None:
    assert [module for module in MODULES if fnmatch(module, place)]


def test_every_module_that_compares_is_mutated() -> None:
    compared = {
        f"cachediff/comparison/{path.name}" for path in (ROOT / "cachediff" / "comparison").iterdir() if path.suffix == ".py"
    }
    assert compared - {*MODULES} == {"cachediff/comparison/__init__.py"}


def test_tests_that_concern_a_module_are_those_that_import_it_and_those_of_everything() -> None:
    tests = find_tests("cachediff/comparison/match.py")
    assert tests[-len(WHOLE) :] == WHOLE
    assert {"test_match.py", "test_match_properties.py"} <= {*tests}
    assert "test_fields.py" not in tests
    assert [name for name in tests if not (ROOT / "tests" / name).is_file()] == []


def test_mutants_are_programs_that_differ() -> None:
    pytest.importorskip("cosmic_ray", reason="cosmic-ray makes the mutants")
    mutants = [*find_mutants("cachediff/comparison/requirements.py", random.Random(1))]  # noqa: S311 - any draw will do
    assert len({mutant.text for mutant in mutants}) == len(mutants) > 10
    for mutant in mutants:
        compile(mutant.text, mutant.module, "exec")
