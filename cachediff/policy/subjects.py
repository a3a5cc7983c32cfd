"""Which subjects globs match."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import asdict

if TYPE_CHECKING:
    from cachediff.domain.finding import Subject


def matches(globs: Subject, subject: Subject) -> bool:
    """Return whether a subject has every field that `globs` names, each with a value that the glob there matches."""
    return all(fits_glob(getattr(subject, name), glob) for name, glob in fields_of(globs).items())


# The same few globs are held against the same names for every finding.
@lru_cache(maxsize=1 << 16)
def fits_glob(value: str, glob: str) -> bool:
    """Return whether a value is there and matches a glob."""
    # A field that is not there matches no glob, not even `*`: `package: "*"` is not about findings on the whole snapshot.
    return value != "" and fnmatchcase(value, glob)


@lru_cache(maxsize=1 << 12)
def fields_of(subject: Subject) -> dict[str, str]:
    """Return the fields of a subject that are not empty. Do not change what it returns."""
    return {name: value for name, value in asdict(subject).items() if value}
