"""`cachediff impact LOCK... --in SNAPSHOT`: what a snapshot means for environments."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.inputs import require
from cachediff.cli.options import Color, ColorOption, LimitOption, VerboseOption
from cachediff.errors import InputError, UsageError
from cachediff.text.typos import suggest
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.comparison.impact import LockClosure, Sides
    from cachediff.comparison.stock import Stock
    from cachediff.domain.graph import Graph
    from cachediff.domain.impact import Impact
    from cachediff.domain.reading import Fault
    from cachediff.domain.spec import Spec
    from cachediff.sources.reader import SnapshotReader


class ImpactFormat(StrEnum):
    """The formats of an answer."""

    text = "text"
    markdown = "markdown"
    json = "json"
    html = "html"


def run(
    locks: Annotated[list[str], typer.Argument(metavar="LOCK...", help="Locks, or folders of locks by stack.")],
    in_: Annotated[str, typer.Option("--in", metavar="SNAPSHOT", help="The snapshot to install from.")],
    before: Annotated[
        str | None, typer.Option("--before", metavar="SNAPSHOT", help="One before it: what that one had is lost.")
    ] = None,
    root: Annotated[
        list[str] | None, typer.Option("--root", metavar="GLOB[,GLOB]", help="Only the roots that match; repeatable.")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="TARGET", help="What replacements have to run on, or host: this machine.")
    ] = "",
    format: Annotated[ImpactFormat, typer.Option("--format", "-f", help="Format of the answer.")] = ImpactFormat.text,
    verbose: VerboseOption = False,
    limit: LimitOption = None,
    color: ColorOption = Color.auto,
) -> int:
    """Print which roots of some locks a snapshot can install. Returns 1 where some are blocked, lost or absent."""
    from cachediff.cli.inputs import parse_limits
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.comparison.impact import Sides
    from cachediff.limits import DEFAULT_LIMITS
    from cachediff.render.formats import IMPACT_RENDERERS
    from cachediff.sources.open import Door

    repeated = [*(("LOCK", lock) for lock in locks), *(("--root", glob) for glob in root or ())]
    for name, value in (("--in", in_), ("--before", before), *repeated):
        require(name, value)
    door = Door(parse_limits(limit or (), DEFAULT_LIMITS))
    machine = _find_host(host) if host else ""
    notes: list[str] = []
    # Locks first: one that cannot be read need not cost reading a large index.
    opened = [(reader, _open_lock(reader, notes)) for reader in map(door.open, locks)]
    globs = _join_roots(root or (), opened)
    there, was = door.open(in_), door.open(before) if before else None
    sides = Sides(_make_stock(there, notes), _make_stock(was, notes) if was else None, machine)
    impact = _judge(opened, sides, globs, (in_, before), notes)
    _refuse_hidden(impact, [lock for _, lock in opened], was)
    write_stdout(IMPACT_RENDERERS[format.value](impact, stdout_options(color, is_quiet=False, is_verbose=verbose)))
    return int(impact.is_failed)


def _join_roots(globs: Sequence[str], opened: Sequence[tuple[SnapshotReader, LockClosure]]) -> str:
    """Return the globs of roots as one text.

    Raises InputError where there is no root to judge, or a glob matches none: that nothing was judged is no pass.
    """
    from cachediff.comparison.selection import check_globs
    from cachediff.domain.selection import join_globs

    names = {
        lock.graph.nodes[hash_].own.package
        for reader, lock in opened
        for stack in _list_stacks(reader)
        for hash_ in lock.find_roots(stack, "*")
    }
    if not names:
        message = "no lock has a root"
        raise InputError(message, hint="add specs to the environment, and run spack concretize")
    joined = join_globs(globs)
    check_globs("root", joined, names, "LOCK")
    return joined


def _judge(
    opened: Sequence[tuple[SnapshotReader, LockClosure]],
    sides: Sides,
    globs: str,
    names: tuple[str, str | None],
    notes: Sequence[str],
) -> Impact:
    """Return what becomes of the roots of all locks."""
    from collections import Counter

    from cachediff.comparison.impact import count_blockers, judge_lock
    from cachediff.domain.impact import Impact

    judged = [
        judge_lock(lock, sides, reader.info.source, stack, globs)
        for reader, lock in opened
        for stack in _list_stacks(reader)
    ]
    roots = tuple(one for answer in judged for one in answer.roots)
    blockers = tuple(count_blockers(roots, [lock for _, lock in opened]))
    foreign = sum((Counter(answer.foreign) for answer in judged), Counter[str]())
    notes = [*notes, *(_note_target(target, count, sides.host) for target, count in sorted(foreign.items()))]
    return Impact(*names, tuple(answer.row for answer in judged), roots, blockers, tuple(notes))


def _note_target(target: str, count: int, host: str) -> str:
    verb = "is" if count == 1 else "are"
    return f"{count:,} of the roots that can be installed {verb} for {target}, which {host} does not run"


def _find_host(name: str) -> str:
    """Return the name of a target. Raises UsageError for one that archspec does not know."""
    import archspec.cpu

    if name == "host":
        return str(archspec.cpu.host().name)
    if name not in archspec.cpu.TARGETS:
        message = f"--host {name!r} is no target that archspec knows"
        raise UsageError(message, hint=suggest(name, archspec.cpu.TARGETS) or "such as zen3, or host")
    return name


def _open_lock(reader: SnapshotReader, notes: list[str]) -> LockClosure:
    """Return a lock's closure. Raises InputError for what is no lock, or one that cannot be trusted to name its roots."""
    from cachediff.comparison.impact import LockClosure
    from cachediff.comparison.stock import Stock
    from cachediff.review.locks import read_lock_graph

    graph = read_lock_graph(reader, "LOCK")
    untrue = [fault for fault in reader.info.reading.faults if fault.kind == "hash"]
    if untrue:
        notes.append(f"of {reader.info.source} not all records are what their hashes say: {untrue[0].message}")
    return LockClosure(graph, Stock(lambda package: _read(reader, package)))


