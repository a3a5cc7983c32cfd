"""The options that several commands share, each said once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """The formats of a report: the names in cachediff.render.formats.RENDERERS (a test holds the two together)."""

    text = "text"
    markdown = "markdown"
    summary = "summary"
    json = "json"
    html = "html"
    junit = "junit"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"
    csv = "csv"


class AnswerFormat(StrEnum):
    """The formats of what is no report: text, and JSON for other tools."""

    text = "text"
    json = "json"


class FailOn(StrEnum):
    """The least severity that fails a run."""

    error = "error"
    warning = "warning"
    never = "never"


class Color(StrEnum):
    """When to colour the text report."""

    auto = "auto"
    always = "always"
    never = "never"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Format of the report on stdout.")]
AnswerOption = Annotated[AnswerFormat, typer.Option("--format", "-f", help="Format of the answer.")]
ReportOption = Annotated[
    list[str] | None,
    typer.Option("--report", "-r", metavar="FORMAT=PATH", help="Also write the report to a file; repeatable."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy", "-p", metavar="FILE", help="What the team wants, a file or REV:PATH; cachediff.yaml where it is there."
    ),
]
WantedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--wanted",
        metavar="LOCK",
        help="Measure losses by what a spack.lock, or a folder of them by stack, asks for; repeatable.",
    ),
]
FailOnOption = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        metavar="error|warning|never",
        help="The least severity of an open finding that fails the run; else the policy says.",
    ),
]
AsOfOption = Annotated[
    str,
    typer.Option(
        "--as-of", metavar="DATE", help="The day on which acceptances are judged: else that in NEW's name, or today."
    ),
]
PackageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--package", metavar="GLOB[,GLOB]", help="Compare only the packages that match; repeatable, !GLOB excludes."
    ),
]
StackOption = Annotated[
    list[str] | None,
    typer.Option("--stack", metavar="GLOB[,GLOB]", help="Compare only what is in the stacks that match; likewise."),
]
OsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--os", metavar="GLOB[,GLOB]", help="Compare only what runs on the operating systems that match; likewise."
    ),
]
TargetOption = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="GLOB[,GLOB]", help="Compare only what is built for the targets that match; likewise."),
]
BudgetOption = Annotated[
    int,
    typer.Option(
        "--budget", metavar="CHARS", min=1000, help="Most characters of a markdown report; a summary has 1,000,000 bytes."
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes to use; one a core without, and one for small input."),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="How large an input may be (docs/limits.md); repeatable."),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only the verdict of a text report, and no progress.")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print every row and note, and the traceback of an internal error.")
]
ColorOption = Annotated[Color, typer.Option("--color", help="Colour the text report (NO_COLOR is respected).")]

OldArgument = Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published (docs/sources.md).")]
NewArgument = Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")]
ReportArgument = Annotated[
    str, typer.Argument(metavar="REPORT", help="A JSON report, or a directory that holds it and nothing else.")
]
