"""Which pull request the comment is for: from the CI's environment and the event that started the run, or from options.

https://docs.github.com/actions/reference/workflows-and-actions/variables and
https://docs.gitlab.com/ci/variables/predefined_variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from cachediff.errors import InputError, PublishError, UsageError
from cachediff.text.urls import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

ForgeName: TypeAlias = Literal["github", "gitlab"]
TOKENS: dict[ForgeName, tuple[str, ...]] = {"github": ("GITHUB_TOKEN", "GH_TOKEN"), "gitlab": ("GITLAB_TOKEN",)}
_APIS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# No `.` or `..`: the name becomes part of the API's path, and would climb in it.
_NAME = r"(?!\.{1,2}(?:/|$))[\w.-]+"
_REPOSITORIES = {
    "github": re.compile(f"{_NAME}/{_NAME}", re.ASCII),
    "gitlab": re.compile(rf"\d+|{_NAME}(?:/{_NAME})+", re.ASCII),
}


class Head(Struct, frozen=True):
    """What a run was started for: a commit, and the repository and branch that it is the head of. Empty: they are gone."""

    sha: str
    repository: str
    branch: str


class Place(Struct, frozen=True):
    """A pull request.

    Empty or None is what is not known; where a head is known, the number must be that of its pull request.
    """

    forge: ForgeName
    api_url: str = ""
    repository: str = ""
    number: int | None = None
    head: Head | None = None


class _Numbered(Struct):
    number: int


class _Repository(Struct):
    full_name: str


class _Run(Struct):
    head_sha: str
    head_branch: str | None = None
    head_repository: _Repository | None = None


class _Event(Struct):
    """The part of GitHub's event that says which pull request the run is about."""

    pull_request: _Numbered | None = None
    workflow_run: _Run | None = None


def find_place(given: Place, environment: Mapping[str, str], event: bytes) -> Place:
    """Return the pull request of this run; what is given, on the command line, goes over what the environment says.

    `event` is GitHub's, as JSON. Raises UsageError for what is no address or name, and InputError for a number that is
    another's.
    """
    ours = _of_github(environment, event) if given.forge == "github" else _of_gitlab(environment)
    # The number and head of this run mean nothing in another repository.
    is_here = not given.repository or given.repository.casefold() == ours.repository.casefold()
    # A typo would put the report under somebody else's pull request.
    if is_here and given.number and ours.number and given.number != ours.number:
        message = f"pull request {given.number} is not the one that this run is about, which is {ours.number}"
        raise InputError(message, hint="leave --number out: the event says it")
    number = given.number or (ours.number if is_here else None)
    head = ours.head if is_here else None
    return _check(
        Place(
            forge=given.forge,
            api_url=given.api_url or ours.api_url,
            repository=given.repository or ours.repository,
            number=number,
            head=head,
        )
    )


def choose_forge(name: ForgeName | None, environment: Mapping[str, str]) -> ForgeName:
    """Return the forge that is named, or else the one that runs this job; GitHub where none does."""
    runs_in_gitlab = environment.get("GITLAB_CI") and not environment.get("GITHUB_ACTIONS")
    return name or ("gitlab" if runs_in_gitlab else "github")


def require_place(place: Place) -> None:
    """Raise UsageError where no repository is known, and PublishError where the run is about no pull request."""
    if not place.repository:
        message = "no repository is known"
        raise UsageError(message, hint="outside of CI, name it: --repository OWNER/NAME --number N")
    if place.number is None and place.head is None:
        message = "this run is about no pull request"
        raise PublishError(message, hint="--number N names one")


def find_token(forge: ForgeName, environment: Mapping[str, str]) -> str:
    """Return the token. Raises PublishError where there is none, and UsageError for one that no header can carry."""
    name = next((name for name in TOKENS[forge] if environment.get(name, "").strip()), "")
    if not name:
        job = " (CI_JOB_TOKEN cannot write notes)" if forge == "gitlab" else ""
        message = (
            f"there is no token: {' and '.join(TOKENS[forge])} {'are' if len(TOKENS[forge]) > 1 else 'is'} not set{job}"
        )
        raise PublishError(message, hint="a token comes from the environment, never from the command line")
    # A secret may have been pasted with the end of its line.
    token = environment[name].strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        message = f"{name} is not a token: it holds blanks, control characters or letters beyond ASCII"
        raise UsageError(message)
    return token


def _of_github(environment: Mapping[str, str], event: bytes) -> Place:
    try:
        happened = msgspec.json.decode(event, type=_Event) if event else _Event()
    # Deep nesting is a RecursionError.
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"GITHUB_EVENT_PATH holds no event: {str(error).lower()}"
        raise InputError(message) from error
    run = happened.workflow_run
    head = (
        Head(run.head_sha, run.head_repository.full_name if run.head_repository else "", run.head_branch or "")
        if run
        else None
    )
    number = happened.pull_request.number if happened.pull_request else None
    return Place(
        forge="github",
        api_url=environment.get("GITHUB_API_URL") or _APIS["github"],
        # Where the workflow runs, which is where the pull request is: also that of a fork.
        repository=environment.get("GITHUB_REPOSITORY", ""),
        number=number,
        head=head,
    )


def _of_gitlab(environment: Mapping[str, str]) -> Place:
    """Return the merge request that a pipeline is for; of a fork's pipeline, the project that it is merged into."""
    repository = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID", "")
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    # `isdigit` alone takes `²`, which int does not.
    if number and not (number.isascii() and number.isdigit()):
        message = f"CI_MERGE_REQUEST_IID {number!r} is not a number"
        raise InputError(message)
    return Place("gitlab", environment.get("CI_API_V4_URL") or _APIS["gitlab"], repository, int(number) if number else None)


def _check(place: Place) -> Place:
    """Return a place whose address and name are what they should be. Raises UsageError."""
    if not _is_safe(place.api_url):
        message = f"{hide_secrets(place.api_url)!r} is not the address of an API"
        raise UsageError(message, hint="the token only goes to an https:// address, such as https://api.github.com")
    if place.repository and not _REPOSITORIES[place.forge].fullmatch(place.repository):
        message = f"{place.repository!r} is not a repository of {place.forge}"
        raise UsageError(message, hint="--repository takes OWNER/NAME")
    return place


def _is_safe(address: str) -> bool:
    """Return whether a token may be sent to an address: encrypted, or to this machine."""
    try:
        url = urlsplit(address)
        # A port is read when it is asked for: one that is none raises here, not when the token is on its way.
        _ = url.port
    except ValueError:
        return False
    # A name and password in it would be sent along, and a query would swallow the path that is appended.
    is_private = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
    return is_private and bool(url.hostname) and url.username is None and not url.query and not url.fragment
