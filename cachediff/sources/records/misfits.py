"""Why a text is no index, in words and with a place: where it stops being JSON, or what of it is of another type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cachediff.sources.records.members import find_level
from cachediff.text.problems import TextError, locate, shorten

if TYPE_CHECKING:
    from cachediff.domain.problem import Problem

SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
"""How a clear-signed file starts: manifests are read so, whole indexes are not."""

MAX_LEVELS = 100
"""Where an index that nests too deep to be read is said to do so; Spack's have ten levels."""


def explain_text(text: bytes, path: str, reason: str) -> Problem:
    """Return why a text is no index: where it stops being JSON, or what of it is not what it should be."""
    # First, or it would be JSON that begins with a dash.
    if text.startswith(SIGNED):
        expected = "the JSON alone, as gpg --decrypt writes it"
        return locate(TextError(0, 1, "", "index is clear-signed", expected, "a signature around it"), "", path)
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8", "replace")
        flaw = TextError(len(before), 1, "", "index is not UTF-8", "UTF-8", f"the byte 0x{text[error.start]:02X}")
        return locate(flaw, text.decode("utf-8", "replace"), path)
    if problem := _explain_json(text, decoded, path):
        return problem
    if at := re.search(r"JSON is malformed: (.+) \(byte (\d+)\)", reason):
        start = len(text[: int(at[2])].decode("utf-8", "replace"))
        found = shorten(decoded[start : start + 20])
        return locate(TextError(start, 1, "", f"index is not JSON: {at[1]}", "JSON", found), decoded, path)
    pointer, expected, found = _name_misfit(reason)
    return locate(TextError(0, 1, pointer, "index does not fit its schema", expected, found), "", path)


_TYPES = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "null"}
_TYPES |= {"object": "an object", "array": "a list"}


def _name_misfit(reason: str) -> tuple[str, str, str]:
    """Return where an index does not fit its schema, what is expected there and what is found, by what msgspec says."""
    what, _, place = reason.partition(" - at `$")
    # An item of a list is `[0]` there, and a value under any key `[...]`, of which nothing says what the key is.
    way = re.sub(r"\[(\d+)\]", r".\1", place.rstrip("`")).replace("[...]", ".*").replace(".", "/")
    pointer = way.partition("/*")[0]
    where = f" at {way}" if way else ""
    if missing := re.fullmatch(r"Object missing required field `(.+)`", what):
        return pointer, f"an object{where} with the key {missing[1]}", "one without it"
    if misfit := re.fullmatch(r"Expected `(\w+)[^`]*`, got `(\w+)`", what):
        expected, found = (_TYPES.get(name, name) for name in misfit.groups())
        return pointer, f"{expected}{where or ': a database or a lock'}", found
    return pointer, "a database or a lock", shorten(what)


def _explain_json(text: bytes, decoded: str, path: str) -> Problem | None:
    """Return why a text is no JSON for Python, None where it is."""
    try:
        # By Python again, which counts characters, and says more than msgspec does of what is wrong.
        json.loads(decoded)
    except json.JSONDecodeError as error:
        found = decoded[error.pos : error.pos + 20] or "the end of the file"
        message = f"index is not JSON: {error.msg[:1].lower()}{error.msg[1:].removesuffix(' starting at')}"
        return locate(TextError(error.pos, 1, "", message, "JSON", shorten(found)), decoded, path)
    except RecursionError:
        start = len(text[: find_level(text, MAX_LEVELS)].decode())
        expected, found = "lists and objects of few levels", f"more than {MAX_LEVELS}"
        return locate(TextError(start, 1, "", "index nests too deep", expected, found), decoded, path)
    except ValueError as error:
        # Python reads no number of more than 4,300 digits.
        return locate(TextError(0, 1, "", "index is not JSON", "numbers of few digits", shorten(str(error))), "", path)
    return None
