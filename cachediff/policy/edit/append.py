"""Adding acceptances to the text of a policy: what stands there already stays as it is, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from msgspec.structs import replace

from cachediff.errors import InputError
from cachediff.policy.load import MAX_BYTES, TOO_MUCH
from cachediff.policy.parse import parse_policy
from cachediff.policy.subjects import fields_of
from cachediff.text.words import number
from cachediff.text.yaml_writer import write_acceptance, write_fields, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.policy.settings import Entry


def append_entries(text: str, entries: Sequence[Entry], shown: str) -> str:
    """Return a policy's text with entries at the end of `accepted`, which is added where it is not there.

    Raises InputError where the text is no valid policy, where nothing can be added to it without changing what it says or
    how it is written (`accepted` on one line, as `[…]`), or where it would be larger than a policy may be.
    """
    before = parse_policy(text, shown).policy
    try:
        after = _insert(text, entries)
        # Read again, whatever was written: where it stands, the same lines may mean something else.
        has_worked = parse_policy(after, shown).policy == replace(before, accepted=(*before.accepted, *entries))
    except (InputError, yaml.YAMLError):
        after, has_worked = "", False
    if not has_worked:
        message = f"{shown}: entries cannot be added to accepted as it is written here"
        raise InputError(message, hint="write accepted as a list, one '- rule: …' below the other; nothing was changed")
    # Nobody could read it any more.
    if len(after.encode()) > MAX_BYTES:
        message = f"{shown} would be too large with {number(len(entries), 'more entry', 'more entries')}: {TOO_MUCH}"
        hint = "a cause takes fewer entries (--cause), and so do losses with globs (--loss); nothing was changed"
        raise InputError(message, hint=hint)
    return after


def write_entries(entries: Sequence[Entry], indent: int = 2, newline: str = "\n") -> str:
    """Return entries as YAML, each an item of a list whose dashes stand `indent` columns in."""
    return "".join(f"{' ' * indent}{line}{newline}" for entry in entries for line in _write_entry(entry))


def _write_entry(entry: Entry) -> Iterator[str]:
    fields, acceptance = fields_of(entry.subject), entry.acceptance
    return write_acceptance(
        rule=write_text(entry.rule),
        subject=write_fields(fields) if fields else "any",
        reason=write_text(acceptance.reason),
        until=write_text(acceptance.until),
        owner=write_text(acceptance.owner) if acceptance.owner else "",
    )


def _insert(text: str, entries: Sequence[Entry]) -> str:
    """Return the text with entries where they belong, empty where that is not to be seen."""
    # The file's own, or it would have lines of both kinds.
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or _is_empty(root):
        return f"{_end_line(text, newline)}accepted:{newline}{write_entries(entries, newline=newline)}"
    # In braces or brackets nothing can be put on a line of its own without changing how it is written.
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return ""
    # All of a policy may be indented.
    margin = root.start_mark.column
    found = next(((key, value) for key, value in root.value if key.value == "accepted"), None)
    if found is None:
        section = f"{' ' * margin}accepted:{newline}{write_entries(entries, margin + 2, newline)}"
        return f"{_end_line(text, newline)}{section}"
    key, value = found
    if isinstance(value, yaml.SequenceNode) and not value.flow_style and value.value:
        return _insert_line(text, _find_end(value), write_entries(entries, value.start_mark.column, newline), newline)
    if _is_empty(value):
        return _insert_line(text, key.end_mark.index, write_entries(entries, margin + 2, newline), newline)
    return ""


def _is_empty(node: yaml.Node) -> bool:
    """Return whether a value is not written at all."""
    return isinstance(node, yaml.ScalarNode) and bool(node.start_mark.index == node.end_mark.index)


def _find_end(node: yaml.Node) -> int:
    """Return where the last word of a node ends: comments and blank lines below it are not its own."""
    # PyYAML ends a block where the next token begins, which may be behind comments that belong to what follows.
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return max(_find_end(one) for one in last) if isinstance(last, tuple) else _find_end(last)
    end: int = node.end_mark.index
    return end


def _insert_line(text: str, place: int, lines: str, newline: str) -> str:
    """Return the text with lines below the one in which a place is; above it where the place is its first column."""
    if place and text[place - 1 : place] != "\n":
        end = text.find("\n", place)
        if end < 0:
            return f"{_end_line(text, newline)}{lines}"
        place = end + 1
    return f"{text[:place]}{lines}{text[place:]}"


def _end_line(text: str, newline: str) -> str:
    """Return a text whose last line has an end."""
    return text if not text or text.endswith("\n") else f"{text}{newline}"
