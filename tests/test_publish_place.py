"""Which pull request a run may comment on: from the environment of each CI, from events, from options.

Also, what is no address or token.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.errors import InputError, PublishError, UsageError
from cachediff.publish.forge import RefusedError
from cachediff.publish.github import GithubComments, choose_number
from cachediff.publish.place import Head, Place, choose_forge, find_place, find_token, require_place
from tests.forge.github import GithubServer

if TYPE_CHECKING:
    from cachediff.publish.place import ForgeName

WORKFLOW = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "spack/cache"}
PIPELINE = {"GITLAB_CI": "true", "CI_API_V4_URL": "https://gitlab.com/api/v4", "CI_PROJECT_ID": "7"}
HEAD = Head("c0ffee" * 6 + "c0ff", "somebody/cache", "add-snapshot")


def a_run(**changes: Any) -> dict[str, Any]:
    """Return the event of a workflow that another one started."""
    run = {
        "event": "pull_request",
        "head_sha": HEAD.sha,
        "head_branch": HEAD.branch,
        "head_repository": {"full_name": HEAD.repository},
    }
    return {"action": "completed", "workflow_run": run | changes}


def find(given: Place, environment: dict[str, str], event: dict[str, Any] | None = None) -> Place:
    """Return the pull request of a run."""
    return find_place(given, environment, json.dumps(event).encode() if event else b"")


# --- what the run says -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "number", "head"),
    [
        (None, None, None),
        ({"pull_request": {"number": 3, "head": {"sha": "x"}}}, 3, None),
        ({"ref": "refs/heads/main", "head_commit": {}}, None, None),
        (a_run(), None, HEAD),
        (a_run(head_repository=None), None, Head(HEAD.sha, "", HEAD.branch)),
        (a_run(pull_requests=[{"number": 3}]), None, HEAD),
    ],
    ids=[
        "no event",
        "pull_request",
        "push",
        "workflow_run",
        "workflow_run of a fork that is gone",
        "number of the run is not believed",
    ],
)
def test_event_of_github(event: dict[str, Any] | None, number: int | None, head: Head | None) -> None:
    found = find(Place("github"), WORKFLOW, event)
    assert found == Place("github", "https://api.github.com", "spack/cache", number, head)


@pytest.mark.parametrize(
    ("changes", "repository", "number"),
    [
        ({}, "7", None),
        ({"CI_MERGE_REQUEST_IID": "3"}, "7", 3),
        ({"CI_MERGE_REQUEST_IID": "3", "CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_PROJECT_ID": "7"}, "7", 3),
    ],
    ids=["no merge request", "merge request", "pipeline of a fork"],
)
def test_environment_of_gitlab(changes: dict[str, str], repository: str, number: int | None) -> None:
    assert find(Place("gitlab"), PIPELINE | changes) == Place("gitlab", "https://gitlab.com/api/v4", repository, number)


@pytest.mark.parametrize(
    ("name", "environment", "forge"),
    [(None, {}, "github"), (None, WORKFLOW, "github"), (None, PIPELINE, "gitlab"), ("github", PIPELINE, "github")],
)
def test_forge(name: ForgeName | None, environment: dict[str, str], forge: ForgeName) -> None:
    assert choose_forge(name, environment) == forge


def test_options_go_over_the_environment() -> None:
    given = Place("github", "https://git.example.org/api/v3", "other/cache", 9)
    assert find(given, WORKFLOW, {"pull_request": {"number": 3}}) == given
    assert find(Place("github", number=3), WORKFLOW, {"pull_request": {"number": 3}}).number == 3


# --- somebody else's number --------------------------------------------------------------------------------------------


def test_number_that_the_event_contradicts_is_refused() -> None:
    with pytest.raises(InputError, match="pull request 9 is not the one that this run is about, which is 3"):
        find(Place("github", number=9), WORKFLOW, {"pull_request": {"number": 3}})
    with pytest.raises(InputError, match="pull request 9 is not the one that this run is about, which is 3"):
        find(Place("gitlab", number=9), PIPELINE | {"CI_MERGE_REQUEST_IID": "3"})


def resolve(server: GithubServer, head: Head, claimed: int | None = None) -> int:
    """Return the number that a client finds for a head."""
    place = Place("github", server.api_url, server.repository, claimed, head)
    return choose_number(GithubComments(place, "t")._list_open(head), claimed, head)


def test_head_of_a_fork_finds_its_pull_request_and_no_other() -> None:
    with GithubServer() as server:
        server.open_pull(3, HEAD.sha, HEAD.repository, HEAD.branch)
        server.open_pull(4, "d" * 40, HEAD.repository, "another")
        server.open_pull(5, HEAD.sha, "attacker/cache", HEAD.branch)
        server.open_pull(6, HEAD.sha, "somebody/other-fork", HEAD.branch)
        assert resolve(server, HEAD) == 3
        assert resolve(server, HEAD, 3) == 3
        for claimed in (4, 5, 6, 99):
            with pytest.raises(InputError, match=f"pull request {claimed} is not that of this run"):
                resolve(server, HEAD, claimed)


@pytest.mark.parametrize(
    "head",
    [Head("e" * 40, HEAD.repository, HEAD.branch), Head(HEAD.sha, "", HEAD.branch), Head(HEAD.sha, HEAD.repository, "")],
)
def test_head_that_nobody_has_any_more(head: Head) -> None:
    with GithubServer() as server:
        server.open_pull(3, HEAD.sha, HEAD.repository, HEAD.branch)
        for claimed in (None, 3):
            with pytest.raises(RefusedError, match="no open pull request has its head in"):
                resolve(server, head, claimed)


def test_head_of_two_pull_requests_needs_a_number() -> None:
    with GithubServer() as server:
        for number in (3, 4):
            server.open_pull(number, HEAD.sha, HEAD.repository, HEAD.branch)
        with pytest.raises(RefusedError, match="pull requests 3, 4 all have their head in"):
            resolve(server, HEAD)
        assert resolve(server, HEAD, 4) == 4


# --- what is missing, and what is not what it should be ----------------------------------------------------------------


def test_what_is_missing() -> None:
    with pytest.raises(UsageError, match="no repository is known"):
        require_place(find(Place("github"), {}))
    with pytest.raises(PublishError, match="this run is about no pull request"):
        require_place(find(Place("github"), WORKFLOW))
    with pytest.raises(PublishError, match="GITHUB_TOKEN and GH_TOKEN are not set"):
        find_token("github", {"GITHUB_TOKEN": " "})
    with pytest.raises(PublishError, match="CI_JOB_TOKEN cannot write notes"):
        find_token("gitlab", {"CI_JOB_TOKEN": "x"})
    assert find_token("github", {"GITHUB_TOKEN": "", "GH_TOKEN": "ghp_x\n"}) == "ghp_x"


@pytest.mark.parametrize("token", ["a b", "a\nb", "ä", "a\x00b"])
def test_token_that_no_header_carries_is_not_shown(token: str) -> None:
    with pytest.raises(UsageError, match="GITHUB_TOKEN is not a token") as refused:
        find_token("github", {"GITHUB_TOKEN": token})
    assert token not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "http://api.github.com",
            "http://127.0.0.1.example.org",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "//api.github.com",
            "api.github.com",
        ),
        *(
            "https://",
            "https://user@api.github.com",
            "https://user:pass@api.github.com",
            "https://api.github.com?x",
            "https://a#b",
        ),
        *("https://[::1", "https://a:port", "https://a:99999", " ", "http://localhost.example.org"),
    ],
)
def test_address_to_which_no_token_goes(address: str) -> None:
    with pytest.raises(UsageError, match="is not the address of an API") as refused:
        find(Place("github", address, "a/b", 1), {})
    assert ":pass@" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["https://git.example.org/api/v3", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1/x"]
)
def test_address_to_which_a_token_may_go(address: str) -> None:
    assert find(Place("github", address, "a/b", 1), {}).api_url == address


@pytest.mark.parametrize(
    ("forge", "repository"),
    [
        *(
            ("github", name)
            for name in (
                "a",
                "a/b/c",
                "a/..",
                "./b",
                "a/b?x",
                "a/b#x",
                "a/b ",
                "a /b",
                "a/b\n",
                "a\\b/c",
                "7",
                "ä/b",
                "a/%2e%2e",
            )
        ),
        *(("gitlab", name) for name in ("a", "a/../b", "a//b", "/a/b", "a/b/", "7/..", "a/b?x", "")),
    ],
)
def test_name_that_is_no_repository(forge: ForgeName, repository: str) -> None:
    if not repository:
        assert find(Place(forge), {}).repository == ""
        return
    with pytest.raises(UsageError, match="is not a repository of"):
        find(Place(forge, "", repository, 1), {})


@pytest.mark.parametrize(
    ("forge", "repository"),
    [("github", "spack/spack.github-io_1"), ("gitlab", "7"), ("gitlab", "a/b"), ("gitlab", "a/b/c-d/e.f")],
)
def test_name_that_is_a_repository(forge: ForgeName, repository: str) -> None:
    assert find(Place(forge, "", repository, 1), {}).repository == repository


@given(
    st.binary(max_size=40)
    | st.recursive(st.none() | st.booleans() | st.text(max_size=3) | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_event_is_read_or_refused(event: bytes) -> None:
    with suppress(InputError):
        found = find_place(Place("github"), WORKFLOW, event)
        assert (found.number, found.head) == (None, None)


@pytest.mark.parametrize(
    "event",
    ['{"pull_request": {"number": "3"}}', '{"workflow_run": {"head_sha": 3}}', "[" * 100_000, '{"pull_request": []}'],
)
def test_event_of_the_wrong_shape(event: str) -> None:
    with pytest.raises(InputError, match="GITHUB_EVENT_PATH holds no event"):
        find_place(Place("github"), WORKFLOW, event.encode())


def test_number_of_gitlab_that_is_none() -> None:
    with pytest.raises(InputError, match="CI_MERGE_REQUEST_IID '3x' is not a number"):
        find(Place("gitlab"), PIPELINE | {"CI_MERGE_REQUEST_IID": "3x"})
