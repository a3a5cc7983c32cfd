"""What a snapshot means for environments as a page for a browser: templates/impact.html, in the style of a report's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.domain.impact import CLASSES
from cachediff.render.html_page import digest, load_template, load_text, trust
from cachediff.render.impact import MAX_VERBOSE, name_root, say_asides, say_differences, say_first_line, say_near, say_title
from cachediff.text.words import number
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.impact import Impact, RootImpact
    from cachediff.render.options import Options

_HEADINGS = {
    "blocked": "needs",
    "rebuilt": "there as",
    "replaced": "what takes its place",
    "lost": "what else is there",
    "absent": "what else is there",
}


class Row(Struct, frozen=True):
    """One root, as its table shows it."""

    root: str
    stack: str
    place: str
    told: str


class Section(Struct, frozen=True):
    """The roots of one class."""

    name: str
    title: str
    heading: str
    rows: tuple[Row, ...]


def render_impact_html(impact: Impact, _: Options) -> str:
    """Return it as one page without a script, and with all roots but the installable ones."""
    style = load_text("explorer.css")
    page = load_template("impact.html").render(
        impact=impact,
        verdict="fail" if impact.is_failed else "pass",
        said=say_first_line(impact),
        version=__version__,
        classes=CLASSES,
        has_stacks=any(row.stack for row in impact.locks),
        sections=[*_list_sections(impact)],
        asides=[*say_asides(impact)],
        most=MAX_VERBOSE,
        number=number,
        style=trust(style),
        style_digest=digest(style),
    )
    return f"{page}\n"


def _list_sections(impact: Impact) -> Iterator[Section]:
    names = {one.hash: f"{one.package} /{one.hash[:7]}" for one in impact.blockers}
    for class_ in CLASSES[1:]:
        roots = [root for root in impact.roots if root.class_ == class_]
        if roots:
            rows = tuple(_describe(root, names) for root in roots)
            yield Section(class_, say_title(impact, class_), _HEADINGS[class_], rows)


def _describe(root: RootImpact, names: dict[str, str]) -> Row:
    old = root.old
    told = ", ".join(names.get(hash_, f"/{hash_[:7]}") for hash_ in root.blocked_by) if root.class_ == "blocked" else ""
    if root.new:
        differs = say_differences(root)
        told = f"/{root.new.hash[:7]}{f': {differs}' if differs else ''}"
    elif near := [*say_near(root)]:
        told = ", ".join(near)
    return Row(name_root(root), root.stack, f"{old.platform}-{old.os}-{old.target}", told)
