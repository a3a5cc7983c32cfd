"""wanted-missing: a lock asks for it, and neither snapshot has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.wanted import WantedGap


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and place, or a place in which neither side has anything."""
    for gap in diff.wanted.missing if diff.wanted else ():
        subject = Subject(package=gap.package, stack=gap.stack, platform=gap.platform, os=gap.os, target=gap.target)
        yield Observation(subject, _say(gap), gap.location)


def _say(gap: WantedGap) -> str:
    place = f"{f'in {gap.stack} ' if gap.stack else ''}on {gap.platform}-{gap.os}-{gap.target}"
    if gap.package:
        return f"{gap.package} is wanted {place}, and neither snapshot has it"
    packages = f"{number(len(gap.packages), 'package')} ({list_sorted(gap.packages)})"
    return f"neither snapshot has anything {place}, and {packages} are wanted there"


RULE = Rule(
    id="wanted-missing",
    severity="error",
    # Which part of what is wanted can be judged in a part of the snapshots, it knows itself.
    scope="package",
    summary="a lock asks for it, and neither snapshot has it",
    why=(
        "A comparison only sees what OLD had: what never was there, or went weeks ago, is no loss. A lock says what users "
        "count on, package by package: its roots, and what they need once they are built. It needs --wanted, or wanted in "
        "the policy."
    ),
    fix=(
        "Look for the package in the stack's last pipeline: it failed to build, or was not pushed. If nobody wants it, take "
        "it out of the environment and write the lock again, or accept wanted-missing for it."
    ),
    mirror="no mirror: what is gone and not wanted is unwanted-dropped",
    check_whole=check,
    needs_wanted=True,
    is_about_lack=True,
)
