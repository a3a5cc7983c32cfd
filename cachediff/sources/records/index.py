"""One index: a database or a lock as text with the records that it holds, none of which is understood yet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from cachediff.sources.records.listing import find_refs, refuse_without_ref
from cachediff.sources.records.members import (
    NO_MEMBERS,
    Members,
    RepeatedKeyError,
    Values,
    find_installs,
    find_members,
    find_specs,
    find_values,
    match_lock,
)
from cachediff.sources.records.misfits import explain_text
from cachediff.sources.records.older import choose_decoder
from cachediff.sources.records.record import UNREADABLE, Lock, Outline, decode_install
from cachediff.text.pointers import write_pointer
from cachediff.text.problems import TextError, locate, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.problem import Problem
    from cachediff.sources.records.record import Database, Included, Node

Kind: TypeAlias = Literal["buildcache", "site", "lock"]

# Spack writes the version of a database as text, and that of a lock as a number.
DATABASES = {"5": 1, "6": 3, "7": 4, "8": 5, "9": 6}
"""The databases that are read, and the newest specfile that each may hold."""

LOCKS = {2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 5, 8: 6}
"""The locks that are read, and the specfile of each."""

TOO_OLD = "Spack 0.13 to 0.16 read it, and write it anew as database 5 at the next install or `spack reindex`"
"""What reads databases 0.9, 0.9.1 and so on."""

LOCK_1 = (
    "every Spack that has environments reads it, and writes a lock of its own time at the next `spack concretize --force`"
)

FIRST_BY_HASH = 3
"""The specfile from which on locks are keyed by what a record's `hash` is."""

MAX_INCLUDED = 20
"""How many environments deep a lock may include others: to find what stands where, each level is read once more."""

_EARLY_HASH = b'"_hash"'
"""What Spack called a record's hash in the first databases 6, which its own tests still have; read in its place."""

_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode

LABELS = {"buildcache": "build cache", "site": "site", "lock": "lock"}


class BadIndexError(Exception):
    """An index of which nothing can be read, and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Group(Struct, frozen=True):
    """Records that stand in one object of an index: by hash, the JSON pointer to the object, and where each stands."""

    pointer: str
    records: Mapping[str, Raw]
    members: Members = NO_MEMBERS


class Index(Struct, frozen=True):
    """A database or a lock.

    `version` is that of its format, `specfile` that of the newest records in it, `roots` are the hashes that were asked for,
    each with the words for it, and `roots_at` is where they stand. `lists_cached`: it is of a build cache, and no record
    says whether it is cached, so that all that is listed counts.
    """

    path: str
    kind: Kind
    version: str
    specfile: int
    text: bytes
    groups: tuple[Group, ...]
    roots: Mapping[str, str] = {}
    roots_at: int = 0
    lists_cached: bool = False

    @property
    def is_by_build_hash(self) -> bool:
        """Whether records stand under build hashes: no record's own `hash` is its key then."""
        return self.kind == "lock" and self.specfile < FIRST_BY_HASH

    @property
    def knows_edges(self) -> bool:
        """Whether it has dependencies: some databases 5 have none at all, of which nothing follows."""
        # By the word alone, which is near enough: a database 5 with one dependency has a graph.
        return self.specfile > 1 or self.kind == "lock" or b'"dependencies"' in self.text

    @property
    def decode_node(self) -> Callable[[bytes], Node]:
        """What reads the spec of a record."""
        return choose_decoder(self.version, is_lock=self.kind == "lock")

    @property
    def format(self) -> str:
        """The format in short: `buildcache v8`."""
        return f"{self.kind} v{self.version}"


def parse_index(text: bytes, path: str, unlike: Kind = "site") -> Index:
    """Return the index in a file's text; one whose records do not tell its kind is `unlike`.

    Raises BadIndexError where it is none, or one that is not read.
    """
    if written := _parse_written(text, path):
        return written
    try:
        outline = msgspec.json.decode(text, type=Outline)
    except UNREADABLE as error:
        raise BadIndexError(explain_text(text, path, str(error))) from error
    if outline.database is not None:
        return _parse_database(outline.database, text, path, unlike)
    if isinstance(outline.meta, dict) and outline.meta.get("file-type") == "spack-lockfile":
        return _parse_lock(text, path, outline.meta.get("lockfile-version"))
    # Near its beginning, or not: all of a large file would be looked through for a word in a message.
    is_manifest = b'"mediaType"' in text[:2000]
    if find_refs(text):
        raise refuse_without_ref(text, path)
    if is_manifest:
        # Its blob lies beside it in the mirror, of which its own path says nothing.
        raise _refuse(path, "a manifest by itself", "", "its path from the mirror on: MIRROR/v3/manifests/index/…")
    raise _refuse(path, "other JSON", "", "a Spack database or a spack.lock")


def _parse_database(database: Database, text: bytes, path: str, unlike: Kind) -> Index:
    version, records = database.version, database.installs
    if version not in DATABASES:
        raise _refuse_database(path, version)
    if version == "6" and _EARLY_HASH in text:
        return parse_index(text.replace(_EARLY_HASH, b' "hash"'), path, unlike)
    try:
        group = Group("/database/installs", records, find_installs(text, records))
    except RepeatedKeyError as error:
        raise _repeats(text, path, error) from error
    except UNREADABLE as error:  # a key that is no text, in what nothing else reads
        raise BadIndexError(explain_text(text, path, str(error))) from error
    kind = _tell_kind(records, unlike, version)
    # Where another record does say so, one that does not is not cached, as Spack reads it.
    lists_cached = kind == "buildcache" and version == "5" and b'"in_buildcache"' not in text
    return Index(path, kind, version, DATABASES[version], text, (group,), lists_cached=lists_cached)


