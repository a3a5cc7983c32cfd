"""Page text in markdown: in code spans, where nothing is markup, a link or a mention, or spelled out within an HTML tag."""

from __future__ import annotations

import re

from cachediff.render.visible import MAX_TEXT, make_visible

MAX_BACKTICKS = 50
"""Longest run of backticks that is shown: parsers give up on fences of more than 80, and what they hold would be markup."""

_WORD = re.compile("[A-Za-z0-9]+([-.][A-Za-z0-9]+)*")
_LONG_RUN = re.compile(f"`{{{MAX_BACKTICKS + 1},}}")


def code(text: str, *, in_table: bool = False, most: int = MAX_TEXT) -> str:
    """Return page text as one code span: nothing in it is markup, link or mention, and it cannot end the span or table cell.

    `in_table` escapes the bars that would part cells, `most` is the longest text that is not cut.
    """
    shown = _LONG_RUN.sub("`" * (MAX_BACKTICKS - 1) + "…", make_visible(text, most)) or " "
    # A span ends at a run of exactly as many backticks as began it: one more than any run inside never comes.
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    # Markdown takes one blank off each end, if both have one and not all is blanks; a backtick would lengthen the fence.
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    # In a table a bar parts cells even in a code span, and only there a backslash before it is dropped.
    return span.replace("|", "\\|") if in_table else span


def word(text: str, *, in_table: bool = False) -> str:
    """Return a name that is ours, a rule's or a field's, as it is.

    A report that somebody else wrote may have anything in its place.
    """
    return text if len(text) < 50 and _WORD.fullmatch(text) else code(text, in_table=in_table)


def escape_html(text: str) -> str:
    """Return page text as it may stand in an HTML tag, where backticks mean nothing: only letters, digits, `.-_+` stay."""
    return "".join(char if char.isalnum() or char in ".-_+" else f"&#{ord(char)};" for char in make_visible(text))
