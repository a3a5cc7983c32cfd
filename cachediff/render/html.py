"""The report as one page for a browser: a maintainer's explorer that loads nothing and tells the most of it without scripts.

The page is templates/explorer.html, its script the parts in templates/explorer, one after the other. Data reaches it in two
ways, and both are safe whatever the data says: through the template, where jinja2 escapes every value, and as JSON in which
no character can end the element that holds it. Scripts and styles run by their digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.domain.finding import Finding
from cachediff.domain.report import Cause
from cachediff.render.alike import name_alike
from cachediff.render.also import count_more, name_sides, sum_up
from cachediff.render.causes import sum_up_causes
from cachediff.render.counts import count_buckets, count_untrusted, name_unit, sum_up_wanted
from cachediff.render.headline import headline
from cachediff.render.html_data import encode_data
from cachediff.render.html_map import lay_out
from cachediff.render.html_page import digest, load_template, load_text, show, trust
from cachediff.render.html_rebuilds import tabulate_rebuilds
from cachediff.render.outline import count_row, outline, write_command
from cachediff.render.reading import describe_reading
from cachediff.render.renamed import name_renames, write_renames
from cachediff.render.vanished import name_appeared, name_moved, name_turns, name_unread, name_vanished
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.problem import Excerpt
    from cachediff.domain.report import Report
    from cachediff.render.options import Options
    from cachediff.render.outline import Outline

MAX_ROWS = 50
"""How many rows of a kind are on the page before a script adds the rest."""

_PARTS = (
    "report",
    "elements",
    "copying",
    "hashes",
    "matching",
    "sorting",
    "table",
    "detail",
    "map",
    "filters",
    "address",
    "start",
)
"""The parts of the page's script, in the order in which they run."""


def render_html(report: Report, options: Options) -> str:
    """Return the report as one self-contained HTML page."""
    listed = outline(report)
    return (
        load_template("explorer.html").render(
            report=report,
            reason=headline(report).removeprefix(f"{report.verdict}: "),
            vanished=name_vanished(report),
            moved=name_moved(report, options.rules),
            alike=name_alike(report, options.rules),
            unread=name_unread(report, options.rules),
            renamed=name_renames(report),
            appeared=name_appeared(report, options.rules),
            turns=name_turns(report, options.rules),
            renames=[*write_renames(report)],
            causes=(causes := list_causes(report)),
            wanted=sum_up_wanted(report),
            causes_said=sum_up_rows(report, causes),
            mpis=(mpis := list_mpis(report)),
            mpis_said=sum_up_lost_mpis(report, mpis),
            rebuilds=tabulate_rebuilds(report),
            also=[AlsoRow(name_sides(one), sum_up(one), one.findings, count_more(one)) for one in report.also_compared],
            command=write_command(report),
            links=options.links,
            numbers=count_buckets(report),
            reading=[*describe_reading(report)],
            unit=name_unit(report),
            untrusted=_count_untrusted(listed, report),
            map=lay_out(report.coverage) if report.old else None,
            rows=_list_rows(listed),
            invalid=listed.invalid,
            accepted=listed.accepted,
            most=MAX_ROWS,
            number=number,
            point_out=point_out,
            data=trust(encode_data(report, options.rules)),
            **_embed(style=load_text("explorer.css"), theme=load_text("theme.js"), script=load_script()),
        )
        + "\n"
    )


def _embed(**parts: str) -> dict[str, object]:
    """Return parts of the page that run or paint, each with its digest, by which alone a browser knows it."""
    texts = {name: trust(text) for name, text in parts.items()}
    return {**texts, **{f"{name}_digest": digest(text) for name, text in parts.items()}}


def _count_untrusted(listed: Outline, report: Report) -> str:
    is_named = any(one.subject.package for one in listed.invalid)
    return count_untrusted(len(listed.invalid), report, is_named=is_named)


def _list_rows(listed: Outline) -> list[Row]:
    """Return the rows of the table of findings: those about the whole snapshot, then one a package."""
    wide = [Row(one.severity, "", count_lost(one), (one,)) for one in listed.wide]
    return wide + [Row(row.severity, row.package, count_row(row), row.findings) for row in listed.rows]


