"""The numbers of a report: the table of counts, and a count with its noun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from cachediff.domain.report import CellSummary, Report


class Counted(Struct, frozen=True):
    """One row of the numbers table: what is counted, each side's count, and where the difference is."""

    noun: str
    old: int
    new: int
    parts: str


def count_buckets(report: Report) -> tuple[Counted, ...]:
    """Return the rows of the numbers table. OLD counts nothing where there is none."""
    old, new, counts = report.old, report.new, report.summary
    old_packages, old_specs = (old.packages, old.specs) if old else (0, 0)
    specs, cells = counts.specs, counts.cells
    pairs = specs.unchanged + specs.rebuilt + specs.changed
    # A report has no count of these: they are what the buckets do not add up to.
    left_out = max(old_specs - specs.removed, new.specs - specs.added) - pairs  # as pairs do, they count once
    return (
        Counted(
            "packages",
            old_packages,
            new.packages,
            _parts(asdict(counts.packages) | {"not compared": count_left_out(report)}),
        ),
        Counted("specs", old_specs, new.specs, _parts(asdict(specs) | {"not compared": left_out})),
        Counted("cells", cells.old, cells.new, _parts_of_cells(cells)),
    )


def count_left_out(report: Report) -> int:
    """Return how many packages are left out of the comparison, for a page on either side."""
    return len(
        {hash(left_out.package) for left_out in report.not_compared}
    )  # names would take memory that a long list has not


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _parts_of_cells(cells: CellSummary) -> str:
    lost = f"lost{note_unneeded(cells.lost, cells.unneeded)}"
    return _parts({lost: cells.lost, "gained": cells.gained, "blocked (not installable)": cells.blocked})


def note_unneeded(lost: int, unneeded: int) -> str:
    """Return what stands behind a count of lost cells: how many of them nobody needs any more."""
    if not unneeded:
        return ""
    return " (no longer needed)" if unneeded >= lost else f" ({unneeded:,} no longer needed)"


def name_unit(report: Report) -> str:
    """Return what a snapshot is counted in: pages, or where one is an index, packages."""
    return "page" if {side.kind for side in (report.old, report.new) if side} == {"pages"} else "package"


def number(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
