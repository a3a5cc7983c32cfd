"""Spack's own files as a snapshot: build caches, sites and locks, which records of them are specs, and in which stacks."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.package import PackageRecord, SourceMap
from cachediff.domain.problem import Location, Problem
from cachediff.domain.reading import Fault, Reading
from cachediff.domain.spec import DEFAULT_STACK, Spec
from cachediff.errors import InputError
from cachediff.garbage import collector_paused
from cachediff.graph.build import build_graph
from cachediff.sources.kinds import LFS_HEAD
from cachediff.sources.reader import SourceInfo
from cachediff.sources.records import oci
from cachediff.sources.records.catalog import Catalog
from cachediff.sources.records.compressed import decompress
from cachediff.sources.records.faults import going_round
from cachediff.sources.records.index import LABELS, BadIndexError, parse_index
from cachediff.sources.records.layout import (
    IndexFile,
    Layout,
    find_path,
)
from cachediff.sources.records.manifest import MAX_MANIFEST, check_blob, read_manifest
from cachediff.sources.records.names import is_images
from cachediff.sources.records.spelling import spell_content, spell_facts
from cachediff.sources.tree import LargeFileError, UnreadableFileError
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.domain.graph import Graph
    from cachediff.limits import Limits
    from cachediff.sources.records.index import Index, Kind
    from cachediff.sources.records.pieces import RecordMemory
    from cachediff.sources.tree import Entry, FileTree


class RecordReader:
    """A snapshot that indexes hold: read once, before any process is forked."""

    def __init__(self, source: str, tree: FileTree, layout: Layout, limits: Limits, memory: RecordMemory) -> None:
        with collector_paused():
            loaded = _Loader(tree, limits, memory).load(source, layout)
        self._catalog = loaded.catalog
        self._packages: dict[str, list[str]] = {}
        for hash_, known in self._catalog.known.items():
            # Records in no stack (externals, what is not cached) are no specs: the graph alone has them.
            if known.stacks:
                self._packages.setdefault(known.package, []).append(hash_)
        self._graph = loaded.build_graph()
        # Of records without dependencies nothing follows, not even that they need nothing.
        self._knows_edges = self._catalog.knows_edges
        info = loaded.describe(source, layout, self._graph)
        self.info = info if self._knows_edges else msgspec.structs.replace(info, graph=None)
        if not self._packages:
            raise loaded.refuse_empty(source)

    def packages(self) -> Collection[str]:
        """Return the packages of all specs."""
        return self._packages.keys()

    def read(self, package: str) -> PackageRecord | None:
        """Return a package's specs."""
        catalog = self._catalog
        hashes = sorted(self._packages.get(package, ()))
        if not hashes:
            return None
        texts: list[bytes] = []
        specs = []
        for index, hash_ in enumerate(hashes):
            known = catalog.known[hash_]
            # With the stacks, which no record says: a view that took a spec in makes another snapshot.
            texts += (catalog.digest(hash_), "\0".join(["", *known.stacks, ""]).encode("utf-8", "backslashreplace"))
            content = spell_content(known, catalog.find_compiler)
            is_installable = hash_ not in self._graph.uninstallable
            mpi = self._graph.mpi.get(hash_, ()) if self._knows_edges else None
            facts = spell_facts(known, mpi=mpi, is_installable=is_installable, knows_edges=self._knows_edges)
            # Pages alone list root beside the stacks; of an index each spec is in a stack.
            specs.append(Spec(hash_, content, index, is_in_root=False, facts=facts))
        places = tuple(map(catalog.place, hashes))
        return PackageRecord(
            package=package,
            title=package,
            tag=self.info.tag,
            source_map=SourceMap(places[0][0], places=places, hashes=tuple(hashes)),
            claims=None,
            specs=tuple(specs),
            digest=sha256(b"".join(texts)).hexdigest(),
        )