def _make_stock(reader: SnapshotReader, notes: list[str]) -> Stock:
    """Return what a snapshot has, and note what it cannot tell."""
    from cachediff.comparison.stock import Stock

    source, graph = reader.info.source, reader.info.graph
    if graph is None:
        is_pages = reader.info.reading.kind == "pages"
        what = "pages, which know" if is_pages else "an index without dependencies, as some databases 5: it knows"
        notes.append(f"{source} is {what} no dependencies: whether replacements can be installed is unknown")
    if faults := _list_faults(reader):
        more = f", and {len(faults) - 1:,} more" if len(faults) > 1 else ""
        notes.append(f"of {source} what cannot be read counts as absent: {faults[0].message}{more}")
    if graph and (outside := _count_outside(graph)):
        count = number(outside, "dependency", "dependencies")
        notes.append(
            f"{source} has no record of {count} of installed specs, which counts as absent: is there an upstream database?"
        )
    return Stock(
        lambda package: _read(reader, package), graph.uninstallable if graph else (), graph.nodes if graph else None
    )


def _list_faults(reader: SnapshotReader) -> list[Fault]:
    """Return what may hide something; a record whose hash does not hold is there all the same."""
    return [fault for fault in reader.info.reading.faults if not fault.is_outside and fault.kind != "hash"]


def _refuse_hidden(impact: Impact, locks: Sequence[LockClosure], before: SnapshotReader | None) -> None:
    """Raise InputError where BEFORE may have had an absent root in what cannot be read of it: then that is lost."""
    if before is None:
        return
    faults = [fault for fault in _list_faults(before) if fault.kind in ("index", "record")]
    for root in impact.roots if faults else ():
        if root.class_ != "absent":
            continue
        package = root.old.package
        used = {hash_: lock.names.get(hash_, "") for lock in locks for hash_ in lock.find_used([root.old.hash])}
        if fault := next((fault for fault in faults if _may_hide(fault, package, used, before)), None):
            source, place = before.info.source, fault.location
            message = f"{impact.in_} lacks {package}, and nothing says whether {source} had it: {fault.message}"
            hint = f"see {place.path}, and what cachediff validate {source} says of it; without --before it is absent"
            raise InputError(message, hint=hint)


def _may_hide(fault: Fault, package: str, used: Mapping[str, str], before: SnapshotReader) -> bool:
    """Return whether what cannot be read may be a root, or, of one that is there, something of what it uses, by hash."""
    from cachediff.domain.spec import DEFAULT_STACK

    if fault.kind == "index":
        # Of a mirror whose own index was read a view has nothing more.
        return DEFAULT_STACK not in before.info.reading.unobserved
    if not fault.package:
        return fault.hash in used
    return fault.package == package or (fault.package in used.values() and package in before.packages())


def _count_outside(graph: Graph) -> int:
    """Return how many things specs of a site need of which it has no record: another site's may, upon which it builds."""
    if graph.kind != "site" or not graph.missing:
        return 0
    return sum(hash_ not in graph.nodes and hash_ not in graph.faulty for hash_ in graph.missing)


def _read(reader: SnapshotReader, package: str) -> Sequence[Spec]:
    """Return a package's specs. Raises InputError for a page that cannot be read: nothing says what it has."""
    from cachediff.domain.package import InvalidPackage

    found = reader.read(package)
    if isinstance(found, InvalidPackage):
        message = f"{package} of {reader.info.source} cannot be read, so nothing says whether a lock's specs are there"
        raise InputError(message, hint="see what is wrong: cachediff validate SNAPSHOT")
    return found.specs if found else ()


def _list_stacks(reader: SnapshotReader) -> list[str]:
    """Return the stacks of a folder of locks, or one without a name for a single lock."""
    graph = reader.info.graph
    return sorted(graph.roots) if graph and reader.info.reading.has_stacks else [""]
