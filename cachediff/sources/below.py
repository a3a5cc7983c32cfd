"""Snapshots that lie one level below what somebody named: what to say of a folder that is none itself."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cachediff.domain.tags import is_tag, name_date
from cachediff.errors import InputError
from cachediff.sources.tree import printable
from cachediff.text.words import list_some, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cachediff.sources.tree import FileTree

MOST_TRIED = 200
"""How many folders are looked into: each costs as much as to list a snapshot."""


def refuse_above(source: str, tree: FileTree, is_snapshot: Callable[[str], bool]) -> InputError | None:
    """Return that a folder holds snapshots and is none, None where it holds none either.

    `is_snapshot` says whether there is one at a path. Raises InputError where the folder cannot be listed.
    """
    above = source if source.endswith((":", "/")) else f"{source}/"
    names = list(_list_below(above, tree, is_snapshot))
    if not names:
        return None
    message = f"{printable(source)} holds {number(len(names), 'snapshot')} and is none: {list_some(names)}"
    return InputError(message, hint=f"did you mean {_suggest(printable(source), printable(above), names)}?")


def _list_below(above: str, tree: FileTree, is_snapshot: Callable[[str], bool]) -> Iterator[str]:
    folders = (
        sorted(entry.key.rpartition("/")[2] for entry in tree.entries() if entry.is_directory) if not tree.is_file else []
    )
    for name in islice((name for name in folders if not name.startswith(".")), MOST_TRIED):
        if is_snapshot(f"{above}{name}"):
            yield printable(name)


def _suggest(source: str, above: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{above}{names[0]}"
    is_dated = sum(bool(is_tag(name) and name_date(name)) for name in names) > 1
    return f"cachediff latest {source}, or one of them" if is_dated else "one of them"
