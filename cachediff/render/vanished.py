"""What vanished altogether, in the line after the first: `gone: stacks e4s, hep (+8), target zen4 (361 cells)`.

What gave way to something else, which stacks were not compared at all, and what is new, is told in the lines after that.
"""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest
from typing import TYPE_CHECKING

from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.render.options import RuleText

PLURALS = {"stack": "stacks", "platform": "platforms", "os": "oses", "target": "targets", "package": "packages"}
"""What may vanish, in the order in which it is told."""

MAX_NAMED = 2
"""How many of a kind are named, those first with which most cells were lost."""

MANY = 10
"""How many packages that do alike are told in a line of their own."""

MAX_MOVES = 1_000
"""How many different moves of packages are counted."""


def name_vanished(report: Report, show: Callable[[str], str] = str) -> str:
    """Return what is in no place of NEW any more, as errors and warnings tell it; empty where there is nothing such.

    `show` makes page text fit for the format. The cells are those that were lost where stacks and such are gone; packages
    that are gone lost others, too.
    """
    gone = _list_gone(report)
    if not gone:
        return ""
    said = _name_places(report, gone, "lost", show)
    if packages := gone.get("package"):
        said += f"{'; ' if said else ''}{_count('package', packages)} {_name(packages, show)}"
    return f"gone: {said}"


def name_appeared(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> str:
    """Return what no place of OLD has, such as `new: stack e4s-2 (226 cells)`; empty where there is nothing such.

    Who added a stack looks for it, and notes are only counted. What has another name, or took a place, is told as such.
    """
    # In the words of the message, as a report has no field for what something gave way to.
    told = {one.new for one in report.renames}
    told.update(one.message.partition(": ")[0].rpartition(" ")[2] for one in _list_moves(report, rules))
    found: dict[str, dict[str, int]] = {}
    for finding in report.findings:
        fact = rules[finding.rule].appears if finding.rule in rules else ""
        name = getattr(finding.subject, fact) if fact else ""
        if name and name not in told and finding.severity == "note" and finding.status == "open":
            found.setdefault(fact, {})[name] = 0
    came = {fact: found[fact] for fact in PLURALS if fact in found}
    for place in report.coverage:
        for names, name in ((names, getattr(place, fact)) for fact, names in came.items()):
            if name in names:
                names[name] += place.gained
    return f"new: {_name_places(report, came, 'gained', show)}" if came else ""


def _name_places(report: Report, named: dict[str, dict[str, int]], which: str, show: Callable[[str], str]) -> str:
    """Return the values that are places of cells, and how many cells went or came with them."""
    facts = [fact for fact in named if fact != "package"]
    said = ", ".join(f"{_count(fact, named[fact])} {_name(named[fact], show)}" for fact in facts)
    # By place, so that what went with a stack and an os at once counts once.
    cells = sum(
        getattr(place, which) for place in report.coverage if any(getattr(place, fact) in named[fact] for fact in facts)
    )
    return f"{said} ({number(cells, 'cell')})" if cells else said


def name_moved(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> str:
    """Return what gave way to something else, empty where nothing did.

    For example `os centos7 gives way to rhel8 (12 cells of 9 packages moved)`, or where the os stays elsewhere
    `9 packages go from os centos7 to rhel8`. The verdict counts these cells as lost, and their cause names only what went.
    """
    packages, whole = Counter[str](), 0
    for finding in _list_moves(report, rules):
        package = finding.subject.package
        moved = finding.message.partition(": ")[0].removeprefix(f"{package} goes ")
        whole += not package
        # A report that somebody else wrote may name as many as it likes, each of which would take memory.
        if package and (moved in packages or len(packages) < MAX_MOVES):
            packages[moved] += 1
    wide = (one for one in _list_moves(report, rules) if not one.subject.package)
    first = nsmallest(MAX_NAMED, wide, key=lambda one: (-one.cells, one.message))
    said = [f"{show(moved)} ({count})" for moved, _, count in (one.message.partition(": ") for one in first)]
    # One package is told by its own row.
    parts = _tell_turns(packages, 2, show)
    return name_first([*said, *parts], whole + len(parts))


def name_turns(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> str:
    """Return what many packages do alike, such as `702 packages go from gcc@11.4.0 to gcc@12.1.0`; empty where few do.

    A thousand notes say it one by one, and are only counted.
    """
    packages = Counter[str]()
    for finding in report.findings:
        if finding.rule in rules and rules[finding.rule].is_summed_up and finding.status == "open":
            turn = finding.message.partition(" in ")[0].removeprefix(f"{finding.subject.package} goes ")
            if turn in packages or len(packages) < MAX_MOVES:
                packages[turn] += 1
    said = _tell_turns(packages, MANY, show)
    return name_first(said, len(said))


def _tell_turns(packages: dict[str, int], least: int, show: Callable[[str], str]) -> list[str]:
    """Return what at least so many packages do alike, most first."""
    many = sorted((-count, turn) for turn, count in packages.items() if count >= least)
    return [f"{-count:,} packages go {show(turn)}" for count, turn in many]


def name_first(said: list[str], count: int) -> str:
    """Return the first of what is said, and how many more of `count` there are."""
    more = count - len(said[:MAX_NAMED])
    return "; ".join([*said[:MAX_NAMED], f"and {more:,} more"] if more > 0 else said)


def _list_moves(report: Report, rules: Mapping[str, RuleText]) -> Iterator[Finding]:
    """Yield the open findings that tell of a move, and that no other says already."""
    for finding in report.findings:
        rule = rules.get(finding.rule)
        if finding.is_alarm and finding.subsumed_by is None and rule and rule.tells_of_move:
            yield finding


def name_unread(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> str:
    """Return the stacks that are in no number of the report, as an index of theirs cannot be read; empty where all can."""
    # An acceptance changes nothing about that.
    stacks = dict.fromkeys(sorted({hidden for one in report.findings if (hidden := find_hidden(one, rules))}), 0)
    if not stacks:
        return ""
    whose = "its index" if len(stacks) == 1 else "their indexes"
    return f"not compared: {_count('stack', stacks)} {_name(stacks, show)} ({whose} cannot be read)"


def find_hidden(finding: Finding, rules: Mapping[str, RuleText]) -> str:
    """Return the stack that was not compared for what a finding tells of, empty where that is none."""
    rule = rules.get(finding.rule)
    return finding.subject.stack if rule and rule.hides_stack else ""


def _list_gone(report: Report) -> dict[str, dict[str, int]]:
    """Return the values that are gone, by what they are, each with how many cells went with it."""
    found: dict[str, dict[str, int]] = {}
    for finding in report.findings:
        if finding.vanished and finding.is_alarm:
            found.setdefault(finding.vanished, {})[getattr(finding.subject, finding.vanished)] = finding.cells
    return {fact: found[fact] for fact in PLURALS if fact in found}


def _count(fact: str, names: dict[str, int]) -> str:
    return fact if len(names) == 1 else PLURALS[fact]


def _name(names: dict[str, int], show: Callable[[str], str]) -> str:
    listed = nsmallest(MAX_NAMED, names, key=lambda name: (-names[name], name))
    more = f" (+{len(names) - len(listed):,})" if len(names) > len(listed) else ""
    return f"{', '.join(map(show, listed))}{more}"
