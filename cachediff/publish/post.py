"""Posting the comment: look, then write only what differs; when a forge falters, look again, so nothing is written twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cachediff.errors import PublishError
from cachediff.publish.comment import fold, is_ours, is_same, write_body
from cachediff.publish.forge import BusyError, Comment, TooLongError

if TYPE_CHECKING:
    from cachediff.publish.forge import Forge

PAUSES = (1.0, 4.0, 15.0)
"""Seconds before each further try.

Retries are ours: those of the forges' libraries repeat a POST, and wait as long as a header says.
"""

HALVINGS = 4
"""How often a comment that is too long is cut to half its length."""


class Sticky(Struct, frozen=True):
    """A comment to keep: first line, text in at most so many characters, the most it may have, and whether to create it."""

    marker: str
    draw: Callable[[int], str]
    budget: int
    is_wanted: bool


class Posting(Struct, frozen=True):
    """What was done.

    `author` is who wrote the comment, `folded` how many duplicates are now lines that lead to it, and `trouble` why others
    are not.
    """

    word: Literal["created", "updated", "unchanged", "not needed"]
    url: str = ""
    author: str = ""
    folded: int = 0
    trouble: str = ""


def post(forge: Forge, sticky: Sticky, most_wait: float, sleep: Callable[[float], None] = time.sleep) -> Posting:
    """Make the pull request have the comment, waiting at most so many seconds in all for a forge that is busy or away.

    Raises PublishError where it cannot be done.
    """
    waited = 0.0
    for pause in PAUSES:
        try:
            return refresh(forge, sticky)
        except BusyError as busy:
            # As long as the forge asks for, but not for ever: a header may say any number.
            wait = max(pause, busy.wait)
            if waited + wait > most_wait:
                raise
        sleep(wait)
        waited += wait
    return refresh(forge, sticky)


def refresh(forge: Forge, sticky: Sticky) -> Posting:
    """Look at all comments, keep our oldest, fold the others of ours; doing it again changes nothing.

    Raises PublishError.
    """
    author = forge.author()
    kept, duplicates = _find(forge, author, sticky.marker)
    if not kept and not sticky.is_wanted:
        return Posting("not needed")
    # The kept comment first: if a later request fails, the report stands all the same.
    outcome = _write(forge, kept, sticky)
    folded, trouble = _fold_all(forge, duplicates, outcome.url)
    return Posting(outcome.word, outcome.url, outcome.author, folded, trouble)


def _fold_all(forge: Forge, ids: list[int], url: str) -> tuple[int, str]:
    """Make duplicates lines that lead to the kept comment; return of how many that is done, and why not of the others."""
    for done, id in enumerate(ids):
        try:
            forge.update(id, fold(url))
        # The report is posted, whatever becomes of these: the next run tries again.
        except PublishError as error:
            return done, str(error)
    return len(ids), ""


def _find(forge: Forge, author: str, marker: str) -> tuple[Comment | None, list[int]]:
    """Return our oldest comment, and the ids of the others of ours: of those, texts are nothing to keep in memory."""
    kept: Comment | None = None
    ids = []
    for comment in forge.comments():
        if is_ours(comment, author, marker):
            ids.append(comment.id)
            kept = comment if kept is None or comment.id < kept.id else kept
    return kept, sorted(ids)[1:]


def _write(forge: Forge, kept: Comment | None, sticky: Sticky) -> Posting:
    """Write the comment where it differs, in half the characters as often as it is too long."""
    for most in [sticky.budget >> halving for halving in range(HALVINGS + 1)]:
        # The marker and the end of its line take room, too.
        body = write_body(sticky.marker, sticky.draw(most - len(sticky.marker) - 1))
        if kept and is_same(kept.body, body):
            return Posting("unchanged", kept.url, kept.author)
        try:
            written = forge.update(kept.id, body) if kept else forge.create(body)
        except TooLongError:
            continue
        return Posting("updated" if kept else "created", written.url, written.author)
    message = f"the comment is too long even with {sticky.budget >> HALVINGS:,} characters"
    raise PublishError(message)
