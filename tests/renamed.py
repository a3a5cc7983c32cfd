"""A whole snapshot under other names: what the comparison, package by package, has to agree with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.package import InvalidPackage, PackageRecord
from cachediff.engine.memory import SnapshotInMemory
from cachediff.policy.renames import RenamedReader

if TYPE_CHECKING:
    from cachediff.domain.package import Snapshot
    from cachediff.policy.settings import Renames


def rename(old: Snapshot, renames: Renames) -> Snapshot:
    """Return a snapshot under other names, its packages in order."""
    reader = RenamedReader(SnapshotInMemory(old), renames)
    found = [reader.read(name) for name in sorted(reader.packages())]
    bad = [one for one in found if isinstance(one, InvalidPackage)]
    records = [one for one in found if isinstance(one, PackageRecord)] + [record for one in bad for record in one.valid]
    pages = sorted((page for one in bad for page in one.pages), key=lambda page: (page.package, page.path))
    return msgspec.structs.replace(
        old, packages=tuple(sorted(records, key=lambda record: record.package)), invalid=tuple(pages)
    )
