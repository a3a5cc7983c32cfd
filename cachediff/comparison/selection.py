"""What a selection takes of specs and packages, and that each of its globs matches something of the two snapshots. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cachediff.domain.selection import PLURALS, fits, is_everything, list_narrowed, parse_globs
from cachediff.errors import InputError
from cachediff.text.problems import shorten
from cachediff.text.typos import suggest
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import SpecContent


LONGEST_NAME = 100
"""Longer names are near nothing that a person types, and comparing them takes time."""


def narrow_content(content: SpecContent, selection: Selection) -> tuple[str, ...] | None:
    """Return the stacks of a spec that are in a selection, None where the spec is not: in root alone, it is in no stack."""
    if not (fits(content.coordinates.os, selection.os) and fits(content.coordinates.target, selection.target)):
        return None
    if is_everything(selection.stack):
        return content.stacks
    return tuple(stack for stack in content.stacks if fits(stack, selection.stack)) or None


def is_outside(package: PackageDiff, selection: Selection) -> bool:
    """Return whether a package has nothing, on either side, of the stacks, oses and targets of a selection.

    Then its page says nothing.
    """
    return not (package.specs.old or package.specs.new) and bool(list_narrowed(selection) - {"package"})


def check_globs(dimension: str, text: str, names: Collection[str], where: str = "either side") -> None:
    """Raise InputError for a glob that matches none of the names of both sides, or where all of them together leave none."""
    if text == "*":
        return
    globs = parse_globs(text)
    # One that excludes nothing is a typo, too: what it was to keep out would be compared.
    for glob in (*globs.included, *globs.excluded):
        if glob != "*" and not any(fnmatchcase(name, glob) for name in names):
            message = f"--{dimension} {shorten(glob)} matches no {dimension} of {where}"
            raise InputError(message, hint=_suggest(dimension, glob, names))
    if not any(fits(name, text) for name in names):
        message = f"--{dimension} {shorten(text)} leaves no {dimension} of {where} to compare"
        raise InputError(message, hint="what a glob with ! excludes is out, whatever another one includes")


def describe_selection(selection: Selection) -> str:
    """Return the options of a selection as they are typed."""
    return " ".join(f"--{name} {shorten(getattr(selection, name))}" for name in PLURALS if name in list_narrowed(selection))


def _suggest(dimension: str, glob: str, names: Collection[str]) -> str:
    """Return the names that are nearest to a glob, or else some of those that there are."""
    shown = sorted(name for name in names if len(name) <= LONGEST_NAME)
    if near := suggest(glob.strip("*?[]"), shown):
        return near
    plural = PLURALS.get(dimension, f"{dimension}s")
    return f"{plural} are {list_some(shown)}" if shown else f"there are no {plural}"
