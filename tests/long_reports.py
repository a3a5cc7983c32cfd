"""Reports of any length, written as cachediff writes them, and never in memory: packages all of whose stacks are renamed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec.structs import replace

from cachediff.domain.cell import Cell
from cachediff.domain.diff import SpecCounts
from cachediff.domain.finding import Finding, Subject
from cachediff.domain.report import (
    Cause,
    CellSummary,
    FindingSummary,
    PackageCounts,
    ReportedCells,
    ReportedChange,
    ReportedLoss,
    ReportedPackage,
    ReportedSpec,
    SpecSummary,
    Summary,
)
from cachediff.domain.spec import FieldChange
from cachediff.render.json import stream_json
from cachediff.render.options import DEFAULT_OPTIONS
from cachediff.review.judge import fingerprint
from tests.builders import a_hash
from tests.reports import a_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cachediff.domain.report import Report

STACKS = 28
T = TypeVar("T")


class Made(Collection[T], Generic[T]):
    """Items that are made anew at each walk."""

    def __init__(self, count: int, make: Callable[[], Iterator[T]]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return self._make()

    def __contains__(self, item: object) -> bool:
        return any(item == one for one in self)


def _package(number: int, lost: range) -> ReportedPackage:
    name = f"package-{number:07}"
    stacks = [f"stack-{place:02}" for place in lost]
    specs = [
        ReportedSpec(
            f"{name}@1.{side} build_system=cmake +shared arch=linux-ubuntu22.04-x86_64_v3 /{a_hash(number)[:7]}",
            a_hash(number),
            "1.0",
            "gcc@11.4.0",
            "linux",
            "ubuntu22.04",
            "x86_64_v3",
            ("+shared", "build_system=cmake"),
            tuple(f"{prefix}{stack}" for stack in stacks),
            0,
        )
        for side, prefix in ((0, ""), (0, "new-"))
    ]
    losses = tuple(
        ReportedLoss(stack, "linux", "ubuntu22.04", "x86_64_v3", "stack-gone", f"stack={stack}") for stack in stacks
    )
    gains = tuple(Cell(f"new-{stack}", "linux", "ubuntu22.04", "x86_64_v3") for stack in stacks)
    field = FieldChange("stacks", ", ".join(specs[0].stacks), ", ".join(specs[1].stacks))
    change = ReportedChange("rebuilt", specs[0], specs[1], (field,))
    return ReportedPackage(name, "changed", SpecCounts(1, 1, 0, 1, 0, 0, 0), ReportedCells(losses, gains), (change,))


def _finding(rule: str, severity: Any, message: str, cause: str | None, **facts: str) -> Finding:
    subject = Subject(**facts)
    return Finding(fingerprint(rule, subject), rule, severity, "open", subject, message, cause=cause)


def write_renamed(path: Path, packages: int, unexplained: int = 0) -> Report:
    """Write the report on so many packages whose stacks are all renamed, some with a warning of their own.

    Returns it as it is made anew.
    """
    lost = range(STACKS)

    def findings() -> Iterator[Finding]:
        for place in lost:
            yield _finding(
                "stack-removed", "error", f"stack-{place:02} is gone", f"stack=stack-{place:02}", stack=f"stack-{place:02}"
            )
        for number in range(packages):
            name = f"package-{number:07}"
            for place in lost:
                stack = f"stack-{place:02}"
                yield _finding(
                    "stack-dropped", "error", f"{name} is gone from {stack}", f"stack={stack}", package=name, stack=stack
                )
        for number in range(unexplained):
            name = f"package-{number * 7 % packages:07}"
            yield _finding("a-warning", "warning", f"{name} is odd", None, package=name)
        for number in range(packages):
            name = f"package-{number:07}"
            yield _finding(
                "stack-gained", "note", f"{name} is new in new-stack-00", None, package=name, stack="new-stack-00"
            )

    cells = packages * STACKS
    causes = tuple(
        Cause(f"stack=stack-{p:02}", "cells", {"stack": f"stack-{p:02}"}, packages, packages, ("package-0000000",))
        for p in lost
    )
    report = a_report(
        packages=(),
        causes=causes,
        verdict="fail",
        summary=Summary(
            PackageCounts(0, 0, packages, 0, 0),
            SpecSummary(0, packages, 0, 0, 0),
            CellSummary(cells, cells, cells, cells),
            FindingSummary(STACKS + cells, unexplained, packages, 0),
        ),
    )

    report = replace(
        report,
        findings=Made(STACKS + cells + unexplained + packages, findings),
        packages=Made(packages, lambda: (_package(number, lost) for number in range(packages))),
    )
    with path.open("w", encoding="utf-8") as file:
        file.writelines(stream_json(report, DEFAULT_OPTIONS))
    return report
