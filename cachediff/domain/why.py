"""Why one record is new: the way from it down to each cause (docs/design.md, The graph)."""

from __future__ import annotations

from msgspec import Struct

from cachediff.domain.rebuilds import Freshness
from cachediff.domain.spec import FieldChange, PlacedSpec


class Match(PlacedSpec, frozen=True):
    """A record of NEW that somebody may mean. `compiler` and `mpi` are empty where it has none, or where that is not known.

    `path` is where an external lies. `nearest` is what changed nearest below it, as `name@version/hash`: empty where it did
    so itself, or nothing did.
    """

    compiler: str
    mpi: str
    freshness: Freshness
    is_external: bool
    is_in_snapshot: bool
    path: str = ""
    nearest: str = ""


class WhyNode(Struct, frozen=True):
    """A record on the way down; `parent` is the place of the one that depends on it, None of the one that was asked about.

    `types` are what it is needed for there, and `skipped` counts those between the two that are left out. `old_hash` is the
    record of OLD that it is most like, None where OLD has none of its package. `fields` are what differs by itself, or the
    edges of one that is rewired; `path` is where an external lies. `unread` are the hashes of dependencies that NEW has no
    record of.
    """

    package: str
    version: str
    hash: str
    freshness: Freshness
    parent: int | None = None
    types: tuple[str, ...] = ()
    skipped: int = 0
    is_external: bool = False
    path: str = ""
    is_in_snapshot: bool = True
    old_hash: str | None = None
    is_in_old_snapshot: bool = False
    fields: tuple[FieldChange, ...] = ()
    unread: tuple[str, ...] = ()


class Why(Struct, frozen=True):
    """What is known of the records of NEW that `spec` names: all that match, or of a single one the tree down to its causes.

    `matched` and `causes` count all; `matches` are the first ones, `nodes` the way to the nearest `shown` causes: each
    behind the one that depends on it, nearest causes first.
    """

    spec: str
    old: str
    new: str
    matched: int
    matches: tuple[Match, ...]
    causes: int = 0
    shown: int = 0
    nodes: tuple[WhyNode, ...] = ()
