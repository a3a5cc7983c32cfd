"""How large an input may be: far above anything real, so what is made to be expensive costs no more than its size explains.

schemas/policy.schema.json says what each limit bounds and what it may be set to, docs/limits.md what happens where one is
hit.
"""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True, rename="kebab"):
    """The limits of one run.

    The largest page ever published has hundreds of kilobytes, a snapshot 1,200 pages, a page 600 specs.
    """

    page_bytes: int = 16 << 20
    # One file holds all records of a build cache: real ones have up to 90 MB, on one line.
    index_bytes: int = 2 << 30
    snapshot_bytes: int = 1 << 30
    pages: int = 100_000
    specs: int = 20_000
    values: int = 500_000
    # What reads a value calls itself for each level, and must stay far from the end of the stack.
    nesting: int = 50
    string: int = 65_536
    # Python takes quadratic time to read digits, and above 4,300 refuses with words of its own.
    digits: int = 1_000
    members: int = 200_000

    @property
    def largest_file(self) -> int:
        """How many bytes any file may have."""
        return max(self.page_bytes, self.index_bytes)


class PublishLimits(Struct, frozen=True, rename="kebab"):
    """What publishing one report may cost.

    GitHub allows 2,500 comments on a pull request, GitLab 5,000 notes; a page lists 100.
    """

    requests: int = 500
    comment_pages: int = 200
    answer_bytes: int = 32 << 20
    # For all requests together: a server that trickles never meets the time that one of them has.
    seconds: int = 300


DEFAULT_LIMITS = Limits()
DEFAULT_PUBLISH_LIMITS = PublishLimits()
PUBLISH_MAXIMA = {"requests": 1_000_000, "comment-pages": 1_000_000, "answer-bytes": 1 << 30, "seconds": 86_400}
"""What each of them may be set to; docs/limits.md says where each is hit."""


def at_most(most: int, noun: str, name: str) -> str:
    """Return what a limit allows, as messages say it: `at most 20,000 specs (limit specs)`."""
    return f"at most {most:,} {noun} (limit {name})"


def too_large(name: str, most: int) -> str:
    """Return what is wrong with something of more bytes than a limit allows: `more than 4,000 bytes (limit page-bytes)`."""
    return f"more than {most:,} bytes (limit {name})"
