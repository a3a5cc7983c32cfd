"""Which of many snapshots are compared.

They are the newest dated one with the one that it is to replace, and whatever a pull request touches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cachediff.domain.tags import is_date
from cachediff.policy.dates import date_snapshot
from cachediff.policy.subjects import fits_glob
from cachediff.rules.tags import tag_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.policy.settings import Policy

State = Literal["", "added", "changed", "removed"]
"""What a pull request does to a snapshot: empty for nothing, and where nobody asked."""

_PREFIX = "develop-"
_OLDER = "newest that is older and not bad"
_BEFORE = "what it was"
_BASELINE = "baseline of the policy"


class Candidate(Struct, frozen=True):
    """A snapshot that may be compared: its tag, the source that reads it, and what a pull request does to it.

    The tag of an index that has none is the name of its folder, or its file. `is_other`: it is none of those that are chosen
    from, and all that can be said is what a pull request does to it. `was_at` is the source of what a changed one was, where
    the revision has changed it, too. `is_link`: it is or was a link or a submodule, which nobody follows.
    """

    tag: str
    source: str
    state: State = ""
    is_other: bool = False
    was_at: str = ""
    is_link: bool = False

    @property
    def date(self) -> str:
        """The date at the end of a tag, or of the name of an index; empty for `develop`, a release and everything else."""
        # A day of the calendar: `develop-2025-02-31` would sort among dates, and is none.
        return "" if self.is_other else date_snapshot(self.tag)

    @property
    def series(self) -> tuple[str, str]:
        """What a name says besides a date and how a file is packed: snapshots of one series are compared with each other."""
        before, _, after = self.tag.rpartition(self.date) if self.date else (self.tag, "", "")
        return before, after.removesuffix(".gz").removesuffix(".xz")

    @property
    def is_new(self) -> bool:
        """Whether a pull request adds or changes it: then it is in the working tree, and otherwise in the revision."""
        return self.state in ("added", "changed")


def is_snapshot_name(name: str) -> bool:
    """Return whether a name by itself says that a snapshot has it: dated by a day that exists, `develop` or a release."""
    is_dated = name.startswith(_PREFIX) and is_date(name.removeprefix(_PREFIX))
    return is_dated or tag_kind(name) in ("mutable", "a release")


class Pair(Struct, frozen=True):
    """Two snapshots that are compared: the source of OLD, and NEW.

    `is_touched`: NEW is published, and OLD is what it was.
    """

    old: str
    new: Candidate
    is_touched: bool = False


class Row(Struct, frozen=True):
    """A candidate, what it is in the comparisons, and why."""

    candidate: Candidate
    role: Literal["new", "old", ""]
    why: str


class Choice(Struct, frozen=True):
    """What is compared, every candidate with its reason, newest first, and why nothing can be compared.

    `refusal` is empty where something can be compared, or need not.

    The pair of what is added comes first. There is none where a pull request adds and touches nothing.
    """

    pairs: tuple[Pair, ...]
    rows: tuple[Row, ...]
    refusal: str = ""
    hint: str = ""


def choose(candidates: Iterable[Candidate], policy: Policy, against: str = "") -> Choice:
    """Return which candidates are compared.

    NEW is the newest dated one, OLD the newest older one of its series that the policy does not call bad, or its baseline.
    What else is as new is compared, too. With `against`, a revision, NEW is the newest that a pull request adds to it, OLD
    is one of the revision. Whatever else it adds is compared, too, and each snapshot of the revision that the pull request
    changes with what it was.
    """
    # Two stable sorts, for dates fall and names rise. Of one tag the change's snapshot comes before the revision's.
    by_name = sorted(candidates, key=lambda one: (one.tag, not one.is_new, one.source))
    ordered = sorted(by_name, key=lambda one: one.date, reverse=True)
    # With a revision only what is added is NEW: what is changed is compared with what it was, below.
    new = _find_newest([one for one in ordered if one.date and (one.state == "added" or not against)], ordered, policy)
    # Else one with losses could come along with a later good one, and the next snapshot be measured by it.
    others = [
        one for one in ordered if one is not new and (one.state == "added" if against else new and one.date == new.date)
    ]
    pairs, refusal, hint = _pair_added(new, others, ordered, policy, against) if new else ([], "", "")
    # A published snapshot may be thinned out beside a good new one.
    pairs += [pair for one in ordered if one.state == "changed" for pair in _pair_touched(one, ordered, policy)]
    # What is removed is NEW of no pair, so no comparison could tell of it.
    if lost := _find_lost(ordered, {pair.old for pair, _ in pairs if not pair.is_touched}, policy):
        refusal, hint = _refuse_lost(lost, against)
    elif links := [pair.new for pair, _ in pairs if pair.is_touched and pair.new.is_link]:
        what = "links and submodules are not followed: here or in"
        refusal = f"the change touches {links[0].source}, and {what} {against} it is one"
        hint = "bad in the policy names what is no snapshot of its own"
    rows = tuple(_explain(one, pairs, policy, new, against) for one in ordered)
    # No pair at all: a part of the answer could be a pass.
    return Choice(() if refusal else tuple(pair for pair, _ in pairs), rows, refusal, hint)


def _pair_added(
    new: Candidate, others: Sequence[Candidate], ordered: Sequence[Candidate], policy: Policy, against: str
) -> tuple[list[tuple[Pair, str]], str, str]:
    """Return the pairs of the newest snapshot and of others beside it, or a refusal with its hint."""
    baseline, refusal, hint = _find_baseline(policy.baseline, ordered, [new, *others])
    if refusal:
        return [], refusal, hint
    measured = _find_measured(baseline, [new, *others], ordered, policy) if baseline else None
    pairs: list[tuple[Pair, str]] = []
    for one in (new, *others):
        if one is measured and baseline:
            pairs.append((Pair(baseline.source, one), _BASELINE))
        elif one is not new:
            pairs += _pair_older(one, ordered, policy)
        elif old := _find_older(one, ordered, policy):
            pairs.append((Pair(old.source, one), _OLDER))
        else:
            where = f" in {against}" if against else ""
            refusal = (
                f"{one.tag} has nothing to be compared with: there is no older {_name_kind(one)}{where} that is not bad"
            )
            hint = "cachediff OLD NEW compares any two; baseline in the policy names one"
    return pairs, refusal, hint


def _find_older(new: Candidate, ordered: Sequence[Candidate], policy: Policy) -> Candidate | None:
    """Return the newest snapshot of a series that is older than another, published and not bad."""
    # OLD is published: a change that could bring its own would choose what it is measured by.
    older = (one for one in ordered if "" < one.date < new.date and not one.is_new and one.series == new.series)
    return next((one for one in older if not find_fault(one, policy)), None)


def _find_newest(dated: Sequence[Candidate], ordered: Sequence[Candidate], policy: Policy) -> Candidate | None:
    """Return the newest snapshot, of several of one day the first that can be compared."""
    newest = [one for one in dated if one.date == dated[0].date]
    return next((one for one in newest if _find_older(one, ordered, policy)), newest[0] if newest else None)


def _name_kind(one: Candidate) -> str:
    """Return what a snapshot is compared with, in words."""
    return "dated snapshot" if one.tag.startswith(_PREFIX) else "snapshot that is called the same but for its date"


def _pair_older(one: Candidate, ordered: Sequence[Candidate], policy: Policy) -> Iterator[tuple[Pair, str]]:
    """Yield what a snapshot besides the newest is compared with.

    Some later one may be measured by it, so its losses count today.
    """
    if one.date and not find_fault(one, policy) and (old := _find_older(one, ordered, policy)):
        yield Pair(old.source, one), _OLDER


def _pair_touched(new: Candidate, ordered: Sequence[Candidate], policy: Policy) -> Iterator[tuple[Pair, str]]:
    """Yield what a changed snapshot is compared with: what it was, or what is older where that was bad.

    Nothing is yielded where a bad one is not dated.
    """
    if not find_fault(new, policy):
        there = (one.source for one in ordered if one.tag == new.tag and not one.is_new)
        yield from ((Pair(new.was_at or source, new, is_touched=True), _BEFORE) for source in there)
    elif new.date and (old := _find_older(new, ordered, policy)):
        yield Pair(old.source, new), _OLDER


def find_fault(one: Candidate, policy: Policy) -> str:
    """Return why the policy calls a snapshot bad, empty if it does not."""
    return next((bad.reason for bad in policy.bad if fits_glob(one.tag, bad.snapshot)), "")


def _find_lost(ordered: Sequence[Candidate], replaced: set[str], policy: Policy) -> list[Candidate]:
    """Return the good snapshots that the change removes, but for one with which a newer one is compared.

    That comparison says what is lost.
    """
    lost = (one for one in ordered if one.state == "removed" and not one.is_other and one.source not in replaced)
    return [one for one in lost if not find_fault(one, policy)]


def _refuse_lost(lost: Sequence[Candidate], against: str) -> tuple[str, str]:
    """Return that a change removes snapshots, and a hint."""
    more = f" and {len(lost) - 1:,} more" if lost[1:] else ""
    return (
        f"the change removes {lost[0].tag}{more}, which {against} has: all that is in a snapshot is lost with it",
        "bad in the policy names what is to go; a sparse checkout has to have all of ROOT, and in a shallow clone a branch"
        f" that is behind {against} merges it first",
    )


def _find_baseline(
    baseline: str, ordered: Sequence[Candidate], added: Sequence[Candidate]
) -> tuple[Candidate | None, str, str]:
    """Return what the policy names as OLD, if anything, or else a refusal with its hint.

    It is named by a dated tag, or else by a source, which is read as one.
    """
    if not baseline:
        return None, "", ""
    found = next((one for one in ordered if one.tag == baseline and one not in added and not one.is_new), None)
    if found and found.date:
        return found, "", ""
    # A tag that none of these snapshots has is a mistake, and no path.
    known = {one.series for one in ordered if one.date}
    if found is None and not is_snapshot_name(baseline) and Candidate(baseline, "").series not in known:
        return Candidate("", baseline), "", ""
    is_itself = any(one.tag == baseline for one in added)
    what = "is not dated" if found else "is the new snapshot itself" if is_itself else "is not there"
    hint = "baseline is a dated tag of one of these snapshots, or a path; --list lists them"
    return None, f"baseline {baseline} of the policy {what}", hint


def _find_measured(
    baseline: Candidate, added: Sequence[Candidate], ordered: Sequence[Candidate], policy: Policy
) -> Candidate | None:
    """Return which of some snapshots, newest first, the baseline of the policy is for: the newest of its series.

    A path is of none, and is for the newest; so is one of another series, if nothing of its own is older.
    """
    new, *others = added
    if not baseline.tag:
        return new
    good = [new, *(one for one in others if not find_fault(one, policy))]
    like = next((one for one in good if one.series == baseline.series), None)
    return like or (None if _find_older(new, ordered, policy) else new)


def _explain(one: Candidate, pairs: Sequence[tuple[Pair, str]], policy: Policy, new: Candidate | None, against: str) -> Row:
    """Return what a candidate is, and why."""
    as_old = list(dict.fromkeys(why for pair, why in pairs if pair.old == one.source))
    is_new = one is new or any(pair.new is one for pair, _ in pairs)
    fault = find_fault(one, policy)
    parts = [] if is_new else [*as_old]
    if one is new:
        parts.append("newest that the change adds" if against else "newest")
    elif one.state:
        parts.append(f"{one.state} by the change")
        if one.was_at:
            parts.append(f"and since in {against}")
    elif is_new:
        parts.append("as new")
    elif one.is_other:
        parts.append("it seems to be newer, and is no folder that is called like a snapshot")
    elif new and not against and one.date == new.date and not fault:
        parts.append("as new, but nothing older is called the same")
    if not one.date and not parts:
        parts.append("not dated")
    if fault and not as_old:
        parts.append(f"bad: {fault}")
    why = ", ".join(parts) or ("not older" if new and one.date >= new.date else "older than another")
    return Row(one, "new" if is_new else "old" if as_old else "", why)
