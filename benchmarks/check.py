"""Whether a JSON report says what is true of a generated pair: `python -m benchmarks.check truth.json report.json`.

It prints one line for each fact that differs. Exit code 0: right; 1: wrong; 2: this is no report. It is a process of its own
so that the one that measures stays small.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.truth import Cell, cells_digest


class _Finding(msgspec.Struct):
    rule: str
    subject: dict[str, Any]


class _CellJson(msgspec.Struct):
    stack: str
    platform: str
    os: str
    target: str


class _Cells(msgspec.Struct):
    lost: list[_CellJson] = []
    gained: list[_CellJson] = []


class _Package(msgspec.Struct):
    package: str
    cells: _Cells


class _Summary(msgspec.Struct):
    packages: dict[str, int]
    specs: dict[str, int]
    cells: dict[str, int]


class _Report(msgspec.Struct):
    summary: _Summary
    findings: list[_Finding]
    packages: list[_Package]


def facts_of_truth(truth: dict[str, Any]) -> dict[str, object]:
    """What a report has to say, flat."""
    cells = truth["cells"]
    return {
        **{f"packages {bucket}": count for bucket, count in truth["packages"].items()},
        **{f"specs {bucket}": count for bucket, count in truth["specs"].items()},
        **{f"cells {side}": cells[side] for side in ("old", "new")},
        **{f"cells {kind}": cells[kind]["count"] for kind in ("lost", "gained")},
        **{f"digest of the cells {kind}": cells[kind]["sha256"] for kind in ("lost", "gained")},
        "names of packages added": truth["packages_added"],
        "names of packages removed": truth["packages_removed"],
        "packages with wrong counts": truth["wrong_counts"],
    }


def facts_of_report(text: bytes) -> dict[str, object]:
    """What a report says, flat. Raises msgspec.DecodeError if it is none."""
    report = msgspec.json.decode(text, type=_Report)
    summary = report.summary
    lost = [_cell(package, cell) for package in report.packages for cell in package.cells.lost]
    gained = [_cell(package, cell) for package in report.packages for cell in package.cells.gained]
    return {
        **{f"packages {bucket}": count for bucket, count in summary.packages.items()},
        **{f"specs {bucket}": count for bucket, count in summary.specs.items()},
        **{f"cells {kind}": count for kind, count in summary.cells.items()},
        "digest of the cells lost": cells_digest(lost),
        "digest of the cells gained": cells_digest(gained),
        "names of packages added": _packages(report, "package-added"),
        "names of packages removed": _packages(report, "package-removed"),
        "packages with wrong counts": _packages(report, "count-mismatch"),
    }


def _cell(package: _Package, cell: _CellJson) -> Cell:
    return (package.package, cell.stack, cell.platform, cell.os, cell.target)


def _packages(report: _Report, rule: str) -> list[str]:
    return sorted({finding.subject["package"] for finding in report.findings if finding.rule == rule})


def main() -> int:
    """Run the command line."""
    truth_path, report_path = map(Path, sys.argv[1:])
    truth = facts_of_truth(json.loads(truth_path.read_bytes()))
    try:
        report = facts_of_report(report_path.read_bytes())
    except (msgspec.DecodeError, KeyError) as error:
        sys.stdout.write(f"no report: {error}\n")
        return 2
    wrong = [fact for fact in truth if truth[fact] != report.get(fact)]
    for fact in wrong:
        sys.stdout.write(f"{fact}: {str(report.get(fact))[:200]}, not {str(truth[fact])[:200]}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
