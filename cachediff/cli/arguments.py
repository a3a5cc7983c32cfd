"""Arguments that are missing, or in another order than a command takes them: told by what each of them is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cachediff.cli.inputs import require
from cachediff.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WANTED = {"PACKAGE": "name", "SPEC": "name", "REPORT": "report", "OLD": "snapshot", "NEW": "snapshot"}
# By its beginning alone, since a report may be longer than memory.
_BEGINS_REPORT = re.compile(rb'\s*\{\s*"format_version"\s*:\s*[0-9]+\s*,\s*"cachediff"')


def require_arguments(command: str, arguments: Mapping[str, str]) -> None:
    """Raise UsageError for an argument that is empty, in another one's place, or a report where a snapshot is wanted.

    Arguments are by the names that the command's help gives them, in order.
    """
    for role, value in arguments.items():
        require(role, value)
    kinds = {role: _tell(value) for role, value in arguments.items()}
    wanted = {role: _WANTED[role] for role in arguments}
    # Only where another order would do: what else is wrong is told by whoever reads the argument.
    if kinds != wanted and sorted(kinds.values()) == sorted(wanted.values()):
        message = f"cachediff {command} takes {' '.join(arguments)}, in this order"
        raise UsageError(message, hint=f"did you mean {_write(command, _reorder(arguments, kinds))}?")
    for role, value in arguments.items():
        if wanted[role] == "snapshot" and kinds[role] == "report":
            message = f"{role} {value} is a report of cachediff, and no snapshot"
            raise UsageError(message, hint="cachediff verify, accept and publish read one")


def _tell(value: str) -> str:
    """Return what an argument is by itself: what is no path, and no part of one, is a name."""
    from cachediff.sources.regular import read_head

    if not os.path.lexists(value):
        # REV:PATH and a ref of a listing are no files.
        return "snapshot" if ":" in value or "#" in value else "name"
    return "report" if _BEGINS_REPORT.match(read_head(value)) else "snapshot"


def _reorder(arguments: Mapping[str, str], kinds: Mapping[str, str]) -> Iterable[str]:
    """Yield the values in the order that is wanted, where each kind has as many as are wanted."""
    waiting: dict[str, list[str]] = {}
    for role, value in arguments.items():
        waiting.setdefault(kinds[role], []).append(value)
    return [waiting[_WANTED[role]].pop(0) for role in arguments]


def _write(command: str, values: Iterable[str]) -> str:
    from shlex import quote

    return " ".join(["cachediff", command, *map(quote, values)])
