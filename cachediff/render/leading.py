"""What a report says before its numbers: what is gone, moved, was not compared, has another name, is new, or is common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.alike import name_alike
from cachediff.render.counts import sum_up_wanted
from cachediff.render.renamed import name_renames
from cachediff.render.vanished import name_appeared, name_moved, name_turns, name_unread, name_vanished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cachediff.domain.report import Report
    from cachediff.render.options import RuleText


def list_leading(report: Report, rules: Mapping[str, RuleText], show: Callable[[str], str] = str) -> list[str]:
    """Return the lines, none where there is nothing such to say; `show` makes page text fit for the format."""
    lines = [
        sum_up_wanted(report, show),
        name_vanished(report, show),
        name_moved(report, rules, show),
        name_alike(report, rules, show),
        name_unread(report, rules, show),
        name_appeared(report, rules, show),
        name_turns(report, rules, show),
        # Last: in a comment what the policy would say of it stands right below.
        name_renames(report, show),
    ]
    return [line for line in lines if line]
