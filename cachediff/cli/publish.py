"""`cachediff publish REPORT`: a report becomes the comment of a pull request."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.errors import InputError, PublishError, UsageError
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.report import Report
    from cachediff.limits import PublishLimits
    from cachediff.publish.forge import Forge
    from cachediff.publish.place import Place
    from cachediff.publish.post import Posting, Sticky
    from cachediff.publish.transport import Meter
    from cachediff.render.options import Links, Options

MAX_EVENT = 25 << 20
"""Bytes of the largest event: a webhook of GitHub's has at most as many."""


class When(StrEnum):
    """When a comment is created; one that is there is always refreshed."""

    always = "always"
    on_change = "on-change"
    on_failure = "on-failure"


class ForgeChoice(StrEnum):
    """Where the pull request is."""

    github = "github"
    gitlab = "gitlab"


CommentOption = Annotated[
    When, typer.Option("--comment", help="When to create the comment; one that is there is always refreshed.")
]
IdOption = Annotated[
    str, typer.Option("--id", metavar="ID", help="Which comment, where a pull request has several comparisons.")
]
ForgeOption = Annotated[
    ForgeChoice | None, typer.Option("--forge", help="Where the pull request is; the CI that runs says it.")
]
RepositoryOption = Annotated[
    str, typer.Option("--repository", metavar="OWNER/NAME", help="The repository, if not the CI's.")
]
NumberOption = Annotated[
    int | None, typer.Option("--number", metavar="N", min=1, help="The pull request, where the run's event does not say it.")
]
ApiUrlOption = Annotated[str, typer.Option("--api-url", metavar="URL", help="The forge's API, if not the CI's.")]
AuthorOption = Annotated[
    str, typer.Option("--author", metavar="LOGIN", help="Who writes the comment; the forge is asked without.")
]
BudgetOption = Annotated[int, typer.Option("--budget", metavar="CHARS", min=1000, help="Most characters of the comment.")]
SummaryOption = Annotated[
    str,
    typer.Option(
        "--summary", metavar="FILE", envvar="GITHUB_STEP_SUMMARY", help="Where the report goes if it cannot be posted."
    ),
]
WaitOption = Annotated[
    int, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait, in all, for a forge that is busy or away.")
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="What publishing may cost (docs/limits.md); repeatable."),
]
LinkOption = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        metavar="NAME=URL",
        help="Where run, reports or rules (docs/rules.md) are, if not where the CI says; repeatable.",
    ),
]
StoredArgument = Annotated[
    str | None, typer.Argument(metavar="REPORT", help="A JSON report, or a directory that holds it and nothing else.")
]
AbsentOption = Annotated[
    bool,
    typer.Option(
        "--no-report",
        help="The run compared nothing, or came to no verdict: a comment that is there says so, in place of REPORT.",
    ),
]
RequiredOption = Annotated[bool, typer.Option("--require", help="Exit with 4 if the comment cannot be posted.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Print the request that would create the comment; ask nobody.")]


def run(
    report: StoredArgument = None,
    comment: CommentOption = When.always,
    id: IdOption = "default",
    forge: ForgeOption = None,
    repository: RepositoryOption = "",
    number: NumberOption = None,
    api_url: ApiUrlOption = "",
    author: AuthorOption = "",
    budget: BudgetOption = 65_000,
    summary: SummaryOption = "",
    wait: WaitOption = 60,
    limit: LimitOption = None,
    link: LinkOption = None,
    is_absent: AbsentOption = False,
    is_required: RequiredOption = False,
    is_dry: DryOption = False,
) -> int:
    """Post a report or refresh its comment. Returns 0, whatever the verdict; without --require also where that fails."""
    from cachediff.cli.inputs import parse_publish_limits
    from cachediff.cli.links import add_links
    from cachediff.cli.output import write_stdout
    from cachediff.publish.comment import name_comment, write_marker
    from cachediff.publish.preview import preview
    from cachediff.render.options import Options

    stored = _require_report(report, is_absent=is_absent)
    limits = parse_publish_limits(limit or ())
    marker, (place, links) = write_marker(id), _look_around(forge, api_url, repository, number)
    options = Options(name=name_comment(id), links=add_links(links, link or ()))
    judged = _open(stored) if stored else None
    sticky = _make_sticky(judged, marker, options=options, budget=budget, when=comment)
    if is_dry:
        write_stdout(preview(place, sticky))
        return 0
    try:
        _tell(_post(place, sticky, author, wait, limits), author)
    except PublishError as error:
        _give_up(error, summary, judged, is_required=is_required)
    return 0


def _require_report(report: str | None, *, is_absent: bool) -> str:
    """Return the report, empty with `--no-report`. Raises UsageError where there is none, or both."""
    from cachediff.cli.inputs import require

    if is_absent and report:
        message = f"--no-report stands in place of a report, and there is {report}"
        raise UsageError(message, hint="give the one or the other")
    if is_absent:
        return ""
    if report is None:
        message = "missing argument 'REPORT'"
        raise UsageError(message, hint="see cachediff publish --help; --no-report stands for a run that has none")
    require("REPORT", report)
    return report


