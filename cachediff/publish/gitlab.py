"""The notes of a merge request on GitLab, by python-gitlab."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from gitlab import Gitlab, GitlabError
from gitlab.v4.objects import CurrentUserManager
from msgspec import Struct
from requests.exceptions import RequestException

from cachediff.limits import DEFAULT_PUBLISH_LIMITS
from cachediff.publish.api_errors import MAX_READ, explain_answer, explain_silence
from cachediff.publish.forge import SECONDS_TO_ANSWER, Comment, RefusedError
from cachediff.publish.transport import Meter, MeteredAdapter
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitlab.v4.objects import ProjectMergeRequest

    from cachediff.publish.place import Place

# Tries and pauses are ours (post.py): python-gitlab would ask again up to ten times.
_ONCE: dict[str, Any] = {"max_retries": 0}
# The most that GitLab gives.
_PER_PAGE = 100


class _Author(Struct):
    username: str


class _Note(Struct):
    """A note as GitLab sends it. That somebody pushed is a note as well."""

    id: int
    author: _Author
    body: str


class GitlabNotes:
    """The notes of one merge request. `author` is the user name under which the token writes; empty: GitLab is asked."""

    def __init__(self, place: Place, token: str, author: str = "", meter: Meter | None = None) -> None:
        self._place, self._author = place, author
        self._meter = meter or Meter("GitLab", DEFAULT_PUBLISH_LIMITS)
        self._headers: dict[str, str] = {}
        session = requests.Session()
        session.hooks["response"].append(self._remember)
        for scheme in ("https://", "http://"):
            session.mount(scheme, MeteredAdapter(self._meter))
        self._client = Gitlab(
            # CI_API_V4_URL ends with what python-gitlab appends itself.
            place.api_url.rstrip("/").removesuffix("/api/v4"),
            private_token=token,
            timeout=SECONDS_TO_ANSWER,
            user_agent=f"cachediff/{__version__}",
            keep_base_url=True,
            session=session,
        )

    def author(self) -> str:
        """Return the user name of the token's owner: of a project's token, a bot."""
        if not self._author:
            with self._explained():
                self._author = str(CurrentUserManager(self._client).get(**_ONCE).username)
        return self._author

    def comments(self) -> Iterator[Comment]:
        """Yield every note, oldest first.

        It goes page by page, since python-gitlab's iterator goes wherever a page says that the next one is.
        """
        page, is_last = 0, False
        while not is_last:
            page += 1
            self._meter.check_pages(page)
            with self._explained():
                # Without an order GitLab lists the newest first.
                asked: dict[str, Any] = {"page": page, "per_page": _PER_PAGE, "sort": "asc", "order_by": "created_at"}
                found = [self._read(note.attributes) for note in self._request.notes.list(get_all=False, **asked, **_ONCE)]
            # Outside of the guard: what whoever takes the notes raises is none of GitLab's errors.
            yield from found
            # Whether there is a next page, and never where: the token would go to any address that an answer names.
            is_last = 'rel="next"' not in self._headers.get("link", "")

    def create(self, body: str) -> Comment:
        """Return the new note."""
        with self._explained():
            return self._read(self._request.notes.create({"body": body}, **_ONCE).attributes)

    def update(self, id: int, body: str) -> Comment:
        """Return a note whose text is replaced."""
        with self._explained():
            return self._read(self._request.notes.update(id, {"body": body}, **_ONCE))

    @cached_property
    def _request(self) -> ProjectMergeRequest:
        """The merge request. Raises RefusedError where its number is not known."""
        if self._place.number is None:
            message = "the number of the merge request is not known"
            raise RefusedError(message)
        # The project is not asked for (lazy). The merge request is, since notes have no address of their own to link to.
        return self._client.projects.get(self._place.repository, lazy=True).mergerequests.get(self._place.number, **_ONCE)

    def _read(self, raw: dict[str, Any]) -> Comment:
        note = msgspec.convert(raw, _Note)
        return Comment(note.id, note.author.username, note.body, f"{self._request.web_url}#note_{note.id}")

    def _remember(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Keep the headers of the last answer, which python-gitlab's errors leave out."""
        self._headers = {name.lower(): value for name, value in response.headers.items()}

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn whatever python-gitlab raises into one of our errors."""
        try:
            yield
        except GitlabError as error:
            # python-gitlab has no status where it could not parse what came.
            if error.response_code is None:
                message = f"what answers is not GitLab: {' '.join(str(error.error_message)[:MAX_READ].split())}"
                raise RefusedError(message) from error
            raise explain_answer(
                "GitLab", error.response_code, str(error.error_message), self._headers, time.time()
            ) from error
        except RequestException as error:
            raise explain_silence("GitLab", error) from error
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:
            message = f"what answers is not GitLab: {type(error).__name__}: {error}"
            raise RefusedError(message) from error
