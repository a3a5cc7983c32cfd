"""The report as annotations of a GitHub workflow run.

On stdout are commands that the runner obeys, and plain lines, the verdict last. The runner takes ten annotations of a kind
from a step and drops the rest without a word, so the tenth says how many more there are.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES, Severity
from cachediff.render.also import tell_also
from cachediff.render.causes import sum_up_causes, sum_up_mpis
from cachediff.render.headline import headline
from cachediff.render.leading import list_leading
from cachediff.render.outline import by_rule, put_largest_first, sum_up_subsumed
from cachediff.render.rebuilds import sum_up_rebuilds
from cachediff.render.results import locate
from cachediff.render.visible import MAX_PATH, MAX_TEXT, make_visible
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.render.options import Options

MAX_ANNOTATIONS = 10
"""How many annotations of a kind the runner takes from one step."""

MAX_MPIS = 5
"""How many causes of lost MPIs the log tells."""

_KINDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
_OLDER_COMMAND = "##["
"""How a command begins in the runner's older language, anywhere in a line: `##[group]`."""


def render_github(report: Report, options: Options) -> str:
    """Return a workflow command an open finding, most severe first and at most ten of a kind.

    Causes and verdict follow as plain text. The plain lines are for who reads the log: no annotation tells of causes, of
    accepted findings, or of those that others subsume or tell already.
    """
    told = [finding for finding in report.findings if finding.subsumed_by is None and finding.repeats is None]
    # Of too many the largest losses are told.
    open_ = put_largest_first([finding for finding in told if finding.status == "open"])
    lines: list[str] = []
    for severity in SEVERITIES:
        lines += _annotate(severity, [finding for finding in open_ if finding.severity == severity], report)
    leading = [sum_up_rebuilds(report), *list_leading(report, options.rules), sum_up_causes(report)]
    plain = [*tell_also(report), *filter(None, leading), *islice(sum_up_mpis(report), MAX_MPIS)]
    plain += [*sum_up_subsumed(report), headline(report)]
    return "\n".join([*lines, *map(_show, plain)]) + "\n"


def escape(text: str) -> str:
    """Return page text as a command's message, from which the runner gets `_show(text)` back."""
    # The percent sign first: it is what the other escapes are written with.
    return _show(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return page text as the value of a command's property."""
    # A comma would begin the next property, and two colons the message.
    return _show(text, MAX_PATH).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def _show(text: str, most: int = MAX_TEXT) -> str:
    """Return page text in which a reader, and a runner that looks for older commands, finds nothing but text."""
    return make_visible(text, most).replace(_OLDER_COMMAND, "\\x23#[")


def _annotate(severity: Severity, findings: list[Finding], report: Report) -> Iterator[str]:
    """Yield the annotations of one kind: of too many findings, the last one counts those that it stands for."""
    # The runner takes no eleventh, so the tenth says how many more there are.
    room = MAX_ANNOTATIONS if len(findings) <= MAX_ANNOTATIONS else MAX_ANNOTATIONS - 1
    for finding in findings[:room]:
        yield _command(severity, finding.message, title=finding.rule, **_place(finding, report))
    if left := findings[room:]:
        rules = ", ".join(f"{rule} {len(group):,}" for rule, group in by_rule(left))
        yield _command(severity, f"{number(len(left), f'more {severity}')}: {rules}", title=f"more {severity}s")


def _place(finding: Finding, report: Report) -> dict[str, str]:
    """Return a finding's place as properties, none for the whole snapshot.

    A value cannot begin with `=`: the runner drops that.
    """
    if finding.location is None:
        return {}
    place = locate(finding, report)
    # Line 0 is a file as a whole, and column 1 says no more than the line does.
    numbers = {"line": place.line, "col": place.column if place.column > 1 else 0}
    file = f"./{place.path}" if place.path.startswith("=") else place.path
    return {"file": file, **{name: str(value) for name, value in numbers.items() if value}}


def _command(severity: Severity, message: str, *, title: str, **place: str) -> str:
    properties = ",".join(f"{name}={escape_property(value)}" for name, value in {**place, "title": title}.items())
    return f"::{_KINDS[severity]} {properties}::{escape(message)}"
