"""Spack's order of versions (lib/spack/spack/version/version_types.py and common.py in Spack)."""

from __future__ import annotations

import re
from functools import lru_cache

_INFINITE = ("stable", "nightly", "trunk", "head", "master", "main", "develop")
"""Words that are higher than any number, lowest first; every other word is lower than any number."""

_STAGES = ("alpha", "beta", "rc", "final")
"""What the end of a version may say of it, lowest first; one that says nothing is final."""

_FINAL = len(_STAGES) - 1
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")

_Segment = tuple[int, int, str]
VersionKey = tuple[bool, tuple[_Segment, ...], int, tuple[_Segment, ...]]


@lru_cache(maxsize=1 << 12)
def version_key(version: str) -> VersionKey:
    """Return a sort key for a version: `1.0rc1`, `1.0`, `1.0.1`, `1.10`, `main`, `develop` is its order.

    A git version stands where the version after its `=` does (`git.abc=1.2` where `1.2` does); without one it stands behind
    all others.
    """
    _, equals, assigned = version.rpartition("=")
    # Spack would ask a clone which version the commit follows; a page does not say.
    if not equals and (version.startswith("git.") or _COMMIT.fullmatch(version)):
        return True, (), _FINAL, ()
    words = _SEGMENT.findall(assigned)
    segments = tuple(map(_segment_key, words))
    # With nothing before the stage (`rc1`) it is a word like any other.
    if len(words) > 2 and words[-2] in _STAGES and words[-1].isdigit():
        return False, segments[:-2], _STAGES.index(words[-2]), segments[-1:]
    if len(words) > 1 and words[-1] in _STAGES:
        return False, segments[:-1], _STAGES.index(words[-1]), ()
    return False, segments, _FINAL, ()


def _segment_key(word: str) -> _Segment:
    """Return where a segment stands: words, then numbers by size, then the words that are higher than any number."""
    if word.isdigit():
        # Compared by length, then as text: the number may have thousands of digits, which Python refuses to convert.
        digits = word.lstrip("0")
        return 1, len(digits), digits
    if word in _INFINITE:
        return 2, _INFINITE.index(word), ""
    return 0, 0, word
