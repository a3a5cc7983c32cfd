"""Why the hashes of a snapshot are new: what changed by itself, and how far that reaches (docs/design.md, The graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.spec import FieldChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Freshness: TypeAlias = Literal["kept", "self-changed", "rewired", "inherited"]
"""Why a record has its hash: OLD has it, the record itself differs from all of OLD's, one of its edges leads to another
record that OLD has, or something below it is fresh and nothing else."""

MAX_CHAINS = 20
"""How many causes have a chain: as many as anybody unfolds."""

MAX_LISTED = 100
"""How many origins and causes are listed: the widest ones."""


class Origin(Struct, frozen=True):
    """A fresh record none of whose dependencies is fresh. `reaches` counts the fresh specs that depend on it, and itself."""

    package: str
    version: str
    hash: str
    is_external: bool
    reaches: int


class RebuildCause(Struct, frozen=True):
    """A record that is fresh by itself (self-changed), or for one of its edges (rewired).

    `old_hash` is the record of OLD that it is most like, None where OLD has none of its package. `facts` are the kinds of
    what differs (`recipe`, `version`, `variants`), `fields` each with both values; of a rewired one those are edges.
    `reaches` counts the fresh specs that depend on it, itself included, and `alone` those that nothing else reaches. `path`
    is where an external lies.
    `chain` are records as `hdf5/abc1234`, each of which depends on the next, the last of which is this one: a shortest chain
    from one on which no other fresh one depends; an empty text stands for those left out of a long one.
    """

    package: str
    version: str
    hash: str
    old_hash: str | None
    kind: Literal["self-changed", "rewired"]
    is_external: bool
    facts: tuple[str, ...]
    reaches: int
    alone: int
    fields: tuple[FieldChange, ...] = ()
    path: str = ""
    chain: tuple[str, ...] = ()


class Rebuilds(Struct, frozen=True):
    """Why hashes are new. Reaches overlap, so they do not add up.

    `fresh` counts the specs of NEW whose hash OLD has nowhere, `fresh_records` all such records. Of rebuilt pairs
    `recipes_changed` have another recipe's hash, and `dependencies_only` the same, which is known. `self_changed` and
    `rewired` count records; `unexplained` are fresh specs that neither kind of cause reaches. `origins` and `causes` are the
    widest, of `origins_total`, and of those two counts together. `specfile_old` and `specfile_new` are the formats in which
    Spack writes what it hashes, 0 where none is known: between two of them each spec that is concretized anew has another
    hash, and so no other cause need be.
    """

    fresh: int
    fresh_records: int
    recipes_changed: int
    dependencies_only: int
    self_changed: int
    rewired: int
    unexplained: int
    origins_total: int
    origins: tuple[Origin, ...]
    causes: tuple[RebuildCause, ...]
    specfile_old: int = 0
    specfile_new: int = 0


# Names of ours: any other may be from a file, and is shown as such.
_PLAIN = frozenset(("version", "platform", "os", "target", "compiler", "namespace", "flags", "mpi"))


def say_changes(fields: Iterable[FieldChange], show: Callable[[str], str] = str) -> str:
    """Return in words what differs between two records by themselves: `~nghttp2 → +nghttp2, version 1.2 → 1.3`.

    `show` makes values, which files say, fit for the format.
    """
    return ", ".join(say_change(field, show) for field in fields)


def say_change(field: FieldChange, show: Callable[[str], str] = str) -> str:
    """Return one field that differs in words, old before new."""
    old, new = show(field.old or "none"), show(field.new or "none")
    name, _, part = field.field.partition(".")
    if name == "recipe":
        return "its recipe changed"
    if name == "external":
        return _say_external(field, show)
    if name == "variants":
        return f"{old} → {new}" if field.old and field.new else f"{new} is new" if field.new else f"{old} is gone"
    if name == "dependencies":
        return _say_dependency(show(part), field, show)
    return f"{name if name in _PLAIN else show(name)} {old} → {new}"


def _say_external(field: FieldChange, show: Callable[[str], str]) -> str:
    if field.old is None:
        return "is external now"
    if field.new is None:
        return "is no external any more"
    # Empty where the record names no path.
    return f"path {show(field.old or 'unknown')} → {show(field.new or 'unknown')}"


def _say_dependency(name: str, field: FieldChange, show: Callable[[str], str]) -> str:
    """Return what became of a dependency: of a rewired record both are hashes, else what it is for."""
    if (field.old or field.new or "").startswith("/"):
        was, now = (show(_shorten(text)) if text else "nothing" for text in (field.old, field.new))
        return f"was built with {name} {was}, now {now}"
    if not field.old:
        return f"depends on {name} now"
    return f"depends on {name} no more" if not field.new else f"needs {name} for {show(field.new)}, not {show(field.old)}"


def _shorten(hashes: str) -> str:
    # The slash, and the seven digits that Spack shows.
    return ", ".join(hash_[:8] for hash_ in hashes.split("; "))
