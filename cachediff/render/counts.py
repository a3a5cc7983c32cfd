"""The numbers of a report: the table of counts, and what stands beside one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.text.words import list_some, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.report import CellSummary, Report, ReportedWanted


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
    left_out = old_specs - specs.removed - pairs, new.specs - specs.added - pairs
    return (
        Counted(
            "packages",
            old_packages,
            new.packages,
            _parts(asdict(counts.packages) | {"not compared": count_left_out(report)}),
        ),
        Counted("specs", old_specs, new.specs, ", ".join(filter(None, [_parts(asdict(specs)), _say_left_out(*left_out)]))),
        Counted("cells", cells.old, cells.new, _parts_of_cells(cells, count_unwanted(report))),
    )


def count_left_out(report: Report) -> int:
    """Return how many packages are left out of the comparison, for a page on either side."""
    # Names would take memory that a long list has not.
    return len({hash(left_out.package) for left_out in report.not_compared})


def _say_left_out(old: int, new: int) -> str:
    """Return how many specs of either side are not compared: both where they differ, so that each side adds up."""
    if old == new:
        return f"{old:,} not compared" if old else ""
    return f"{old:,} → {new:,} not compared"


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _parts_of_cells(cells: CellSummary, unwanted: int) -> str:
    lost = f"lost{note_lost(cells.lost, moved=cells.moved, unneeded=cells.unneeded, unwanted=unwanted)}"
    return _parts({lost: cells.lost, "gained": cells.gained, "blocked (not installable)": cells.blocked})


def count_unwanted(report: Report) -> int:
    """Return how many of the lost cells are no longer wanted, as far as locks say."""
    return report.wanted.no_longer if report.wanted else 0


def note_lost(lost: int, *, moved: int, unneeded: int = 0, unwanted: int = 0) -> str:
    """Return what stands behind a count of lost cells: how many moved to another os or target, and are missed by nobody."""
    words = {"moved": moved, "no longer needed": unneeded, "no longer wanted": unwanted}
    parts = [word if count >= lost else f"{count:,} {word}" for word, count in words.items() if count]
    return f" ({', '.join(parts)})" if parts else ""


def sum_up_wanted(report: Report, show: Callable[[str], str] = str) -> str:
    """Return what locks say of the losses: `41 cells lost: 3 still wanted, 38 no longer`; empty where none was named."""
    if report.wanted is None:
        return ""
    wanted, lost = report.wanted, report.summary.cells.lost
    parts = [f"{wanted.lost:,} still wanted", f"{wanted.no_longer:,} no longer"]
    rest = lost - wanted.lost - wanted.no_longer
    parts += [f"{rest:,} in stacks without a lock"] if rest > 0 else []
    sums = f"{number(lost, 'cell')} lost: {', '.join(parts)}" if lost else "no cell lost"
    names = list_some([*map(show, wanted.unnamed)], 3)
    unnamed = f" (no lock for {names}: judged as without)" if names else ""
    return f"{sums}{note_missing(wanted)}{unnamed}"


def note_missing(wanted: ReportedWanted | None) -> str:
    """Return what stands behind other numbers where locks ask for what neither snapshot has."""
    return f"; {wanted.missing:,} wanted and in neither snapshot" if wanted and wanted.missing else ""


def name_unit(report: Report) -> str:
    """Return what a snapshot is counted in: pages, or where one is an index, packages."""
    return "page" if {side.kind for side in (report.old, report.new) if side} == {"pages"} else "package"


def count_untrusted(count: int, report: Report, *, is_named: bool) -> str:
    """Return how many pages or packages cannot be trusted, or of an index whose package nobody knows, index files."""
    return number(count, name_unit(report) if is_named else "index file")
