"""The client of GitHub against GitHub's own description of its API: each request is one it allows, each answer is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import requests

from cachediff.publish.comment import write_marker
from cachediff.publish.forge import Comment
from cachediff.publish.github import GithubComments
from cachediff.publish.place import Head, Place
from cachediff.publish.post import Sticky, post
from tests.forge.described import DescribedGithub, serve_description
from tests.forge.server import US

if TYPE_CHECKING:
    from collections.abc import Iterator

PRISM, DESCRIPTION = os.environ.get("CACHEDIFF_PRISM", ""), os.environ.get("CACHEDIFF_GITHUB_API", "")
pytestmark = pytest.mark.skipif(
    not (PRISM and DESCRIPTION),
    reason="CACHEDIFF_PRISM and CACHEDIFF_GITHUB_API name no Prism and no description (.ci/run has both)",
)
HEAD = Head("0" * 40, "somebody/cache", "add-snapshot")


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """Return the address of Prism, which takes ten seconds to read the description."""
    with serve_description(PRISM, DESCRIPTION) as address:
        yield address


def publish(server: DescribedGithub, text: str, head: Head | None = None) -> str:
    """Return what publishing did."""
    place = Place("github", server.api_url, server.repository, None if head else server.number, head)
    sticky = Sticky(write_marker("default"), lambda most: text[:most], 65_000, True)
    return post(GithubComments(place, "ghs_t0ken"), sticky, 0).word


def test_every_request_is_described(prism: str) -> None:
    with DescribedGithub(prism) as server:
        for number in range(150):
            server.add("somebody", f"comment {number}")
        server.open_pull(3, HEAD.sha, HEAD.repository, HEAD.branch)
        assert publish(server, "red") == "created"
        assert publish(server, "red") == "unchanged"
        server.add(US, server.bodies[-1])
        assert publish(server, "green", HEAD) == "updated"
        assert server.refused == []
        base = "/repos/spack/cache"
        assert {one.request for one in server.listed} == {
            f"GET {base}/issues/3/comments",
            f"POST {base}/issues/3/comments",
            f"PATCH {base}/issues/comments/250",
            f"PATCH {base}/issues/comments/251",
            f"GET {base}/pulls",
        }


def test_described_answers_are_read(prism: str) -> None:
    with DescribedGithub(prism, answers=True) as server:
        client = GithubComments(Place("github", server.api_url, server.repository, 3), "ghs_t0ken", "octocat")
        url = "https://github.com/octocat/Hello-World/issues/1347#issuecomment-1"
        example = Comment(1, "octocat", "Me too", url)
        assert list(client.comments()) == [example]
        assert client.create("text") == example
        assert client.update(1, "text") == example
        found = GithubComments(Place("github", server.api_url, server.repository, None, HEAD), "ghs_t0ken")._list_open(HEAD)
        assert found == []  # the example's head is another commit
        assert server.refused == []


def test_violation_is_noticed(prism: str) -> None:
    with DescribedGithub(prism) as server:
        requests.post(f"{server.origin}/repos/spack/cache/issues/3/comments", json={"text": "no body"}, timeout=60)
        (refused,) = server.refused
        assert refused.status == 422
        assert refused.violations[0]["message"] == "Request body must have required property 'body'"
