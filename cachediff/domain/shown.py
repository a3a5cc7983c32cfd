"""One package in full: the answer of `cachediff show`."""

from __future__ import annotations

from msgspec import Struct

from cachediff.domain.finding import Finding
from cachediff.domain.report import ReportedCells, ReportedChange, SpecSummary


class ShownPackage(Struct, frozen=True):
    """What a comparison says of one package, and every spec of it with its partner, news or not.

    `old` and `new` say where the snapshots are from; `as_of` is the date by which acceptances were judged, empty where the
    policy has none. `is_compared` is false where a side's page, or a record, cannot be read: then nothing says what is gone.
    """

    package: str
    old: str
    new: str
    as_of: str
    is_compared: bool
    specs: SpecSummary
    cells: ReportedCells
    findings: tuple[Finding, ...]
    changes: tuple[ReportedChange, ...]
