"""Everything that is said of one comparison, as every format is given it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.cell import Cell, FacetKind
from cachediff.domain.diff import Kind, Outcome, Side, SpecCounts
from cachediff.domain.finding import FailOn, Finding, Verdict
from cachediff.domain.reading import Integrity, SnapshotKind
from cachediff.domain.rebuilds import Rebuilds
from cachediff.domain.selection import Selection
from cachediff.domain.spec import FieldChange

Renamable: TypeAlias = Literal["stack", "os", "package"]
"""What may have another name in NEW."""


class SnapshotInfo(Struct, frozen=True):
    """One side of the report: counts are of pages that are not empty, and of specs on valid pages.

    `kind` and `format` say what it is written as, `notes` what a reader has to know of how it was read.
    """

    tag: str
    source: str
    packages: int
    specs: int
    digest: str
    kind: SnapshotKind = "pages"
    format: str = "pages"
    notes: tuple[str, ...] = ()


class IntegritySides(Struct, frozen=True):
    """How many records of each side give their hashes; OLD is None where one snapshot was validated alone."""

    old: Integrity | None
    new: Integrity


class PackageCounts(Struct, frozen=True):
    """How many packages are in each bucket."""

    added: int
    removed: int
    changed: int
    rebuilt: int
    unchanged: int


class SpecSummary(Struct, frozen=True):
    """How many specs are in each bucket."""

    unchanged: int
    rebuilt: int
    changed: int
    added: int
    removed: int


class CellSummary(Struct, frozen=True):
    """How many cells each side has, and how many went and came.

    `unneeded` counts the lost ones of what was only a dependency and is none any more, `moved` those in whose place another
    os or target serves, and `blocked` the cells of NEW all of whose specs cannot be installed: those are not lost.
    """

    old: int
    new: int
    lost: int
    gained: int
    unneeded: int = 0
    blocked: int = 0
    moved: int = 0


class FacetSummary(Struct, frozen=True):
    """How many facets went and came in cells that stay, by kind: `gpu`, `mpi`, `version`, `variant`."""

    lost: dict[FacetKind, int]
    gained: dict[FacetKind, int]


class FindingSummary(Struct, frozen=True):
    """How many findings are open at each severity, subsumed ones left out, and how many are accepted."""

    error: int
    warning: int
    note: int
    accepted: int


class LossSummary(Struct, frozen=True):
    """What was lost, each loss once: cells and, in cells that stay, facets of which an open error or warning tells.

    `packages` lost these; `accepted` counts cells and facets of which only accepted findings tell. Facets are counted as
    findings are: one for each package, place and facet, of MPIs one for each package and MPI.
    """

    packages: int
    cells: int
    facets: int
    accepted: int


class Summary(Struct, frozen=True):
    """The numbers of a report."""

    packages: PackageCounts
    specs: SpecSummary
    cells: CellSummary
    findings: FindingSummary
    facets: FacetSummary = FacetSummary({}, {})
    losses: LossSummary = LossSummary(0, 0, 0, 0)


class ReportedSpec(Struct, frozen=True):
    """One spec as a report shows it, canonically spelled; `spec` is Spack's notation, `index` its place on the page."""

    spec: str
    hash: str
    version: str
    compiler: str
    platform: str
    os: str
    target: str
    variants: tuple[str, ...]
    stacks: tuple[str, ...]
    index: int


class ReportedChange(Struct, frozen=True):
    """One spec or pair of specs that is news, and the fields that differ.

    `became` says of a removed spec what became of it.
    """

    kind: Kind
    old: ReportedSpec | None
    new: ReportedSpec | None
    fields: tuple[FieldChange, ...]
    became: Outcome | None = None


class ReportedLoss(Struct, frozen=True):
    """A cell that one package lost, what became of it, and the id of the cause that explains it, if one does."""

    stack: str
    platform: str
    os: str
    target: str
    became: Outcome
    cause: str | None = None


class ReportedCells(Struct, frozen=True):
    """The cells that one package lost and gained."""

    lost: tuple[ReportedLoss, ...]
    gained: tuple[Cell, ...]


class ReportedPackage(Struct, frozen=True):
    """One package that differs."""

    package: str
    kind: Kind
    specs: SpecCounts
    cells: ReportedCells
    changes: tuple[ReportedChange, ...]


class NotCompared(Struct, frozen=True):
    """A package that is left out because a page of it cannot be trusted."""

    package: str
    snapshot: Side
    path: str


class CellCount(Struct, frozen=True):
    """One place of the coverage map: how many packages each side has there, and how many went and came."""

    stack: str
    platform: str
    os: str
    target: str
    old: int
    new: int
    lost: int
    gained: int


class Cause(Struct, frozen=True):
    """Facts that hold for nothing in NEW, and what they explain, of so many packages.

    That are lost cells (`cells`), removed packages, or MPIs that cells lost (`facets`).

    `id` is the predicate as text (`stack=e4s`, `os=ventura & target=aarch64`), which no two causes of one kind share. What
    is explained counts for one cause only, so the counts add up. `examples` are at most three packages, or places of the one
    that the predicate names.
    """

    id: str
    explains: Literal["cells", "packages", "facets"]
    predicate: dict[str, str]
    cells: int
    packages: int
    examples: tuple[str, ...]
    facets: int = 0


class ReportedWanted(Struct, frozen=True):
    """What locks say of the losses: of the lost cells those that are still wanted, and those that are no longer.

    The others are in `unnamed`, the stacks that no lock speaks for: these are judged as without. `missing` counts what is
    wanted and in neither snapshot, each package and place once; `packages` counts what is wanted, each package once.
    """

    locks: tuple[str, ...]
    packages: int
    lost: int
    no_longer: int
    missing: int
    unnamed: tuple[str, ...] = ()


class ProbableRename(Struct, frozen=True):
    """A name that is gone, and one that came and holds nearly the same: `shared` of the `held` cells, or specs of a package.

    Nothing is judged by it: whether it is the same, the policy says (`renames`).
    """

    field: Renamable
    old: str
    new: str
    shared: int
    held: int


class AlsoCompared(Struct, frozen=True):
    """Another comparison of the same run, in short: the most severe of its open findings, errors and warnings alone."""

    verdict: Verdict
    old: SnapshotInfo
    new: SnapshotInfo
    summary: Summary
    findings: tuple[Finding, ...] = ()
    wanted: ReportedWanted | None = None


class Report(Struct, frozen=True):
    """Everything that is said of one comparison: the JSON report is this, field by field (schemas/report.schema.json).

    `old` is None where one snapshot was validated alone. `as_of` is the date by which acceptances were judged, empty where
    the policy has none. `integrity` and `rebuilds` are of indexes, `wanted` is of the locks that somebody named.
    `also_compared` is what the same run compared besides, none of which fails where this comparison passes. `renames` are
    of what is gone and not accepted.
    """

    # The order of the fields is that of the JSON report's lines, which is read back in one walk (review/stored_lines.py).
    format_version: int
    cachediff: str
    verdict: Verdict
    fail_on: FailOn
    old: SnapshotInfo | None
    new: SnapshotInfo
    summary: Summary
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    # No tuple: a report of any length is read from disk, an item at a time.
    packages: Collection[ReportedPackage]
    not_compared: tuple[NotCompared, ...] = ()
    coverage: tuple[CellCount, ...] = ()
    selection: Selection = Selection()
    as_of: str = ""
    also_compared: Collection[AlsoCompared] = ()
    integrity: IntegritySides | None = None
    rebuilds: Rebuilds | None = None
    wanted: ReportedWanted | None = None
    renames: tuple[ProbableRename, ...] = ()
