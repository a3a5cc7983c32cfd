"""How a report is to be shown: what every format may ask, and most ignore."""

from __future__ import annotations

from msgspec import Struct


class Options(Struct, frozen=True):
    """`width` is in characters of a line, `budget` of a whole markdown report: a comment on GitHub may have 65,536.

    `is_ascii` says that the output cannot show an arrow or an ellipsis.
    """

    width: int = 80
    color: bool = False
    is_ascii: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    budget: int = 65_000


DEFAULT_OPTIONS = Options()
