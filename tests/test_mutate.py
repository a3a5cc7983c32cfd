"""Mutation testing tries what it is for, by tests that there are."""

from __future__ import annotations

import random

import pytest

from tests.commands import ROOT
from tests.mutate import TESTS, find_mutants

JUDGING = {f"cachediff/policy/{name}.py" for name in ("acceptance", "judge", "severities")}


def test_every_module_that_compares_is_mutated() -> None:
    comparing = {str(path.relative_to(ROOT)) for path in (ROOT / "cachediff" / "compare").glob("*.py") if path.stem != "__init__"}
    assert {*TESTS} == comparing | JUDGING | {"cachediff/domain/spelling.py"}


def test_tests_that_concern_a_module_are_there() -> None:
    assert [name for names in TESTS.values() for name in names if not (ROOT / "tests" / name).is_file()] == []


def test_mutants_are_programs_that_differ() -> None:
    pytest.importorskip("cosmic_ray", reason="cosmic-ray makes the mutants")
    mutants = [*find_mutants("cachediff/comparison/requirements.py", random.Random(1))]  # noqa: S311 - any draw will do
    assert len({mutant.text for mutant in mutants}) == len(mutants) > 10
    for mutant in mutants:
        compile(mutant.text, mutant.module, "exec")
