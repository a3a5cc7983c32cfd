"""Reading a JSON report of any length as cachediff writes it.

It has an item a line, each checked by itself and kept in a temporary file.

What is in memory is one item, and a few numbers a thousand items; where a report that somebody else wrote would need more,
it is refused.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

import msgspec
from msgspec import Struct

from cachediff.domain.finding import SEVERITIES, Finding, row_order
from cachediff.domain.report import AlsoCompared, Cause, CellCount, NotCompared, Report, ReportedPackage
from cachediff.review.stored_items import WrongReportError, check_item, check_package, check_report
from cachediff.spill.scratch import Scratch
from cachediff.text.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MAX_LINE = 2 << 20
"""Bytes of the longest line: a finding on a page with 50 problems, all of them as long as may be, has a quarter of that."""

MAX_PACKAGE = 64 << 20
"""Bytes of the longest line about a package: one of which every spec changed, on a page as large as may be."""

MAX_ITEMS = 1_000_000
"""How many causes, packages or pages that are not compared a report has, and how many packages its findings name."""

MAX_RULES = 300
"""How many rules a report's findings name, and how often they begin anew with a package that comes before the last one: once
a rule and severity, where cachediff wrote them."""

_AT_A_TIME, _BYTES_AT_A_TIME = 64, 1 << 16
_FIELDS: dict[str, Any] = {
    "causes": Cause,
    "findings": Finding,
    "packages": ReportedPackage,
    "not_compared": NotCompared,
    "coverage": CellCount,
    "also_compared": AlsoCompared,
}
# At most nine digits: to read a number of any length takes the square of it.
_VERSION = re.compile(rb'\{\n"format_version": (\d{1,9}),\n')

T = TypeVar("T")


class _Chunk(Struct, frozen=True, gc=False):
    """Where some items are in the temporary file, in bytes."""

    start: int
    size: int


class Stored(Collection[T], Generic[T]):
    """A list of a report in a temporary file, in its order: each walk reads it anew."""

    def __init__(self, scratch: Scratch, kind: type[T]) -> None:
        self._scratch, self._count = scratch, 0
        self._decode: Callable[[bytes], list[T]] = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self._chunks: list[_Chunk] = []

    def put(self, lines: Sequence[bytes], end: int) -> int:
        """Keep items from a place in the file on, and return where they end.

        Raises WrongReportError for one that is none.
        """
        data = b"[" + b",".join(lines) + b"]"
        try:
            items = self._decode(data)
        except msgspec.DecodeError as error:
            raise WrongReportError(shorten(str(error).lower())) from error
        self._look_at(items)
        self._scratch.write(data, end)
        self._chunks.append(_Chunk(end, len(data)))
        self._count += len(items)
        return end + len(data)

    def _look_at(self, items: Sequence[T]) -> None:
        """Look at items before they are kept."""

    def _read(self, chunks: Iterable[_Chunk]) -> Iterator[T]:
        for chunk in chunks:
            yield from self._decode(self._scratch.read(chunk.start, chunk.size))

    def __len__(self) -> int:
        """Return how many items there are."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Yield the items."""
        return self._read(self._chunks)

    def __contains__(self, item: object) -> bool:
        """Return whether an item is among them."""
        return any(item == one for one in self)


class StoredFindings(Stored[Finding]):
    """The findings of a report.

    Those of one rule and severity are in order of package, so that all are merged and not sorted.
    """

    def __init__(self, scratch: Scratch) -> None:
        super().__init__(scratch, Finding)
        self._starts: list[int] = []
        self._last: tuple[int, str] | None = None
        self._rules: set[str] = set()
        self._packages: set[int] = set()

    def by_package(self) -> Iterator[Finding]:
        """Yield the findings by severity and package, else in their order."""
        ends = [*self._starts[1:], len(self._chunks)]
        runs = [self._read(self._chunks[start:end]) for start, end in zip(self._starts, ends, strict=False)]
        return heapq.merge(*runs, key=row_order)

    def _look_at(self, items: Sequence[Finding]) -> None:
        keys = [row_order(item) for item in items]
        # Where the order begins anew, another run to merge starts: in a report of ours, with each rule.
        if self._last is None or keys[0] < self._last:
            self._starts.append(len(self._chunks))
        self._last = keys[-1]
        self._rules.update(item.rule for item in items)
        # Their hashes, for a million names as long as a line may be would not fit in memory.
        self._packages.update(hash(item.subject.package) for item in items)
        if len(self._rules) > MAX_RULES or len(self._starts) > MAX_RULES:
            message = f"its findings are of more than {MAX_RULES} rules, or in no order"
            raise WrongReportError(message)
        if len(self._packages) > MAX_ITEMS:
            message = f"its findings name more than {MAX_ITEMS:,} packages"
            raise WrongReportError(message)


def read_version(start: bytes) -> int | None:
    """Return the format version with which a report as cachediff writes it starts, and None where it is not written so."""
    found = _VERSION.match(start)
    return int(found[1]) if found else None


