"""The text of the comment: how it is told from all others, when it is wanted, what a duplicate becomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from cachediff.errors import UsageError

if TYPE_CHECKING:
    from cachediff.domain.report import AlsoCompared, Report
    from cachediff.publish.forge import Comment

When: TypeAlias = Literal["always", "on-change", "on-failure"]
_ID = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9._/]){0,99}")
"""An id can end no HTML comment: it has no `>` and no two dashes."""


def write_marker(id: str) -> str:
    """Return the first line of the comment for one comparison. Raises UsageError for an id that could not stand in it."""
    # What could end the HTML comment would let the rest of it be read as markdown.
    if not _ID.fullmatch(id):
        message = f"--id {id!r} is not an id"
        raise UsageError(message, hint="an id has at most 100 letters, digits, dots, slashes, underscores and single dashes")
    return f"<!-- cachediff: {id} -->"


def name_comment(id: str) -> str:
    """Return what the heading calls the comparison: our name, and an id that is not the default."""
    return "cachediff" if id == "default" else f"cachediff `{id}`"


def write_body(marker: str, markdown: str) -> str:
    """Return the text of a comment, the marker on its first line."""
    return f"{marker}\n{markdown}".rstrip()


def tell_absent(name: str, run: str) -> str:
    """Return what the comment says after a run without a report: what it said before is of an earlier one."""
    link = f"\n[run]({run})\n" if run else ""
    return (
        f"### ➖ {name}: nothing is compared\n\nThe latest run has no report: the change adds and touches no snapshot, or"
        f" there is no verdict, as the log of the run says.\n{link}"
    )


def is_ours(comment: Comment, author: str, marker: str) -> bool:
    """Return whether a comment is the one that `author` keeps: whoever quotes the marker, or pastes it, is somebody else."""
    # Logins have no case. The end of the line may come back from a forge as a carriage return and a line feed.
    return comment.author.casefold() == author.casefold() and comment.body.partition("\n")[0].rstrip() == marker


def is_same(a: str, b: str) -> bool:
    """Return whether two texts are equal but for line ends and surrounding blanks, which forges change."""
    return a.replace("\r\n", "\n").strip() == b.replace("\r\n", "\n").strip()


def fold(url: str) -> str:
    """Return what a duplicate becomes: a line that leads to the kept comment.

    It has no marker, and so is left alone from then on.
    """
    return (
        "<details><summary>cachediff keeps one comment here, and this is another</summary>\n\n"
        f"The report: {url}\n\n</details>"
    )


def is_wanted(when: When, report: Report) -> bool:
    """Return whether a report is worth a new comment.

    One that is there is refreshed whatever it says, so that it turns green.

    A change is any finding, package that differs, or page that cannot be compared, in whatever the run compared.
    """
    if when == "always":
        return True
    is_failure = report.verdict == "fail"
    is_change = bool(report.findings or report.packages or report.not_compared)
    return is_failure or (when == "on-change" and (is_change or any(map(_has_news, report.also_compared))))


def _has_news(one: AlsoCompared) -> bool:
    findings, packages = one.summary.findings, one.summary.packages
    found = findings.error + findings.warning + findings.note + findings.accepted
    return bool(found + packages.added + packages.removed + packages.changed)
