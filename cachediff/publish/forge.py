"""What publishing asks of a forge, and the three ways in which one says no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from cachediff.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS_TO_ANSWER = 15
"""How long a forge may be silent before the network counts as lost."""


class Comment(Struct, frozen=True):
    """A comment as a forge shows it. Ids grow with time."""

    # That ids grow makes the oldest comment of several the same one for every run.
    id: int
    author: str
    body: str
    url: str


class Forge(Protocol):
    """The comments of one pull request. Every method raises one of the errors below."""

    def author(self) -> str:
        """Return the login under which the token writes."""
        ...

    def comments(self) -> Iterable[Comment]:
        """Return all comments, page after page."""
        ...

    def create(self, body: str) -> Comment:
        """Return the new comment."""
        ...

    def update(self, id: int, body: str) -> Comment:
        """Return a comment whose text is replaced."""
        ...


class RefusedError(PublishError):
    """A forge says no, and will say so again."""


class TooLongError(PublishError):
    """A forge says that the comment is too long."""


class BusyError(PublishError):
    """A forge cannot answer now: the network is lost, it has a fault, or it limits the rate.

    `wait` is in seconds, as far as it says.
    """

    def __init__(self, message: str, *, wait: float = 0) -> None:
        super().__init__(message)
        self.wait = wait
