"""What somebody asks of two snapshots, and the report that answers it: the one way from sources to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.requirements import within
from cachediff.domain.selection import EVERYTHING, Selection, fits
from cachediff.engine.loop import compare_readers
from cachediff.errors import InputError
from cachediff.policy.settings import DEFAULT_POLICY, NO_RENAMES, Policy
from cachediff.review.report import evaluate
from cachediff.sources.kinds import LFS_HINT, LFS_MESSAGE
from cachediff.sources.open import Door
from cachediff.sources.reader import SnapshotReader

if TYPE_CHECKING:
    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.problem import Problem
    from cachediff.domain.report import Report
    from cachediff.domain.wanted import Wanted
    from cachediff.engine.loop import Progress


class Request(Struct, frozen=True):
    """What is compared, and how it is judged.

    A snapshot is where it is, or what reads it; without OLD, NEW is validated alone.

    Acceptances expire at `as_of`, a date as `YYYY-MM-DD`, or else at the date in NEW's name, or else at `today`; without any
    none does. `jobs` defaults to the number of cores.
    """

    old: str | SnapshotReader | None
    new: str | SnapshotReader
    policy: Policy = DEFAULT_POLICY
    selection: Selection = EVERYTHING
    as_of: str = ""
    today: str = ""
    jobs: int | None = None


def review(request: Request, progress: Progress = iter) -> Report:
    """Return the report a request asks for; `progress` is given the packages of this process's share and yields them again.

    Raises InputError where a snapshot or a lock cannot be read, none of OLD is valid, or a glob of the selection matches
    nothing, and WorkerError where a process ended early.
    """
    # One door for both sides: what was understood of OLD is only looked up when NEW is read.
    policy, door = request.policy, Door(request.policy.limits)
    # First, since these are small: one that cannot be read need not cost a comparison.
    wanted = _read_wanted(policy, door) if policy.wanted and request.old is not None else None
    old, new = open_sides(request, door)
    needed = within(policy.require, request.selection)
    diff = compare_readers(old, new, request.selection, require=needed, wanted=wanted, jobs=request.jobs, progress=progress)
    try:
        require_comparable(diff)
    except InputError as error:
        # A folder of snapshots with a README in it looks like one of flat pages, none of which is valid.
        above = door.refuse_above(request.old, door.open_tree(request.old)) if isinstance(request.old, str) else None
        raise above or error from None
    diff = _locate_missing(diff, door) if diff.wanted and diff.wanted.missing else diff
    return evaluate(diff, policy, request.as_of, request.today)


def _read_wanted(policy: Policy, door: Door) -> Wanted | None:
    # Here, as most runs name no lock.
    from cachediff.review.locks import read_wanted

    return read_wanted(policy.wanted, door)


def _locate_missing(diff: SnapshotDiff, door: Door) -> SnapshotDiff:
    from cachediff.review.locks import locate_missing

    return locate_missing(diff, door)


def open_sides(request: Request, door: Door) -> tuple[SnapshotReader | None, SnapshotReader]:
    """Return what reads the two snapshots of a request, OLD under the names of its policy. Raises InputError."""
    old = door.open(request.old) if isinstance(request.old, str) else request.old
    new = door.open(request.new) if isinstance(request.new, str) else request.new
    refuse_page_alone(old, new, request.selection)
    if old is not None and request.policy.renames != NO_RENAMES:
        from cachediff.policy.renames import RenamedReader

        # Before anything is compared, so that nothing that follows knows of renames.
        old = RenamedReader(old, request.policy.renames)
    return old, new


def refuse_page_alone(old: SnapshotReader | None, new: SnapshotReader, selection: Selection) -> None:
    """Raise InputError where one side is a page and the other a snapshot: whatever else that has would be lost, or new."""
    if old is None or old.info.is_page == new.info.is_page:
        return
    page, whole = (old, new) if old.info.is_page else (new, old)
    number = sum(fits(name, selection.package) for name in whole.packages())
    # A snapshot of one package can be compared with its page.
    if number < 2:
        return
    one, many = f"{page.info.source} is the page of one", f"{whole.info.source} has {number:,}"
    message = f"OLD {one} package, and NEW {many}" if page is old else f"OLD {many} packages, and NEW {one}"
    package = next(iter(page.packages()))
    hint = f"name the snapshot that the page is of, perhaps with --package {package}, or a page on both sides"
    raise InputError(message, hint=hint)


def require_comparable(diff: SnapshotDiff) -> SnapshotDiff:
    """Return a comparison as it is.

    Raises InputError where OLD has pages and none is valid, or a side has no spec: nothing was compared, which is no pass.
    """
    for side in (diff.old, diff.new) if diff.selection.package == "*" else ():
        if side and not side.packages:
            message = f"{side.source} holds no spec: none of its pages has any"
            raise InputError(message, hint="is it the whole snapshot? its pages have a line spec_details without an entry")
    # Counted by package, for one may have several pages that are invalid.
    if diff.old and 0 < diff.old.packages <= len({page.package for page in diff.invalid_old}):
        problem = diff.invalid_old[0].problems[0]
        which = f"none of its {diff.old.packages:,} pages is" if diff.old.packages > 1 else "its only page is not"
        first = f"{problem.location.path}:{problem.location.line}" if problem.location.line else problem.location.path
        message = f"nothing can be compared with {diff.old.source}: {which} valid\n  {first}: {problem.message}"
        raise InputError(message, hint=_advise(problem))
    return diff


def _advise(problem: Problem) -> str:
    """Return what to do about an OLD whose pages are all like one."""
    if problem.message == LFS_MESSAGE:
        return LFS_HINT
    return f"is it a snapshot? expected there: {problem.expected}; cachediff validate says what is wrong with each page"
