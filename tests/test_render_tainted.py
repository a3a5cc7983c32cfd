"""No text of a report reaches a format but through that format's escape: each one is hostile in every language at once.

A report may come from an artifact that somebody else wrote, so even what is ours in it, a rule's name or a digest, is
tainted here. That no field is forgotten is a test of its own.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints
from xml.etree import ElementTree as ET

import msgspec
import pytest
from msgspec import Struct

from cachediff import render
from cachediff.domain.finding import Subject
from cachediff.domain.reading import Integrity
from cachediff.domain.rebuilds import Origin, RebuildCause, Rebuilds
from cachediff.domain.report import AlsoCompared, Cause, IntegritySides, NotCompared, ProbableRename, Report, ReportedWanted
from cachediff.domain.spec import FieldChange
from cachediff.render.formats import RENDERERS
from cachediff.render.headline import headline
from cachediff.render.options import Options
from tests.html_pages import find, html5lib, text_of
from tests.html_pages import read as read_page
from tests.html_reports import everything
from tests.markdown_pages import SAFE, TAGS
from tests.markdown_pages import read as read_markdown
from tests.render_cases import CASES, the_report
from tests.reports import a_finding
from tests.runner_commands import run_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.finding import Severity

TAINT = "\x1b[1m\u202e|`<i onclick=x>&\"'::error::y ##[error]z %0A]]>{0}[a](http://b.c)@d #1 &amp;\n=1 \\"
"""Markup, a command, a link, a formula or a colour, whatever the language; `taint` puts a number before it, which is looked
for."""


class Taint:
    """Taints every text of a report, equal ones alike, and notes the fields that it has seen."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._numbers: dict[str, int] = {}

    def __call__(self, value: Any, field: str = "") -> Any:
        """Return a value with every text in it tainted; `field` says where it stands."""
        if isinstance(value, Struct):
            hints = get_type_hints(type(value))
            names = {
                name: f"{type(value).__name__}.{name}" for name in value.__struct_fields__ if not is_closed(hints[name])
            }
            return msgspec.structs.replace(
                value, **{name: self(getattr(value, name), place) for name, place in names.items()}
            )
        if isinstance(value, dict):
            return {self(key, field): self(item, field) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return tuple(self(item, field) for item in value)
        if not isinstance(value, str) or not value:
            return value
        self.seen.add(field)
        return f"={self._numbers.setdefault(value, len(self._numbers))}x{TAINT}"


def is_closed(hint: Any) -> bool:
    """Return whether a field's values are a list of ours, which decoding a report checks."""
    if get_origin(hint) is dict:
        return is_closed(get_args(hint)[0]) and str not in leaves(hint)
    return get_origin(hint) is Literal or any(
        is_closed(part) for part in get_args(hint) if get_origin(hint) in (Union, UnionType)
    )


def text_fields(kind: Any, seen: set[Any]) -> Iterator[str]:
    """Yield every field of a struct, and of those in it, that may hold any text."""
    if kind in seen or get_origin(kind) is Literal:
        return
    seen.add(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        for name, hint in get_type_hints(kind).items():
            if str in leaves(hint):
                yield f"{kind.__name__}.{name}"
            for leaf in leaves(hint):
                yield from text_fields(leaf, seen)


def leaves(hint: Any) -> set[Any]:
    """Return the types that an annotation is made of."""
    if get_origin(hint) is Literal:
        return set()
    parts = [part for part in get_args(hint) if part is not ...]
    return set().union(*map(leaves, parts)) if parts else {hint}


def plain() -> Report:
    """Return a report in which every field has something to say."""
    report = everything()
    (emacs, *others) = report.packages
    explained = tuple(msgspec.structs.replace(lost, cause="stack=hep & os=centos7") for lost in emacs.cells.lost)
    emacs = msgspec.structs.replace(emacs, cells=msgspec.structs.replace(emacs.cells, lost=explained))
    subject = Subject(**dict.fromkeys(Subject.__struct_fields__, "x"))
    return msgspec.structs.replace(
        report,
        findings=(
            *report.findings,
            a_finding("gpu-dropped", "warning", subject=subject),
            msgspec.structs.replace(a_finding("os-dropped", "error", subject=subject), cells=1, repeats="0123456789abcdef"),
        ),
        packages=(emacs, *others),
        not_compared=(NotCompared("py-pip", "new", "new/py-pip/specs.md"),),
        as_of="2025-03-30",
        wanted=ReportedWanted(("locks/e4s",), 5, 1, 2, 1, ("hep", "ml")),
        renames=(ProbableRename("stack", "e4s", "e4s-2", 4, 4), ProbableRename("package", "gcc", "gcc-runtime", 9, 10)),
        integrity=IntegritySides(None, Integrity(1, 1, 0, ("gcc/abcdefg",))),
        new=msgspec.structs.replace(report.new, format="site v8", kind="site", notes=("signatures are not verified",)),
        rebuilds=a_rebuild(),
        causes=(*report.causes, Cause("mpi=openmpi", "facets", {"mpi": "openmpi"}, 0, 2, ("hdf5", "parmetis"), 2)),
        also_compared=(AlsoCompared("fail", report.old or report.new, report.new, report.summary, report.findings[:2]),),
    )


def a_rebuild() -> Rebuilds:
    """Return why hashes are new, with a cause of each kind."""
    fields = (FieldChange("version", "1.0", "1.1"), FieldChange("variants.fast", "~fast", "+fast"))
    causes = (
        RebuildCause(
            package="gcc",
            version="12.2.0",
            hash="b" * 32,
            old_hash="a" * 32,
            kind="self-changed",
            is_external=True,
            facts=("variants", "version"),
            reaches=2,
            alone=1,
            fields=fields,
            path="/usr",
            chain=("hdf5/abc1234", "gcc/bbbbbbb"),
        ),
        RebuildCause(
            package="zlib",
            version="1.3",
            hash="c" * 32,
            old_hash="d" * 32,
            kind="rewired",
            is_external=False,
            facts=("dependencies",),
            reaches=1,
            alone=0,
            fields=(FieldChange("dependencies.python", "/abc", "/def"),),
        ),
    )
    origin = Origin("gcc", "12.2.0", "b" * 32, is_external=True, reaches=2)
    return Rebuilds(2, 3, 1, 1, 1, 1, 0, 1, (origin,), causes)


def test_no_field_is_forgotten() -> None:
    taint = Taint()
    taint(plain())
    assert taint.seen == set(text_fields(Report, set()))


# --- one judge a language ----------------------------------------------------------------------------------------------


def judge_text(text: str, report: Report) -> None:
    """A line prints, and commands neither a terminal nor a runner; the verdict is the last."""
    assert [line for line in text.splitlines() if not line.isprintable() or "::" in line or "##[" in line] == []
    assert text.splitlines()[-1].startswith(f"{report.verdict}: ")


def judge_markdown(text: str, report: Report) -> None:
    """Text stands in code alone; outside are letters, digits and a few signs, none of which means anything on any forge."""
    shown = read_markdown(text)
    assert {tag.removeprefix("/") for tag in shown.tags} <= TAGS
    assert shown.attributes <= {"lang"}  # of the block of YAML
    assert all(len(set(table)) == 1 for table in shown.columns)
    assert set("".join(shown.texts).replace(" & ", "")) <= SAFE
    assert shown.texts[0].endswith(headline(report))
    lines = text.splitlines()
    assert all(line.isprintable() for line in lines)
    assert [
        line for at, line in enumerate(lines) if line.startswith("<details>") and lines[at + 1]
    ] == []  # or GitLab shows no list


def judge_html(text: str, report: Report) -> None:
    """There is no element, attribute or invisible character from the data, and the data is what the report says."""
    tree = read_page(text, is_strict=True)
    assert not [element for element in tree.iter() if element.tag == "i" and element.get("class") is None]
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert text_of(tree).isprintable()
    assert [finding["message"] for finding in json.loads(find(tree, "data").text or "")["findings"]] == [
        f.message for f in report.findings
    ]


def judge_json(text: str, report: Report) -> None:
    """It is the report."""
    read_back = msgspec.json.decode(text, type=Report)
    assert [*read_back.packages] == [*report.packages]
    assert [*read_back.also_compared] == [*report.also_compared]
    nothing: dict[str, tuple[()]] = {"packages": (), "also_compared": ()}
    assert msgspec.structs.replace(read_back, **nothing) == msgspec.structs.replace(report, **nothing)


def judge_junit(text: str, report: Report) -> None:
    """There is no element from the data, and all text prints."""
    suites = ET.fromstring(text)  # noqa: S314 - our own output
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped", "system-out"}
    assert {element.tag for element in suites.iter()} <= known
    texts = [line for element in suites.iter() for line in (*(element.text or "").splitlines(), *element.attrib.values())]
    assert [line for line in texts if not line.isprintable()] == []
    assert len([*suites.iter("testcase")]) == max(1, count_told(report) + len(report.also_compared))


def judge_sarif(text: str, report: Report) -> None:
    """All text prints, and a message of a result has neither arguments nor links."""
    log = json.loads(text)
    assert [line for line in strings(log) if not line.isprintable()] == []
    results = log["runs"][0]["results"]
    messages = [message for result in results for message in find_messages(result)]
    assert [message for message in messages if "](" in message or set(re.sub("{{|}}", "", message)) & set("{}")] == []
    assert len(messages) >= len(results) == count_told(report)


def judge_github(text: str, report: Report) -> None:
    """The runner finds as many commands as findings are open, at most ten of a kind, and no other."""
    names = Counter(command.name for command in run_commands(text))
    listed = Counter(
        finding.severity
        for finding in report.findings
        if finding.status == "open" and finding.subsumed_by is None and finding.repeats is None
    )
    assert names == Counter({kind: min(10, listed[severity]) for severity, kind in KINDS.items() if listed[severity]})
    assert "##[" not in text
    assert all(line.isprintable() for line in text.splitlines())


def judge_gitlab(text: str, report: Report) -> None:
    """All text prints."""
    issues = json.loads(text)
    assert [line for line in strings(issues) if not line.isprintable()] == []
    assert len(issues) == count_told(report) + (count_told(report) < len(report.findings)) + len(report.also_compared)


def judge_csv(text: str, report: Report) -> None:
    """The table keeps its shape, and no cell is a formula."""
    header, *rows = csv.reader(text.splitlines(keepends=True), strict=True)
    assert {len(row) for row in rows} <= {len(header)}
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@") or not cell.isprintable()] == []
    assert len(rows) >= len(report.not_compared)


JUDGES: dict[str, Callable[[str, Report], None]] = {
    "text": judge_text,
    "markdown": judge_markdown,
    "summary": judge_markdown,
    "html": judge_html,
    "json": judge_json,
    "junit": judge_junit,
    "sarif": judge_sarif,
    "github": judge_github,
    "gitlab": judge_gitlab,
    "csv": judge_csv,
}


KINDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def count_told(report: Report) -> int:
    """Return how many findings stand for themselves."""
    return sum(finding.subsumed_by is None for finding in report.findings)


def strings(value: Any) -> Iterator[str]:
    """Yield every text in JSON, names among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from (text for item in value.values() for text in strings(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in strings(item))


def find_messages(result: dict[str, Any]) -> list[str]:
    """Return the messages of a result."""
    return [result["message"]["text"], *(place["message"]["text"] for place in result.get("relatedLocations", ()))]


# --- the tests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [Options(), Options(is_verbose=True), Options(is_ascii=True), Options(budget=1_000_000)])
@pytest.mark.parametrize("format", RENDERERS)
def test_a_tainted_report_is_harmless_in_every_language(format: str, options: Options) -> None:
    report = Taint()(plain())
    text = render(report, format, options)
    assert text.count("onclick=x") > 10
    JUDGES[format](text, report)


@pytest.mark.parametrize("format", RENDERERS)
@pytest.mark.parametrize("case", CASES)
def test_every_case_is_valid_in_every_language(case: str, format: str) -> None:
    JUDGES[format](render(the_report(case), format), the_report(case))


@pytest.mark.parametrize("format", ["markdown", "summary"])
def test_a_tainted_report_of_one_snapshot_is_harmless(format: str) -> None:
    report = Taint()(msgspec.structs.replace(plain(), old=None))
    JUDGES[format](render(report, format), report)


@pytest.mark.parametrize("format", RENDERERS)
def test_a_judge_finds_what_is_not_escaped(format: str) -> None:
    """Each judge can fail: the same text, with one raw taint in the place of a word that stands in it, does not pass."""
    report = plain()
    text = render(report, format)
    JUDGES[format](render(Taint()(report), format), Taint()(report))
    with pytest.raises(
        (AssertionError, ValueError, msgspec.DecodeError, ET.ParseError, html5lib.html5parser.ParseError, csv.Error)
    ):
        JUDGES[format](text.replace("zlib", f"=1x{TAINT}"), report)
