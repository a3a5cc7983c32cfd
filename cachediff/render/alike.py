"""What many packages lost alike: `36 packages lost stack hep`, which others keep, and so no cause tells it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.render.causes import WideCauses
from cachediff.render.vanished import MANY, MAX_MOVES, MAX_NAMED, PLURALS, name_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.render.options import RuleText


def name_alike(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> str:
    """Return what many packages lost alike, such as `36 packages lost stack hep`; empty where few did.

    Of a GPU it is `21 packages of stack ml lost +cuda cuda_arch=90`. Each of them has a row of its own, and what others keep
    has not vanished.
    """
    packages, told = Counter[str](), Counter[str]()
    wide = WideCauses(report)
    for finding in report.findings:
        # What a cause of many packages explains, it tells.
        lost = "" if finding.cause in wide else _name_loss(finding, rules, show)
        if lost and (lost in packages or len(packages) < MAX_MOVES):
            packages[lost] += 1
            told[lost] += finding.repeats is None
    # What only repeats others is told by these: an os that went with the stack of each.
    many = sorted((item for item in packages.items() if told[item[0]] >= MANY), key=lambda item: (-item[1], item[0]))
    return name_first([f"{count:,} packages {lost}" for lost, count in many[:MAX_NAMED]], len(many))


def _name_loss(finding: Finding, rules: Mapping[str, RuleText], show: Callable[[str], str]) -> str:
    """Return what a package lost, where an open finding says so of one value, and none about the whole does; empty else."""
    subject, rule = finding.subject, rules.get(finding.rule)
    is_told = finding.is_alarm and finding.subsumed_by is None
    if not (is_told and subject.package and finding.is_loss) or (rule and rule.tells_of_move):
        return ""
    facts = [name for name in subject.__struct_fields__ if getattr(subject, name) and name != "package"]
    if facts == ["stack", "gpu"]:
        return f"of stack {show(subject.stack)} lost {show(subject.gpu)}"
    return f"lost {facts[0]} {show(getattr(subject, facts[0]))}" if len(facts) == 1 and facts[0] in PLURALS else ""
