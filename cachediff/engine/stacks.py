"""Two snapshots by the stacks that both of them can be asked about (docs/design.md, An index)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.collectors.collector import ReadPackage
from cachediff.comparison.collectors.requirements import RequirementCounts
from cachediff.domain.package import InvalidPackage, PackageRecord
from cachediff.domain.selection import fits
from cachediff.domain.spec import DEFAULT_STACK, SpecContent
from cachediff.domain.tags import is_tag
from cachediff.errors import InputError
from cachediff.text.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cachediff.comparison.collectors.totals import Totals
    from cachediff.domain.diff import Requirement
    from cachediff.domain.graph import Graph
    from cachediff.domain.reading import Fault, Reading
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import Spec
    from cachediff.domain.wanted import Wanted
    from cachediff.sources.reader import SnapshotReader

_AS_ONE = "its stacks are compared as one, since the other side knows none"


def align_stacks(old: SnapshotReader | None, new: SnapshotReader) -> tuple[SnapshotReader | None, SnapshotReader]:
    """Return two snapshots as they can be compared.

    Where one side knows no stacks, both are one stack, orphans too. A stack that one side could not observe is left out of
    both: it is not gone. Raises InputError where that leaves nothing, where both are one stack of which NEW's part that
    could not be observed may hold whatever NEW seems to lack, and where one side may be a stack that is left of several.
    """
    if old is None:
        return None, new
    before, after = old.info.reading, new.info.reading
    if not (before.has_stacks and after.has_stacks):
        _refuse_left_over(old, new)
        _refuse_left_over(new, old)
        return _unite(old, new)
    unobserved = before.unobserved | after.unobserved
    if not unobserved:
        return old, new
    aligned = RestackedReader(old, unobserved), RestackedReader(new, unobserved)
    for reader in aligned:
        _refuse_nothing(reader, after, before)
    return aligned


def find_folder(reader: SnapshotReader) -> str:
    """Return the folder of an archive that holds the one index in it; empty at the top, and for all that is no archive.

    Of an archive the folder that holds all is looked for, so that of one index in it nobody sees whether others should be.
    """
    source, graph = reader.info.source, reader.info.graph
    path = next((graph.locate(hash_).path for hash_ in graph.nodes), "") if graph else ""
    is_inside = path.startswith(f"{source}:") and not reader.info.reading.has_stacks
    return path.removeprefix(f"{source}:").rpartition("/")[0] if is_inside else ""


def _refuse_left_over(one: SnapshotReader, other: SnapshotReader) -> None:
    """Raise InputError where an archive holds one index, in a folder that is called like a stack of the other side."""
    parts, graph = find_folder(one).split("/"), other.info.graph
    if parts == [""] or graph is None or not other.info.reading.has_stacks:
        return
    stacks = {stack for node in graph.nodes.values() for stack in node.stacks}
    if found := next((part for part in parts if part in stacks), None):
        message = f"{one.info.source} holds one index, in {found}, and {other.info.source} has a stack of that name"
        raise InputError(message, hint="unpack it, and name the folder of stacks, or that of the index")


def _unite(old: SnapshotReader, new: SnapshotReader) -> tuple[SnapshotReader, SnapshotReader]:
    """Return two snapshots of one stack each."""
    before, after = _find_unobserved(old), _find_unobserved(new)
    if after:
        fault = _find_fault(new.info.reading)
        message = (
            f"nothing can be compared: OLD knows no stacks, and {shorten(fault.stack)} of {new.info.source} cannot be read"
        )
        raise InputError(message, hint=f"{fault.location.path}: {fault.message}")
    united = _restack(old, before), _restack(new, after)
    if before:
        _refuse_nothing(united[0], old.info.reading)
    return united


def _find_unobserved(reader: SnapshotReader) -> frozenset[str]:
    """Return the stacks of which what is in them is not known: not those of a mirror whose index of the whole was read."""
    reading = reader.info.reading
    # Only beside that index is what no view has not observed, though no index of it is at fault. What a view that is a
    # snapshot of its own has is not of this one, and cannot be told from what is.
    at_fault = {fault.stack for fault in reading.faults if fault.kind == "index"}
    is_whole = DEFAULT_STACK in reading.unobserved - at_fault and not any(map(is_tag, at_fault))
    return frozenset() if is_whole else reading.unobserved


def _refuse_nothing(reader: SnapshotReader, *readings: Reading) -> None:
    """Raise InputError where nothing is left: what was not observed is no loss, so a comparison of nothing would pass."""
    if not reader.packages():
        fault = _find_fault(*readings)
        message = f"nothing can be compared: no stack of {reader.info.source} could be read on both sides"
        raise InputError(message, hint=f"{fault.location.path}: {fault.message}")


def _find_fault(*readings: Reading) -> Fault:
    """Return the first index that cannot be read, of which there is one."""
    return next(fault for reading in readings for fault in reading.faults if fault.kind == "index")


def require_stacks(wanted: Wanted | None, new: SnapshotReader) -> None:
    """Raise InputError where locks are of stacks, and snapshots are compared that know none.

    Whether the locks are all that there are is not to be seen then: what one that is not there asks for would be taken for
    what nobody wants.
    """
    if wanted and wanted.by_stack and not new.info.reading.has_stacks:
        stack = shorten(min(wanted.by_stack))
        message = f"the locks are of stacks, such as {stack}, and the snapshots are compared as one without any"
        raise InputError(message, hint="name each lock by itself, as --wanted STACK/spack.lock: such a lock is of no stack")


def count_required(whole: SnapshotReader, require: Sequence[Requirement]) -> RequirementCounts:
    """Return how much a snapshot has of what is required, in its own stacks: it is read once more, where any is required."""
    counts = RequirementCounts.start(require)
    for package in whole.packages() if require else ():
        counts.add(ReadPackage(package, None, whole.read(package), None))
    return counts


def add_left_out(totals: Totals, whole: SnapshotReader, new: SnapshotReader, selection: Selection) -> None:
    """Add the packages that are in no stack of NEW that is compared: a page may contradict itself all the same."""
    for package in sorted({*whole.packages()}.difference(new.packages())) if whole is not new else ():
        if fits(package, selection.package):
            totals.add(ReadPackage(package, None, whole.read(package), None))


def _restack(reader: SnapshotReader, unobserved: frozenset[str]) -> SnapshotReader:
    # An index without stacks is one already.
    is_so = not (unobserved or reader.info.reading.has_stacks)
    return reader if is_so else RestackedReader(reader, unobserved, is_one=True)


class RestackedReader:
    """A snapshot whose specs are in other stacks, which is read as any other one is."""

    def __init__(self, reader: SnapshotReader, unobserved: frozenset[str], *, is_one: bool = False) -> None:
        reading = reader.info.reading
        if is_one and reading.has_stacks:
            notes = (*reading.notes, _AS_ONE)
            reading = msgspec.structs.replace(reading, has_stacks=False, is_united=True, notes=notes, unobserved=unobserved)
        self._reader = reader
        self._unobserved = unobserved
        self._is_one = is_one
        graph = reader.info.graph
        self._seen: set[str] = set()
        # Looked at once: a package that is in unobserved stacks alone is not there.
        self._packages = [name for name in reader.packages() if not unobserved or self.read(name) is not None]
        self.info = msgspec.structs.replace(
            reader.info,
            reading=reading,
            graph=self._restack_graph(graph) if graph else None,
            own_stacks=None if is_one else frozenset(self._seen),
        )

    def packages(self) -> Collection[str]:
        """Return the packages that are in a stack which is compared."""
        return self._packages

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return a package with the stacks that are compared."""
        found = self._reader.read(package)
        if not isinstance(found, PackageRecord):
            return found
        # Anew each time: kept, all of a snapshot would be in memory a second time.
        specs = tuple([kept for spec in found.specs if (kept := self._restack(spec)) is not None])
        # What a page claims of its stacks is about those that it had.
        claimed = found.specs if found.claims else None
        return msgspec.structs.replace(found, specs=specs, claimed=claimed) if specs or not found.specs else None

    def _restack_graph(self, graph: Graph) -> Graph:
        nodes = {hash_: msgspec.structs.replace(node, stacks=self._keep(node.stacks)) for hash_, node in graph.nodes.items()}
        unpaired = {hash_: node.stacks for hash_, node in graph.nodes.items() if node.stacks and not nodes[hash_].stacks}
        return msgspec.structs.replace(graph, nodes=nodes, unpaired=unpaired)

    def _keep(self, stacks: tuple[str, ...]) -> tuple[str, ...]:
        """Return the stacks under which a spec of some stacks is compared."""
        kept = tuple([stack for stack in stacks if stack not in self._unobserved]) if self._unobserved else stacks
        return (DEFAULT_STACK,) if kept and self._is_one else kept

    def _restack(self, spec: Spec) -> Spec | None:
        """Return a spec in other stacks, None where all of its own are left out."""
        self._seen.update(spec.stacks)
        stacks = self._keep(spec.stacks)
        if spec.stacks and not stacks:
            return None
        if self._is_one:
            stacks = (DEFAULT_STACK,)  # an orphan's, too
        content = spec.content if stacks == spec.stacks else SpecContent(spec.coordinates, stacks)
        return msgspec.structs.replace(spec, content=content, is_in_root=spec.is_in_root and not self._is_one)
