"""Where a comment leads: what the CI's variables say, what an option says, and what is no address."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.cli.links import add_links, find_links
from cachediff.errors import UsageError
from cachediff.library import render
from cachediff.render.options import Links, Options
from cachediff.rules.catalogue import RULES
from tests.make_rules_page import PAGE, write_page
from tests.markdown_pages import read
from tests.reports import a_finding, a_report

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "spack/cache",
    "GITHUB_RUN_ID": "7",
}
RUN = "https://github.example/spack/cache/actions/runs"
PIPELINE = "https://gitlab.example/spack/cache/-/pipelines/7"


@pytest.mark.parametrize(
    ("environment", "event", "links"),
    [
        ({}, b"", Links()),
        (GITHUB, b"", Links(f"{RUN}/7", f"{RUN}/7#artifacts")),
        (GITHUB, b'{"pull_request": {"number": 3}}', Links(f"{RUN}/7", f"{RUN}/7#artifacts")),
        (GITHUB, b'{"workflow_run": {"id": 5}}', Links(f"{RUN}/5", f"{RUN}/5#artifacts")),
        (GITHUB, b'{"workflow_run": {"id": "5"}}', Links(f"{RUN}/7", f"{RUN}/7#artifacts")),
        (GITHUB, b"{", Links(f"{RUN}/7", f"{RUN}/7#artifacts")),
        (GITHUB | {"GITHUB_ACTIONS": ""}, b"", Links()),
        (GITHUB | {"GITHUB_RUN_ID": ""}, b"", Links()),
        (GITHUB | {"GITHUB_RUN_ID": "7)"}, b"", Links()),
        (GITHUB | {"GITHUB_RUN_ID": "²"}, b"", Links()),
        (GITHUB | {"GITHUB_SERVER_URL": ""}, b"", Links()),
        (GITHUB | {"GITHUB_SERVER_URL": "javascript:alert(1)"}, b"", Links()),
        (GITHUB | {"GITHUB_REPOSITORY": "a b"}, b"", Links()),
        ({"GITLAB_CI": "true", "CI_PIPELINE_URL": PIPELINE}, b"", Links(PIPELINE)),
        ({"CI_PIPELINE_URL": PIPELINE}, b"", Links()),
        ({"GITLAB_CI": "true", "CI_PIPELINE_URL": "https://a/\n"}, b"", Links()),
    ],
)
def test_what_the_ci_says(environment: dict[str, str], event: bytes, links: Links) -> None:
    assert find_links(environment, event) == links


def test_what_an_option_says() -> None:
    known = Links(run="https://a.example/1")
    assert add_links(known, ["reports=https://b.example/x#y", "rules=", "run=http://127.0.0.1:80/"]) == Links(
        run="http://127.0.0.1:80/", reports="https://b.example/x#y"
    )


@pytest.mark.parametrize("word", ["rum=https://a", "https://a", "rules.md", ""])
def test_an_option_that_names_no_link(word: str) -> None:
    with pytest.raises(UsageError, match=f"--link '{re.escape(word)}' is not NAME=URL"):
        add_links(Links(), [word])


def test_an_address_is_of_a_length() -> None:
    assert add_links(Links(), [f"run=https://a.example/{'a' * 1000}"]) == Links()


@pytest.mark.parametrize("url", ["a", "javascript:alert(1)", "https://me:secret@a/", "https://"])
def test_what_is_no_address_is_left_out_with_a_warning(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    links = add_links(Links(), [f"run={url}", "rules=https://a.example/rules.md"])
    assert links == Links(rules="https://a.example/rules.md")
    said = url.replace("me:secret", "…")
    assert capsys.readouterr().err.startswith(f"warning: --link 'run={said}' has no address that a link can have\n")


@given(st.text("ah:/.)](<> \n\\`#&|\"'@", max_size=30))
def test_whatever_is_taken_for_an_address_is_one_link(rest: str) -> None:
    links = add_links(Links(), [f"run=https://a.example/{rest}"])
    text = render(a_report(), "markdown", Options(links=links))
    assert read(text).links == [*filter(None, [links.run])]


def test_rules_that_nobody_knows_lead_nowhere() -> None:
    rules = ["stack-dropped", "os-dropped"]
    report = a_report(a_finding(rule, package="gcc") for rule in (*rules, "x-dropped"))
    text = render(report, "markdown", Options(links=Links(rules="https://a.example/rules.md")))
    assert read(text).links == [f"https://a.example/rules.md#{rule}" for rule in rules]


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page()
    assert [line[3:] for line in write_page().splitlines() if line.startswith("## ")] == [rule.id for rule in RULES]
