"""What differs between two snapshots: packages, specs, cells and facets, before anything is judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.cell import Cell, FacetChange, FacetKind, LostCell
from cachediff.domain.graph import ExternalChange, MissingDependency
from cachediff.domain.package import InvalidPage, SourceMap
from cachediff.domain.problem import Location
from cachediff.domain.reading import PAGES, Reading
from cachediff.domain.rebuilds import Rebuilds
from cachediff.domain.selection import Selection
from cachediff.domain.spec import Spec
from cachediff.domain.wanted import WantedDiff

Kind: TypeAlias = Literal["removed", "added", "changed", "rebuilt", "unchanged"]

Side: TypeAlias = Literal["old", "new"]

Outcome: TypeAlias = Literal[
    "superseded", "retargeted", "merged", "unwanted", "unneeded", "stack-gone", "package-gone", "lost"
]
"""What became of a removed spec or a lost cell: another version in the same cell, another os or target in the same stack, an
equal spec that stays, nothing as no lock asks for it or nobody needs it any more, gone with its stack or its package, or
none of these."""


class Mismatch(Struct, frozen=True, array_like=True, gc=False):
    """A claim of `meta` that its specs do not bear out.

    `field` is `num_specs`, `num_specs_by_stack` or the name of a list. For a count, `claimed` and `counted` hold one number
    as text; for a list, the values that only one side has.
    """

    # Values and not a sentence, so that a rule can tell whether OLD is wrong in the same way.
    field: str
    stack: str
    claimed: tuple[str, ...]
    counted: tuple[str, ...]
    pointer: str

    @property
    def is_count(self) -> bool:
        """Whether it is a count that does not add up, and no list."""
        return self.field in {"num_specs", "num_specs_by_stack"}


class PackageFacts(Struct, frozen=True, array_like=True, gc=False):
    """What one package of one snapshot adds up to.

    Distinct coordinates without the compiler are counted in all and by stack.

    `uses_root` says whether a spec names `root` among its stacks.
    """

    source_map: SourceMap
    title: str
    tag: str
    coordinates: int
    stacks: dict[str, int]
    cells: frozenset[Cell]
    # Of orphans, too, which fill no cell: an os that they alone keep is not gone from the package.
    arches: frozenset[tuple[str, str, str]]
    uses_root: bool = False
    mismatches: tuple[Mismatch, ...] = ()
    duplicates: tuple[str, ...] = ()


class Replacement(Struct, frozen=True, array_like=True, gc=False):
    """What stands in for a removed spec, as far as its package's pages tell.

    `word` is the least good of what is true in its stacks (merged, superseded, retargeted), None where nothing is;
    `missed_in` names the stacks where nothing stands in for it: `root` for an orphan.
    """

    word: Outcome | None
    missed_in: tuple[str, ...] = ()


class Change(Struct, frozen=True, array_like=True, gc=False):
    """One spec or pair that is news: added, removed, changed, or a pair of any kind whose stacks or hash facts differ.

    A removed spec has a `replacement`.
    """

    kind: Kind
    old: Spec | None
    new: Spec | None
    replacement: Replacement | None = None


class SpecCounts(Struct, frozen=True, gc=False):
    """How many specs each side has, and how many are in each bucket (a pair counts once)."""

    old: int = 0
    new: int = 0
    unchanged: int = 0
    rebuilt: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0


class HashPairs(Struct, frozen=True, array_like=True, gc=False):
    """The hashes of a package's pairs that have another one in NEW, OLD's first: known where specs have dependencies.

    Of those that are rebuilt, `recipes_changed` have another recipe, and `recipes_kept` the same, which is known.
    """

    rebuilt: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    recipes_changed: int = 0
    recipes_kept: int = 0


class PackageDiff(Struct, frozen=True, array_like=True, gc=False):
    """One package in both snapshots: a side without a page is None.

    `unrooted` counts the pairs that are in `root` in OLD alone, without those that left their stacks, too. `unwanted` are
    the cells of OLD for which a lock speaks and does not ask for the package, `unwanted_facets` the lost facets that nobody
    asks for.
    """

    package: str
    old: PackageFacts | None
    new: PackageFacts | None
    specs: SpecCounts
    changes: tuple[Change, ...] = ()
    lost: tuple[LostCell, ...] = ()
    gained: tuple[Cell, ...] = ()
    facets_lost: tuple[FacetChange, ...] = ()
    facets_gained: tuple[FacetChange, ...] = ()
    unrooted: int = 0
    pairs: HashPairs = HashPairs()
    unwanted: frozenset[Cell] = frozenset()
    unwanted_facets: frozenset[FacetChange] = frozenset()

    @property
    def needed(self) -> tuple[LostCell, ...]:
        """The lost cells that somebody may miss."""
        return tuple([one for one in self.lost if not (one.is_unneeded or one.cell in self.unwanted)])

    @property
    def needed_facets(self) -> tuple[FacetChange, ...]:
        """The lost facets that somebody may miss."""
        return tuple([change for change in self.facets_lost if change not in self.unwanted_facets])

    @property
    def is_unneeded(self) -> bool:
        """Whether the package lost cells, all of which nobody needs any more."""
        return bool(self.lost) and not self.needed

    @property
    def kind(self) -> Kind:
        """The package's bucket: added, removed, changed (a spec, stack or cell differs), rebuilt or unchanged."""
        # A page without a spec is none.
        if self.old is None:
            return "added" if self.specs.new else "unchanged"
        if self.new is None:
            return "removed" if self.specs.old else "unchanged"
        # A changed stack of a rebuilt pair is among the changes, too: for a user of that stack it is news.
        if self.changes or self.lost or self.gained or self.facets_lost or self.facets_gained:
            return "changed"
        return "rebuilt" if self.specs.rebuilt else "unchanged"


