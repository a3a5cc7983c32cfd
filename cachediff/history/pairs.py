"""The pairs of snapshots that were chosen, each reviewed as its place in history asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.history.choice import find_fault
from cachediff.policy.settings import NO_RENAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.report import Report
    from cachediff.history.choice import Candidate, Choice, Pair
    from cachediff.policy.settings import Policy
    from cachediff.review.request import Request

    Review = Callable[[Request], Report]


def review_pairs(choice: Choice, asked: Request, review: Review, announce: Callable[[Pair], None]) -> Iterator[Report]:
    """Yield the report on each pair, judged as `asked` says in all but the snapshots.

    Only the newest of a series has to have what the policy requires. What a change adds or changes is judged at the newest
    date that there is.
    """
    # By the names, which a reviewer sees: no page has been read yet.
    newest = max((row.candidate.date for row in choice.rows), default="")
    for pair in choice.pairs:
        announce(pair)
        request = replace(asked, old=pair.old, new=pair.new.source)
        is_newest = _is_newest(pair.new, choice, asked.policy)
        if pair.is_touched:
            yield _review_touched(_judge_at(request, newest, is_newest=is_newest), review)
        elif pair.new.state and pair.new.date != newest:
            yield review(_judge_at(request, newest, is_newest=is_newest))
        else:
            yield review(request)


def _is_newest(new: Candidate, choice: Choice, policy: Policy) -> bool:
    """Return whether a snapshot is the newest of its series, apart from what the change removes and the policy calls bad."""
    left = (row.candidate for row in choice.rows if row.candidate.state != "removed")
    newer = (one for one in left if one.series == new.series and one.date > new.date)
    return bool(new.date) and all(find_fault(one, policy) for one in newer)


def _judge_at(request: Request, newest: str, *, is_newest: bool) -> Request:
    """Return a request judged at the date of the newest snapshot, of which alone is asked what the policy requires.

    Nor do the locks of today say what an older snapshot may lose.
    """
    # An older day would bring back acceptances that have expired since.
    policy = request.policy if is_newest else replace(request.policy, require=(), wanted=())
    return replace(request, policy=policy, as_of=request.as_of or newest)


def _review_touched(request: Request, review: Review) -> Report:
    """Return the report on a published snapshot and what it was.

    The change is of today, whatever the age of the snapshot. A name that the policy renames may be the old one on both
    sides, or the new one, or change with this change.
    """
    # First without renames; only what fails and has renames to explain it is compared a second time.
    report = review(replace(request, policy=replace(request.policy, renames=NO_RENAMES)))
    if report.verdict == "pass" or request.policy.renames == NO_RENAMES:
        return report
    renamed = review(request)
    return renamed if renamed.verdict == "pass" else report
