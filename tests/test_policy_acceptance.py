"""Who accepts what: the index finds the entries that match, as asking each of them would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.domain.cell import Cell
from cachediff.domain.finding import Acceptance, Observation, Subject
from cachediff.policy import losses
from cachediff.policy.acceptance import Ledger, RatedObservation, accepts
from cachediff.policy.settings import Entry
from cachediff.policy.subjects import matches
from cachediff.rules.catalogue import RULES
from tests.examples import examples
from tests.policy_strategies import JUDGED, PACKAGES, entries
from tests.strategies import STACKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.finding import Severity

BY_ID = {rule.id: rule for rule in RULES}


def an_entry(rule: str, until: str = "2099-01-01", reason: str = "because", **subject: str) -> Entry:
    """Return an acceptance; without a subject it is for any."""
    return Entry(rule, Subject(**subject), Acceptance(reason, until, "me"))


def seen(rule: str = "stack-dropped", severity: Severity | None = "error", **subject: str) -> RatedObservation:
    """Return an observation as it is judged."""
    return RatedObservation(BY_ID[rule], Observation(Subject(**subject), "it is gone"), severity)


def reasons(some: Sequence[Entry], row: Sequence[RatedObservation], date: str = "2025-03-30") -> list[str]:
    """Return why each observation is accepted, empty where it is not."""
    ledger = Ledger(some, row, date)
    return [found.reason if (found := ledger.accepted(place)) else "" for place in range(len(row))]


@pytest.mark.parametrize(
    ("rule", "subject", "is_accepted"),
    [
        ("stack-dropped", {"package": "py-torch"}, True),
        ("stack-dropped", {"package": "py-*"}, True),
        ("stack-dropped", {"package": "py-tor[ct]h"}, True),
        ("stack-dropped", {"package": "r-*"}, False),
        ("stack-*", {"package": "py-torch"}, True),
        ("stack-*", {"package": "py-*"}, True),
        ("stack-*", {"package": "py-numpy"}, False),
        ("stack-dropped", {"stack": "e4s"}, True),
        ("stack-dropped", {"stack": "hep"}, False),
        ("stack-dropped", {"package": "py-torch", "stack": "hep"}, False),
        ("os-dropped", {"package": "py-torch"}, False),
        ("*", {}, True),
    ],
)
def test_entries_match_by_rule_and_subject(rule: str, subject: dict[str, str], is_accepted: bool) -> None:
    assert reasons([an_entry(rule, **subject)], [seen(package="py-torch", stack="e4s")]) == [
        "because" if is_accepted else ""
    ]


def test_first_entry_in_force_is_the_reason() -> None:
    some = [
        an_entry("stack-dropped", "2025-03-29", "too old", package="gcc"),
        an_entry("stack-*", reason="by a glob", package="gc*"),
        an_entry("stack-dropped", reason="by name", package="gcc"),
    ]
    assert reasons(some, [seen(package="gcc", stack="e4s")]) == ["by a glob"]
    assert reasons(some, [seen(package="gcc", stack="e4s")], date="") == ["too old"]  # nothing expires on no day


@pytest.mark.parametrize(("until", "is_accepted"), [("2025-03-29", False), ("2025-03-30", True), ("2025-03-31", True)])
def test_last_day_counts(until: str, is_accepted: bool) -> None:
    assert reasons([an_entry("*", until)], [seen(package="gcc")]) == ["because" if is_accepted else ""]


def test_what_is_accepted_for_the_snapshot_is_accepted_for_its_packages() -> None:
    row = [
        seen("stack-removed", stack="e4s"),
        seen(package="gcc", stack="e4s"),
        seen(package="gcc", stack="hep"),
        seen(package="gcc"),
    ]
    assert reasons([an_entry("stack-removed", stack="e4s")], row) == ["because", "because", "", ""]
    assert reasons([an_entry("stack-dropped", stack="e4s")], row) == ["", "because", "", ""]


def test_uses_count_what_is_said_and_what_comes_back() -> None:
    some = [
        an_entry("stack-dropped", "2025-03-29", package="gcc"),  # renewed by the next
        an_entry("stack-dropped", "2025-04-02", package="gcc"),
        an_entry("os-dropped", "2025-03-20", package="gcc"),
        an_entry("*", "2025-03-25", package="zlib"),
    ]
    row = [
        seen(package="gcc", stack="e4s"),
        seen(package="gcc", stack="hep", severity=None),
        seen("os-dropped", "warning", package="gcc", os="rhel8"),
        seen("os-dropped", "error", package="gcc", os="centos7"),
        seen("spec-removed", "note", package="zlib"),
    ]
    uses = Ledger(some, row, "2025-03-30").uses()
    assert [(use.acceptance.until, use.days_left, use.matched, use.reopened, use.worst) for use in uses] == [
        ("2025-04-02", 3, 1, 0, "note"),
        ("2025-03-20", -10, 2, 2, "error"),
        ("2025-03-25", -5, 1, 1, "note"),
    ]
    assert [use.days_left for use in Ledger(some, row, "").uses()] == [None] * 3


subjects = st.builds(Subject, package=st.sampled_from(("", *PACKAGES)), stack=st.sampled_from(("", *STACKS)))


@settings(max_examples=examples(200))
@given(st.lists(entries(), max_size=6), st.lists(st.tuples(st.sampled_from(JUDGED), subjects), max_size=6))
def test_index_finds_what_asking_each_entry_finds(some: list[Entry], row: list[tuple[str, Subject]]) -> None:
    """Of observations that no other subsumes: those with a package, of rules that say nothing for the whole snapshot."""
    row = [(rule, subject) for rule, subject in row if not BY_ID[rule].subsumed_by]
    asked = [next((entry.acceptance for entry in some if accepts(entry, rule, subject)), None) for rule, subject in row]
    ledger = Ledger(some, [RatedObservation(BY_ID[rule], Observation(subject, "x"), "error") for rule, subject in row], "")
    assert [ledger.accepted(place) for place in range(len(row))] == asked


# --- losses ------------------------------------------------------------------------------------------------------------

CELLS = [Cell(stack, "linux", os, "x86_64_v3") for stack in ("e4s", "hep") for os in ("rhel8", "ubuntu22.04")]
LOST = st.dictionaries(st.sampled_from(["gcc", "hdf5"]), st.lists(st.sampled_from(CELLS), min_size=1, unique=True))
TELLING = st.builds(
    lambda rule, package, stack, os: (rule, Subject(package=package, stack=stack, os=os)),
    st.sampled_from(["stack-dropped", "cell-dropped", "package-removed", "stack-removed", "version-dropped"]),
    st.sampled_from(["", "gcc", "hdf5", "zlib"]),
    st.sampled_from(["", "e4s", "hep"]),
    st.sampled_from(["", "rhel8", "ubuntu22.04"]),
)
ACCEPTING = st.builds(
    lambda until, **subject: an_entry("loss", until=until, **subject),
    until=st.sampled_from(["2025-01-01", "2099-01-01"]),
    package=st.sampled_from(["", "gcc", "h*"]),
    stack=st.sampled_from(["", "e4s", "*e*"]),
    os=st.sampled_from(["", "rhel8", "ubuntu*"]),
)


@given(LOST, st.lists(TELLING, max_size=5), st.lists(ACCEPTING, max_size=3))
@settings(max_examples=examples(200))
def test_a_finding_is_accepted_where_each_of_its_lost_cells_is(
    lost: dict[str, list[Cell]], told: list[tuple[str, Subject]], some: list[Entry]
) -> None:
    row = [seen(rule, package=subject.package, stack=subject.stack, os=subject.os) for rule, subject in told]
    ledger = Ledger(some, row, "2025-03-30", {package: dict.fromkeys(cells, False) for package, cells in lost.items()})
    for place, (rule, subject) in enumerate(told):
        cells = [
            Subject(package=package, stack=cell.stack, platform="linux", os=cell.os, target=cell.target)
            for package, of_package in lost.items()
            for cell in of_package
            if rule != "version-dropped" and matches(subject, Subject(package=package, stack=cell.stack, os=cell.os))
        ]
        in_force = [entry for entry in some if entry.acceptance.until > "2025-03-30"]
        accepted = [any(matches(entry.subject, cell) for entry in in_force) for cell in cells]
        assert (ledger.accepted(place) is not None) == (bool(cells) and all(accepted))
    for n, use in enumerate(map(ledger.use, range(len(some)))):
        assert use.reopened <= use.matched
        if some[n].acceptance.until > "2025-03-30":
            assert use.reopened == 0


@pytest.mark.parametrize(("is_moved", "times"), [(False, 1), (True, 2)])
def test_entries_are_tried_for_moves_only_where_something_moved(
    is_moved: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def is_equal(value: str, glob: str) -> bool:
        tried.append(value)
        return value == glob

    monkeypatch.setattr(losses, "fits_glob", is_equal)
    some = [an_entry("loss", package=f"p{number}") for number in range(10)]
    losses.LossEntries(some, {"p1": {Cell("e4s", "linux", "rhel8", "zen4"): is_moved}})
    assert len(tried) == times * len(some)
