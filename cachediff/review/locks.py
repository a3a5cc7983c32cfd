"""What locks ask for that somebody names. One that cannot be trusted to say so ends the run: it never asks for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.comparison.impact import LockClosure
from cachediff.comparison.wanted import list_wanted
from cachediff.domain.problem import Location
from cachediff.domain.spec import DEFAULT_STACK
from cachediff.domain.wanted import Wanted
from cachediff.engine.stacks import find_folder
from cachediff.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.graph import Graph
    from cachediff.domain.wanted import WantedSpec
    from cachediff.sources.open import Door
    from cachediff.sources.reader import SnapshotReader

_HINT = "spack concretize --force writes the lock anew"


def read_lock_graph(reader: SnapshotReader, option: str) -> Graph:
    """Return the records of a lock, or of a folder of locks, that an option names.

    Raises InputError for what is no lock, and for one that cannot be trusted to name its roots.
    """
    source, reading, graph = reader.info.source, reader.info.reading, reader.info.graph
    if reading.kind != "lock":
        message = f"{source} is no lock"
        raise InputError(message, hint=f"{option} is a spack.lock, or a folder of them")
    if graph is None:
        message = f"{source} has no dependencies: what its roots need cannot be told"
        raise InputError(message, hint="let a newer Spack write the lock")
    # Whether an untrue hash matters is for the caller: impact notes it, and --wanted ends the run.
    faults = [fault for fault in reading.faults if fault.kind != "hash"]
    if faults:
        more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        message = f"{source} cannot be judged: {faults[0].message}, at {faults[0].location.shown}{more}"
        raise InputError(message, hint=_HINT)
    return graph


def read_wanted(sources: Sequence[str], door: Door) -> Wanted | None:
    """Return what some locks, or folders of locks by stack, ask for together; None where none is named.

    A stack whose lock has no root is judged as one without a lock. Raises InputError where a lock cannot be trusted, and for
    one of no stack that asks for nothing.
    """
    by_stack: dict[str, frozenset[WantedSpec]] = {}
    names: dict[str, frozenset[str]] = {}
    for source in sources:
        reader = door.open(source)
        graph = read_lock_graph(reader, "--wanted")
        _refuse_doubts(reader, graph)
        lock, has_stacks = LockClosure(graph), reader.info.reading.has_stacks
        for stack in graph.roots if has_stacks else [DEFAULT_STACK]:
            specs, named = list_wanted(lock, stack, reader.info.source)
            if not specs and not has_stacks:
                message = f"{reader.info.source} has no root that a build cache could have: nothing would be wanted"
                raise InputError(message, hint="is it the lock that was meant?")
            # What a generator that failed may leave is no lock; whoever takes the last root out can take the lock away.
            if specs:
                # A lock of no stack speaks for all of them.
                own = stack if has_stacks else ""
                by_stack[own] = by_stack.get(own, frozenset()) | specs
                names[own] = names.get(own, frozenset()) | named
    everywhere = by_stack.pop("", None)
    if sources and not by_stack and everywhere is None:
        message = f"{', '.join(sources)}: no lock has a root that a build cache could have: nothing would be wanted"
        raise InputError(message, hint="are they the locks that were meant?")
    return Wanted(tuple(sources), by_stack, everywhere, names) if sources else None


def locate_missing(diff: SnapshotDiff, door: Door) -> SnapshotDiff:
    """Return a comparison with the places at which locks ask for what neither snapshot has. Raises InputError."""
    if diff.wanted is None or not diff.wanted.missing:
        return diff
    asked = {(gap.stack, package): None for gap in diff.wanted.missing for package in (gap.package, *gap.packages)}
    found: dict[tuple[str, WantedSpec], Location] = {}
    # Read again, since few runs ask: whoever kept all locks for this would keep them through the whole comparison.
    for source in diff.wanted.wanted.locks:
        for key, location in _list_places(door.open(source), asked):
            found.setdefault(key, location)
    missing = [
        replace(gap, location=found.get((gap.stack, (gap.package or gap.packages[0], gap.platform, gap.os, gap.target))))
        for gap in diff.wanted.missing
    ]
    return replace(diff, wanted=replace(diff.wanted, missing=tuple(missing)))


def _list_places(
    reader: SnapshotReader, asked: Container[tuple[str, str]]
) -> Iterator[tuple[tuple[str, WantedSpec], Location]]:
    """Yield the stack of each record that is asked for, by stack and package, with what it is and where it stands."""
    graph, has_stacks = reader.info.graph, reader.info.reading.has_stacks
    if graph is None:
        return
    for hash_, node in graph.nodes.items():
        own = node.own
        for stack in node.stacks if has_stacks else ("",):
            if (stack, own.package) in asked and not node.is_external:
                place = graph.locate(hash_)
                # Of what several locks have, one place is known: a finding about another's stack names its lock alone.
                is_own = not has_stacks or place.path == graph.locks[stack]
                yield (
                    (stack, (own.package, own.platform, own.os, own.target)),
                    place if is_own else Location(graph.locks[stack]),
                )


def _refuse_doubts(reader: SnapshotReader, graph: Graph) -> None:
    """Raise InputError where it is in doubt what a lock asks for, or of which stack it is."""
    source = reader.info.source
    untrue = [fault for fault in reader.info.reading.faults if fault.kind == "hash"]
    if untrue:
        message = f"{source} cannot say what is wanted: {untrue[0].message}"
        raise InputError(message, hint=_HINT)
    folder = find_folder(reader)
    if folder:
        message = f"{source} holds one lock, in {folder}: whether that is a stack's cannot be told"
        raise InputError(message, hint="unpack it, and name the folder of locks, or the lock")
