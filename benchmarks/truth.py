"""What is known of a generated pair: the answer that a comparison has to give, written as `truth.json`."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.specs import Spec

BUCKETS = ("unchanged", "rebuilt", "changed", "added", "removed")
_MOST_LISTED = 2_000  # a longer list of cells is given by its count and digest only

Cell = tuple[str, str, str, str, str]  # package, stack, platform, os, target


def cells_digest(cells: Iterable[Cell]) -> str:
    """The SHA-256 of cells: one a line, sorted, fields separated by tabs."""
    lines = sorted("\t".join(cell) + "\n" for cell in cells)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(slots=True)
class Truth:
    """Counts both sides page by page. Memory grows with what differs, not with the snapshots."""

    buckets: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    packages_added: list[str] = field(default_factory=list)
    packages_removed: list[str] = field(default_factory=list)
    wrong_counts: list[str] = field(default_factory=list)
    lost: list[Cell] = field(default_factory=list)
    gained: list[Cell] = field(default_factory=list)

    def record(self, package: str, old: list[Spec], new: list[Spec], buckets: Counter[str]) -> None:
        """Count one package; a side without specs has no page."""
        self.buckets += buckets
        self.pages[_page_bucket(old, new, buckets)] += 1
        if not new:
            self.packages_removed.append(package)
        if not old:
            self.packages_added.append(package)
        old_cells, new_cells = _cells(package, old), _cells(package, new)
        self.lost += old_cells - new_cells
        self.gained += new_cells - old_cells
        self.totals.update(
            old_packages=bool(old),
            new_packages=bool(new),
            old_specs=len(old),
            new_specs=len(new),
            old_cells=len(old_cells),
            new_cells=len(new_cells),
        )

    def as_json(self) -> dict[str, object]:
        """The shape of `truth.json`; the same pair gives the same bytes."""
        totals = self.totals
        return {
            "old": {"packages": totals["old_packages"], "specs": totals["old_specs"]},
            "new": {"packages": totals["new_packages"], "specs": totals["new_specs"]},
            "packages": {bucket: self.pages[bucket] for bucket in BUCKETS},
            "packages_added": sorted(self.packages_added),
            "packages_removed": sorted(self.packages_removed),
            "specs": {bucket: self.buckets[bucket] for bucket in BUCKETS},
            "cells": {
                "old": totals["old_cells"],
                "new": totals["new_cells"],
                "lost": _cells_json(self.lost),
                "gained": _cells_json(self.gained),
            },
            "wrong_counts": sorted(self.wrong_counts),
        }


def _cells(package: str, specs: list[Spec]) -> set[Cell]:
    return {(package, *cell) for spec in specs for cell in spec.content.place.cells}


def _cells_json(cells: list[Cell]) -> dict[str, object]:
    listed = {"list": sorted(cells)} if len(cells) <= _MOST_LISTED else {}
    return {"count": len(cells), "sha256": cells_digest(cells), **listed}


def _page_bucket(old: list[Spec], new: list[Spec], buckets: Counter[str]) -> str:
    if not old or not new:
        return "removed" if old else "added"
    if buckets["changed"] or buckets["added"] or buckets["removed"]:
        return "changed"
    return "rebuilt" if buckets["rebuilt"] else "unchanged"
