"""OLD as it would be under the names of today: what the policy renames, before anything is compared. Pure.

Each name is looked up once: two names may change places. Several names with one new name are merged: stacks become one
stack, packages one page. In an index a package has its new name also where it is somebody's compiler, MPI or other
dependency. What `meta` claims follows, so that a count that was right stays right, and one that was wrong stays wrong by as
much.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.package import InvalidPackage, PackageRecord
from cachediff.domain.spec import SpecContent
from cachediff.sources.reader import read_valid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cachediff.domain.graph import Graph, GraphNode
    from cachediff.domain.package import Claims
    from cachediff.domain.spec import EdgeKinds, RecordFacts, Spec
    from cachediff.policy.settings import Renames
    from cachediff.sources.reader import SnapshotReader, SourceInfo


class RenamedReader:
    """A snapshot under other names, which is read as any other one is."""

    def __init__(self, reader: SnapshotReader, renames: Renames) -> None:
        self.info = _rename_info(reader, renames)
        self._reader = reader
        self._renames = renames
        self._was: dict[str, list[str]] = {}
        # Sorted, so that what is merged does not depend on how a reader lists it.
        for package in sorted(reader.packages()):
            self._was.setdefault(renames.packages.get(package, package), []).append(package)

    def packages(self) -> Collection[str]:
        """Return what the packages are called now."""
        return self._was.keys()

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return what the packages that have a name now are together: invalid where one of them is."""
        found = [one for name in self._was.get(package, ()) if (one := self._reader.read(name)) is not None]
        valid = [rename_package(one, self._renames) for one in found if isinstance(one, PackageRecord)]
        invalid = [one for one in found if isinstance(one, InvalidPackage)]
        record = None
        if valid:
            # Alone and under its own name there is nothing to merge, and its digest stays that of its bytes.
            record = valid[0] if [one.package for one in valid] == [package] else _merge(package, valid)
        if not invalid:
            return record
        pages = tuple(msgspec.structs.replace(page, package=package) for one in invalid for page in one.pages)
        digests = tuple(pair for one in found for pair in one.digests)
        return InvalidPackage(package, pages, (record,) if record else (), digests)


def _rename_info(reader: SnapshotReader, renames: Renames) -> SourceInfo:
    """Return what is known of a snapshot, its graph and what is wrong with it under new names."""
    info, packages, stacks = reader.info, renames.packages, renames.stacks
    # By its name it is asked whether NEW has a package that a bad record of OLD hides, and a view the same fault as OLD's.
    faults = tuple(
        msgspec.structs.replace(
            fault, package=packages.get(fault.package, fault.package), stack=stacks.get(fault.stack, fault.stack)
        )
        for fault in info.reading.faults
    )
    graph = rename_graph(info.graph, renames) if info.graph else None
    unobserved = _rename_unobserved(reader, stacks)
    reading = msgspec.structs.replace(info.reading, faults=faults, unobserved=unobserved)
    return msgspec.structs.replace(info, reading=reading, graph=graph)


def _rename_unobserved(reader: SnapshotReader, stacks: Mapping[str, str]) -> frozenset[str]:
    """Return the stacks that could not be read, without those that are one with a stack by now that could.

    What that one had would be left out with it, and its losses with that.
    """
    unobserved = reader.info.reading.unobserved
    if not unobserved or not stacks:
        return unobserved
    # Read once more, which is done for what hardly ever happens.
    records = filter(None, (read_valid(reader, package) for package in reader.packages()))
    observed = {stack for one in records for spec in one.specs for stack in spec.stacks} - unobserved
    return frozenset(stacks.get(old, old) for old in unobserved) - {stacks.get(old, old) for old in observed}


def rename_graph(graph: Graph, renames: Renames) -> Graph:
    """Return a graph in which packages, stacks, oses and targets have their new names, those on the edges, too."""
    packages = renames.packages

    def rename(node: GraphNode) -> GraphNode:
        own = node.own
        renamed = msgspec.structs.replace(
            own,
            package=packages.get(own.package, own.package),
            os=renames.oses.get(own.os, own.os),
            target=renames.targets.get(own.target, own.target),
            compiler=_rename_compiler(own.compiler, packages),
            edges=_rename_edges(own.edges, packages),
        )
        return msgspec.structs.replace(node, own=renamed, stacks=_rename_all(node.stacks, renames.stacks))

    return msgspec.structs.replace(
        graph,
        nodes={hash_: rename(node) for hash_, node in graph.nodes.items()},
        mpi={hash_: _rename_mpi(names, packages) for hash_, names in graph.mpi.items()},
    )


