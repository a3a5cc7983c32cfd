"""Writing YAML: a text that every reader takes for that text, and an acceptance as it stands in a policy."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN = re.compile(r"[A-Za-z]([A-Za-z0-9 _./()-]*[A-Za-z0-9_./()-])?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What needs no quotes, but for a word that YAML reads as something else than text.

A date is text by the rules of YAML 1.2.
"""

# By YAML 1.1, which many readers follow; there `y` and `n` are booleans, too.
_NO_TEXT = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}


def write_text(value: str) -> str:
    """Return a string as YAML: plain where every reader takes it for text, else in double quotes on one line."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT:
        return value
    # JSON's string is YAML's, but for what JSON leaves as it is and YAML takes for a break or refuses: U+0085, U+007F.
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in json.dumps(value, ensure_ascii=False))


def write_fields(fields: Mapping[str, str]) -> str:
    """Return strings by name as a YAML object on one line."""
    return "{" + ", ".join(f"{name}: {write_text(value)}" for name, value in fields.items()) + "}"


def write_acceptance(*, rule: str, subject: str, reason: str, until: str, owner: str = "") -> Iterator[str]:
    """Yield the lines of an item of a policy's `accepted`, values given as YAML; one without an owner has no such line."""
    yield f"- rule: {rule}"
    yield f"  subject: {subject}"
    yield f"  reason: {reason}"
    yield f"  until: {until}"
    if owner:
        yield f"  owner: {owner}"


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
