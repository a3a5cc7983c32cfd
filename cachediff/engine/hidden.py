"""What OLD cannot show and NEW does not have: lost or not, nobody can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.selection import fits
from cachediff.sources.reader import read_valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.package import InvalidPage
    from cachediff.domain.reading import Fault
    from cachediff.domain.selection import Selection
    from cachediff.sources.reader import SnapshotReader


def find_hidden(old: SnapshotReader | None, new: SnapshotReader, invalid: Iterable[InvalidPage]) -> tuple[str, ...]:
    """Return the packages that NEW lacks and that OLD has on invalid pages, or in invalid records.

    One without a name stands for the records of OLD that name no package, where NEW lacks one of their hashes. NEW does not
    lack what it has in an invalid record: that is an error of its own.
    """
    before, bad = (_find_bad_records(side) if side else [] for side in (old, new))
    after = {*new.packages(), *(fault.package for fault in bad)}
    named = {page.package for page in invalid} | {fault.package for fault in before if fault.package}
    # A page without a spec offers what no page offers.
    after -= {package for package in named & after if (found := read_valid(new, package)) and not found.specs}
    nameless = {fault.hash for fault in before if not fault.package} - {fault.hash for fault in bad}
    return tuple(sorted({*(named - after), *_find_nameless(nameless, new)}))


def find_hidden_stacks(old: SnapshotReader | None, new: SnapshotReader, selection: Selection) -> tuple[str, ...]:
    """Return the selected stacks of which OLD has an index that cannot be read, and NEW has nothing."""
    # Where one side knows no stacks, nothing is said of any.
    own = new.info.own_stacks
    if old is None or own is None:
        return ()
    lacking = old.info.reading.unread - new.info.reading.unread - own
    return tuple(sorted(stack for stack in lacking if fits(stack, selection.stack)))


def _find_bad_records(side: SnapshotReader) -> list[Fault]:
    return [fault for fault in side.info.reading.faults if fault.kind == "record" and not fault.is_outside]


def _find_nameless(wanted: set[str], new: SnapshotReader) -> Iterator[str]:
    # All of NEW is read once more, which is done for what hardly ever happens.
    for package in new.packages() if wanted else ():
        if found := read_valid(new, package):
            wanted -= {spec.hash for spec in found.specs}
    if wanted:
        yield ""
