"""The comment of a pull request, from one state to the next.

The real clients run against servers on this machine, the same table for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cachediff.errors import PublishError
from cachediff.publish.comment import write_marker
from cachediff.publish.forge import BusyError, RefusedError
from cachediff.publish.github import GithubComments
from cachediff.publish.gitlab import GitlabNotes
from cachediff.publish.place import Place
from cachediff.publish.post import Sticky, post
from tests.forge.github import GithubServer
from tests.forge.gitlab import GitlabServer
from tests.forge.server import US, Answer, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.publish.post import Posting
    from tests.forge.server import Forge, RatedObservation

MARKER = write_marker("default")
RED, GREEN = "### ❌ fail: errors in 1 package", "### ✅ pass"


@dataclass
class Desk:
    """A forge, and somebody who publishes there and notes how long he waits."""

    forge: Forge
    waits: list[float] = field(default_factory=list)

    def publish(
        self, text: str = RED, *, id: str = "default", is_wanted: bool = True, author: str = "", budget: int = 65_000
    ) -> Posting:
        """Publish a report that draws as a text."""
        sticky = Sticky(write_marker(id), lambda most: text[:most], budget, is_wanted)
        token = self.forge.environment.get("GITHUB_TOKEN") or self.forge.environment["GITLAB_TOKEN"]
        client = GithubComments if self.forge.name == "github" else GitlabNotes
        place = Place(self.forge.name, self.forge.api_url, self.forge.repository, self.forge.number)
        return post(client(place, token, author), sticky, 60, self.waits.append)


@pytest.fixture(params=[GithubServer, GitlabServer], ids=["github", "gitlab"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Return a desk at each forge."""
    with request.param() as forge:
        yield Desk(forge)


def said(text: str, marker: str = MARKER) -> str:
    """Return what a comment says that shows a text."""
    return f"{marker}\n{text}"


# --- one comment -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_created_then_unchanged_then_updated_and_green(desk: Desk) -> None:
    created = desk.publish(RED)
    assert (created.word, desk.forge.bodies) == ("created", [said(RED)])
    assert desk.publish(RED).word == "unchanged"
    assert len(desk.forge.writes) == 1, "what is equal is not written"
    updated = desk.publish(GREEN)
    assert (updated.word, updated.url) == ("updated", created.url)
    assert desk.forge.bodies == [said(GREEN)]
    assert str(desk.forge.comments[0].id) in created.url


def test_line_ends_of_the_forge_are_no_change(desk: Desk) -> None:
    desk.forge.add(US, f"{MARKER}\r\n{RED}\r\n\r\ntwo\r\n")
    assert desk.publish(f"{RED}\n\ntwo\n").word == "unchanged"


@pytest.mark.slow
def test_found_on_the_31st_page(desk: Desk) -> None:
    for number in range(3_000):
        desk.forge.add("somebody", f"comment {number}")
    kept = desk.forge.add(US, said(RED))
    assert desk.publish(GREEN).word == "updated"
    assert len(desk.forge.comments) == 3_001
    assert desk.forge.comments[-1].id == kept
    assert desk.forge.bodies[-1] == said(GREEN)
    assert [seen.query["page"] for seen in desk.forge.seen if "page" in seen.query][-1] == "31"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("somebody", said(RED)),
        ("somebody", f"> {MARKER}\n> {RED}\n\nwhy is that?"),
        (US, f"> {MARKER}\n> {RED}"),
        (US, f"my comment\n{MARKER}\n{RED}"),
        (US, f"{MARKER} and more\n{RED}"),
        (US, f"{write_marker('default-2')}\n{RED}"),
        (US, ""),
    ],
)
def test_somebody_who_quotes_the_marker_is_left_alone(desk: Desk, author: str, body: str) -> None:
    desk.forge.add(author, body)
    assert desk.publish(RED).word == "created"
    assert desk.forge.bodies == [body, said(RED)]


@pytest.mark.slow
def test_several_comparisons_have_a_comment_each(desk: Desk) -> None:
    assert desk.publish(RED, id="develop").word == "created"
    assert desk.publish(GREEN, id="v1.0").word == "created"
    assert desk.publish(GREEN, id="develop").word == "updated"
    assert desk.forge.bodies == [said(GREEN, write_marker("develop")), said(GREEN, write_marker("v1.0"))]


