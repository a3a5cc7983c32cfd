"""The report as JUnit XML, for CI servers that show tests: a case a finding, named by its rule and subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.render.also import count_more, name_sides, sum_up
from cachediff.render.headline import headline
from cachediff.render.results import is_failure, list_results, locate, make_unique, name_result, say_accepted
from cachediff.render.visible import MAX_PATH, MAX_TEXT, make_visible
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from cachediff.domain.finding import Finding
    from cachediff.domain.problem import Location
    from cachediff.domain.report import AlsoCompared, Report
    from cachediff.render.options import Options, RuleText
    from cachediff.render.results import Results

MAX_NAME = 400
"""Longest name of a case: names stand in tables."""

MAX_PROBLEMS = 20
"""How many problems of one page are told."""


def render_junit(report: Report, options: Options) -> str:
    """Return the report as one test suite: failures are what fails the run, skipped is what is accepted, the rest passes.

    What a finding says that does not fail is its case's output. The suite's properties hold the numbers of the whole report.
    """
    from xml.etree import ElementTree as ET

    results = list_results(report)
    sides = [side.tag or side.source for side in (report.old, report.new) if side]
    suites = ET.Element("testsuites", name="cachediff")
    suite = ET.SubElement(suites, "testsuite", name=escape(f"cachediff {' → '.join(sides)}"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report, results):
        ET.SubElement(properties, "property", name=name, value=escape(value))
    unique = make_unique()
    suite.extend(_case(finding, report, unique, options.rules) for finding in results.listed)
    suite.extend(_also_case(one, unique) for one in report.also_compared)
    # Should what fails not be listed: a suite without a failure is green.
    if report.verdict == "fail" and suite.find("testcase/failure") is None:
        suite.append(
            _build("verdict", "verdict", ("failure", {"message": headline(report), "type": "verdict"}, headline(report)))
        )
    elif suite.find("testcase") is None:
        suite.append(_build("verdict", "no findings", ("system-out", {}, headline(report))))
    counts = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error", "skipped": "testcase/skipped"}
    for name, path in counts.items():
        count = str(len(suite.findall(path)))
        suite.set(name, count)
        if name != "skipped":  # the schema that Jenkins publishes has it on a suite alone
            suites.set(name, count)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def escape(text: str, most: int = MAX_TEXT) -> str:
    """Return page text as XML can hold it.

    ElementTree escapes what is markup, and writes control characters that it cannot read back.
    """
    return make_visible(text, most)


def _properties(report: Report, results: Results) -> Iterator[tuple[str, str]]:
    """Yield the report's numbers by name, and what the suite does not list."""
    if results.remark:
        yield "left out", results.remark
    yield "verdict", headline(report)
    yield "fail-on", report.fail_on
    for side, info in (("old", report.old), ("new", report.new)):
        if info:
            yield side, info.tag or info.source
            yield f"{side} digest", info.digest
    for what, counts in msgspec.to_builtins(report.summary).items():
        for name, count in counts.items():
            # Of facets each kind is counted apart.
            for kind, number_ in count.items() if isinstance(count, dict) else (("", count),):
                yield f"{what} {name} {kind}".rstrip(), str(number_)
    yield "findings subsumed", str(results.subsumed)


def _case(finding: Finding, report: Report, unique: Callable[[str], str], rules: Mapping[str, RuleText]) -> Element:
    """Return the case of one finding."""
    place = locate(finding, report)
    details = "\n".join(
        [
            escape(f"{finding.severity}[{finding.rule}]: {finding.message}"),
            f"at {_name_place(place)}",
            *_list_problems(finding),
        ]
    )
    # Unique after the cut, which may make two names one.
    name = unique(escape(name_result(finding), MAX_NAME))
    if finding.status == "accepted":
        outcome = ("skipped", {"message": say_accepted(finding.accepted)}, details)
    elif is_failure(finding, report):
        outcome = (
            "failure",
            {"message": finding.message, "type": finding.severity},
            "\n".join([details, *_fix(finding.rule, rules)]),
        )
    else:
        outcome = ("system-out", {}, details)
    case = _build(finding.rule, name, outcome)
    case.set("file", escape(place.path, MAX_PATH))
    return case


def _also_case(one: AlsoCompared, unique: Callable[[str], str]) -> Element:
    """Return the case of another comparison, whose findings are not cases: the report has the gravest alone."""
    told = sum_up(one)
    lines = [told, *(escape(f"{finding.severity}[{finding.rule}]: {finding.message}") for finding in one.findings)]
    if more := count_more(one):
        lines.append(f"and {more:,} more")
    tag, attributes = ("failure", {"message": told, "type": "verdict"}) if one.verdict == "fail" else ("system-out", {})
    return _build("also-compared", unique(escape(name_sides(one), MAX_NAME)), (tag, attributes, "\n".join(lines)))


def _list_problems(finding: Finding) -> Iterator[str]:
    """Yield everything that is wrong with a page, as far as there is room."""
    for problem in finding.problems[:MAX_PROBLEMS]:
        yield (
            f"{escape(f'{problem.message}: expected {problem.expected}, found {problem.found}')}"
            f" at {_name_place(problem.location)}"
        )
    if (more := len(finding.problems) - MAX_PROBLEMS) > 0:
        yield f"and {number(more, 'more problem')}"


def _name_place(place: Location) -> str:
    """Return a place as editors open it."""
    column = f":{place.column}" if place.column > 1 else ""
    return escape(f"{place.path}:{place.line}{column}" if place.line else place.path, MAX_PATH)


def _fix(rule: str, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield how to fix what a rule finds, as far as it is known."""
    if rule in rules:
        yield f"fix: {rules[rule].fix}"


def _build(rule: str, name: str, outcome: tuple[str, dict[str, str], str]) -> Element:
    """Return a case with its outcome: a tag, attributes and text."""
    from xml.etree import ElementTree as ET

    tag, attributes, text = outcome
    case = ET.Element("testcase", classname=escape(f"cachediff.{rule}"), name=name)
    ET.SubElement(case, tag, {key: escape(value) for key, value in attributes.items()}).text = text
    return case