def _open(report: str) -> Report:
    from cachediff.review.stored import open_report

    # Item by item, and not as a whole: anybody may have written it, of any length.
    return open_report(report)


def _look_around(forge: ForgeChoice | None, api_url: str, repository: str, number: int | None) -> tuple[Place, Links]:
    """Return where the comment goes and leads to, by options, the environment and the run's event.

    Raises UsageError, or InputError.
    """
    from cachediff.cli.links import find_links
    from cachediff.publish.place import Place, choose_forge, find_place

    name = choose_forge(forge.value if forge else None, os.environ)
    # GitLab's jobs have variables for all that a place is.
    event = _read_event() if name == "github" else b""
    place = find_place(Place(name, api_url, repository, number), os.environ, event)
    return place, find_links(os.environ, event)


def _give_up(error: PublishError, summary: str, report: Report | None, *, is_required: bool) -> None:
    """Put a report that is not posted into the job summary, and say why. Raises PublishError where it had to be posted."""
    from cachediff.cli.stderr import say
    from cachediff.cli.summary import append_summary

    where = append_summary(summary, report) if report else "one that is there is of an earlier run"
    failure = PublishError(f"the comment is not posted: {error}; {where}", hint=error.hint)
    # That a comment is not posted is no verdict: a job goes on, unless somebody counts on it.
    if is_required:
        raise failure from error
    say(f"warning: {failure}", failure.hint)


def _make_sticky(report: Report | None, marker: str, *, options: Options, budget: int, when: When) -> Sticky:
    """Return the comment to keep for a report, or for a run without one: then none is created."""
    from cachediff.publish.comment import is_wanted, tell_absent
    from cachediff.publish.post import Sticky

    if report is None:
        text = tell_absent(options.name, options.links.run)
        return Sticky(marker, lambda _: text, budget, is_wanted=False)
    # A function draws it, since a forge may want it shorter.
    return Sticky(marker, lambda most: _draw(report, options, most), budget, is_wanted(when.value, report))


def _draw(report: Report, options: Options, most: int) -> str:
    """Return a comment of at most so many characters."""
    from msgspec.structs import replace

    from cachediff.library import render

    return render(report, "markdown", replace(options, budget=most))


def _post(place: Place, sticky: Sticky, author: str, wait: int, limits: PublishLimits) -> Posting:
    """Return what was done.

    Raises UsageError where something is missing, and PublishError where the comment cannot be posted.
    """
    from cachediff.publish.place import find_token, require_place
    from cachediff.publish.post import post

    require_place(place)
    token = find_token(place.forge, os.environ)
    # Before Meter is imported, which needs the library, too: this one says what to install.
    client = _client(place)
    from cachediff.publish.transport import Meter

    meter = Meter("GitHub" if place.forge == "github" else "GitLab", limits, wait)
    return post(client(place, token, author, meter), sticky, wait)


def _client(place: Place) -> Callable[[Place, str, str, Meter], Forge]:
    """Return the client of a forge. Raises UsageError where the library that it needs is not installed."""
    try:
        if place.forge == "github":
            from cachediff.publish.github import GithubComments

            return GithubComments
        from cachediff.publish.gitlab import GitlabNotes

        return GitlabNotes
    except ModuleNotFoundError as error:
        message = f"publishing on {place.forge} needs a library that is not installed: {error.name}"
        raise UsageError(message, hint=f"pip install 'cachediff[{place.forge}]'") from error


def _tell(outcome: Posting, author: str) -> None:
    """Say on stdout what was done, and on stderr what the next run would trip over."""
    from cachediff.cli.output import write_stdout
    from cachediff.cli.stderr import say
    from cachediff.render.terminal import escape

    if outcome.word == "not needed":
        write_stdout("not needed: there is no comment, and none is asked for\n")
        return
    folded = f", {number(outcome.folded, 'duplicate')} folded" if outcome.folded else ""
    write_stdout(f"{outcome.word}{folded}: {escape(outcome.url)}\n")
    if outcome.trouble:
        say(f"warning: a duplicate of the comment is left as it was: {outcome.trouble}", "the next run tries again")
    if author and outcome.author.casefold() != author.casefold():
        say(
            f"warning: the comment is by {outcome.author}, not by {author}",
            "the next run finds it with --author, or without any",
        )


def _read_event() -> bytes:
    """Return the event that started a workflow of GitHub's, empty outside of one.

    Raises InputError where it cannot be read.
    """
    from cachediff.sources.regular import read_bytes
    from cachediff.sources.tree import UnreadableFileError

    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        # As pages are read: no link is followed, no pipe waited for, and nothing is read without end.
        return read_bytes(path, MAX_EVENT) if path else b""
    except (UnreadableFileError, ValueError) as error:
        message = f"GITHUB_EVENT_PATH {path} cannot be read: {error}"
        raise InputError(message) from error
