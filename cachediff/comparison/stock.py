"""What a snapshot has, for whoever asks about single specs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.graph import is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from cachediff.domain.graph import Nodes
    from cachediff.domain.spec import Spec


class Stock:
    """The specs of a snapshot, package by package, each read once. `uninstallable` has those that cannot be installed.

    `nodes` are the records of an index, which tell what is there before any package is read.
    """

    def __init__(
        self, read: Callable[[str], Sequence[Spec]], uninstallable: Collection[str] = (), nodes: Nodes | None = None
    ) -> None:
        self._read = read
        self._nodes = nodes
        self._packages: dict[str, dict[str, Spec]] = {}
        self.uninstallable = uninstallable

    def has(self, hash_: str, package: str) -> bool:
        """Return whether a spec of a package is there."""
        if self._nodes is None:
            return hash_ in self.list_specs(package)
        node = self._nodes.get(hash_)
        # A record in no stack is there to explain others: an external, or what no cache ever held.
        # A hash that is another package's here is somebody's mistake, and not what was locked.
        is_spec = node is not None and node.own.package == package and not node.is_external
        return is_spec and is_there(self._nodes, hash_)

    def list_specs(self, package: str) -> dict[str, Spec]:
        """Return a package's specs by hash."""
        if package not in self._packages:
            self._packages[package] = {spec.hash: spec for spec in self._read(package)}
        return self._packages[package]

    def list_installable(self, package: str) -> list[Spec]:
        """Return a package's specs that can be installed, as far as is known: of pages nothing is."""
        return [spec for hash_, spec in self.list_specs(package).items() if hash_ not in self.uninstallable]

    def list_uninstallable(self, package: str) -> list[Spec]:
        """Return a package's specs that are there, and lack something that they need."""
        return [spec for hash_, spec in self.list_specs(package).items() if hash_ in self.uninstallable]


NOTHING = Stock(lambda _: ())
"""Of what nobody asks for specs."""
