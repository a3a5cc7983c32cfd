"""stack-shrunk: a stack that is still there has far fewer distinct coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import CountDrop, Observation, Subject
from cachediff.rules.rule import Rule, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each stack whose count fell; the policy says whether it fell too far."""
    asked = " of what is wanted" if diff.wanted else ""
    stacks_old = diff.wanted.old.stacks if diff.wanted else diff.old.stacks if diff.old else {}
    stacks_new = diff.wanted.new.stacks if diff.wanted else diff.new.stacks
    # Any fall, as the threshold is the policy's.
    for stack, before in sorted(stacks_old.items()):
        after = stacks_new.get(stack, 0)
        # None left is no shrunk stack: stack-removed tells that.
        if 0 < after < before:
            message = f"distinct coordinates{asked} in {stack} fell by {1 - after / before:.1%}: {before:,} → {after:,}"
            yield Observation(Subject(stack=stack), message, drop=CountDrop(before, after))


RULE = Rule(
    id="stack-shrunk",
    severity="warning",
    scope="stacks",
    summary="a stack that is still there has far fewer distinct coordinates",
    why=(
        "A pipeline that failed half-way leaves a stack that looks alive. Coordinates are counted distinct and without the "
        "compiler, because equal specs are split and merged from week to week."
    ),
    fix=(
        "Look at the stack's pipeline. If the stack is meant to be smaller, accept stack-shrunk for it, or raise its "
        "percent or at-least in the policy."
    ),
    mirror="no mirror: a stack that grows is fine, and the gain rules say how",
    check_whole=check,
    threshold=Threshold(percent=10, at_least=10),
)
