"""Which subjects globs match, and how globs are told and written."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import asdict

if TYPE_CHECKING:
    from cachediff.domain.finding import Subject

_MAGIC = re.compile(r"[*?\[]")


def matches(globs: Subject, subject: Subject) -> bool:
    """Return whether a subject has every field that `globs` names, each with a value that the glob there matches."""
    return all(fits(getattr(subject, name), glob) for name, glob in fields_of(globs).items())


@lru_cache(maxsize=1 << 16)
def fits(value: str, glob: str) -> bool:
    """Return whether a value is there and matches a glob."""
    return value != "" and fnmatchcase(value, glob)


@lru_cache(maxsize=1 << 12)
def fields_of(subject: Subject) -> dict[str, str]:
    """Return the fields of a subject that are not empty. Do not change what it returns."""
    return {name: value for name, value in asdict(subject).items() if value}


def is_glob(text: str) -> bool:
    """Return whether a text is more than a name."""
    return _MAGIC.search(text) is not None


def as_glob(value: str) -> str:
    """Return the glob that matches one value alone."""
    return _MAGIC.sub(r"[\g<0>]", value)