def rename_package(record: PackageRecord, renames: Renames) -> PackageRecord:
    """Return a package whose stacks, oses, targets and dependencies have their new names; the same where none has another.

    Its own name stays.
    """
    stacks, oses, targets = _real(renames.stacks), _real(renames.oses), _real(renames.targets)
    packages = _real(renames.packages)
    if not (stacks or oses or targets or packages):
        return record
    # On pages, which have no such facts, a compiler is no package: they call it what Spack's configuration does.
    compilers = packages if any(spec.facts for spec in record.specs) else {}
    # Each distinct content once: a package may have hundreds of specs and few contents.
    known: dict[SpecContent, SpecContent] = {}
    for content in {spec.content for spec in record.specs}:
        c = content.coordinates
        known[content] = SpecContent(
            msgspec.structs.replace(
                c,
                os=oses.get(c.os, c.os),
                target=targets.get(c.target, c.target),
                compiler=_rename_compiler(c.compiler, compilers),
            ),
            tuple(sorted({stacks.get(stack, stack) for stack in content.stacks})),
        )
    specs = tuple(
        [
            msgspec.structs.replace(
                spec, content=known[spec.content], facts=_rename_facts(spec.facts, packages) if spec.facts else None
            )
            for spec in record.specs
        ]
    )
    claims = _rename_claims(record.claims, record.specs, specs, renames) if record.claims else None
    return (
        record
        if specs == record.specs and claims == record.claims
        else msgspec.structs.replace(record, specs=specs, claims=claims)
    )


def _real(names: Mapping[str, str]) -> dict[str, str]:
    """Return the renames that change a name."""
    # What renames to itself changes nothing, and a record need not be made anew for it.
    return {old: new for old, new in names.items() if old != new}


def _rename_all(values: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({names.get(value, value) for value in values}))


def _rename_compiler(compiler: str, packages: Mapping[str, str]) -> str:
    name, at, version = compiler.partition("@")
    return packages.get(name, name) + at + version


def _rename_edges(edges: EdgeKinds, packages: Mapping[str, str]) -> EdgeKinds:
    if packages.keys().isdisjoint([edge.name for edge in edges]):
        return edges
    renamed = tuple([msgspec.structs.replace(edge, name=packages.get(edge.name, edge.name)) for edge in edges])
    return msgspec.structs.replace(edges, kinds=renamed)


def _rename_mpi(names: tuple[str, ...] | None, packages: Mapping[str, str]) -> tuple[str, ...] | None:
    return None if names is None else _rename_all(names, packages)


def _rename_facts(facts: RecordFacts, packages: Mapping[str, str]) -> RecordFacts:
    edges, mpi = _rename_edges(facts.edges, packages), _rename_mpi(facts.mpi, packages)
    return msgspec.structs.replace(facts, edges=edges, mpi=mpi)


def _rename_claims(claims: Claims, was: Sequence[Spec], specs: Sequence[Spec], renames: Renames) -> Claims:
    """Return what a package claims under other names, given its specs as they were and as they are called now."""
    return msgspec.structs.replace(
        claims,
        num_specs_by_stack=_recount(claims, was, specs, renames.stacks),
        oss=_rename_all(claims.oss, renames.oses),
        targets=_rename_all(claims.targets, renames.targets),
        stacks=_rename_all(claims.stacks, renames.stacks),
    )


def _recount(
    claims: Claims, was: Sequence[Spec], specs: Sequence[Spec], names: Mapping[str, str]
) -> tuple[tuple[str, int], ...]:
    """Return the claimed number of specs of each stack under its new name.

    It is what is counted now, and what was claimed beyond the count.
    """
    claimed = Counter(dict(claims.num_specs_by_stack))
    counted, now = (Counter([stack for spec in some for stack in spec.stacks]) for some in (was, specs))
    excess: Counter[str] = Counter()
    for stack in claimed.keys() | counted.keys():
        excess[names.get(stack, stack)] += claimed[stack] - counted[stack]
    # A spec of two stacks counts once where they are one, and both claims may have left it out: that is less than none.
    return tuple(
        sorted((stack, max(0, now[stack] + excess[stack])) for stack in {names.get(stack, stack) for stack in claimed})
    )


def _merge(package: str, records: Sequence[PackageRecord]) -> PackageRecord:
    """Return the one package that several were: all specs in order of hash, and all that was claimed."""
    first = records[0]
    claims = [record.claims for record in records if record.claims]
    specs = sorted((spec for record in records for spec in record.specs), key=lambda spec: spec.hash)
    # A title that was right stays right, and one that was wrong is still told.
    title = package if first.title == first.package else first.title
    digests = tuple(pair for record in records for pair in record.digests)
    return msgspec.structs.replace(
        first, package=package, title=title, specs=tuple(specs), claims=_join(claims), merged=digests
    )


def _join(claims: Sequence[Claims]) -> Claims | None:
    """Return what several packages claim together, None where none of them claims anything."""
    if not claims:
        return None
    by_stack: Counter[str] = Counter()
    for claim in claims:
        by_stack.update(dict(claim.num_specs_by_stack))
    lists = ("compilers", "oss", "platforms", "stacks", "targets", "versions")
    return msgspec.structs.replace(
        claims[0],
        num_specs=sum(claim.num_specs for claim in claims),
        num_specs_by_stack=tuple(sorted(by_stack.items())),
        **{name: tuple(sorted({value for claim in claims for value in getattr(claim, name)})) for name in lists},
    )
