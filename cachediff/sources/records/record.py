"""One record of an index, typed: what msgspec takes is what the schemas accept, in a fraction of the time."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

# `\Z` and not `$`, which would let a line feed follow.
Hash: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z2-7]{32}\Z")]
Package: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_.+-]*\Z")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x20\x7f]*\Z")]
Text: TypeAlias = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z")]

FLAGS = ("cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs")
"""What stands among the variants and is none: lists of compiler flags, always there and nearly always empty."""


def is_package(text: str) -> bool:
    """Return whether a text may be the name of a package."""
    return _is_of(text, Package)


def is_hash(text: str) -> bool:
    """Return whether a text may be a hash."""
    return _is_of(text, Hash)


def _is_of(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


class Target(Struct, gc=False):
    """A target that is written with all that archspec knows of it."""

    name: Name


class Arch(Struct, gc=False):
    """Where a spec runs."""

    platform: Name
    platform_os: Name
    target: Name | Target

    @property
    def is_object(self) -> bool:
        """Whether the target is written with all that archspec knows of it."""
        return isinstance(self.target, Target)

    @property
    def target_name(self) -> str:
        """The name of the target, however it is written."""
        return self.target.name if isinstance(self.target, Target) else self.target


class EdgeFacts(Struct, gc=False):
    """What a dependency is for, since specfile 4."""

    deptypes: list[Name]
    virtuals: list[Name] = []


class Edge(Struct, gc=False):
    """One dependency: `parameters` since specfile 4, `type` before."""

    name: Package
    hash: Hash
    parameters: EdgeFacts | None = None
    type: list[Name] | None = None


class Compiler(Struct, gc=False):
    """A spec's compiler, up to specfile 4."""

    name: Name
    version: Name


class Annotations(Struct, gc=False):
    """What Spack notes of a record that it rewrote: which specfile it was, and the compiler that it named then."""

    original_specfile_version: Annotated[float, Meta(ge=0, le=1_000_000, multiple_of=1)] = 0  # 5.0 is a whole number, too
    compiler: Name | None = None


class External(Struct, gc=False):
    """What was there before Spack."""

    path: str | None = None


class BuildSpec(Struct, gc=False):
    """The spec that was built, where this one is spliced from it."""

    name: Package
    hash: Hash


Parameters: TypeAlias = dict[Name, bool | Text | list[Text]]
"""Variants and compiler flags."""


class Node(Struct, gc=False):
    """A spec as Spack writes it, specfile 2 to 6."""

    name: Package
    version: Name
    arch: Arch
    hash: Hash
    namespace: Name | None = None
    parameters: Parameters = {}
    package_hash: Name | None = None
    compiler: Compiler | None = None
    dependencies: list[Edge] = []
    external: External | None = None
    annotations: Annotations | None = None
    build_spec: BuildSpec | None = None


class Install(Struct, gc=False):
    """A record of a database. A build cache's has `in_buildcache`, a site's has `installed`; `spec` is the node's text.

    `deprecated_for` is the hash of what is linked in its place.
    """

    spec: Raw
    in_buildcache: bool | None = None
    installed: bool = False
    explicit: bool = False
    deprecated_for: str | None = None


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: text that is no JSON, no UTF-8, or that nests too deep, and values of other types."""

decode_node = msgspec.json.Decoder(Node).decode
_FRAME = (
    b'{"name":"a","version":"1","arch":{"platform":"a","platform_os":"a","target":"a"},"hash":"%b","parameters":%%b}'
    % (b"a" * 32)
)


def decode_parameters(text: bytes) -> Parameters:
    """Return the parameters of a record. Raises msgspec's errors where they are none."""
    # In a record around them: where two decoders have this type (a text of a pattern, or a list of such), msgspec 0.22
    # crashes when both are taken apart as Python ends.
    return decode_node(_FRAME % text).parameters


decode_install = msgspec.json.Decoder(Install).decode


class Included(Struct):
    """What a lock has of an environment that it includes, and of those that this one includes."""

    concrete_specs: dict[str, Raw] = {}
    roots: list[LockRoot] = []
    include_concrete: dict[str, Included] = {}


class LockRoot(Struct, gc=False):
    """What an environment asks for, and the hash of what it got."""

    hash: str
    spec: str = ""


class LockMeta(Struct, rename="kebab"):
    """Which format a lock is in."""

    file_type: str
    lockfile_version: int
    specfile_version: int = 0


class Lock(Struct):
    """A spack.lock."""

    meta: LockMeta = msgspec.field(name="_meta")
    roots: list[LockRoot]
    concrete_specs: dict[str, Raw]
    include_concrete: dict[str, Included] = {}


class Database(Struct):
    """What is in the `database` of an index."""

    version: str
    installs: dict[str, Raw]


class Outline(Struct):
    """What tells a database from a lock, and from anything else."""

    database: Database | None = None
    # Whatever it is: other JSON may have such a key.
    meta: Any = msgspec.field(name="_meta", default=None)
