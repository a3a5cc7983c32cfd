"""One package of one snapshot, as it was read, and all of them together."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from cachediff.domain.graph import Graph
from cachediff.domain.problem import Location, Problem
from cachediff.domain.reading import PAGES, Reading
from cachediff.domain.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable


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


Place: TypeAlias = tuple[str, int, int, str]
"""Where a record stands: path, line, column, and the JSON pointer of the object that holds it."""


class SourceMap(Struct, frozen=True, array_like=True, gc=False):
    """Where a package's values stand in its file: the lines, from 1, on which some JSON pointers start, inner after outer.

    `specs` is the pointer to the list of specs. Where specs are records of an index, `places` says where each stands, and
    `hashes` under which key.
    """

    path: str
    lines: tuple[tuple[str, int], ...] = ()
    specs: str = ""
    places: tuple[Place, ...] = ()
    hashes: tuple[str, ...] = ()

    def locate(self, pointer: str | None = None) -> Location:
        """Return where a value stands; without a pointer, where the specs do.

        It is the line of the innermost known value that holds it.
        """
        if self.places:
            return self._locate_record(0)
        pointer = self.specs if pointer is None else pointer
        # Outer pointers come first, so the last prefix that fits is the innermost. Of the list of specs one line is known.
        line = 0
        for prefix, number in self.lines:
            if pointer.startswith(prefix):
                line = number
        return Location(self.path, line, 1, pointer)

    def locate_spec(self, spec: Spec) -> Location:
        """Return where a spec stands."""
        return self._locate_record(spec.index) if self.places else self.locate(f"{self.specs}/{spec.index}")

    def _locate_record(self, index: int) -> Location:
        # Made here, as nobody asks for most of them.
        path, line, column, pointer = self.places[index]
        return Location(path, line, column, f"{pointer}/{self.hashes[index]}")


class PackageRecord(Struct, frozen=True, gc=False):
    """One package of one snapshot: its specs in order of hash, and what is said of them; `digest` is that of the bytes.

    `title` and `tag` are what the source says that it is, `claims` what it says that its specs add up to (pages alone do).
    `claimed` are those specs where `specs` are compared in other stacks.

    `extra` holds the values that are not compared, as JSON text. `merged` names what the record was read as, where a package
    was renamed or several were merged: packages, each with its digest.
    """

    package: str
    title: str
    tag: str
    source_map: SourceMap
    claims: Claims | None
    specs: tuple[Spec, ...]
    digest: str = ""
    extra: str = ""
    merged: tuple[tuple[str, str], ...] = ()
    claimed: tuple[Spec, ...] | None = None

    def locate(self, pointer: str | None = None) -> Location:
        """Return where a value stands, the specs without a pointer."""
        return self.source_map.locate(pointer)

    @property
    def path(self) -> str:
        """The path of the file that holds it."""
        return self.source_map.path

    @property
    def written(self) -> tuple[Spec, ...]:
        """The specs as they were read, in their own stacks."""
        return self.specs if self.claimed is None else self.claimed

    @property
    def digests(self) -> tuple[tuple[str, str], ...]:
        """What was read: each package with the digest of its bytes."""
        return self.merged or ((self.package, self.digest),)

    @property
    def valid(self) -> tuple[PackageRecord, ...]:
        """What is valid under its name: itself."""
        return (self,)


class InvalidPage(Struct, frozen=True, gc=False):
    """A page that cannot be trusted, and every reason that was found."""

    package: str
    path: str
    problems: tuple[Problem, ...]
    digest: str = ""


class InvalidPackage(Struct, frozen=True, gc=False):
    """A package of which nothing can be said: the pages that cannot be trusted, and valid ones under the same name."""

    package: str
    pages: tuple[InvalidPage, ...]
    # Not compared, but a glob of a selection that matches something of theirs is no typo.
    valid: tuple[PackageRecord, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()

    @property
    def digests(self) -> tuple[tuple[str, str], ...]:
        """What was read: each package with the digest of its bytes."""
        return self.merged or tuple((page.package, page.digest) for page in self.pages)


class Snapshot(Struct, frozen=True):
    """A snapshot in memory, in order of package.

    `source` is where it was read from; `is_part` says that some packages were not read; `reading` is how it went. `graph` is
    that of an index.
    """

    source: str
    tag: str
    packages: tuple[PackageRecord, ...]
    invalid: tuple[InvalidPage, ...] = ()
    digest: str = ""
    is_part: bool = False
    reading: Reading = PAGES
    graph: Graph | None = None


def digest_packages(digests: Iterable[tuple[str, str]]) -> str:
    """Return one digest of a snapshot's bytes, from each package and its digest: where they lie, and how, means nothing."""
    # Sorted, so that it does not depend on which process read what.
    total = sha256()
    for name, digest in sorted(digests):
        # A file name holds no NUL. One that is not UTF-8 holds surrogates, which do not encode otherwise.
        total.update(f"{name}\0{digest}\n".encode("utf-8", "backslashreplace"))
    return f"sha256:{total.hexdigest()}"
