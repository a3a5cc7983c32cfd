"""The JSON report: the contract that other tools read (schemas/report.schema.json).

It has one line for each cause, finding, package and place, so that it can be written as it is made, compared line by line
and searched.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from msgspec import Struct

    from cachediff.domain.report import Report
    from cachediff.render.options import Options

# A line an item: that is what reading it back bounds, and keeps one at a time of (review/stored_lines.py).
_LISTS = frozenset({"causes", "findings", "packages", "not_compared", "coverage", "also_compared"})
_AT_A_TIME = 256
"""How many items of a list are written at a time."""

_encode = msgspec.json.Encoder().encode


def render_json(report: Report, options: Options) -> str:
    """Return the report as JSON, field by field as the model names them."""
    return "".join(stream_json(report, options))


def stream_json(report: Report, options: Options) -> Iterator[str]:
    """Yield the report as JSON, piece by piece, so that a long one never is in memory as a whole."""
    del options
    # By hand around the lists: no encoder of a whole report gives it back piece by piece.
    start = "{"
    for name in report.__struct_fields__:
        value = getattr(report, name)
        yield f'{start}\n"{name}": '
        if name in _LISTS:
            yield from _list(value)
        else:
            yield _encode(value).decode()
        start = ","
    yield "\n}\n"


def _list(items: Collection[Struct]) -> Iterator[str]:
    """Yield a list with a line for each item."""
    waiting = iter(items)
    start = b"[\n"
    while some := [_encode(item) for item in islice(waiting, _AT_A_TIME)]:
        yield (start + b",\n".join(some)).decode()
        start = b",\n"
    yield "[]" if start == b"[\n" else "\n]"
