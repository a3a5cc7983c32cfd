"""One package of one snapshot, as it was read, and all of them together."""

from __future__ import annotations

from msgspec import Struct

from cachediff.domain.problem import Problem
from cachediff.domain.spec import Spec


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
