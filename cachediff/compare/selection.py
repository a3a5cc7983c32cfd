"""Which part of two snapshots is compared: globs of packages, stacks, oses and targets, and what each of them has to match. Pure.

The globs of one dimension are one text: `py-*,!py-pip` is every package like the one and not like the other. Without a glob that
includes, all is meant but what is excluded.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.errors import InputError
from cachediff.model import Page, Selection
from cachediff.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cachediff.model import Body, InvalidPage, PackageDiff

EVERYTHING = Selection()
_PLURALS = {"package": "packages", "stack": "stacks", "os": "oses", "target": "targets"}

MOST_NAMES = 5
"""How many names a hint lists where none is near."""

LONGEST_NAME = 100
"""Longer names are near nothing that a person types, and comparing them takes time."""


class Globs(Struct, frozen=True):
    """The globs of one dimension, apart."""

    included: tuple[str, ...]
    excluded: tuple[str, ...]

    def match(self, name: str) -> bool:
        """Return whether a name is in the part that is compared."""
        return any(fnmatchcase(name, glob) for glob in self.included) and not any(fnmatchcase(name, glob) for glob in self.excluded)


def join_globs(globs: Iterable[str]) -> str:
    """Return globs, each of which may be several between commas, as one text in which their order means nothing; `*` for none."""
    return ",".join(sorted({glob.strip() for text in globs for glob in text.split(",")})) or "*"


@lru_cache(maxsize=64)
def parse_globs(text: str) -> Globs:
    """Return the globs of one text."""
    globs = text.split(",")
    excluded = tuple(glob[1:] for glob in globs if glob.startswith("!"))
    return Globs(tuple(glob for glob in globs if not glob.startswith("!")) or ("*",), excluded)


@lru_cache(maxsize=1 << 16)
def fits(name: str, text: str) -> bool:
    """Return whether the globs of a text leave a name in."""
    return parse_globs(text).match(name)


def list_narrowed(selection: Selection) -> set[str]:
    """Return the dimensions of which a selection takes a part."""
    return {name for name in _PLURALS if not is_everything(getattr(selection, name))}


@lru_cache(maxsize=64)
def is_everything(text: str) -> bool:
    """Return whether the globs of a text leave in whatever there may be."""
    globs = parse_globs(text)
    return "*" in globs.included and not globs.excluded


def narrow_body(body: Body, selection: Selection) -> tuple[str, ...] | None:
    """Return the stacks of a spec that are in a selection, and None where the spec is not: in root alone, it is in no stack."""
    if not (fits(body.coordinates.os, selection.os) and fits(body.coordinates.target, selection.target)):
        return None
    if is_everything(selection.stack):
        return body.stacks
    return tuple(stack for stack in body.stacks if fits(stack, selection.stack)) or None


def is_outside(package: PackageDiff, selection: Selection) -> bool:
    """Return whether a package has nothing on either side of the stacks, oses and targets of a selection: then its page says nothing."""
    return not (package.specs.old or package.specs.new) and bool(list_narrowed(selection) - {"package"})


class Names(Struct):
    """What the pages of both sides have for a selection to choose from, and whether it chose any spec: shares of a run are merged."""

    stack: set[str] = field(default_factory=set)
    os: set[str] = field(default_factory=set)
    target: set[str] = field(default_factory=set)
    has_any: bool = False

    def add_all(self, pages: Iterable[Page | InvalidPage | None], selection: Selection) -> None:
        """Add what pages have, of those that are valid."""
        for page in pages:
            if isinstance(page, Page):
                self._add(page, selection)

    def _add(self, page: Page, selection: Selection) -> None:
        bodies = {spec.body for spec in page.specs}
        self.stack.update(stack for body in bodies for stack in body.stacks)
        self.os.update(body.coordinates.os for body in bodies)
        self.target.update(body.coordinates.target for body in bodies)
        self.has_any = self.has_any or any(narrow_body(body, selection) is not None for body in bodies)

    def merge(self, other: Names) -> None:
        """Add what another share has."""
        self.stack |= other.stack
        self.os |= other.os
        self.target |= other.target
        self.has_any = self.has_any or other.has_any

    def check(self, selection: Selection) -> None:
        """Raise InputError where a glob matches nothing, or all of them together leave nothing to compare."""
        where = "either side" if is_everything(selection.package) else "the packages that --package leaves"
        for name in ("stack", "os", "target"):
            check_globs(name, getattr(selection, name), getattr(self, name), where)
        if not self.has_any:
            message = f"nothing on either side is {_describe(selection)}"
            raise InputError(message, hint="each option narrows what the others leave")


def check_globs(dimension: str, text: str, names: Collection[str], where: str = "either side") -> None:
    """Raise InputError for a glob that matches none of the names of both sides, or where all of them together leave none."""
    if text == "*":
        return
    globs = parse_globs(text)
    for glob in (*globs.included, *globs.excluded):
        if glob != "*" and not any(fnmatchcase(name, glob) for name in names):
            message = f"--{dimension} {shorten(glob)} matches no {dimension} of {where}"
            raise InputError(message, hint=_suggest(dimension, glob, names))
    if not any(fits(name, text) for name in names):
        message = f"--{dimension} {shorten(text)} leaves no {dimension} of {where} to compare"
        raise InputError(message, hint="what a glob with ! excludes is out, whatever another one includes")


def _describe(selection: Selection) -> str:
    """Return the options of a selection as they are typed."""
    return " ".join(f"--{name} {shorten(getattr(selection, name))}" for name in _PLURALS if name in list_narrowed(selection))


def _suggest(dimension: str, glob: str, names: Collection[str]) -> str:
    """Return the names that are nearest to a glob, or else some of those that there are."""
    from difflib import get_close_matches

    shown = sorted(name for name in names if len(name) <= LONGEST_NAME)
    near = get_close_matches(glob.strip("*?[]"), shown, n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(shown) - MOST_NAMES:,} more" if len(shown) > MOST_NAMES else ""
    return f"{_PLURALS[dimension]} are {', '.join(shown[:MOST_NAMES])}{more}" if shown else f"there are no {_PLURALS[dimension]}"
