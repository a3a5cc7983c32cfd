"""What is wrong in indexes, as observations: the rules on records share this."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cachediff.domain.finding import HIDDEN, Observation, Subject
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.reading import Fault, FaultKind


def name_side(snapshot: str, *, is_hidden: bool) -> str:
    """Return how a subject names the snapshot that a finding is about; NEW is not named."""
    # Of its own: whoever accepts that OLD's page cannot be read does not accept that NEW has none.
    return HIDDEN if is_hidden else snapshot


def observe_faults(diff: SnapshotDiff, kind: FaultKind, noun: str) -> Iterator[Observation]:
    """Yield one observation a package (or stack, where no package is known) and snapshot, with all faults of a kind.

    OLD is published already, so there they are no more than a warning, unless they hide what NEW has lost with the package
    or the stack.
    """
    # Records hide a package, and indexes a stack, each by name.
    names = frozenset({"record": diff.hidden, "index": diff.hidden_stacks}.get(kind, ()))
    # NEW first: a pull request can mend that, and OLD is published.
    for snapshot, side in (("", diff.new), ("old", diff.old)):
        faults = sorted((fault for fault in side.reading.faults if fault.kind == kind), key=_subject) if side else ()
        for (package, stack), group in groupby(faults, key=_subject):
            which = name_side(snapshot, is_hidden=bool(snapshot) and (stack if kind == "index" else package) in names)
            # An acceptance of what has no package and no stack would be one of all that the rule finds.
            field = "" if package or stack else "name"
            yield _observe(Subject(package=package, stack=stack, field=field, snapshot=which), [*group], noun)


def _subject(fault: Fault) -> tuple[str, str]:
    return fault.package, fault.stack


def _observe(subject: Subject, faults: Iterable[Fault], noun: str) -> Observation:
    first, *others = faults
    also = f" (and {number(len(others), f'more {noun}')})" if others else ""
    # One message stands for all, but whoever mends them needs the place of each.
    problems = tuple(problem for fault in (first, *others) for problem in fault.problems)
    what = subject.package or (f"stack {subject.stack}" if subject.stack else "what it was")
    lack = f": {what} is not in the new snapshot" if subject.snapshot == HIDDEN else ""
    message, is_eased = first.message + also + lack, subject.snapshot == "old"
    return Observation(subject, message, first.location, is_eased=is_eased, problems=problems)
