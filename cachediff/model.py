"""The nouns of cachediff: frozen values that flow from reading to the report, and know nothing of how they are made or shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from msgspec import Struct

Severity: TypeAlias = Literal["error", "warning", "note"]
FailOn: TypeAlias = Literal["error", "warning", "never"]
Kind: TypeAlias = Literal["removed", "added", "changed", "rebuilt", "unchanged"]
Status: TypeAlias = Literal["open", "accepted"]
Verdict: TypeAlias = Literal["pass", "fail"]
Side: TypeAlias = Literal["old", "new"]
FacetKind: TypeAlias = Literal["gpu", "version", "variant"]
Fate: TypeAlias = Literal["superseded", "retargeted", "merged", "stack-gone", "package-gone", "lost"]
"""What became of a removed spec or a lost cell: another version in the same cell, another os or target in the same stack, an equal spec
that stays, gone with its stack or its package, or none of these."""


SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
ROOT = "root"
"""The union of all stacks, which pages list beside them: not a stack."""


# --- what a snapshot holds ---------------------------------------------------------------------------------------------


class Coordinates(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash and its stacks, canonically spelled. The package is its page's."""

    version: str
    platform: str
    os: str
    target: str
    compiler: str
    variants: tuple[str, ...]


class Body(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash: coordinates, and the stacks in alphabetical order without `root`."""

    coordinates: Coordinates
    stacks: tuple[str, ...]


class Spec(Struct, frozen=True, array_like=True, gc=False):
    """One binary: an entry of a page's `spec_details`.

    `index` is its place in that list, `is_in_root` says whether its stacks named `root`, and `extra` holds the fields that are
    not compared (`size`, `tarball`, any that the format may grow) as JSON text, empty when there are none.
    """

    hash: str
    body: Body
    index: int = 0
    is_in_root: bool = True
    extra: str = ""

    @property
    def coordinates(self) -> Coordinates:
        """The spec's coordinates."""
        return self.body.coordinates

    @property
    def stacks(self) -> tuple[str, ...]:
        """The spec's stacks, without `root`."""
        return self.body.stacks


class Claims(Struct, frozen=True, gc=False):
    """What a page's `meta` says: two kinds of counts and six lists, each sorted and canonically spelled."""

    num_specs: int
    num_specs_by_stack: tuple[tuple[str, int], ...]
    compilers: tuple[str, ...]
    oss: tuple[str, ...]
    platforms: tuple[str, ...]
    stacks: tuple[str, ...]
    targets: tuple[str, ...]
    versions: tuple[str, ...]


class Page(Struct, frozen=True, gc=False):
    """One package's valid page: specs in order of hash, and where its two big values stand (lines count from 1)."""

    package: str
    title: str
    tag: str
    path: str
    claims: Claims
    specs: tuple[Spec, ...]
    digest: str = ""
    extra: str = ""
    meta_line: int = 5
    specs_line: int = 6


class Location(Struct, frozen=True, gc=False):
    """A place in a file: line and column count from 1 (0: the file as a whole), the pointer is a JSON pointer into its front matter."""

    path: str
    line: int = 0
    column: int = 0
    pointer: str = ""


class Excerpt(Struct, frozen=True, gc=False):
    """A cropped line of a file, with the part that matters: `length` characters from `start` on."""

    text: str
    start: int
    length: int


class Problem(Struct, frozen=True, gc=False):
    """Why a page cannot be trusted."""

    message: str
    location: Location
    expected: str
    found: str
    excerpt: Excerpt | None = None


class InvalidPage(Struct, frozen=True, gc=False):
    """A page that cannot be trusted, and every reason that was found."""

    package: str
    path: str
    problems: tuple[Problem, ...]
    digest: str = ""


class Snapshot(Struct, frozen=True):
    """One dated directory of pages, in order of package. `source` is where it was read from, as the user wrote it."""

    source: str
    tag: str
    pages: tuple[Page, ...]
    invalid: tuple[InvalidPage, ...] = ()
    digest: str = ""


# --- what a comparison says --------------------------------------------------------------------------------------------


class Cell(Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """Somewhere a user can get a package: the package is the one whose comparison names the cell."""

    stack: str
    platform: str
    os: str
    target: str


class Mismatch(Struct, frozen=True, array_like=True, gc=False):
    """A claim of `meta` that its specs do not bear out.

    `field` is `num_specs`, `num_specs_by_stack` or the name of a list. For a count, `claimed` and `counted` hold one number as text;
    for a list, the values that only one side has.
    """

    field: str
    stack: str
    claimed: tuple[str, ...]
    counted: tuple[str, ...]
    pointer: str


class PageFacts(Struct, frozen=True, array_like=True, gc=False):
    """What one page adds up to. Coordinates are counted distinct and without the compiler: once in all, and once a stack.

    `uses_root` says whether a spec names `root` among its stacks.
    """

    path: str
    title: str
    tag: str
    meta_line: int
    specs_line: int
    specs: int
    coordinates: int
    stacks: dict[str, int]
    cells: frozenset[Cell]
    places: frozenset[tuple[str, str, str]]
    uses_root: bool = False
    mismatches: tuple[Mismatch, ...] = ()
    duplicates: tuple[str, ...] = ()


class StandIn(Struct, frozen=True, array_like=True, gc=False):
    """What stands in for a removed spec, as far as its package's pages tell.

    `word` is the least good of what is true in its stacks (merged, superseded, retargeted), None where nothing is; `missed_in` names the
    stacks where nothing stands in for it: `root` for an orphan.
    """

    word: Fate | None
    missed_in: tuple[str, ...] = ()


class Change(Struct, frozen=True, array_like=True, gc=False):
    """One spec or pair of specs that is news: added, removed, changed, or a pair of any kind whose stacks or hash facts differ.

    A removed spec has a `stand_in`.
    """

    kind: Kind
    old: Spec | None
    new: Spec | None
    stand_in: StandIn | None = None


class SpecCounts(Struct, frozen=True, gc=False):
    """How many specs each side has, and how many are in each bucket (a pair counts once)."""

    old: int = 0
    new: int = 0
    unchanged: int = 0
    rebuilt: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0


class Lost(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A cell that is gone, and what still serves its users: a target that theirs can run, or an os that came in its place."""

    cell: Cell
    served_by_target: str = ""
    served_by_os: str = ""


class FacetChange(Struct, frozen=True, order=True, array_like=True, gc=False):
    """Something within a cell that a user may need and that came or went: `+cuda cuda_arch=80`, a version, an enabled variant.

    `place` is a cell, or a stack alone (its other fields are empty) where all of the stack's cells are meant.
    """

    kind: FacetKind
    facet: str
    place: Cell


class PackageDiff(Struct, frozen=True, array_like=True, gc=False):
    """One package in both snapshots: a side without a page is None.

    `unrooted` counts the pairs that are in `root` in OLD alone, without those that left their stacks, too.
    """

    package: str
    old: PageFacts | None
    new: PageFacts | None
    specs: SpecCounts
    changes: tuple[Change, ...] = ()
    lost: tuple[Lost, ...] = ()
    gained: tuple[Cell, ...] = ()
    facets_lost: tuple[FacetChange, ...] = ()
    facets_gained: tuple[FacetChange, ...] = ()
    unrooted: int = 0

    @property
    def kind(self) -> Kind:
        """The package's bucket: added, removed, changed (a spec, stack or cell differs), rebuilt or unchanged."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if self.changes or self.lost or self.gained:
            return "changed"
        return "rebuilt" if self.specs.rebuilt else "unchanged"


class Totals(Struct, frozen=True):
    """What one snapshot adds up to, over the packages that are compared (`packages` and `specs` count every page).

    `tags` maps each tag to how many valid pages have it, `stacks` each stack to its distinct coordinates without the compiler; `cells`
    counts them; `places` maps every
    (stack, platform, os, target) that some package has to how many have it, `values` holds every platform, os and target of any spec,
    in a stack or not; `uses_root` says whether some spec names `root` among its stacks.
    """

    source: str
    tag: str
    digest: str
    packages: int
    specs: int
    coordinates: int
    cells: int
    stacks: dict[str, int]
    places: dict[Cell, int]
    values: dict[str, frozenset[str]]
    uses_root: bool = False
    tags: dict[str, int] = {}


class Requirement(Struct, frozen=True):
    """What NEW must offer, whatever OLD had: in all packages that match, so many distinct coordinates. Empty globs match anything."""

    package: str
    stack: str = ""
    os: str = ""
    target: str = ""
    version: str = ""
    specs: int = 1


class Supply(Struct, frozen=True):
    """How many distinct coordinates, without the compiler, NEW has for a requirement, and whose pages cannot be trusted."""

    requirement: Requirement
    found: int
    invalid: tuple[str, ...] = ()


class SharedHash(Struct, frozen=True):
    """A hash that several packages of NEW claim: each package with its page and the line of its specs, in order."""

    hash: str
    holders: tuple[tuple[str, str, int], ...]


class Selection(Struct, frozen=True):
    """Which part of two snapshots is compared: of each dimension globs, separated by commas (see compare.selection)."""

    package: str = "*"
    stack: str = "*"
    os: str = "*"
    target: str = "*"


class SnapshotDiff(Struct, frozen=True):
    """Two snapshots compared.

    `packages` holds what differs or is at fault, in order; the rest is only counted. Many packages may be kept outside of memory, so that
    each walk over them costs time.
    `hidden` names the packages that NEW lacks and whose pages in OLD are invalid: what went with them is not to be seen.
    `shared_hashes` names each hash of NEW that several packages claim, and those packages.
    """

    old: Totals | None
    new: Totals
    packages: Collection[PackageDiff]
    kinds: dict[Kind, int]
    specs: SpecCounts
    lost: int
    gained: int
    invalid_old: tuple[InvalidPage, ...] = ()
    invalid_new: tuple[InvalidPage, ...] = ()
    hidden: tuple[str, ...] = ()
    shared_hashes: tuple[SharedHash, ...] = ()
    supplies: tuple[Supply, ...] = ()
    selection: Selection = Selection()


# --- what is judged and reported ---------------------------------------------------------------------------------------


class Subject(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a finding is about: what an acceptance of the policy matches, and what the fingerprint is made of. Empty means any."""

    package: str = ""
    stack: str = ""
    platform: str = ""
    os: str = ""
    target: str = ""
    version: str = ""
    compiler: str = ""
    variant: str = ""
    gpu: str = ""
    field: str = ""
    tag: str = ""
    snapshot: str = ""
    rule: str = ""


class Fall(Struct, frozen=True, gc=False):
    """A count that fell: whether it fell too far is the policy's to say."""

    old: int
    new: int


class Observation(Struct, frozen=True):
    """What a rule sees, before anything is judged.

    `is_eased` says that a milder severity than the rule's own is due, warning at most, unless the policy sets the rule's severity;
    `at_most` holds whatever the policy says.
    """

    subject: Subject
    message: str
    location: Location | None = None
    is_eased: bool = False
    fall: Fall | None = None
    problems: tuple[Problem, ...] = ()
    at_most: Severity = "error"


class Acceptance(Struct, frozen=True):
    """Why a finding does not count: an entry of the policy. `until` is a date, `owner` may be empty."""

    reason: str
    until: str
    owner: str = ""


class EntryUse(Struct, frozen=True):
    """An entry of the policy's `accepted`, which accepts findings by globs of rule and subject, and what it does in one comparison.

    `days_left` counts the days until it expires, negative after that; None: no date to judge by is known. `matched` counts the findings
    that it names, or that one which it names subsumes; `reopened` are those of them that it would accept had it not expired, and `worst`
    is their greatest severity.
    """

    rule: str
    subject: Subject
    acceptance: Acceptance
    days_left: int | None
    matched: int
    reopened: int = 0
    worst: Severity = "note"


class Finding(Struct, frozen=True):
    """One judgement about one subject.

    `subsumed_by` is the fingerprint of the snapshot-wide finding that says it already. `cause` is the id of the cause that explains every
    lost cell of which it speaks; where several do so together, of one of them (policy/causes.py says which).
    """

    fingerprint: str
    rule: str
    severity: Severity
    status: Status
    subject: Subject
    message: str
    subsumed_by: str | None = None
    cause: str | None = None
    accepted: Acceptance | None = None
    location: Location | None = None
    problems: tuple[Problem, ...] = ()


class SnapshotInfo(Struct, frozen=True):
    """One side of the report: counts are of pages and of specs on valid pages."""

    tag: str
    source: str
    packages: int
    specs: int
    digest: str


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
    """How many cells each side has, and how many went and came."""

    old: int
    new: int
    lost: int
    gained: int


class FindingSummary(Struct, frozen=True):
    """How many findings are open at each severity, subsumed ones left out, and how many are accepted."""

    error: int
    warning: int
    note: int
    accepted: int


class Summary(Struct, frozen=True):
    """The numbers of a report."""

    packages: PackageCounts
    specs: SpecSummary
    cells: CellSummary
    findings: FindingSummary


class FieldChange(Struct, frozen=True):
    """One field that differs between two paired specs, in canonical spelling: a variant's field is `variants.<name>`. None: not there."""

    field: str
    old: str | None
    new: str | None


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
    """One spec or pair of specs that is news, and the fields that differ. `became` says of a removed spec what became of it."""

    kind: Kind
    old: ReportedSpec | None
    new: ReportedSpec | None
    fields: tuple[FieldChange, ...]
    became: Fate | None = None


class ReportedLoss(Struct, frozen=True):
    """A cell that one package lost, what became of it, and the id of the cause that explains it, if one does."""

    stack: str
    platform: str
    os: str
    target: str
    became: Fate
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


class PlaceCount(Struct, frozen=True):
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
    """Facts that hold for nothing in NEW, and what they explain: so many lost cells of so many packages, or so many removed packages.

    `id` is the predicate as text (`stack=e4s`, `os=ventura & target=aarch64`), which no two causes of one kind share. What is explained
    counts for one cause only, so the counts add up. `examples` are at most three packages, or places of the one that the predicate names.
    """

    id: str
    explains: Literal["cells", "packages"]
    predicate: dict[str, str]
    cells: int
    packages: int
    examples: tuple[str, ...]


class AlsoCompared(Struct, frozen=True):
    """Another comparison of the same run, in short: the most severe of its open findings, errors and warnings alone."""

    verdict: Verdict
    old: SnapshotInfo
    new: SnapshotInfo
    summary: Summary
    findings: tuple[Finding, ...] = ()


class Report(Struct, frozen=True):
    """Everything that is said of one comparison: the JSON report is this, field by field (schemas/report.schema.json).

    `old` is None where one snapshot was validated alone. `as_of` is the date by which acceptances were judged, empty where the policy
    has none. `also_compared` is what the same run compared besides, none of which fails where this comparison passes.
    """

    format_version: int
    cachediff: str
    verdict: Verdict
    fail_on: FailOn
    old: SnapshotInfo | None
    new: SnapshotInfo
    summary: Summary
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    packages: Collection[ReportedPackage]
    not_compared: tuple[NotCompared, ...] = ()
    coverage: tuple[PlaceCount, ...] = ()
    selection: Selection = Selection()
    as_of: str = ""
    also_compared: Collection[AlsoCompared] = ()
