"""One binary: what it is called, and what tells it from every other one."""

from __future__ import annotations

from msgspec import Struct

ROOT = "root"
"""The union of all stacks, which pages list beside them: not a stack."""


class Coordinates(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash and its stacks, canonically spelled. The package is its page's."""

    version: str
    platform: str
    os: str
    target: str
    compiler: str
    variants: tuple[str, ...]


# Apart from Spec, because most work is on distinct contents: equal ones are mostly one object, whose hash is made once.
class SpecContent(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash: coordinates, and the stacks in alphabetical order without `root`."""

    coordinates: Coordinates
    stacks: tuple[str, ...]


class Spec(Struct, frozen=True, array_like=True, gc=False):
    """One binary: an entry of a page's `spec_details`.

    `index` is its place in that list, `is_in_root` says whether its stacks named `root`, and `extra` holds the fields that
    are not compared (`size`, `tarball`, any that the format may grow) as JSON text, empty when there are none.
    """

    hash: str
    content: SpecContent
    index: int = 0
    # Apart from the content: before June 2023 no spec named root, and two that differ in nothing else are equal.
    is_in_root: bool = True
    extra: str = ""

    @property
    def coordinates(self) -> Coordinates:
        """The spec's coordinates."""
        return self.content.coordinates

    @property
    def stacks(self) -> tuple[str, ...]:
        """The spec's stacks, without `root`."""
        return self.content.stacks
