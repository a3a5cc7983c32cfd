"""The comments of a pull request on GitHub, by PyGithub.

Its requester is asked, not its objects: those follow the addresses that a reply names, and take a POST that is redirected
for done.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from github import Auth, Github, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from msgspec import Struct
from requests.exceptions import RequestException

from cachediff.errors import InputError
from cachediff.limits import DEFAULT_PUBLISH_LIMITS
from cachediff.publish.api_errors import explain_answer, explain_silence
from cachediff.publish.forge import SECONDS_TO_ANSWER, Comment, RefusedError
from cachediff.publish.transport import Meter, MeteredAdapter
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.publish.place import Head, Place

# The most that GitHub gives.
_PER_PAGE = 100


Kind = TypeVar("Kind")


class _User(Struct):
    login: str


class _Viewer(Struct):
    viewer: _User


class _Viewed(Struct):
    """The answer to the question who asks; GraphQL says no with errors in place of data, and with status 200."""

    data: _Viewer | None = None
    errors: list[Any] = []


class _Comment(Struct):
    """A comment as GitHub sends it; whoever leaves GitHub leaves no user."""

    id: int
    html_url: str
    body: str | None = None
    user: _User | None = None


class _Repository(Struct):
    full_name: str


class _Head(Struct):
    sha: str
    repo: _Repository | None = None


class _Pull(Struct):
    number: int
    head: _Head


class GithubComments:
    """The comments of one pull request. `author` is the login under which the token writes; empty: GitHub is asked."""

    def __init__(self, place: Place, token: str, author: str = "", meter: Meter | None = None) -> None:
        self._place, self._author = place, author
        self._meter = meter or Meter("GitHub", DEFAULT_PUBLISH_LIMITS)
        self._root = f"/repos/{place.repository}"
        # The requester keeps the classes that are set while it is made, and makes each session of them.
        with _metered(self._meter):
            self._requester = Github(
                auth=Auth.Token(token),
                base_url=place.api_url.rstrip("/"),
                timeout=SECONDS_TO_ANSWER,
                user_agent=f"cachediff/{__version__}",
                # Tries and pauses are ours (post.py): PyGithub would repeat a POST, and sleep between any two requests.
                retry=0,
                seconds_between_requests=None,
            ).requester

    def author(self) -> str:
        """Return the login of the token's owner.

        `GET /user` refuses the token of a workflow and of an app; GraphQL does not.
        """
        if not self._author:
            asked = {"query": "query { viewer { login } }"}
            headers, answer = self._ask("POST", self._requester.graphql_url, content=asked)
            viewed = _convert(answer, _Viewed)
            if not viewed.data:
                raise explain_answer("GitHub", 200, _say(answer), headers, time.time())
            self._author = viewed.data.viewer.login
        return self._author

    def comments(self) -> Iterator[Comment]:
        """Yield every comment, oldest first."""
        page, is_last = 0, False
        while not is_last:
            page += 1
            self._meter.check_pages(page)
            headers, found = self._ask(
                "GET", f"{self._root}/issues/{self._number}/comments", {"per_page": _PER_PAGE, "page": page}
            )
            yield from map(_read, _convert(found, list[_Comment]))
            # Whether there is a next page, and never where: the token would go to any address that an answer names.
            is_last = 'rel="next"' not in headers.get("link", "")

    def create(self, body: str) -> Comment:
        """Return the new comment."""
        path = f"{self._root}/issues/{self._number}/comments"
        return _read(_convert(self._ask("POST", path, content={"body": body})[1], _Comment))

    def update(self, id: int, body: str) -> Comment:
        """Return a comment whose text is replaced."""
        path = f"{self._root}/issues/comments/{id}"
        return _read(_convert(self._ask("PATCH", path, content={"body": body})[1], _Comment))

    @cached_property
    def _number(self) -> int:
        """The number of the pull request: the one that is known, or the one whose head the run was started for."""
        number, head = self._place.number, self._place.head
        # The head decides, even where a number is known: it is from GitHub's event, the number may be from an option.
        if head:
            return choose_number(self._list_open(head), number, head)
        if number is None:
            message = "the number of the pull request is not known"
            raise RefusedError(message)
        return number

    def _list_open(self, head: Head) -> list[int]:
        """Return the numbers of the open pull requests whose head is exactly this one.

        Those of forks, whose events name none, are among them.
        """
        # Of a fork or branch that is gone nothing can be asked.
        if not head.repository or not head.branch:
            return []
        owner = head.repository.partition("/")[0]
        # GitHub filters by owner and branch alone: another repository of the owner may have that branch, or a newer commit.
        asked = {"state": "open", "head": f"{owner}:{head.branch}", "per_page": _PER_PAGE}
        pulls = _convert(self._ask("GET", f"{self._root}/pulls", asked)[1], list[_Pull])
        return [pull.number for pull in pulls if pull.head.sha == head.sha and _is_from(pull.head.repo, head.repository)]

    def _ask(
        self, method: str, path: str, query: dict[str, Any] | None = None, content: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], Any]:
        """Return the headers, in lower case, and the JSON of an answer."""
        try:
            return self._requester.requestJsonAndCheck(method, path, query, input=content)
        except GithubException as error:
            headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
            raise explain_answer("GitHub", error.status, _say(error.data), headers, time.time()) from error
        except RequestException as error:
            raise explain_silence("GitHub", error) from error
        # PyGithub asserts and converts as it reads, and an answer may be anybody's.
        except (ArithmeticError, AssertionError, AttributeError, RuntimeError, TypeError, ValueError) as error:
            raise _not_github(error) from error


@contextmanager
def _metered(meter: Meter) -> Iterator[None]:
    """Give whatever requester is made meanwhile a metered adapter: PyGithub takes that as a class, for the whole process."""

    class Plain(HTTPRequestsConnectionClass):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.session.mount("http://", MeteredAdapter(meter))

    class Encrypted(HTTPSRequestsConnectionClass):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.session.mount("https://", MeteredAdapter(meter))

    Requester.injectConnectionClasses(Plain, Encrypted)
    try:
        yield
    finally:
        Requester.resetConnectionClasses()


def choose_number(numbers: list[int], claimed: int | None, head: Head) -> int:
    """Return the pull request to comment on, of those with the run's head.

    Raises InputError for a claimed number that is not among them, and RefusedError where there is none, or more than one and
    no claim.
    """
    where = f"{head.repository or 'a repository that is gone'}:{head.branch} at {head.sha[:12]}"
    if not numbers:
        message = f"no open pull request has its head in {where}"
        raise RefusedError(message, hint="a newer push has a run of its own")
    # No number, whoever named it, may lead one pull request's report to another.
    if claimed is not None and claimed not in numbers:
        message = f"pull request {claimed} is not that of this run, whose head is {where}"
        raise InputError(message, hint="leave --number out: it is found by the head of the run")
    if claimed is None and len(numbers) > 1:
        message = f"pull requests {', '.join(map(str, numbers))} all have their head in {where}"
        raise RefusedError(message, hint="name one of them with --number")
    return claimed or numbers[0]


def _is_from(repository: _Repository | None, name: str) -> bool:
    """Return whether a head's repository, which may be gone, has a name."""
    return repository is not None and repository.full_name.casefold() == name.casefold()


def _read(comment: _Comment) -> Comment:
    return Comment(comment.id, comment.user.login if comment.user else "", comment.body or "", comment.html_url)


def _convert(answer: Any, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise _not_github(error) from error


def _not_github(error: Exception) -> RefusedError:
    """Return what is said of a reply that is not GitHub's: of a proxy, of another server, of a redirection elsewhere."""
    return RefusedError(f"what answers is not GitHub: {type(error).__name__}: {error}")


def _say(data: Any) -> str:
    """Return GitHub's message, and those of the fields that it complains of."""
    if not isinstance(data, dict):
        return str(data or "")
    details = data.get("errors")
    # Any JSON may stand here: who answers need not be GitHub.
    complaints = details if isinstance(details, list) else ()
    parts = [one.get("message") or one.get("code") if isinstance(one, dict) else one for one in complaints]
    return ": ".join(str(part) for part in (data.get("message"), *parts) if part)