class SnapshotTotals(Struct, frozen=True):
    """What one snapshot adds up to, over the packages that are compared (`packages` and `specs` count every page).

    A page without a spec is no package.

    `tags` maps each tag to how many valid pages have it, `stacks` each stack to its distinct coordinates without the
    compiler; `cells` counts the packages' cells, and `packages_by_cell` maps each place, (stack, platform, os, target), to
    how many packages have it. `values` holds every platform, os and target of any spec, in a stack or not; `uses_root` says
    whether some spec names `root` among its stacks. `reading` is how reading it went.
    """

    source: str
    tag: str
    digest: str
    packages: int
    specs: int
    coordinates: int
    cells: int
    stacks: dict[str, int]
    # Counts and no names: packages are read as a stream, of which only sums stay.
    packages_by_cell: dict[Cell, int]
    values: dict[str, frozenset[str]]
    uses_root: bool = False
    tags: dict[str, int] = {}
    reading: Reading = PAGES


class Requirement(Struct, frozen=True):
    """What NEW must offer, whatever OLD had: in all packages that match, so many distinct coordinates.

    Empty globs match anything. With `installable` only specs count all of whose link and run dependencies are there, as far
    as is known: pages tell of none. Nor do they tell of an MPI (`mpi`), so that a spec of theirs is on none.
    """

    package: str
    stack: str = ""
    os: str = ""
    target: str = ""
    version: str = ""
    mpi: str = ""
    installable: bool = False
    specs: int = 1

    @property
    def amount(self) -> str:
        """How much it wants, as findings say it: `2 required installable specs`."""
        kind = "required installable spec" if self.installable else "required spec"
        return f"{self.specs:,} {kind}{'' if self.specs == 1 else 's'}"


class RequirementCount(Struct, frozen=True):
    """How many distinct coordinates, without the compiler, NEW has for a requirement, and whose pages cannot be trusted."""

    requirement: Requirement
    found: int
    invalid: tuple[str, ...] = ()


class SharedHash(Struct, frozen=True):
    """A hash that several packages of NEW claim: each package, in order, with the place of its specs."""

    hash: str
    holders: tuple[tuple[str, Location], ...]


class GraphDiff(Struct, frozen=True):
    """What the graphs of two snapshots say, as far as they have any.

    `missing` are the dependencies that NEW's specs need and cannot have, and `blocked` counts the cells all of whose specs
    need such. `mpis` are the MPIs of NEW's specs, each with a cell where one is. `externals` are the externals that differ,
    `external_now` says of packages without any in OLD where one of NEW is, and `unneeded` are the lost cells, by package, of
    what was only a dependency and is none any more; `knows_roots` says that OLD tells what somebody asked for.
    """

    rebuilds: Rebuilds | None = None
    missing: tuple[MissingDependency, ...] = ()
    blocked: int = 0
    externals: tuple[ExternalChange, ...] = ()
    external_now: Mapping[str, str] = {}
    unneeded: Mapping[str, frozenset[Cell]] = {}
    mpis: frozenset[tuple[str, Cell]] = frozenset()
    knows_roots: bool = False


class SnapshotDiff(Struct, frozen=True):
    """Two snapshots compared.

    `packages` holds what differs or is at fault, in order; the rest is only counted. Many packages may be kept outside of
    memory, so that each walk over them costs time. `hidden` names the packages that NEW lacks and whose pages, or a
    record, in OLD are invalid (no name at all: a record of nobody knows what), for what went with them is not to be seen;
    `hidden_stacks` names the stacks that NEW lacks and whose index in OLD is invalid.
    `alone` holds, without an OLD, the pages of NEW that are at fault and not compared, as that of OLD is invalid.
    `shared_hashes` names each hash of NEW that several packages claim, and those packages. `facets_lost` and
    `facets_gained` count facets by kind. `wanted` is what locks say of the losses, None where there are none.
    """

    old: SnapshotTotals | None
    new: SnapshotTotals
    # No tuple: where they are more than memory is meant for, this reads them back from disk.
    packages: Collection[PackageDiff]
    kinds: dict[Kind, int]
    specs: SpecCounts
    lost: int
    gained: int
    facets_lost: dict[FacetKind, int] = {}
    facets_gained: dict[FacetKind, int] = {}
    invalid_old: tuple[InvalidPage, ...] = ()
    invalid_new: tuple[InvalidPage, ...] = ()
    hidden: tuple[str, ...] = ()
    hidden_stacks: tuple[str, ...] = ()
    alone: tuple[PackageDiff, ...] = ()
    shared_hashes: tuple[SharedHash, ...] = ()
    requirement_counts: tuple[RequirementCount, ...] = ()
    selection: Selection = Selection()
    graph: GraphDiff = GraphDiff()
    wanted: WantedDiff | None = None
