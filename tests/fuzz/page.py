"""The reader of one page: a page or problems with a place, and the fast way and the exact way agree."""

from __future__ import annotations

from cachediff.domain.package import PackageRecord
from tests.pages import FIXTURES, has_same_reading, parse
from tests.test_reading_robust import EMACS, is_trustworthy

OUTCOMES = {"page", "problems"}
SEEDS = (
    *FIXTURES.glob("real/week/*/emacs/specs.md"),
    *FIXTURES.glob("real/week/new/gcc/specs.md"),
    *FIXTURES.glob("broken/*/gcc/specs.md"),
)
_KNOWN = EMACS.encode()


def check(data: bytes) -> str:
    """Return what came of the bytes of a page. Raises AssertionError where that is not to be trusted."""
    assert is_trustworthy(data)
    assert has_same_reading(data, _KNOWN)
    return "page" if isinstance(parse(data), PackageRecord) else "problems"
