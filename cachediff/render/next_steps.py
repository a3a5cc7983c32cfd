"""Where a failing report leads: the commands that tell more, and the one that accepts what is meant."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES, name_fields
from cachediff.render.renamed import write_renames
from cachediff.render.terminal import escape, fill, finish, paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.render.options import Options, RuleText
    from cachediff.render.outline import Outline, Row


REPORT = "report.json"
"""What a command calls the JSON report where the run writes none."""


_BELOW = " " * 22
"""What stands below a command begins where that does."""


def write_next_steps(report: Report, outline: Outline, options: Options) -> Iterator[str]:
    """Yield the commands that help, a line each, to be copied as they are; nothing where a report does not fail."""
    lead = "next:"
    for use, command in list_next_steps(report, outline, options):
        yield paint(finish(f"{lead:5} {use:15} {escape(command)}", options), "dim", options)
        lead = ""
    # On a line of its own: a shell would stumble over it.
    if not lead and report.old and not options.json_path:
        said = f"(-r json={REPORT} writes that report)"
        yield from (
            paint(line, "dim", options) for line in fill(said, options, initial_indent=_BELOW, subsequent_indent=_BELOW)
        )
    if not lead:
        yield ""
    if lines := [*write_renames(report)]:
        policy = escape(options.policy or "cachediff.yaml")
        yield f"if what is gone has another name, the policy ({policy}) says so:"
        yield from (escape(f"  {line}") for line in lines)
        yield ""


def list_next_steps(report: Report, outline: Outline, options: Options) -> Iterator[tuple[str, str]]:
    """Yield commands, quoted for a shell, each after what it is for.

    They are about the gravest finding: its rule, and the package that lost most.
    """
    if report.verdict != "fail":
        return
    gravest = [row for row in outline.rows if row.severity != "note"]
    findings = [*outline.invalid, *outline.wide, *(finding for row in gravest for finding in row.findings)]
    # What fails the run, a loss before what else is wrong, and first what is about the whole snapshot.
    first = min(findings, key=_rank, default=None)
    if first:
        yield "why it matters", shlex.join(["cachediff", "rules", first.rule])
    if report.old is None:
        return
    policy = ["--policy", options.policy] if options.policy else []
    # Of what neither snapshot has there is nothing to show.
    if row := next((row for row in gravest if _is_there(row, options.rules)), None):
        arguments = [row.package, report.old.source, report.new.source, *policy]
        yield "spec by spec", shlex.join(["cachediff", "show", *arguments])
        difference = row.difference
        # Of a package that NEW has: of any other there is no record to ask about.
        if report.rebuilds and report.rebuilds.fresh and difference and difference.kind == "changed":
            yield "why it is new", shlex.join(["cachediff", "why", *arguments])
    if first:
        accept = ["cachediff", "accept", options.json_path or REPORT, *policy, *_name(first)]
        yield "if it is meant", shlex.join([*accept, "--reason", "WHY", "--until", "DATE"])


def _is_there(row: Row, rules: Mapping[str, RuleText]) -> bool:
    """Return whether a row is about a package that a snapshot has, as far as the report tells."""
    known = (rules.get(finding.rule) for finding in row.findings)
    return row.difference is not None or any(rule is not None and not rule.is_about_lack for rule in known)


def _rank(finding: Finding) -> tuple[int, bool, bool]:
    return SEVERITIES.index(finding.severity), not finding.is_loss, bool(finding.subject.package)


def _name(finding: Finding) -> list[str]:
    """Return the options by which `accept` is told what is meant: all that is lost with it, or else the finding."""
    if finding.cause:
        return ["--cause", finding.cause]
    return ["--rule", finding.rule, *(word for named in name_fields(finding.subject) for word in ("--subject", named))]
