"""`cachediff help [COMMAND]`: what `--help` prints."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from cachediff.errors import UsageError


def run(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]", help="A command; none lists them.")] = None,
) -> int:
    """Print the help of a command, or of all. Returns 0. Raises UsageError where there is no such command."""
    words = words or []
    group = cast("Any", context.find_root().command)
    if words and words[0] not in group.commands:
        from difflib import get_close_matches

        near = get_close_matches(words[0], group.commands, n=1)
        message = f"there is no command {words[0]!r}"
        raise UsageError(message, hint=f"did you mean {near[0]}?" if near else "see cachediff --help")
    # Not standalone, as in main.py: it would exit by itself.
    group.main([*words, "--help"], prog_name="cachediff", standalone_mode=False)
    return 0