@pytest.mark.slow
def test_duplicates_are_folded_once(desk: Desk) -> None:
    for author in (US, "somebody", US, US):
        desk.forge.add(author, said(RED))
    outcome = desk.publish(GREEN)
    assert (outcome.word, outcome.folded) == ("updated", 2)
    kept, other, *folded = desk.forge.bodies
    assert (kept, other) == (said(GREEN), said(RED))
    assert all(body.startswith("<details>") and outcome.url in body for body in folded)
    before = len(desk.forge.writes)
    assert (desk.publish(GREEN).word, desk.publish(GREEN).folded) == ("unchanged", 0)
    assert len(desk.forge.writes) == before


@pytest.mark.parametrize("status", [403, 404, 503])
def test_duplicate_that_cannot_be_folded_leaves_the_comment_posted(
    desk: Desk, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        desk.forge.add(US, said(RED))
    follow = desk.forge.answer

    def refuse_second(seen: RatedObservation) -> Answer:
        is_second = seen.method in ("PATCH", "PUT") and desk.forge.writes
        return Answer(status, {"message": "no"}) if is_second else follow(seen)

    with monkeypatch.context() as patch:
        patch.setattr(desk.forge, "answer", refuse_second)
        outcome = desk.publish(GREEN)
    assert (outcome.word, outcome.folded, desk.waits) == ("updated", 0, [])
    assert f"answers {status}" in outcome.trouble
    assert desk.forge.bodies == [said(GREEN), said(RED), said(RED)]
    again = desk.publish(GREEN)
    assert (again.word, again.folded, again.trouble) == ("unchanged", 2, "")


@pytest.mark.slow
def test_unwanted_is_not_created_but_refreshed(desk: Desk) -> None:
    assert desk.publish(GREEN, is_wanted=False).word == "not needed"
    assert desk.forge.comments == []
    desk.publish(RED)
    assert desk.publish(GREEN, is_wanted=False).word == "updated"
    assert desk.forge.bodies == [said(GREEN)]


def test_given_author_is_believed(desk: Desk) -> None:
    desk.forge.add("other-bot", said(RED))
    assert desk.publish(RED, author="Other-Bot").word == "unchanged"
    assert desk.publish(RED, author="nobody").author == US


# --- when the forge says no --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_refused_to_write(desk: Desk) -> None:
    desk.forge.faults.append(desk.forge.refuse("POST"))
    with pytest.raises(RefusedError, match="answers 403") as refused:
        desk.publish()
    assert "that of a fork's pull request never may" in refused.value.hint
    assert (desk.forge.comments, desk.waits) == ([], [])


def test_refused_to_read(desk: Desk) -> None:
    desk.forge.faults.append(Fault("GET", Answer(404, {"message": "Not Found"})))
    with pytest.raises(RefusedError, match="answers 404"):
        desk.publish()
    assert desk.forge.writes == []


@pytest.mark.slow
def test_too_long_is_halved_until_it_fits(desk: Desk) -> None:
    most = desk.forge.most_characters
    assert desk.publish("x" * 3 * most, budget=3 * most).word == "created"
    (body,) = desk.forge.bodies
    assert len(body) == 3 * most // 4
    assert len(desk.forge.writes) == 3
    assert desk.publish("x" * 3 * most, budget=3 * most).word == "unchanged"


@pytest.mark.slow
def test_too_long_whatever_is_cut(desk: Desk) -> None:
    most = desk.forge.most_characters
    with pytest.raises(PublishError, match=r"too long even with [\d,]+ characters"):
        desk.publish("x" * 40 * most, budget=40 * most)
    assert desk.forge.comments == []


# --- when the forge falters --------------------------------------------------------------------------------------------

BAD_GATEWAY = Answer(502, {"message": "Bad Gateway"})
CUT = Answer(None)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [BAD_GATEWAY, Answer(503, "<html>"), CUT], ids=["502", "503", "cut"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_fault_then_success(desk: Desk, method: str, answer: Answer) -> None:
    desk.forge.faults.append(Fault(method, answer))
    assert desk.publish().word == "created"
    assert desk.forge.bodies == [said(RED)]
    assert desk.waits == [1]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [BAD_GATEWAY, CUT], ids=["502", "cut"])
def test_fault_of_a_post_that_was_done_makes_no_second_comment(desk: Desk, answer: Answer) -> None:
    desk.forge.faults.append(Fault("POST", answer, is_done=True))
    assert desk.publish().word == "unchanged"
    assert desk.forge.bodies == [said(RED)]
    assert desk.forge.writes == ["POST"]


@pytest.mark.slow
def test_fault_that_stays(desk: Desk) -> None:
    desk.forge.faults += [Fault("GET", BAD_GATEWAY) for _ in range(9)]
    with pytest.raises(BusyError, match="answers 502"):
        desk.publish()
    assert desk.waits == [1, 4, 15]


@pytest.mark.slow
def test_rate_limit_that_ends_soon(desk: Desk) -> None:
    desk.forge.faults.append(desk.forge.limit("POST", 30))
    assert desk.publish().word == "created"
    assert desk.waits == [30]
    assert len(desk.forge.comments) == 1


def test_rate_limit_that_ends_late(desk: Desk) -> None:
    desk.forge.faults.append(desk.forge.limit("GET", 3_600))
    with pytest.raises(BusyError) as busy:
        desk.publish()
    assert busy.value.wait == 3_600
    assert desk.waits == []


@pytest.mark.slow
def test_network_lost(desk: Desk) -> None:
    desk.forge.stop()
    with pytest.raises(BusyError, match="cannot be reached"):
        desk.publish()
    assert desk.waits == [1, 4, 15]


@pytest.mark.parametrize(
    "content", ["<html>a captive portal</html>", '{"cut": ', {"message": "hello"}, [1], [{"id": "x"}], None]
)
def test_answer_of_something_else(desk: Desk, content: object) -> None:
    desk.forge.faults += [Fault("GET", Answer(200, content)) for _ in range(3)]
    with pytest.raises(RefusedError, match="what answers is not"):
        desk.publish()
    assert desk.forge.writes == []


@pytest.mark.slow
@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirection_takes_no_token_along(desk: Desk, method: str, status: int) -> None:
    with type(desk.forge)() as elsewhere:
        away = elsewhere.origin.replace("127.0.0.1", "localhost")
        desk.forge.faults.append(
            Fault(method, Answer(status, {"message": "moved"}, {"Location": f"{away}/repos/spack/cache/issues/3/comments"}))
        )
        with pytest.raises(RefusedError, match="sends on to another address"):
            desk.publish()
        assert elsewhere.seen == []


def test_repository_that_was_renamed_is_not_followed(desk: Desk) -> None:
    """Whoever follows loses the number of the page on the way, and would ask for the first one for ever."""
    here = {"Location": f"{desk.forge.origin}/repositories/1/issues/3/comments"}
    desk.forge.faults.append(Fault("GET", Answer(301, {"message": "Moved Permanently"}, here)))
    with pytest.raises(RefusedError, match="sends on to another address") as refused:
        desk.publish()
    assert "the name that a repository has now" in refused.value.hint
    assert len([seen for seen in desk.forge.seen if seen.path != "/graphql"]) == 1


@pytest.mark.parametrize("status", [401, 403, 500])
def test_token_that_an_answer_repeats_is_not_said(desk: Desk, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def repeat(seen: RatedObservation) -> Answer:
        return Answer(status, {"message": f"you sent {seen.headers}"})

    monkeypatch.setattr(desk.forge, "answer", repeat)
    with pytest.raises(PublishError, match=f"answers {status}: you sent") as refused:
        desk.publish()
    assert "t0ken" not in str(refused.value)
    assert "***" in str(refused.value) or len(str(refused.value)) > 200


# --- who asks ----------------------------------------------------------------------------------------------------------

_RATE = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
_WRONG = {"message": "Something went wrong while executing your query."}
_DENIED = {"type": "FORBIDDEN", "message": "Resource not accessible by personal access token"}


@pytest.mark.parametrize(
    ("answer", "waits"), [({"errors": [_RATE]}, [1]), ({"data": None, "errors": [_WRONG]}, [1]), ({"errors": [_DENIED]}, [])]
)
def test_graphql_says_no_with_status_200(
    answer: dict[str, object], waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with GithubServer() as forge:
        answers, follow = [answer], forge.answer
        monkeypatch.setattr(forge, "answer", lambda seen: Answer(200, answers.pop()) if answers else follow(seen))
        desk = Desk(forge)
        if waits:
            assert desk.publish().word == "created"
        else:
            with pytest.raises(RefusedError, match="GitHub answers 200: Resource not accessible"):
                desk.publish()
        assert desk.waits == waits
