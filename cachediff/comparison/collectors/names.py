"""What there is for a selection to choose from: a glob that matches nothing is a typo, and no pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.comparison.selection import check_globs, describe_selection, narrow_content
from cachediff.domain.selection import Selection, is_everything
from cachediff.errors import InputError

if TYPE_CHECKING:
    from cachediff.comparison.collectors.collector import ReadPackage
    from cachediff.domain.package import PackageRecord

_CHOSEN = ("stack", "os", "target")
"""The dimensions whose values only reading tells."""


class Names(Struct):
    """The stacks, oses and targets of both sides, and whether the selection takes any spec."""

    selection: Selection
    stack: set[str] = field(default_factory=set)
    os: set[str] = field(default_factory=set)
    target: set[str] = field(default_factory=set)
    has_any: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether the selection has globs for what only reading tells.

        `*,typo` takes all there is, and yet a part of it is a typo.
        """
        return any(getattr(self.selection, name) != "*" for name in _CHOSEN)

    def add(self, package: ReadPackage) -> None:
        """Add what a package has on either side."""
        for found in (package.old, package.new) if self.is_needed else ():
            # A valid page counts, though it goes under the same name as one that cannot be trusted.
            for record in found.valid if found else ():
                self._add(record)

    def _add(self, record: PackageRecord) -> None:
        contents = {spec.content for spec in record.specs}
        self.stack.update(stack for content in contents for stack in content.stacks)
        self.os.update(content.coordinates.os for content in contents)
        self.target.update(content.coordinates.target for content in contents)
        # Each glob may match something, and yet no spec be of all of them.
        self.has_any = self.has_any or any(narrow_content(content, self.selection) is not None for content in contents)

    def merge(self, other: Names) -> None:
        """Add what another share has."""
        self.stack |= other.stack
        self.os |= other.os
        self.target |= other.target
        self.has_any = self.has_any or other.has_any

    def finish(self) -> None:
        """Raise InputError where a glob matches nothing, or all of them together leave nothing to compare."""
        if not self.is_needed:
            return
        where = "either side" if is_everything(self.selection.package) else "the packages that --package leaves"
        for name in _CHOSEN:
            check_globs(name, getattr(self.selection, name), getattr(self, name), where)
        if not self.has_any:
            message = f"nothing on either side is {describe_selection(self.selection)}"
            raise InputError(message, hint="each option narrows what the others leave")
