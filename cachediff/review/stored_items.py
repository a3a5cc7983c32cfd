"""What a JSON report, an item of its lists and a package must be: each is checked against schemas/report.schema.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct

from cachediff.domain.report import ReportedPackage
from cachediff.text.pointers import write_pointer
from cachediff.text.problems import shorten
from cachediff.text.schema import load_validator

if TYPE_CHECKING:
    import jsonschema_rs


class WrongReportError(Exception):
    """A file is no report; the text says why."""


class _RawCells(Struct, forbid_unknown_fields=True):
    lost: list[Raw]
    gained: list[Raw]


class _RawPackage(Struct, forbid_unknown_fields=True):
    """A package of which the lists, which may be long, are checked item by item."""

    package: Raw
    kind: Raw
    specs: Raw
    cells: _RawCells
    changes: list[Raw]


_decode_package = msgspec.json.Decoder(_RawPackage).decode
_decode_typed = msgspec.json.Decoder(ReportedPackage).decode
"""Ends at the first item that is none: of a line of nothing but those, each would take more memory than text."""
_LONG = 1 << 20


def check_report(report: object) -> None:
    """Raise WrongReportError where a report does not fit the schema."""
    _check(load_validator("report"), report)


def check_item(name: str, place: int, line: bytes) -> None:
    """Raise WrongReportError where an item of a list does not fit the schema, an error of msgspec's where it is no JSON."""
    _check(load_validator("report", "properties", name, "items"), msgspec.json.decode(line), name, place)


def check_package(name: str, place: int, line: bytes) -> None:
    """Do the same for a package, whose lists may be long."""
    # Decoded for nothing but to fail early: as plain values, such a line could take far more memory than it has bytes.
    if len(line) > _LONG:
        _decode_typed(line)
    raw = _decode_package(line)
    # Empty lists stand in for the real ones, which are checked an item at a time.
    rest = {"cells": {"lost": (), "gained": ()}, "changes": ()}
    outer = {field: msgspec.json.decode(getattr(raw, field)) for field in ("package", "kind", "specs")}
    _check(load_validator("report", "$defs", "package"), outer | rest, name, place)
    for part, items, at in (
        (("loss",), raw.cells.lost, ("cells", "lost")),
        (("cell",), raw.cells.gained, ("cells", "gained")),
        (("package", "properties", "changes", "items"), raw.changes, ("changes",)),
    ):
        validator = load_validator("report", "$defs", *part)
        for i, item in enumerate(items):
            _check(validator, msgspec.json.decode(item), name, place, *at, i)


def _check(validator: jsonschema_rs.Draft202012Validator, item: Any, *above: str | int) -> None:
    """Raise WrongReportError with the first thing that is wrong with what stands at a path."""
    # The first is enough: a hostile list may have a million.
    if wrong := next(validator.iter_errors(item), None):
        pointer = write_pointer([*above, *wrong.instance_path])
        message = f"{shorten(wrong.message)} at {shorten(pointer) or 'the top'}"
        raise WrongReportError(message)
