"""The policy loader: a policy that can judge, or a refusal of which every line has a place."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from cachediff import compare, evaluate, read_snapshot
from cachediff.errors import InputError
from cachediff.policy.load import load_policy
from tests.commands import WEEK
from tests.fuzz.scratch import keep
from tests.pages import FIXTURES

if TYPE_CHECKING:
    from cachediff.domain.diff import SnapshotDiff

OUTCOMES = {"policy", "refused"}
SEEDS = tuple(FIXTURES.glob("policies/*/*.yaml"))
_COUNT = re.compile(r"[0-9,]+ errors in the policy:|and [0-9,]+ more errors in .*")


def check(data: bytes) -> str:
    """Return what came of the bytes of a policy.

    Raises AssertionError for a refusal without a place, or a report that is none.
    """
    path = str(keep(data, "cachediff.yaml"))
    try:
        policy = load_policy(path)
    except InputError as error:
        _check_places(str(error), path)
        return "refused"
    report = evaluate(_week(), policy)
    assert report.verdict in ("pass", "fail")
    assert report.fail_on == policy.fail_on
    return "policy"


def _check_places(refusal: str, path: str) -> None:
    place = re.compile(rf"{re.escape(path)}:[1-9][0-9]*:[1-9][0-9]*: \S")
    assert [line for line in refusal.split("\n") if not place.match(line) and not _COUNT.fullmatch(line)] == []


@cache
def _week() -> SnapshotDiff:
    old, new = map(read_snapshot, WEEK)
    return compare(old, new)
