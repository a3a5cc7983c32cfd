"""The report reader: what a program or a pull request wrote is refused, or can be shown without harm, however it is read."""

from __future__ import annotations

from cachediff import render
from cachediff.errors import InputError
from cachediff.review.stored import open_report, read_report
from tests.fuzz.scratch import keep
from tests.test_render_tainted import JUDGES

OUTCOMES = {"report", "refused"}
SEEDS = ()
_SHOWN = ("text", "markdown", "summary", "json", "github", "gitlab", "junit", "sarif", "csv")
"""Not html: a strict parser of HTML takes a tenth of a second a page."""


def check(data: bytes) -> str:
    """Return what came of the bytes of a report. Raises AssertionError where a format shows it as what it must not be."""
    try:
        report = read_report(str(keep(data, "report.json")))
    except InputError:
        return "refused"
    for format in _SHOWN:
        JUDGES[format](render(report, format), report)
    published = open_report(str(keep(render(report, "json").encode(), "written.json")))
    assert render(published, "markdown") == render(report, "markdown")
    return "report"
