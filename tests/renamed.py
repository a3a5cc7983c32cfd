"""A whole snapshot under other names: what the comparison, package by package, has to agree with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.policy.renames import Renamer

if TYPE_CHECKING:
    from cachediff.domain.package import Page, Snapshot
    from cachediff.policy.settings import Renames


def rename(old: Snapshot, renames: Renames) -> Snapshot:
    """Return a snapshot under other names, its pages in order of package."""
    renamer = Renamer(renames)
    by_name: dict[str, list[Page]] = {}
    for page in old.pages:
        by_name.setdefault(renamer.name(page.package), []).append(page)
    invalid = [msgspec.structs.replace(page, package=renamer.name(page.package)) for page in old.invalid]
    return msgspec.structs.replace(
        old,
        pages=tuple(renamer.rename(name, by_name[name]) for name in sorted(by_name)),
        invalid=tuple(sorted(invalid, key=lambda page: (page.package, page.path))),
    )
