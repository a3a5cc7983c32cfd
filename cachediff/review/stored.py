"""Reading a JSON report back.

A file that a program, or somebody's pull request, wrote is validated before anything is made of it.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from cachediff.domain.report import Report
from cachediff.errors import InputError, name_failure
from cachediff.review.report import FORMAT_VERSION
from cachediff.review.stored_items import WrongReportError, check_report
from cachediff.review.stored_lines import read_lines, read_version
from cachediff.sources.regular import open_regular, read_bytes
from cachediff.sources.tree import UnreadableFileError, printable
from cachediff.text.problems import shorten
from cachediff.text.words import list_some, number

MAX_ANEW = 8 << 20
"""Bytes of the largest report that is published although something wrote it anew, such as a program that indents JSON."""

_HINT = "cachediff OLD NEW --report json=report.json writes one"


def read_report(path: str, most: int | None = None) -> Report:
    """Return the report in a JSON file, or in a directory that holds that file alone, as a downloaded artifact does.

    Raises InputError where it is no regular file of at most `most` bytes, or no report that this version understands
    (schemas/report.schema.json).
    """
    found = _only_file(path) if _is_directory(path) else path
    shown = printable(found)
    try:
        data = read_bytes(found, most)
    except (UnreadableFileError, ValueError) as error:
        message = f"report {shown} cannot be read: {error}"
        raise InputError(message, hint=_HINT) from error
    try:
        raw = msgspec.json.decode(data)
        # The version before the schema: a report of another version is told as one, not called damaged.
        version = raw.get("format_version") if isinstance(raw, dict) else None
        if version == FORMAT_VERSION:
            check_report(raw)
            return msgspec.convert(raw, Report)
    except WrongReportError as error:
        raise _refuse(shown, str(error)) from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _refuse(shown, shorten(str(error).lower())) from error
    raise _of_version(shown, version)


def open_report(path: str) -> Report:
    """Return the report in a JSON file, as `read_report` does, but of any length where cachediff wrote it.

    Its lists are not in memory.

    Raises InputError, also for a report that is not written as cachediff does it, an item a line, and has more than
    `MAX_ANEW` bytes.
    """
    found = _only_file(path) if _is_directory(path) else path
    shown = printable(found)
    try:
        with open_regular(found) as file:
            # The version is first in the file: a report of another one is named, not called damaged.
            version = read_version(file.read(100))
            if version == FORMAT_VERSION:
                file.seek(0)
                return read_lines(file)
    except (UnreadableFileError, ValueError) as error:
        message = f"report {shown} cannot be read: {error}"
        raise InputError(message, hint=_HINT) from error
    except WrongReportError as error:
        raise _refuse(shown, str(error)) from error
    if version is not None:
        raise _of_version(shown, version)
    # Another program wrote it anew, so that it has to fit into memory.
    return read_report(found, MAX_ANEW)


def _of_version(path: str, version: object) -> InputError:
    what = f"of format version {shorten(str(version))}" if version is not None else "not a JSON report of cachediff"
    message = f"{path} is {what}; this version reads format version {FORMAT_VERSION}"
    return InputError(message, hint=f"write the report again: {_HINT.removesuffix(' writes one')}")


def _refuse(path: str, why: str) -> InputError:
    return InputError(f"{path} is not a JSON report: {why}", hint="cachediff schema report prints the format")


def _is_directory(path: str) -> bool:
    # A link in an artifact could lead to any file of the machine.
    # A Path would raise for what cannot be looked at, which reading then says of the report.
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114


def _only_file(directory: str) -> str:
    """Return the path of what a directory holds. Raises InputError where that is not one thing."""
    try:
        names = sorted(entry.name for entry in Path(directory).iterdir())
    except OSError as error:
        message = f"{printable(directory)} cannot be read: {name_failure(error)}"
        raise InputError(message, hint=_HINT) from error
    if len(names) != 1:
        listed = list_some([shorten(printable(name)) for name in names])
        message = f"{printable(directory)} holds {number(len(names), 'file')}, not one report{': ' if names else ''}{listed}"
        raise InputError(message, hint="give the report's own path, or upload nothing but the report")
    return f"{directory}/{names[0]}"