def load_script() -> str:
    """Return the page's script."""
    return "\n".join(load_text(f"explorer/{part}.js") for part in _PARTS)


class AlsoRow(Struct, frozen=True):
    """Another comparison of the same run: what with what, how it ended, its gravest findings, and how many more it has."""

    sides: str
    said: str
    findings: tuple[Finding, ...]
    more: int


def count_lost(finding: Finding) -> str:
    """Return how much a finding says is lost, empty where it says nothing of that."""
    if finding.cells:
        return f"{number(finding.cells, 'cell')} lost"
    return f"{number(finding.facets, 'facet')} lost" if finding.facets else ""


class Row(Struct, frozen=True):
    """One row of the findings table: what is said of one package, or once about the whole snapshot."""

    severity: str
    package: str
    counts: str
    findings: tuple[Finding, ...]


# --- what the template shows -------------------------------------------------------------------------------------------


class CauseRow(Struct, frozen=True):
    """One cause and all it explains, `share` of what was lost in percent; `index` is its place in the report's causes.

    `lost` counts cells, or the MPIs that cells lost.
    """

    index: int
    cause: Cause
    lost: int
    removed: int
    share: int


def list_causes(report: Report) -> list[CauseRow]:
    """Return the causes, each once: the report tells apart the lost cells and the removed packages that one explains."""
    of_cells = {cause.id for cause in report.causes if cause.explains == "cells"}
    removed = {cause.id: cause.packages for cause in report.causes if cause.explains == "packages"}
    rows = []
    for index, cause in enumerate(report.causes):
        if cause.explains == "cells":
            # One percent at least, or its bar could not be seen.
            share = 100 * cause.cells // max(report.summary.cells.lost, 1)
            rows.append(
                CauseRow(index=index, cause=cause, lost=cause.cells, removed=removed.get(cause.id, 0), share=max(share, 1))
            )
        elif cause.explains == "packages" and cause.id not in of_cells:
            rows.append(CauseRow(index=index, cause=cause, lost=0, removed=cause.packages, share=0))
    return rows


def sum_up_rows(report: Report, rows: Sequence[CauseRow]) -> str:
    """Return how much causes explain, so that they are as many as there are rows.

    For example `97 causes explain 386 of 386 lost cells; 2 more explain packages that are gone`, which were in no cell.
    """
    sums, others = sum_up_causes(report), sum(row.cause.explains == "packages" for row in rows)
    if not others:
        return sums
    verb = "explains" if others == 1 else "explain"
    told = f"{others:,} more" if sums else number(others, "cause")
    return "; ".join(filter(None, [sums, f"{told} {verb} packages that are gone"]))


def list_mpis(report: Report) -> list[CauseRow]:
    """Return the causes of lost MPIs."""
    total = _count_mpis(report)
    return [
        CauseRow(index=index, cause=cause, lost=cause.facets, removed=0, share=max(100 * cause.facets // total, 1))
        for index, cause in enumerate(report.causes)
        if cause.explains == "facets"
    ]


def sum_up_lost_mpis(report: Report, rows: Sequence[CauseRow]) -> str:
    """Return how much these explain: `1 cause explains 14 of 14 lost MPIs`."""
    verb = "explains" if len(rows) == 1 else "explain"
    explained, lost = sum(row.lost for row in rows), number(_count_mpis(report), "lost MPI")
    return f"{number(len(rows), 'cause')} {verb} {explained:,} of {lost}"


def _count_mpis(report: Report) -> int:
    explained = sum(cause.facets for cause in report.causes if cause.explains == "facets")
    # What somebody else's report counts need not add up.
    return max(report.summary.facets.lost.get("mpi", 0), explained, 1)


class Pointed(Struct, frozen=True):
    """A line of a page with the part that matters, and carets below that part."""

    before: str
    marked: str
    after: str
    carets: str


def point_out(excerpt: Excerpt) -> Pointed:
    """Return an excerpt with carets that stand below what is shown."""
    end = excerpt.start + excerpt.length
    before, marked, after = (
        str(show(part)) for part in (excerpt.text[: excerpt.start], excerpt.text[excerpt.start : end], excerpt.text[end:])
    )
    # One caret at least: what is missing has no length.
    return Pointed(before, marked, after, " " * len(before) + "^" * max(len(marked), 1))
