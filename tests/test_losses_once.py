"""Each loss once: what findings speak of, which of them repeat others, and the sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.policy.parse import parse_policy
from cachediff.review.report import evaluate
from tests.coverage_maps import compare_maps

if TYPE_CHECKING:
    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report

Cells = dict[str, list[str]]

CELLS = [f"{stack} {os} {target}" for stack in "AB" for os in "uv" for target in ("x", "y")]
MAPS = st.dictionaries(st.sampled_from(["gcc", "hdf5", "zlib"]), st.lists(st.sampled_from(CELLS), min_size=1, unique=True))


def told(report: Report) -> list[Finding]:
    return [one for one in report.findings if one.cells and one.status == "open" and one.subsumed_by is None]


def speaks_of(finding: Finding, package: str, place: dict[str, str], became: str) -> bool:
    """Return whether a finding is about a lost cell, fact by fact; of moves about one that moved."""
    subject = finding.subject
    if finding.rule in {"os-replaced", "target-downgraded"} and became != "retargeted":
        return False
    return subject.package in {"", package} and all(getattr(subject, fact) in {"", value} for fact, value in place.items())


@given(old=MAPS, new=MAPS)
def test_each_lost_cell_is_told_and_counted_once(old: Cells, new: Cells) -> None:
    report = evaluate(compare_maps(old, new))
    lost = [
        (package.package, {name: getattr(cell, name) for name in ("stack", "platform", "os", "target")}, cell.became)
        for package in report.packages
        for cell in package.cells.lost
    ]
    for finding in told(report):
        assert finding.cells == sum(speaks_of(finding, *one) for one in lost)
        if finding.repeats:
            # What others tell, at least as severe ones, is told: cell by cell.
            own = [one for one in lost if speaks_of(finding, *one)]
            others = [
                one
                for one in told(report)
                if one.repeats is None and bool(one.subject.package) == bool(finding.subject.package)
            ]
            assert all(any(speaks_of(other, *one) for other in others) for one in own)
    severe = [one for one in told(report) if one.severity != "note"]
    assert report.summary.losses.cells == sum(any(speaks_of(finding, *one) for finding in severe) for one in lost)
    assert report.summary.losses.cells <= report.summary.cells.lost
    assert report.summary.losses.accepted == 0


def names(findings: list[Finding]) -> list[str]:
    return [f"{one.rule} {one.subject.package} {one.cells}".replace("  ", " ") for one in findings]


def test_a_stack_is_its_own_reason() -> None:
    report = evaluate(compare_maps({"gcc": ["A u x", "B v y"], "zlib": ["A u x"]}, {"gcc": ["A u x"], "zlib": ["A u x"]}))
    assert names([one for one in told(report) if one.repeats is None]) == ["stack-removed 1"]
    repeats = [one for one in told(report) if one.repeats]
    assert names(repeats) == ["os-removed 1", "target-removed 1"]
    assert {one.repeats for one in repeats} == {told(report)[0].fingerprint}
    assert (report.summary.losses.packages, report.summary.losses.cells) == (1, 1)
    assert report.summary.findings.error == 3


def test_what_reaches_further_is_no_repetition() -> None:
    old = {"gcc": ["A u x", "B u x", "C v y", "A v x"], "zlib": ["A u x", "A v y", "B u x", "C v y"]}
    report = evaluate(compare_maps(old, {"gcc": ["B u x"], "zlib": old["zlib"]}))
    found = {f"{one.rule} {one.subject.os}{one.subject.stack}": bool(one.repeats) for one in told(report)}
    assert found == {"stack-dropped A": False, "stack-dropped C": False, "os-dropped v": True, "target-dropped ": True}


@pytest.mark.parametrize(
    ("stack", "losses"),
    [("A", (1, 1, 0, 1)), ("?", (0, 0, 0, 2)), ("C", (2, 2, 0, 0))],
)
def test_what_is_accepted_is_counted_apart(stack: str, losses: tuple[int, ...]) -> None:
    old = {"gcc": ["A u x", "C u x"], "zlib": ["B u x", "C u x"]}
    text = f"accepted: [{{rule: stack-removed, subject: {{stack: '{stack}'}}, reason: retired, until: 2030-01-01}}]"
    report = evaluate(compare_maps(old, {"gcc": ["C u x"], "zlib": ["C u x"]}), parse_policy(text, "policy").policy)
    found = report.summary.losses
    assert (found.packages, found.cells, found.facets, found.accepted) == losses
