"""Which names of a policy nothing in a snapshot has: most are typos, or what they were about is gone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.policy.explain import nearest
from cachediff.policy.subjects import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachediff.policy.settings import Policy

FIELDS = ("package", "stack", "platform", "os", "target", "version", "compiler")
"""The fields whose values a snapshot has, and no comparison makes."""

_RENAMED = {"stacks": "stack", "oses": "os", "targets": "target", "packages": "package"}


class Unmatched(Struct, frozen=True):
    """A name or glob of a policy, by its path, that matches nothing, and what was meant, if anything is near."""

    path: tuple[str | int, ...]
    message: str
    hint: str


def find_unmatched(policy: Policy, names: Mapping[str, set[str]]) -> Iterator[Unmatched]:
    """Yield the globs and the renamed names that match none of a snapshot's names, which are by field."""
    known = {field: set(names[field]) for field in FIELDS}
    for section, field in _RENAMED.items():
        for old, new in getattr(policy.renames, section).items():
            # Other entries name it as it is called once OLD is renamed.
            if old in known[field]:
                known[field].add(new)
            else:
                yield _describe(("renames", section, old), field, old, known)
    for path, globs in _list_globs(policy):
        for field in FIELDS:
            glob = getattr(globs, field, "")
            if glob and not any(fits(name, glob) for name in known[field]):
                yield _describe((*path, field), field, glob, known)


def _list_globs(policy: Policy) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield what has globs as its fields, by its path."""
    yield from ((("overrides", i, "match"), override.match) for i, override in enumerate(policy.overrides))
    yield from ((("accepted", i, "subject"), entry.subject) for i, entry in enumerate(policy.accepted))
    yield from ((("require", i), requirement) for i, requirement in enumerate(policy.require))


def _describe(path: tuple[str | int, ...], field: str, glob: str, known: Mapping[str, set[str]]) -> Unmatched:
    # Without what makes it a glob no name would be near.
    near = nearest(glob.strip("*?[]"), sorted(known[field])).removeprefix("; ")
    return Unmatched(path, f"{path[0]}: no {field} matches {glob!r}", near)
