"""What GitHub's runner makes of the lines that a step prints: its workflow commands, by its documentation and behaviour.

A line commands the runner when it begins with `::name ` after blanks, or has `##[name ` in it anywhere, and the name is
known. The first `::` after that, or the first `]`, ends name and properties; what follows is the message. Properties are
parted by commas in the newer form and by semicolons in the older one. Names do not mind their case. Escapes are undone one
after the other, `%25` last. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KNOWN = {
    *(
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
    ),
    *("set-env", "set-output", "stop-commands", "warning"),
}
_MESSAGE = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_OLDER = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


class Command(NamedTuple):
    """One command: its name as it was written, its properties, its message."""

    name: str
    properties: dict[str, str]
    message: str


def run_commands(output: str) -> Iterator[Command]:
    """Yield the commands of all that a step prints; after `stop-commands` only the token that it names is one."""
    token = ""
    for line in re.split(r"\r\n|\r|\n", output):
        command = parse_line(line, KNOWN | {token.lower()} if token else KNOWN)
        if command is None:
            continue
        if not token:
            yield command
            token = command.message if command.name.lower() == "stop-commands" else ""
        elif command.name.lower() == token.lower():
            token = ""


def parse_line(line: str, known: set[str] = KNOWN) -> Command | None:
    """Return the command that a line is, in the newer form or else in the older one; None for plain text."""
    return _parse_newer(line.lstrip(), known) or _parse_older(line, known)


def _parse_newer(line: str, known: set[str]) -> Command | None:
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    head, _, message = line[2:].partition("::")
    return _build(head, known, message, ",", _PROPERTY, _MESSAGE)


def _parse_older(line: str, known: set[str]) -> Command | None:
    _, found, rest = line.partition("##[")
    if not found or "]" not in rest:
        return None
    head, _, message = rest.partition("]")
    return _build(head, known, message, ";", _OLDER, _OLDER)


def _build(
    head: str,
    known: set[str],
    message: str,
    comma: str,
    escapes: Sequence[tuple[str, str]],
    in_message: Sequence[tuple[str, str]],
) -> Command | None:
    """Return the command with such a head.

    A property without a value is dropped, and so is an equals sign that begins a value.
    """
    name, _, listed = head.partition(" ")
    if name.lower() not in known:
        return None
    pairs = [re.fullmatch(r"=*([^=]+)=+(.+)", item, re.DOTALL) for item in listed.strip().split(comma)]
    return Command(name, {pair[1]: _unescape(pair[2], escapes) for pair in pairs if pair}, _unescape(message, in_message))


def _unescape(text: str, escapes: Sequence[tuple[str, str]]) -> str:
    for escaped, plain in escapes:
        text = text.replace(escaped, plain)
    return text