def read_lines(file: BinaryIO) -> Report:
    """Return the report in a file, read from its start.

    Raises WrongReportError where it is none, or not as cachediff writes it.
    """
    return _Reader(file).read()


class _Reader:
    """Reads a report once, from its first line to its last."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._line, self._end = file, 0, 0
        self._scratch = Scratch()

    def read(self) -> Report:
        """Return the report."""
        self._expect(b"{\n")
        # In the order of the report's own fields, as it is written: another order is not ours.
        names = Report.__struct_fields__
        raw = {name: self._read_field(name, is_last=name == names[-1]) for name in names}
        self._expect(b"}\n")
        # And nothing after it: what else a file holds, nobody has looked at.
        self._expect(b"")
        lists = {name: raw.pop(name) for name in _FIELDS}
        # The items were checked a line at a time; this is about all that is not one.
        whole = raw | dict.fromkeys(_FIELDS, ())
        check_report(whole)
        try:
            report = msgspec.convert(whole, Report)
        except msgspec.ValidationError as error:
            raise WrongReportError(shorten(str(error).lower())) from error
        return msgspec.structs.replace(report, **lists)

    def _read_field(self, name: str, *, is_last: bool) -> Any:
        """Return the value of the field that comes next: a list is stored."""
        line = self._next(MAX_LINE)
        start, end = f'"{name}": '.encode(), b"\n" if is_last else b",\n"
        if not (line.startswith(start) and line.endswith(b"\n")):
            raise self._stray()
        value = line[len(start) :]
        if name not in _FIELDS:
            return self._decode(_without(value, end) or self._refuse_line())
        stored = StoredFindings(self._scratch) if name == "findings" else Stored(self._scratch, _FIELDS[name])
        if value == b"[\n":
            self._store(name, stored, end)
        elif value != b"[]" + end:
            raise self._stray()
        return stored

    def _store(self, name: str, stored: Any, end: bytes) -> None:
        """Store the items of a list, some at a time: each list of findings that is stored at once is in order."""
        waiting: list[bytes] = []
        last: tuple[int, str] | None = None
        size = 0
        for line in self._items(name, end):
            key = _peek(line) if name == "findings" else None
            is_in_order = key is None or last is None or key >= last
            if waiting and (len(waiting) == _AT_A_TIME or size + len(line) > _BYTES_AT_A_TIME or not is_in_order):
                self._end, waiting, size = stored.put(waiting, self._end), [], 0
            waiting.append(line)
            size, last = size + len(line), key
        self._end = stored.put(waiting, self._end)

    def _items(self, name: str, end: bytes) -> Iterator[bytes]:
        """Yield the lines of a list without what ends them, each of them checked."""
        most = MAX_PACKAGE if name == "packages" else MAX_LINE
        check = check_package if name == "packages" else check_item
        count, is_last = 0, False
        while not is_last:
            line = self._next(most)
            is_last = not line.endswith(b",\n")
            item = _without(line, b"\n" if is_last else b",\n") or self._refuse_line()
            try:
                check(name, count, item)
            except (msgspec.DecodeError, RecursionError, ValueError) as error:
                message = f"{shorten(str(error).lower())} in line {self._line}"
                raise WrongReportError(message) from error
            yield item
            count += 1
            if count > MAX_ITEMS and name not in ("findings", "coverage"):
                message = f"it lists more than {MAX_ITEMS:,} {name.replace('_', ' ')}"
                raise WrongReportError(message)
        self._expect(b"]" + end)

    def _decode(self, value: bytes) -> Any:
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            message = f"{shorten(str(error).lower())} in line {self._line}"
            raise WrongReportError(message) from error

    def _next(self, most: int) -> bytes:
        """Return the next line. Raises WrongReportError for one that is too long."""
        self._line += 1
        # One more than may be, or the longest that is allowed could not be told from one that is cut.
        line = self._file.readline(most + 1)
        if len(line) > most:
            message = f"line {self._line} has more than {most:,} bytes"
            raise WrongReportError(message)
        return line

    def _expect(self, line: bytes) -> None:
        if self._next(MAX_LINE) != line:
            raise self._stray()

    def _stray(self) -> WrongReportError:
        return WrongReportError(f"line {self._line} is not as cachediff writes it")

    def _refuse_line(self) -> bytes:
        raise self._stray()


def _without(line: bytes, end: bytes) -> bytes:
    """Return a line without its end; empty where it does not end so."""
    return line[: -len(end)] if line.endswith(end) else b""


class _Key(Struct):
    """What of a finding says where it stands; whatever is wrong with it was found before."""

    severity: str
    subject: dict[str, str]


_decode_key = msgspec.json.Decoder(_Key).decode


def _peek(line: bytes) -> tuple[int, str]:
    key = _decode_key(line)
    return [*SEVERITIES].index(key.severity), key.subject.get("package", "")  # type: ignore[arg-type]
