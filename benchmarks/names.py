"""Names for generated packages: made up, in the manner of Spack's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_PREFIXES = ("", "", "", "", "py-", "py-", "r-", "perl-", "lib", "rocm-", "intel-", "go-", "rust-", "ecp-")
_STARTS = ("a", "am", "bio", "ca", "co", "de", "e", "flex", "ga", "geo", "hdf", "i", "ka", "la", "me", "multi", "na")
_MIDDLES = ("ber", "cal", "co", "dis", "fer", "gra", "lap", "mat", "met", "net", "nu", "pack", "ray", "sol", "ten", "vis")
_ENDS = ("a", "blas", "core", "db", "fft", "graph", "io", "kit", "lib", "ml", "mpi", "os", "parse", "py", "tools", "x")


def names(rng: random.Random) -> Iterator[str]:
    """Distinct names without end."""
    seen: set[str] = set()
    while True:
        name = rng.choice(_PREFIXES) + rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(_ENDS)
        while name in seen:
            name += rng.choice(("", "-")) + rng.choice(_MIDDLES)
        seen.add(name)
        yield name