class _Loader:
    """Reads the files of a layout into one catalog."""

    def __init__(self, tree: FileTree, limits: Limits, memory: RecordMemory) -> None:
        self._tree = tree
        self._limits = limits
        self._memory = memory
        self.catalog = Catalog(limits, memory)
        self.notes: dict[str, None] = {}
        self.unobserved: set[str] = set()

    def load(self, source: str, layout: Layout) -> _Loader:
        """Read all. Raises InputError where the only index cannot be read, or where two are of different kinds."""
        # All at once: of a revision of git that is one process, and not one for each file.
        self._tree.fetch([file.entry for file in layout.files if not file.problem], self._limits.index_bytes)
        self.notes |= dict.fromkeys(layout.notes)
        whole: set[str] | None = None
        viewed: set[str] = set()
        for file in layout.files:
            try:
                index = self._read(file)
            except BadIndexError as error:
                # The only index, or that of a whole mirror: without it nothing tells what is in none of the views.
                if len(layout.files) == 1 or not file.stack:
                    raise _refuse(error.problem) from error
                self._leave_out(file, error.problem, is_view=whole is not None)
                continue
            if file.is_aside:
                # In a catalog of its own: what another snapshot has explains nothing here, and is only not in `default`.
                viewed |= Catalog(self._limits, self._memory).add(index, "")
                continue
            self._require_kind(source, index)
            if index.lists_cached:
                self.notes["an index of Spack 0.16 or older does not say what is cached: all that it lists counts"] = None
            found = self.catalog.add(index, file.stack)
            if not file.stack:
                whole = found | (whole or set())
            elif whole is not None:
                self._check_view(file.stack, found - whole)
                viewed |= found
        if whole is not None:
            self._put_rest(source, layout, whole - viewed)
        return self

    def _put_rest(self, source: str, layout: Layout, rest: set[str]) -> None:
        """Put what no view has into a stack of its own, not observed where a view is not: its own are there, too."""
        is_known = DEFAULT_STACK not in self.unobserved
        if is_known and rest and any(file.stack == DEFAULT_STACK for file in layout.files):
            left = f"{number(len(rest), 'spec')} in no view"
            message = f"{source} has a view named {DEFAULT_STACK}, and {left}: that would be the same stack"
            raise InputError(message, hint="name the view's manifest, to compare it alone")
        # In any case: in no stack they would not be in the mirror, and missing to all that depend on them.
        for hash_ in rest:
            self.catalog.put(hash_, DEFAULT_STACK)

    def _leave_out(self, file: IndexFile, problem: Problem, *, is_view: bool) -> None:
        """Note an index of several that cannot be read: its stack was not observed, which is not that it is gone."""
        self.unobserved.add(file.stack)
        if is_view:
            self.unobserved.add(DEFAULT_STACK)  # what is in this view alone would seem to be in none
        fault = Fault("index", "", file.stack, "", problem.message, problem.location, (problem,))
        self.catalog.faults.setdefault(("index", file.stack), fault)

    def _check_view(self, stack: str, missing: set[str]) -> None:
        """Note what a view has and the mirror's own index lacks."""
        faults = self.catalog.faults
        for hash_ in sorted(missing):
            if ("record", hash_) not in faults:
                package = self.catalog.known[hash_].package
                message = f"{package} /{hash_[:7]} is in view {stack} and not in the mirror's index"
                faults.setdefault(("view", hash_), Fault("view", package, stack, hash_, message, self.catalog.locate(hash_)))

    def _require_kind(self, source: str, index: Index) -> None:
        others = {other.kind for other in self.catalog.indexes} - {index.kind}
        if others:
            kinds = " and ".join(sorted(LABELS[kind] + "s" for kind in {index.kind, *others}))
            message = f"{source} holds {kinds}"
            raise InputError(message, hint="a snapshot is of one kind: name the folder of one of them")

    def _read(self, file: IndexFile) -> Index:
        """Return the index in a file, or in the blob that a manifest names. Raises BadIndexError."""
        if file.problem:
            raise BadIndexError(file.problem)
        if not file.is_manifest:
            path = self._tree.show(file.entry)
            # Popped, so that the bytes of a large index do not stay in memory for the run.
            data = file.read.pop() if file.read else self._fetch(file.entry, self._limits.index_bytes)
            text = self._unpack(data, path)
            if is_images(text):
                return self._follow(text, path, file.mirror)
            # An index without records says nothing of its kind, so where it lies does.
            unlike: Kind = "buildcache" if "build_cache/" in path or "blobs/" in path else "site"
            return parse_index(text, path, unlike)
        path = self._tree.show(file.entry)
        blob = read_manifest(self._fetch(file.entry, MAX_MANIFEST), path)
        if blob.is_signed:
            self.notes["manifests are signed, and signatures are not verified"] = None
        if blob.has_older:
            self.notes["manifests name indexes of older versions, too: the newest is read"] = None
        entry = find_path(self._tree, blob.path, file.mirror)
        if entry is None:
            expected = f"{blob.path} beside v3"
            raise BadIndexError(Problem("blob of the index is not there", Location(path), expected, "nothing"))
        data = self._fetch(entry, self._limits.index_bytes)
        check_blob(data, blob, path)
        shown = self._tree.show(entry)
        return parse_index(self._unpack(data, shown), shown, "buildcache")

    def _follow(self, text: bytes, path: str, folder: Entry | None) -> Index:
        """Return the index that is in an OCI layout: the only layer of the image with its tag."""
        image, pointer = oci.find_image(text, path)
        manifest, shown = self._fetch_blob(image, folder, pointer, path, MAX_MANIFEST)
        layer = oci.find_layer(manifest, shown)
        data, above = self._fetch_blob(layer, folder, "/layers/0", shown, self._limits.index_bytes)
        return parse_index(self._unpack(data, above), above, "buildcache")

    def _fetch_blob(self, blob: oci.Blob, folder: Entry | None, pointer: str, path: str, most: int) -> tuple[bytes, str]:
        """Return a blob of an OCI layout, which a file names at a pointer, and its path."""
        entry = find_path(self._tree, blob.path, folder)
        if entry is None:
            place = Location(path, pointer=f"{pointer}/digest")
            raise BadIndexError(
                Problem("blob of the index is not there", place, f"{blob.path} beside index.json", "nothing")
            )
        data = self._fetch(entry, most)
        oci.check_blob(data, blob, pointer, path)
        return data, self._tree.show(entry)

    def _fetch(self, entry: Entry, most: int) -> bytes:
        try:
            data = self._tree.read(entry, most)
        except UnreadableFileError as error:
            raise BadIndexError(_unreadable(error, self._tree.show(entry))) from error
        if data.startswith(LFS_HEAD):
            expected = "the file, which git lfs pull brings (in a workflow, actions/checkout with lfs: true)"
            place = Location(self._tree.show(entry))
            raise BadIndexError(Problem("index is a Git LFS pointer, not the index", place, expected, "a pointer"))
        return data

    def _unpack(self, data: bytes, path: str) -> bytes:
        try:
            return decompress(data, self._limits.index_bytes)
        except UnreadableFileError as error:
            raise BadIndexError(_unreadable(error, path)) from error

    def build_graph(self) -> Graph:
        """Return the graph of all records, and note what is wrong with it."""
        catalog = self.catalog
        kind = catalog.indexes[0].kind if catalog.indexes else "buildcache"
        faulty = frozenset(key for what, key in catalog.faults if what == "record")
        graph = build_graph(kind, catalog.known, catalog.locate, faulty)
        for circle in graph.circles:
            catalog.faults.setdefault(("record", circle[0]), going_round(circle, graph))
        specfile = max((index.specfile for index in catalog.indexes), default=0)
        return msgspec.structs.replace(graph, roots=catalog.roots, locks=catalog.locks, specfile=specfile)

    def describe(self, source: str, layout: Layout, graph: Graph) -> SourceInfo:
        """Return what the snapshot is."""
        newest = max(self.catalog.indexes, key=lambda index: int(index.version), default=None)
        reading = Reading(
            kind=graph.kind,
            format=newest.format if newest else "",
            has_stacks=layout.has_stacks,
            notes=tuple(self.notes),
            integrity=self.catalog.integrity,
            faults=tuple(self.catalog.faults.values()),
            unobserved=frozenset(self.unobserved),
        )
        return SourceInfo(source, reading=reading, graph=graph)

    def refuse_empty(self, source: str) -> InputError:
        """Return that nothing of the snapshot is in it."""
        # That the records are bad says more than that there are none.
        if self.catalog.faults and not self.catalog.known:
            return _refuse(next(iter(self.catalog.faults.values())).problems[0])
        number = len(self.catalog.known)
        message = f"{source} holds no spec: of {number:,} records none is cached, installed or locked"
        return InputError(message, hint="is it the index that was meant?")


def _unreadable(error: UnreadableFileError, path: str) -> Problem:
    limit = " (limit index-bytes)" if isinstance(error, LargeFileError) else ""
    return Problem(f"index cannot be read: {error}{limit}", Location(path), "a regular file that can be read", str(error))


def _refuse(problem: Problem) -> InputError:
    """Return a problem of the only index as the end of the run."""
    message = f"{problem.location.shown}: {problem.message}"
    return InputError(message, hint=f"expected {problem.expected}, found {problem.found}")
