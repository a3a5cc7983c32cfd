"""What a selection takes of specs and packages, and that each of its globs matches something of the two snapshots. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.domain.package import Page
from cachediff.domain.selection import PLURALS, fits, is_everything, list_narrowed, parse_globs
from cachediff.errors import InputError
from cachediff.text.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.package import InvalidPage
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import SpecContent


MOST_NAMES = 5
"""How many names a hint lists where none is near."""

LONGEST_NAME = 100
"""Longer names are near nothing that a person types, and comparing them takes time."""


def narrow_content(content: SpecContent, selection: Selection) -> tuple[str, ...] | None:
    """Return the stacks of a spec that are in a selection, and None where the spec is not: in root alone, it is in no stack."""
    if not (fits(content.coordinates.os, selection.os) and fits(content.coordinates.target, selection.target)):
        return None
    if is_everything(selection.stack):
        return content.stacks
    return tuple(stack for stack in content.stacks if fits(stack, selection.stack)) or None


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
        contents = {spec.content for spec in page.specs}
        self.stack.update(stack for content in contents for stack in content.stacks)
        self.os.update(content.coordinates.os for content in contents)
        self.target.update(content.coordinates.target for content in contents)
        self.has_any = self.has_any or any(narrow_content(content, selection) is not None for content in contents)

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
    return " ".join(f"--{name} {shorten(getattr(selection, name))}" for name in PLURALS if name in list_narrowed(selection))


def _suggest(dimension: str, glob: str, names: Collection[str]) -> str:
    """Return the names that are nearest to a glob, or else some of those that there are."""
    from difflib import get_close_matches

    shown = sorted(name for name in names if len(name) <= LONGEST_NAME)
    near = get_close_matches(glob.strip("*?[]"), shown, n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(shown) - MOST_NAMES:,} more" if len(shown) > MOST_NAMES else ""
    return f"{PLURALS[dimension]} are {', '.join(shown[:MOST_NAMES])}{more}" if shown else f"there are no {PLURALS[dimension]}"
