"""Globs as text: what makes a text one, and the one that means a single value."""

from __future__ import annotations

import re

_MAGIC = re.compile(r"[*?\[]")


def is_glob(text: str) -> bool:
    """Return whether a text is more than a name."""
    return _MAGIC.search(text) is not None


def as_glob(value: str) -> str:
    """Return the glob that matches one value alone."""
    # In brackets, as fnmatch knows no backslash; a `]` without a `[` before it is only itself.
    return _MAGIC.sub(r"[\g<0>]", value)
