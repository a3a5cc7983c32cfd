"""Reports in memory for the tests of formats: small builders, and random reports full of hostile text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from cachediff.domain.cell import Cell
from cachediff.domain.diff import SpecCounts
from cachediff.domain.finding import SEVERITIES, Acceptance, Finding, Subject
from cachediff.domain.problem import Location, Problem
from cachediff.domain.report import (
    Cause,
    CellSummary,
    PackageCounts,
    ProbableRename,
    Report,
    ReportedCells,
    ReportedChange,
    ReportedLoss,
    ReportedPackage,
    ReportedSpec,
    SnapshotInfo,
    SpecSummary,
    Summary,
)
from cachediff.domain.spec import FieldChange
from cachediff.review.judge import count_findings, fingerprint
from tests.builders import a_hash
from tests.render_cases import HOSTILE as MARKUP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.domain.diff import Kind, Outcome
    from cachediff.domain.finding import Severity

HOSTILE = (
    *MARKUP,
    *(
        "\x00",
        "\r",
        "\n",
        "\t",
        "\x7f",
        "\x85",
        "\u2028",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufe0f",
        "\ufffe",
        "\uffff",
        "\ue000",
        " ",
        "",
    ),
    *(
        "|",
        "&amp;",
        "'",
        '"',
        "<",
        ">",
        "%0A",
        "%25",
        "%3A",
        "%",
        "::",
        "\r::add-mask::e",
        "##[error]x",
        "###[group]",
        "#",
        "[",
        ":",
        ",",
    ),
    *("=1+1", "+cuda", "-x", "@SUM(1)", '"=1', "'=1", "＝1", ";", "{0}", "}", "[a](http://x)", "](1)", "\\](2)", "\\"),
    *("./", "../", "//x/", "/", "="),
)
"""Pieces of what a page may hold to break a format, or to command who reads it."""

_piece = st.sampled_from(HOSTILE)
hostile_text = st.one_of(
    _piece,
    st.tuples(_piece, _piece).map("".join),
    st.lists(_piece | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=4).map("".join),
)


# --- builders ----------------------------------------------------------------------------------------------------------


def a_finding(rule: str = "os-dropped", severity: Severity = "error", message: str = "gcc lost it", **facts: Any) -> Finding:
    """Return a finding: its fields by name, and the fields of its subject. `accepted` makes its status."""
    fields = {name: facts.pop(name) for name in Finding.__struct_fields__ if name in facts}
    subject = fields.pop("subject", None) or Subject(**facts)
    status = "accepted" if fields.get("accepted") else "open"
    given = {"fingerprint": fingerprint(rule, subject), "status": status} | fields
    return Finding(rule=rule, severity=severity, message=message, subject=subject, **given)


def an_acceptance(reason: str = "runners retired", until: str = "2025-06-01", owner: str = "@spack/ci") -> Acceptance:
    """Return why a finding does not count."""
    return Acceptance(reason, until, owner)


def a_reported_spec(
    number: int = 0, *, version: str = "1.0", variants: Sequence[str] = ("+cuda",), **fields: Any
) -> ReportedSpec:
    """Return a spec as a report shows it."""
    given = {
        "compiler": "gcc@11.4.0",
        "platform": "linux",
        "os": "ubuntu22.04",
        "target": "x86_64_v3",
        "stacks": ("e4s",),
    } | fields
    return ReportedSpec(
        spec=f"hdf5@{version} /{a_hash(number)[:7]}",
        hash=a_hash(number),
        version=version,
        variants=tuple(variants),
        index=number,
        **given,
    )


def a_package(
    package: str = "hdf5",
    *,
    lost: Iterable[tuple[Cell, Outcome]] = (),
    gained: Iterable[Cell] = (),
    changes: Iterable[ReportedChange] = (),
    kind: Kind = "changed",
) -> ReportedPackage:
    """Return a package that differs."""
    losses = tuple(ReportedLoss(cell.stack, cell.platform, cell.os, cell.target, fate) for cell, fate in lost)
    return ReportedPackage(package, kind, SpecCounts(), ReportedCells(losses, tuple(gained)), tuple(changes))


def a_report(findings: Iterable[Finding] = (), packages: Iterable[ReportedPackage] = (), **fields: Any) -> Report:
    """Return a report whose verdict and counts are those of its findings and packages, unless they are given."""
    listed, differing = tuple(findings), tuple(packages)
    lost, gained = sum(len(p.cells.lost) for p in differing), sum(len(p.cells.gained) for p in differing)
    kinds = [change.kind for package in differing for change in package.changes]
    fail_on = fields.get("fail_on", "error")
    failing = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    given: dict[str, Any] = {
        "format_version": 1,
        "cachediff": "0.0.0",
        "verdict": "fail" if any(f.status == "open" and f.severity in failing for f in listed) else "pass",
        "fail_on": fail_on,
        "old": SnapshotInfo("develop-2025-03-23", "old", 7, 75, f"sha256:{'0' * 64}"),
        "new": SnapshotInfo("develop-2025-03-30", "new", 7, 75, f"sha256:{'1' * 64}"),
        "summary": Summary(
            PackageCounts(0, 0, len(differing), 0, 0),
            SpecSummary(0, 0, kinds.count("changed"), kinds.count("added"), kinds.count("removed")),
            CellSummary(lost + 40, gained + 40, lost, gained),
            count_findings(listed),
        ),
        "causes": (),
        "findings": tuple(sorted(listed, key=lambda finding: SEVERITIES.index(finding.severity))),
        "packages": differing,
    }
    return Report(**given | fields)


# --- hostile reports ---------------------------------------------------------------------------------------------------

_locations = st.builds(Location, hostile_text, st.integers(0, 9), st.integers(0, 9), hostile_text)
_problems = st.builds(Problem, hostile_text, _locations, hostile_text, hostile_text)
_cells = st.builds(Cell, hostile_text, hostile_text, hostile_text, hostile_text)
_specs = st.builds(
    ReportedSpec,
    hostile_text,
    st.integers(0, 99).map(a_hash),
    hostile_text,
    hostile_text,
    hostile_text,
    hostile_text,
    hostile_text,
    st.lists(hostile_text, max_size=2).map(tuple),
    st.lists(hostile_text, max_size=2).map(tuple),
    st.integers(0, 9),
)
_fields = st.builds(FieldChange, hostile_text, hostile_text | st.none(), hostile_text | st.none())


# Made once: to make a strategy takes longer than to draw from it.
_subject_fields = st.sets(st.sampled_from(Subject.__struct_fields__), max_size=3)
_rules = st.sampled_from(
    ("os-dropped", "stack-removed", "page-invalid", "variant-disabled", "spec-added", "a-rule-of-tomorrow")
)
_severities = st.sampled_from(SEVERITIES)
_locations_or_none = _locations | st.none()
_few_problems = st.lists(_problems, max_size=2).map(tuple)
_acceptances_or_none = st.none() | st.builds(Acceptance, hostile_text, hostile_text, hostile_text)
_wider = st.sampled_from((None, None, None, "0" * 16))
_kinds: st.SearchStrategy[Kind] = st.sampled_from(("removed", "added", "changed", "rebuilt"))
_few_fields = st.lists(_fields, max_size=2).map(tuple)


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    return a_finding(
        draw(_rules),
        draw(_severities),
        draw(hostile_text),
        subject=Subject(**{name: draw(hostile_text) for name in sorted(draw(_subject_fields))}),
        location=draw(_locations_or_none),
        problems=draw(_few_problems),
        accepted=draw(_acceptances_or_none),
        subsumed_by=draw(_wider),
    )


@st.composite
def _changes(draw: st.DrawFn) -> ReportedChange:
    kind = draw(_kinds)
    old = None if kind == "added" else draw(_specs)
    new = None if kind == "removed" else draw(_specs)
    return ReportedChange(kind, old, new, draw(_few_fields) if old and new else ())


_causes = st.builds(
    Cause,
    hostile_text,
    st.sampled_from(("cells", "packages")),
    st.dictionaries(st.sampled_from(("stack", "platform", "os", "target", "package")), hostile_text, min_size=1, max_size=2),
    st.integers(0, 9),
    st.integers(0, 2),
    st.lists(hostile_text, max_size=3).map(tuple),
)


_renames = st.builds(
    ProbableRename,
    st.sampled_from(("stack", "os", "package")),
    hostile_text,
    hostile_text,
    st.integers(0, 9),
    st.integers(0, 9),
)


_few_cells = st.lists(_cells, max_size=2)
_few_changes = st.lists(_changes(), max_size=2)
_few_findings = st.lists(_findings(), max_size=4)
_few_causes = st.lists(_causes, max_size=3).map(tuple)
_few_renames = st.lists(_renames, max_size=2).map(tuple)
_few = st.integers(0, 2)
_fail_on = st.sampled_from(("error", "warning", "never"))
_is_there = st.booleans()


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    """Draw a report in which every text that a page, a path or a policy can give is hostile."""
    packages = [
        a_package(
            draw(hostile_text),
            lost=[(cell, "lost") for cell in draw(_few_cells)],
            gained=draw(_few_cells),
            changes=draw(_few_changes),
        )
        for _ in range(draw(_few))
    ]
    sides = [SnapshotInfo(draw(hostile_text), draw(hostile_text), 1, 1, f"sha256:{'0' * 64}") for _ in range(2)]
    findings = draw(_few_findings)
    repeated = findings[draw(_few) :][:1] if draw(_is_there) else []
    return a_report(
        [*findings, *repeated],
        packages,
        old=sides[0] if draw(_is_there) else None,
        new=sides[1],
        fail_on=draw(_fail_on),
        causes=draw(_few_causes),
        renames=draw(_few_renames),
    )
