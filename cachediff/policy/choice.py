"""Which two of many snapshots are compared: the newest dated one, and the one that it is to replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from cachediff.policy.dates import is_date
from cachediff.policy.subjects import fits
from cachediff.rules.tags import tag_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.policy.settings import Policy

State = Literal["", "added", "changed", "removed"]
"""What a pull request does to a snapshot: empty for nothing, and where nobody asked."""

_PREFIX = "develop-"


class Candidate(Struct, frozen=True):
    """A snapshot that may be compared: its tag, the source that reads it, and what a pull request does to it."""

    tag: str
    source: str
    state: State = ""

    @property
    def date(self) -> str:
        """The date of a `develop-YYYY-MM-DD` tag; empty for `develop`, a release and everything else."""
        date = self.tag.removeprefix(_PREFIX)
        return date if self.tag.startswith(_PREFIX) and is_date(date) else ""

    @property
    def is_new(self) -> bool:
        """Whether a pull request adds or changes it: then it is in the working tree, and otherwise in the revision."""
        return self.state in ("added", "changed")


def is_tag(name: str) -> bool:
    """Return whether a name is the tag of a snapshot: dated, `develop` or a release."""
    return bool(Candidate(name, "").date) or tag_kind(name) in ("mutable", "a release")


class Row(Struct, frozen=True):
    """A candidate, what it is in the comparison, and why."""

    candidate: Candidate
    role: Literal["new", "old", ""]
    why: str


class Choice(Struct, frozen=True):
    """What is compared, every candidate with its reason, newest first, and why nothing can be compared (empty: something can, or need not).

    Both sides are None where a pull request adds no snapshot. `old` is a source.
    """

    old: str | None
    new: Candidate | None
    rows: tuple[Row, ...]
    refusal: str = ""
    hint: str = ""


def choose(candidates: Iterable[Candidate], policy: Policy, against: str = "") -> Choice:
    """Return which candidates are compared.

    NEW is the newest dated one, OLD the newest older one that the policy does not call bad, or its baseline. With `against`, a revision,
    NEW is the newest that a pull request adds to it or changes in it, and OLD is one of the revision.
    """
    by_name = sorted(candidates, key=lambda one: (one.tag, not one.source.endswith(one.tag), one.source))
    ordered = sorted(by_name, key=lambda one: (one.date, one.is_new), reverse=True)
    dated = [one for one in ordered if one.date]
    new = next((one for one in dated if one.is_new or not against), None)
    rows = tuple(Row(one, "new" if one is new else "", _explain(one, new, policy, against)) for one in ordered)
    if lost := _find_lost(dated, new, policy):
        refusal = f"the change removes {lost.tag}, the newest snapshot of {against}, and adds none that is newer"
        hint = f"bad in the policy names one that is to go; a branch that is behind {against} merges it first"
        return Choice(None, new, rows, refusal, hint)
    if new is None:
        return Choice(None, None, rows)
    if policy.baseline:
        return _take_baseline(policy.baseline, ordered, new, rows)
    old = next((one for one in dated if _may_be_old(one, new, policy)), None)
    if old is None:
        where = f" in {against}" if against else ""
        refusal = f"{new.tag} has nothing to be compared with: there is no older dated snapshot{where} that is not bad"
        return Choice(None, new, rows, refusal, "cachediff OLD NEW compares any two; baseline in the policy names one")
    return Choice(old.source, new, tuple(_mark(row, old, "newest that is older and not bad") for row in rows))


def _may_be_old(one: Candidate, new: Candidate, policy: Policy) -> bool:
    """Return whether NEW may be compared with a dated candidate. Only a revision's can have NEW's date: what NEW was before the change."""
    is_before = one.date <= new.date if new.is_new else one.date < new.date
    return is_before and not one.is_new and not _find_fault(one, policy)


def _find_fault(one: Candidate, policy: Policy) -> str:
    """Return why the policy calls a snapshot bad, empty if it does not."""
    return next((bad.reason for bad in policy.bad if fits(one.tag, bad.snapshot)), "")


def _find_lost(dated: Sequence[Candidate], new: Candidate | None, policy: Policy) -> Candidate | None:
    """Return the newest good snapshot of the revision where the change removes it and adds none that is newer: users would fall back."""
    newest = next((one for one in dated if not one.is_new and not _find_fault(one, policy)), None)
    is_lost = newest is not None and newest.state == "removed" and (new is None or new.date < newest.date)
    return newest if is_lost else None


def _take_baseline(baseline: str, ordered: Sequence[Candidate], new: Candidate, rows: tuple[Row, ...]) -> Choice:
    """Return the choice where the policy names OLD: a dated tag, or else a source, which is read as one."""
    found = next((one for one in ordered if one.tag == baseline and one is not new and not one.is_new), None)
    if found and found.date:
        return Choice(found.source, new, tuple(_mark(row, found, "baseline of the policy") for row in rows))
    if found is None and not is_tag(baseline):
        return Choice(baseline, new, rows)
    what = "is not dated" if found else "is the new snapshot itself" if baseline == new.tag else "is not there"
    hint = "baseline is a dated tag of one of these snapshots, or a path; --list lists them"
    return Choice(None, new, rows, f"baseline {baseline} of the policy {what}", hint)


def _mark(row: Row, old: Candidate, why: str) -> Row:
    """Return the row of OLD with that role."""
    if row.candidate is not old:
        return row
    return replace(row, role="old", why=f"{why}, {row.why}" if old.state else why)


def _explain(one: Candidate, new: Candidate | None, policy: Policy, against: str) -> str:
    """Return why a candidate that is not OLD is what it is."""
    fault = _find_fault(one, policy)
    parts = []
    if one is new:
        parts.append(f"newest that the change {'adds' if one.state == 'added' else 'changes'}" if against else "newest")
    elif one.state:
        parts.append(f"{one.state} by the change")
    if not one.date:
        parts.append("not dated")
    if fault:
        parts.append(f"bad: {fault}")
    return ", ".join(parts) or ("not older" if new and one.date >= new.date else "older than another")
