"""Which spec of OLD became which of NEW, over all packages, and which cells went: what the graphs are asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.domain.cell import LostCell

if TYPE_CHECKING:
    from cachediff.comparison.collectors.collector import ReadPackage


class Pairs(Struct):
    """Hashes of pairs, from OLD's to NEW's, of what is rebuilt and of what is changed; lost cells by package.

    Of snapshots without dependencies it has nothing. Recipes are counted as `HashPairs` has them.
    """

    has_graphs: bool
    rebuilt: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    recipes_changed: int = 0
    recipes_kept: int = 0
    lost: dict[str, tuple[LostCell, ...]] = field(default_factory=dict)

    def add(self, package: ReadPackage) -> None:
        """Note the pairs and the losses of one package."""
        diff = package.diff
        # Graphs alone ask which hash became which: of pages it would be all hashes, in memory, for nobody.
        if not self.has_graphs or diff is None:
            return
        self.rebuilt |= diff.pairs.rebuilt
        self.changed |= diff.pairs.changed
        self.recipes_changed += diff.pairs.recipes_changed
        self.recipes_kept += diff.pairs.recipes_kept
        if diff.lost:
            self.lost[diff.package] = diff.lost

    def merge(self, other: Pairs) -> None:
        """Add what another share found."""
        self.rebuilt |= other.rebuilt
        self.changed |= other.changed
        self.recipes_changed += other.recipes_changed
        self.recipes_kept += other.recipes_kept
        self.lost |= other.lost
