"""Which part of two snapshots is compared: globs of packages, stacks, oses and targets.

The globs of one dimension are one text: `py-*,!py-pip` is every package like the one and not like the other. Without a glob
that includes, all is meant but what is excluded.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

PLURALS = {"package": "packages", "stack": "stacks", "os": "oses", "target": "targets"}
"""The dimensions, and what several values of each are called."""


class Selection(Struct, frozen=True):
    """Which part of two snapshots is compared: of each dimension globs, separated by commas (see the head of this file)."""

    package: str = "*"
    stack: str = "*"
    os: str = "*"
    target: str = "*"


EVERYTHING = Selection()


class Globs(Struct, frozen=True):
    """The globs of one dimension, apart."""

    included: tuple[str, ...]
    excluded: tuple[str, ...]

    def match(self, name: str) -> bool:
        """Return whether a name is in the part that is compared."""
        # Not fnmatch, which folds case on some systems: the same globs have to mean the same everywhere.
        return any(fnmatchcase(name, glob) for glob in self.included) and not any(
            fnmatchcase(name, glob) for glob in self.excluded
        )


def join_globs(globs: Iterable[str]) -> str:
    """Return globs, each perhaps several between commas, as one text in which their order means nothing; `*` for none."""
    return ",".join(sorted({glob.strip() for text in globs for glob in text.split(",")})) or "*"


@lru_cache(maxsize=64)
def parse_globs(text: str) -> Globs:
    """Return the globs of one text."""
    globs = text.split(",")
    excluded = tuple(glob[1:] for glob in globs if glob.startswith("!"))
    # Only globs that exclude: all else is meant.
    return Globs(tuple(glob for glob in globs if not glob.startswith("!")) or ("*",), excluded)


# Names repeat from spec to spec; the bound is for pages that never repeat one.
@lru_cache(maxsize=1 << 16)
def fits(name: str, text: str) -> bool:
    """Return whether the globs of a text leave a name in."""
    return parse_globs(text).match(name)


def list_narrowed(selection: Selection) -> set[str]:
    """Return the dimensions of which a selection takes a part."""
    return {name for name in PLURALS if not is_everything(getattr(selection, name))}


def is_of_packages(selection: Selection) -> bool:
    """Return whether a selection takes some packages only: nothing is known then of all that the snapshots have."""
    return not is_everything(selection.package)


@lru_cache(maxsize=64)
def is_everything(text: str) -> bool:
    """Return whether the globs of a text leave in whatever there may be."""
    globs = parse_globs(text)
    return "*" in globs.included and not globs.excluded
