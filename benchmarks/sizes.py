"""How large a generated snapshot is, and how its specs spread over its packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_SIGMA = 1.3  # of the log-normal number of specs a package: most have few, some have hundreds
LARGEST_PAGE = 600


@dataclass(frozen=True, slots=True)
class Size:
    """Of the OLD side, exactly; NEW differs by what is added and removed."""

    packages: int
    specs: int


SIZES = {
    "week": Size(1_200, 8_000),
    "M": Size(3_000, 36_000),
    "L": Size(30_000, 360_000),
    "XL": Size(90_000, 1_000_000),
}

ONE_PACKAGE = Size(1, 12)
"""For how long it takes to begin."""


def specs_per_package(size: Size, rng: random.Random) -> list[int]:
    """Log-normal numbers from 1 to 600 that sum to the size's specs; a snapshot of 6,000 specs or more has a page of 600.

    Raises ValueError where so many specs do not fit into so many packages.
    """
    if not size.packages <= size.specs <= size.packages * LARGEST_PAGE:
        message = f"{size.specs} specs do not fit into {size.packages} packages of 1 to {LARGEST_PAGE}"
        raise ValueError(message)
    draws = [rng.lognormvariate(0, _SIGMA) for _ in range(size.packages)]
    scale = size.specs / sum(draws)
    counts = [min(LARGEST_PAGE, max(1, round(draw * scale))) for draw in draws]
    if size.specs >= 10 * LARGEST_PAGE:
        counts[counts.index(max(counts))] = LARGEST_PAGE
    _settle(counts, size.specs, rng)
    return counts


def _settle(counts: list[int], total: int, rng: random.Random) -> None:
    """Move single specs until the sum is right, leaving the largest pages as they are."""
    missing = total - sum(counts)
    step = 1 if missing > 0 else -1
    while missing:
        index = rng.randrange(len(counts))
        if 1 <= counts[index] + step <= LARGEST_PAGE and counts[index] != LARGEST_PAGE:
            counts[index] += step
            missing -= step
