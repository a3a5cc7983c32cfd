"""Spack's order of versions."""

from __future__ import annotations

import re
from functools import lru_cache

_INFINITE = ("stable", "nightly", "trunk", "head", "master", "main", "develop")
"""Words that are higher than any number, lowest first (lib/spack/spack/version in Spack)."""

_PRERELEASES = ("alpha", "beta", "rc")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")

VersionKey = tuple[tuple[tuple[int, int, str], ...], int, int]


@lru_cache(maxsize=1 << 16)
def version_key(version: str) -> VersionKey:
    """Return a sort key for a version: words below numbers below `main` and `develop`, `1.2` below `1.2.1`, `rc` below the final one.

    A git version (`git.abc=1.2`) stands where the version after its `=` does.
    """
    segments = _SEGMENT.findall(version.rpartition("=")[2])
    stage, number = len(_PRERELEASES), 0
    if len(segments) > 1 and segments[-1].isdigit() and segments[-2] in _PRERELEASES:
        stage, number = _PRERELEASES.index(segments[-2]), int(segments[-1])
        segments = segments[:-2]
    elif len(segments) > 1 and segments[-1] in _PRERELEASES:
        stage = _PRERELEASES.index(segments[-1])
        segments = segments[:-1]
    return tuple(_segment_key(segment) for segment in segments), stage, number


def _segment_key(segment: str) -> tuple[int, int, str]:
    if segment.isdigit():
        return 1, int(segment) if len(segment) < 1000 else 0, segment if len(segment) >= 1000 else ""
    if segment in _INFINITE:
        return 2, _INFINITE.index(segment), ""
    return 0, 0, segment