def _parse_written(text: bytes, path: str) -> Index | None:
    """Return a lock that is written as Spack does, which is read once; None for all else, and where anything is in doubt."""
    head = match_lock(text)
    if head is None:
        return None
    try:
        lock = msgspec.json.decode(text, type=Lock)
    except UNREADABLE:
        return None
    members = find_specs(text, lock.concrete_specs, head.end())
    groups = (Group("/concrete_specs", lock.concrete_specs, members),) if members else ()
    return _make_lock(text, path, lock, groups, head.start(1)) if groups else None


def _parse_lock(text: bytes, path: str, version: object) -> Index:
    if not isinstance(version, int) or version not in LOCKS:
        said = json.dumps(version)
        # By what is written there: for Python true is 1, too.
        reads = f": {LOCK_1}" if said == "1" else ""
        raise _refuse(path, f"lock {shorten(said)}", "/_meta/lockfile-version", f"locks 2 to 8{reads}")
    try:
        lock = msgspec.json.decode(text, type=Lock)
    except UNREADABLE as error:
        raise BadIndexError(explain_text(text, path, str(error))) from error
    if max(level for level, _ in _walk_included(lock)) > MAX_INCLUDED:
        raise _includes_too_deep(text, path)
    try:
        top = find_values(text, text, 0, ())
        groups = tuple(_find_groups(text, lock, top))
    except RepeatedKeyError as error:
        raise _repeats(text, path, error) from error
    except UNREADABLE as error:  # as above
        raise BadIndexError(explain_text(text, path, str(error))) from error
    # Where the key stands, as of records: known is where its value does.
    return _make_lock(text, path, lock, groups, max(0, text.rfind(b'"roots"', 0, top["roots"][0])))


def _make_lock(text: bytes, path: str, lock: Lock, groups: tuple[Group, ...], roots_at: int) -> Index:
    roots = {root.hash: root.spec for _, environment in _walk_included(lock) for root in environment.roots}
    version = lock.meta.lockfile_version
    return Index(path, "lock", str(version), LOCKS[version], text, groups, roots, roots_at)


def _walk_included(lock: Lock) -> Iterator[tuple[int, Lock | Included]]:
    """Yield a lock, the environments that it includes, those that these include, and so on, each with its level."""
    level: list[Lock | Included] = [lock]
    depth = 0
    while level:
        yield from ((depth, environment) for environment in level)
        level = [inner for environment in level for inner in environment.include_concrete.values()]
        depth += 1


def _includes_too_deep(text: bytes, path: str) -> BadIndexError:
    start = len(text[: text.find(b'"include_concrete"')].decode("utf-8", "replace"))
    expected, found = f"at most {MAX_INCLUDED} levels of environments", "more"
    flaw = TextError(start, 1, "/include_concrete", "environments are included too deep", expected, found)
    return BadIndexError(locate(flaw, text.decode("utf-8", "replace"), path))


def _find_groups(text: bytes, lock: Lock | Included, values: Values, path: tuple[str, ...] = ()) -> Iterator[Group]:
    """Yield the records of a lock, and those of the environments that it includes, and these.

    `values` are those of the object at the path. Raises RepeatedKeyError.
    """
    if "concrete_specs" in values:
        members = find_members(text, lock.concrete_specs, values["concrete_specs"][0] + 1)
        yield Group(write_pointer([*path, "concrete_specs"]), lock.concrete_specs, members)
    if not lock.include_concrete:
        return
    start, raw = values["include_concrete"]
    inside = (*path, "include_concrete")
    for name, (place, inner) in find_values(text, raw, start, inside).items():
        below = (*inside, name)
        yield from _find_groups(text, lock.include_concrete[name], find_values(text, inner, place, below), below)


def _repeats(text: bytes, path: str, error: RepeatedKeyError) -> BadIndexError:
    """Return that an index has two objects of one name, of which readers of JSON would take the last alone."""
    start = len(text[: error.position].decode("utf-8", "replace"))
    flaw = TextError(start, 1, error.pointer, "index has this key twice", "each key once", shorten(error.pointer))
    return BadIndexError(locate(flaw, text.decode("utf-8", "replace"), path))


def _tell_kind(records: Mapping[str, Raw], unlike: Kind, version: str) -> Kind:
    """Return whose database it is: every record of a build cache says whether it is cached, and none of a site does.

    The first that Spack made, in 2020, say nothing at all; every record of a site says whether it is installed.
    """
    for raw in records.values():
        try:
            is_cached = decode_install(raw).in_buildcache is not None
            says_nothing = version == "5" and _decode_fields(raw).keys() <= {"spec", "ref_count"}
        except UNREADABLE:
            continue  # what is wrong with it is said where records are read
        return "buildcache" if is_cached or says_nothing else "site"
    return unlike


def _refuse_database(path: str, version: str) -> BadIndexError:
    reads = f": {TOO_OLD}" if re.match(r"0\.9(?:\.|\Z)", version) else ""
    return _refuse(path, f"database {shorten(version)}", "/database/version", f"databases 5 to 9{reads}")


def _refuse(path: str, found: str, pointer: str, expected: str) -> BadIndexError:
    message = f"{found} is not read"
    return BadIndexError(locate(TextError(0, 1, pointer, message, expected, found), "", path))
