"""Which names of a policy nothing in a snapshot has: most are typos, or what they were about is gone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.policy.subjects import fits_glob
from cachediff.text.globs import is_glob
from cachediff.text.typos import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachediff.policy.settings import Policy

FIELDS = ("package", "stack", "platform", "os", "target", "version", "compiler")
"""The fields whose values a snapshot has, and no comparison makes."""

MAX_NEAR = 20
"""For how many of them it is looked for what was meant."""

_RENAMED = {"stacks": "stack", "oses": "os", "targets": "target", "packages": "package"}


class Unmatched(Struct, frozen=True):
    """A name or glob of a policy, by its path, that matches nothing, and what was meant, if anything is near."""

    path: tuple[str | int, ...]
    message: str
    hint: str


def find_unmatched(policy: Policy, names: Mapping[str, set[str]]) -> Iterator[Unmatched]:
    """Yield the globs and the renamed names that match none of a snapshot's names, which are by field."""
    known = {field: set(names[field]) for field in FIELDS}
    for place, (path, field, glob) in enumerate(_list_unmatched(policy, known)):
        # Without what makes it a glob no name would be near. Of thousands, which no typos are, to look would take minutes.
        near = nearest(glob.strip("*?[]"), sorted(known[field])) if place < MAX_NEAR else ""
        yield Unmatched(path, f"{path[0]}: no {field} matches {glob!r}", near.removeprefix("; "))


def _list_unmatched(policy: Policy, known: Mapping[str, set[str]]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield what matches nothing, by its path, with its field; new names are added to what is known."""
    for section, field in _RENAMED.items():
        for old, new in getattr(policy.renames, section).items():
            # Other entries name it as it is called once OLD is renamed.
            if old in known[field]:
                known[field].add(new)
            else:
                yield ("renames", section, old), field, old
    for path, globs in _list_globs(policy):
        for field in FIELDS:
            glob = getattr(globs, field, "")
            if glob and not _is_known(glob, known[field]):
                yield (*path, field), field, glob


def _list_globs(policy: Policy) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield what has globs as its fields, by its path."""
    yield from ((("overrides", i, "match"), override.match) for i, override in enumerate(policy.overrides))
    yield from ((("accepted", i, "subject"), entry.subject) for i, entry in enumerate(policy.accepted))
    yield from ((("require", i), requirement) for i, requirement in enumerate(policy.require))


def _is_known(glob: str, names: set[str]) -> bool:
    # Of a baseline most entries are plain names, as many as a snapshot has.
    return any(fits_glob(name, glob) for name in names) if is_glob(glob) else glob in names
