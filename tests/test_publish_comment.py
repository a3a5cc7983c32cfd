"""The text of the comment, when it is wanted, and what a forge's answers mean: functions, without a forge."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.exceptions import RequestException

from cachediff.domain.cell import Cell
from cachediff.domain.report import AlsoCompared, NotCompared, Report
from cachediff.errors import PublishError, UsageError
from cachediff.publish.api_errors import explain_answer, explain_silence
from cachediff.publish.comment import fold, is_ours, is_same, is_wanted, write_body, write_marker
from cachediff.publish.forge import BusyError, Comment, RefusedError, TooLongError
from tests.reports import a_finding, a_package, a_report

WHENS = ("always", "on-change", "on-failure")
NOW = 1_000_000.0


# --- the marker --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["default", "develop", "v1.0", "a/b_c", "a-b", "x" * 100])
def test_id_that_stands_in_a_marker(id: str) -> None:
    assert write_marker(id) == f"<!-- cachediff: {id} -->"


@pytest.mark.parametrize(
    "id", ["", "a--b", "-a", "a-", "a>b", "a b", "a\nb", "a\n", "ä", "x" * 101, "-->", "a -->\n@everyone"]
)
def test_id_that_does_not(id: str) -> None:
    with pytest.raises(UsageError, match="is not an id"):
        write_marker(id)


@given(st.text("ab09-._/>! \n\r\u2028ä", max_size=6))
def test_marker_is_one_comment_on_one_line(id: str) -> None:
    with suppress(UsageError):
        marker = write_marker(id)
        assert marker.splitlines() == [marker]
        assert marker.count("--") == 2


@given(st.text(max_size=200), st.sampled_from(["default", "other"]))
def test_what_is_written_is_found_again_by_its_author_and_id_alone(text: str, id: str) -> None:
    marker = write_marker("default")
    body = write_body(write_marker(id), text)
    for stored in (body, body.replace("\n", "\r\n"), f"{body}\n"):
        assert is_ours(Comment(1, "Bot", stored, ""), "bot", marker) is (id == "default")
        assert not is_ours(Comment(1, "somebody", stored, ""), "bot", marker)
        assert not is_ours(Comment(1, "bot", f"> {stored}", ""), "bot", marker)


def test_folded_duplicate_is_no_longer_ours() -> None:
    marker = write_marker("default")
    assert not is_ours(Comment(1, "bot", fold("https://github.com/a/b/pull/3#issuecomment-1"), ""), "bot", marker)


@given(st.text(max_size=50))
def test_sameness(text: str) -> None:
    assert is_same(text, text)
    assert is_same(text.replace("\r\n", "\n"), f"\n{text}\n\n")
    assert not is_same(text, f"{text.strip()}x")


# --- when it is wanted -------------------------------------------------------------------------------------------------

CELL = Cell("e4s", "linux", "centos7", "x86_64")


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (a_report(), ("always",)),
        (a_report([a_finding("spec-added", "note")]), ("always", "on-change")),
        (a_report((), [a_package(gained=[CELL])]), ("always", "on-change")),
        (a_report(not_compared=(NotCompared("gcc", "old", "old/gcc"),)), ("always", "on-change")),
        (a_report([a_finding(severity="warning")]), ("always", "on-change")),
        (a_report([a_finding()]), WHENS),
        (a_report([a_finding(severity="warning")], fail_on="warning"), WHENS),
    ],
)
def test_wanted(report: object, wanted: tuple[str, ...]) -> None:
    assert tuple(when for when in WHENS if is_wanted(when, report)) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "is_change"),
    [
        (a_report(), False),
        (a_report([a_finding(severity="warning")]), True),
        (a_report([a_finding("spec-added", "note")]), True),
        (a_report([a_finding(status="accepted")]), True),
        (a_report((), [a_package(gained=[CELL])]), True),
    ],
)
def test_what_is_also_compared_is_a_change_too(other: Report, is_change: bool) -> None:
    also = AlsoCompared("pass", other.new, other.new, other.summary)
    report = a_report(also_compared=(AlsoCompared("pass", other.new, other.new, a_report().summary), also))
    assert is_wanted("on-change", report) is is_change
    assert not is_wanted("on-failure", report)


# --- answers -----------------------------------------------------------------------------------------------------------

LIMITED = "You have exceeded a secondary rate limit"


@pytest.mark.parametrize(
    ("status", "text", "headers", "kind", "wait"),
    [
        (500, "", {}, BusyError, 0),
        (502, "<html>", {}, BusyError, 0),
        (503, "", {"retry-after": "7"}, BusyError, 7),
        (503, "", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, BusyError, 0),
        (408, "", {}, BusyError, 0),
        (429, "", {"retry-after": "9"}, BusyError, 9),
        (429, "", {"retry-after": "9" * 400}, BusyError, 999_999_999),
        (429, "", {"ratelimit-remaining": "0", "ratelimit-reset": str(int(NOW) + 20)}, BusyError, 21),
        (
            403,
            "API rate limit exceeded",
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 5)},
            BusyError,
            6,
        ),
        (403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}, BusyError, 0),
        (403, LIMITED, {}, BusyError, 0),
        (403, LIMITED, {"retry-after": "60"}, BusyError, 60),
        (403, "Forbidden", {"retry-after": "60"}, BusyError, 60),
        (
            403,
            "Resource not accessible by integration",
            {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": "9"},
            RefusedError,
            None,
        ),
        (401, "Bad credentials", {}, RefusedError, None),
        (404, "Not Found", {}, RefusedError, None),
        (422, "Validation Failed: Body is too long (maximum is 65536 characters)", {}, TooLongError, None),
        (400, "{'note': ['is too long (maximum is 1000000 characters)']}", {}, TooLongError, None),
        (413, "", {}, TooLongError, None),
        (422, "Validation Failed", {}, RefusedError, None),
        (409, "Conflict", {}, RefusedError, None),
    ],
)
def test_answer(status: int, text: str, headers: dict[str, str], kind: type[PublishError], wait: float | None) -> None:
    error = explain_answer("GitHub", status, text, headers, NOW)
    assert type(error) is kind
    assert f"answers {status}" in str(error)
    assert getattr(error, "wait", None) == wait


@given(
    st.integers(400, 599),
    st.text(),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()),
)
def test_any_answer_means_something(status: int, text: str, headers: dict[str, str]) -> None:
    error = explain_answer("GitLab", status, text, headers, NOW)
    assert error.exit_code == 4
    assert len(str(error)) < 300
    assert "\n" not in str(error)


def wrapped_in(*errors: Exception) -> RequestException:
    """Return an error of the libraries' that each of some errors led to, the first one last."""
    outer: Exception = RequestException("a library's words")
    first = outer
    for error in errors:
        outer.__cause__ = error
        outer = error
    return cast("RequestException", first)


def test_why_a_forge_cannot_be_reached() -> None:
    untrusted = ssl.SSLCertVerificationError(1, "certificate verify failed")
    untrusted.verify_message = "self-signed certificate"
    refused = explain_silence("GitHub", wrapped_in(ValueError("retries"), untrusted))
    assert (type(refused), "(self-signed certificate)" in str(refused)) == (RefusedError, True)
    assert "REQUESTS_CA_BUNDLE" in refused.hint
    away = explain_silence("GitLab", wrapped_in(ValueError("retries"), ConnectionRefusedError(111, "Connection refused")))
    assert (type(away), str(away)) == (BusyError, "GitLab cannot be reached: connection refused")
    assert str(explain_silence("GitHub", wrapped_in())) == "GitHub cannot be reached: RequestException"
