"""Whatever an API does, publishing asks it so often, takes so many bytes and seconds, and says which bound it was."""

from __future__ import annotations

import gzip
import re
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff import render
from cachediff.errors import PublishError
from cachediff.limits import DEFAULT_PUBLISH_LIMITS, PUBLISH_MAXIMA, PublishLimits
from cachediff.publish.comment import write_marker
from cachediff.publish.github import GithubComments
from cachediff.publish.gitlab import GitlabNotes
from cachediff.publish.place import Place
from cachediff.publish.post import Sticky, post
from cachediff.publish.transport import BoundError, Meter
from tests.commands import ROOT
from tests.forge.endless import BIG, HEAD, SLOW, EndlessServer, chunk_without_end, headers_without_end
from tests.forge.github import GithubServer
from tests.forge.gitlab import GitlabServer
from tests.forge.publishing import publish
from tests.forge.server import US, Answer
from tests.reports import a_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cachediff.publish.place import ForgeName
    from cachediff.publish.post import Posting
    from tests.forge.server import Forge, RatedObservation

FORGES: dict[ForgeName, type[Forge]] = {"github": GithubServer, "gitlab": GitlabServer}
BOTH = pytest.mark.parametrize("name", FORGES)
TEXT = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
SMALL = PublishLimits(answer_bytes=4 << 20, seconds=1)


def try_to_publish(name: ForgeName, api_url: str, limits: PublishLimits, *, author: str = US) -> Posting:
    """Publish with no time to wait."""
    meter = Meter(name, limits)
    place = Place(name, api_url, "spack/cache", 3)
    client = GithubComments if name == "github" else GitlabNotes
    return post(client(place, "t0ken", author, meter), Sticky(write_marker("default"), lambda _: "red", 65_000, True), 0)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("answer", BIG)
def test_bytes_of_an_answer(name: ForgeName, answer: str) -> None:
    limits = msgspec.structs.replace(SMALL, seconds=60)
    start = time.monotonic()
    with (
        EndlessServer(BIG[answer]) as server,
        pytest.raises(BoundError, match=r"answers with more than 4,194,304 bytes \(limit answer-bytes\)"),
    ):
        try_to_publish(name, server.origin, limits)
    assert time.monotonic() - start < 20


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("answer", SLOW)
def test_seconds_in_all(name: ForgeName, answer: str) -> None:
    start = time.monotonic()
    with (
        EndlessServer(SLOW[answer]) as server,
        pytest.raises(BoundError, match=r"takes longer than 1 seconds \(limit seconds\)"),
    ):
        try_to_publish(name, server.origin, SMALL)
    assert 0.9 < time.monotonic() - start < 5


@BOTH
@pytest.mark.parametrize("answer", [headers_without_end, chunk_without_end])
def test_what_the_libraries_refuse_is_no_answer(name: ForgeName, answer: Callable[[], Iterator[bytes]]) -> None:
    with EndlessServer(answer) as server, pytest.raises(PublishError, match=r"cannot be reached|answer-bytes"):
        try_to_publish(name, server.origin, SMALL)


@BOTH
def test_answer_that_is_packed_within_the_bounds_is_read(name: ForgeName) -> None:
    packed = gzip.compress(b'{"message": "packed", "error": "packed"}')
    head = (
        HEAD.replace(b"200 OK", b"404 Not Found")
        + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    )
    with EndlessServer(lambda: iter([head + packed])) as server, pytest.raises(PublishError, match="answers 404: packed"):
        try_to_publish(name, server.origin, SMALL)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("size", [0, 1])
def test_pages_of_comments(name: ForgeName, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page says that there is a next one, with a comment or without any."""
    with FORGES[name]() as forge:
        forge.add("somebody", "first!")

        def page(seen: RatedObservation) -> tuple[list[object], dict[str, str]]:
            return list(forge.comments[:size]), {"Link": f'<{forge.origin}{seen.path}?page={len(forge.seen)}>; rel="next"'}

        monkeypatch.setattr(forge, "page", page)
        with pytest.raises(BoundError, match=r"lists more than 7 pages of comments \(limit comment-pages\)"):
            try_to_publish(name, forge.api_url, PublishLimits(comment_pages=7))
        assert [seen.query["page"] for seen in forge.seen if "page" in seen.query] == list("1234567")
        assert forge.writes == []


@BOTH
def test_next_page_is_never_where_an_answer_says(name: ForgeName, monkeypatch: pytest.MonkeyPatch) -> None:
    with FORGES[name]() as forge, FORGES[name]() as elsewhere:
        link = f'<{elsewhere.api_url}/repos/spack/cache/issues/3/comments?page=2>; rel="next"'
        monkeypatch.setattr(forge, "page", lambda seen: ([], {"Link": link} if seen.query["page"] == "1" else {}))
        assert try_to_publish(name, forge.api_url, DEFAULT_PUBLISH_LIMITS).word == "created"
        assert elsewhere.seen == []


@pytest.mark.slow
@BOTH
def test_requests_in_all(name: ForgeName, monkeypatch: pytest.MonkeyPatch) -> None:
    with FORGES[name]() as forge:
        monkeypatch.setattr(
            forge, "page", lambda seen: ([], {"Link": '<x>; rel="next"'} if seen.query["page"] != "200" else {})
        )
        with pytest.raises(BoundError, match=r"takes more than 9 requests \(limit requests\)"):
            try_to_publish(name, forge.api_url, PublishLimits(requests=9))
        assert len(forge.seen) == 9


@pytest.mark.slow
def test_processing_without_end() -> None:
    """PyGithub asks again what is still being made."""
    with GithubServer() as forge:
        forge.answer = lambda seen: Answer(202, {})  # type: ignore[method-assign]
        with pytest.raises(BoundError, match=r"takes longer than 1 seconds"):
            try_to_publish("github", forge.api_url, SMALL)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("is_required", [False, True])
def test_bound_is_a_failure_to_post(name: ForgeName, is_required: bool, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(render(a_report(), "json"), encoding="utf-8")
    forge = FORGES[name]()
    try:
        with EndlessServer(SLOW["body that trickles"]) as server:
            words = ("--api-url", server.origin, "--number", "3", "--author", US, "--wait", "0", "--limit", "seconds=1")
            required = ("--require",) if is_required else ()
            ended = publish(
                "report.json", *words, *required, forge=forge, cwd=tmp_path, env={"GITHUB_STEP_SUMMARY": "summary.md"}
            )
    finally:
        forge._server.server_close()
    level = "error" if is_required else "warning"
    shown = {"github": "GitHub", "gitlab": "GitLab"}[name]
    assert (ended.returncode, ended.stdout) == (4 if is_required else 0, "")
    assert ended.stderr.startswith(
        f"{level}: the comment is not posted: {shown} takes longer than 1 seconds (limit seconds); the report is in"
    )
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### ✅ pass")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("second=5", "names no limit; did you mean 'seconds'?"),
        ("seconds=0", "is not a number from 1 to 86,400"),
        ("pages=5", "names no limit"),
    ],
)
def test_limit_that_is_none(value: str, said: str, tmp_path: Path) -> None:
    ended = publish("report.json", "--limit", value, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_the_page_has_the_bounds_of_the_code() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ([0-9,]+) \| ([0-9,]+) \| (?:.*) \| the comment is not posted \|$", TEXT, re.MULTILINE
    )
    defaults = msgspec.to_builtins(DEFAULT_PUBLISH_LIMITS)
    assert rows == [(name, f"{defaults[name]:,}", f"{most:,}") for name, most in PUBLISH_MAXIMA.items()]
