"""Which of many snapshots are compared: what holds of every choice, whatever there is to choose from."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.domain.diff import Requirement
from cachediff.history.choice import Candidate, Choice, Pair, State, choose, is_snapshot_name
from cachediff.history.pairs import review_pairs
from cachediff.policy.settings import BadSnapshot, Policy
from cachediff.review.request import Request

TAGS = ("develop", "v0.22.4", *(f"develop-2025-03-{day:02}" for day in (2, 9, 16, 23, 30)))


def candidates(*, is_pull_request: bool) -> st.SearchStrategy[list[Candidate]]:
    """Draw snapshots of different tags; in a pull request what it changes is there twice, as it was and as it is."""
    if not is_pull_request:
        return st.lists(st.sampled_from(TAGS), unique=True).map(lambda tags: [Candidate(tag, f"x/{tag}") for tag in tags])

    def make(state: str, tag: str) -> list[Candidate]:
        before, after = Candidate(tag, f"main:x/{tag}"), f"x/{tag}"
        return {
            "": [before],
            "added": [Candidate(tag, after, "added")],
            "changed": [before, Candidate(tag, after, "changed")],
            "removed": [Candidate(tag, before.source, "removed")],
        }[state]

    states = st.dictionaries(st.sampled_from(TAGS), st.sampled_from(("", "added", "changed", "removed")))
    return states.map(lambda drawn: [one for tag, state in drawn.items() for one in make(state, tag)])


policies = st.lists(st.sampled_from((*TAGS, "develop-2025-03-0?", "*")), max_size=2).map(
    lambda tags: Policy(bad=tuple(BadSnapshot(tag, "down") for tag in tags))
)


def added_in(choice: Choice) -> Pair | None:
    """Return the pair of what is added, whose OLD has that role."""
    pair = next((pair for pair in choice.pairs if not pair.is_touched), None)
    sources = {row.candidate.source for row in choice.rows if row.role == "old"}
    assert {pair.old for pair in choice.pairs} == sources or choice.refusal
    return pair


@given(candidates(is_pull_request=False), policies, st.randoms(use_true_random=False))
def test_newest_and_the_newest_good_one_before(found: list[Candidate], policy: Policy, random: object) -> None:
    choice = choose(found, policy)
    pair, bad = added_in(choice), {row.candidate.tag for row in choice.rows if "bad: " in row.why}
    dated = sorted(one.date for one in found if one.date)
    new = next((row.candidate for row in choice.rows if row.role == "new"), None)
    assert (new.date if new else None) == (dated[-1] if dated else None)
    good = [one.source for one in found if one.date and new and one.date < new.date and one.tag not in bad]
    assert (pair.old if pair else None) == max(good, default=None)
    assert bool(choice.refusal) == (new is not None and pair is None)
    assert len(choice.pairs) <= 1
    assert len(choice.rows) == len(found)
    assert all(row.why for row in choice.rows)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert choose(found, policy) == choice


@given(candidates(is_pull_request=True), st.lists(st.sampled_from(("develop-2025-03-16", "v*", "*")), max_size=1))
def test_what_is_added_and_what_is_touched(found: list[Candidate], bad: list[str]) -> None:
    choice = choose(found, Policy(bad=tuple(BadSnapshot(tag, "down") for tag in bad)), "main")

    def is_bad(one: Candidate) -> bool:
        return any(fnmatchcase(one.tag, glob) for glob in bad)

    published = [one for one in found if not one.is_new]
    new = max((one for one in found if one.date and one.state == "added"), key=lambda one: one.date, default=None)
    older = [one for one in published if new and "" < one.date < new.date and not is_bad(one)]
    old = max(older, key=lambda one: one.date, default=None)
    others = [one for one in found if one.state == "added" and one.date and one != new and not is_bad(one)]
    repairs = [*others, *(one for one in found if one.state == "changed" and is_bad(one))]
    before = [[two for two in published if "" < two.date < one.date and not is_bad(two)] for one in repairs]
    needed = [max(some, key=lambda two: two.date) for some in before if some]
    lost = [one for one in published if one.state == "removed" and not is_bad(one) and one not in (old, *needed)]
    assert choice.refusal.startswith("the change removes") == bool(lost)
    assert bool(choice.refusal) == bool(lost or (new and not old))
    if choice.refusal:
        assert choice.pairs == ()
        return
    added = [(pair.old, pair.new) for pair in choice.pairs if pair.new.state == "added"]
    assert added[:1] == ([(old.source, new)] if old and new else [])
    measured = [one for one in others if any("" < two.date < one.date and not is_bad(two) for two in published)]
    assert {one for _, one in added[1:]} == set(measured)
    touched = [one for one in found if one.state == "changed"]
    assert {(pair.old, pair.new) for pair in choice.pairs if pair.is_touched} == {
        (f"main:{one.source}", one) for one in touched if not is_bad(one)
    }
    repaired = [
        one for one in touched if is_bad(one) and any("" < two.date < one.date and not is_bad(two) for two in published)
    ]
    assert {pair.new for pair in choice.pairs if pair.new.state == "changed" and not pair.is_touched} == set(repaired)


@given(
    st.booleans().flatmap(lambda is_pr: st.tuples(candidates(is_pull_request=is_pr), st.just(is_pr))),
    st.sampled_from(TAGS),
    policies,
)
def test_baseline_is_taken_or_refused(drawn: tuple[list[Candidate], bool], baseline: str, policy: Policy) -> None:
    found, is_pull_request = drawn
    choice = choose(found, Policy(baseline=baseline, bad=policy.bad), "main" if is_pull_request else "")
    new = max(
        (one for one in found if one.date and (one.state == "added" or not is_pull_request)),
        key=lambda one: one.date,
        default=None,
    )
    pairs = [pair for pair in choice.pairs if pair.new == new]
    assert choice.refusal or new is None or pairs
    for pair in pairs:
        (old,) = [one for one in found if one.source == pair.old]
        assert old.tag == baseline
        assert old.date
        assert not old.is_new
        assert old != new


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("develop", True),
        ("develop-2025-03-30", True),
        ("v0.22.4", True),
        ("v1", True),
        ("develop-2025-02-30", False),
        ("develop-2025-03-30-copy", False),
        ("x-2025-03-30", False),
        ("main:develop-2025-03-30", False),
        ("_cache/v0.22.4", False),
        ("", False),
    ],
)
def test_what_is_a_tag(name: str, expected: bool) -> None:
    assert is_snapshot_name(name) is expected


# --- indexes, which have names and no tags -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "date", "series"),
    [
        ("develop-2025-03-30", "2025-03-30", ("develop-", "")),
        ("mirror-2026-07-01", "2026-07-01", ("mirror-", "")),
        ("2026-07-01", "2026-07-01", ("", "")),
        ("2026-07-01.lock", "2026-07-01", ("", ".lock")),
        ("spack-2026-07-01.lock.xz", "2026-07-01", ("spack-", ".lock")),
        ("index-2026-07-01.json.gz", "2026-07-01", ("index-", ".json")),
        ("2026-07-01-2026-07-02", "2026-07-02", ("2026-07-01-", "")),
        ("2026-07-01-2026-07-01", "2026-07-01", ("2026-07-01-", "")),
        ("mirror-2026-02-30", "", ("mirror-2026-02-30", "")),
        ("mirror-2026-07-01-rc1", "", ("mirror-2026-07-01-rc1", "")),
        ("v0.22.4", "", ("v0.22.4", "")),
        ("develop", "", ("develop", "")),
    ],
)
def test_what_the_name_of_a_candidate_says(name: str, date: str, series: tuple[str, str]) -> None:
    assert (Candidate(name, "").date, Candidate(name, "").series) == (date, series)


DATED = [
    name.format(day)
    for name in ("mirror-2026-07-{:02}", "2026-07-{:02}.lock", "develop-2026-07-{:02}")
    for day in range(1, 5)
]


@given(st.lists(st.sampled_from(DATED), unique=True), st.sampled_from(("", *DATED)), st.booleans())
def test_each_is_compared_with_one_of_its_series(names: list[str], bad: str, is_pull_request: bool) -> None:
    """What is as new as the newest, or in a pull request all that it adds, where there is anything older."""
    found = [Candidate(name, name) for name in names]
    if is_pull_request:
        found = [Candidate(name, name, "added" if number % 2 else "") for number, name in enumerate(names)]
    choice = choose(found, Policy(bad=(BadSnapshot(bad, "down"),) if bad else ()), "main" if is_pull_request else "")
    new = [one for one in found if one.state == "added" or not is_pull_request]
    newest = max((one.date for one in new), default="")
    expected: dict[str, str] = {}
    for one in new:
        older = [other for other in found if other.series == one.series and other.date < one.date and other.tag != bad]
        older = [other for other in older if other.state != "added"]
        if older and (is_pull_request or one.date == newest):
            expected[one.tag] = max(older, key=lambda other: other.date).tag
    chosen = {pair.new.tag: pair.old for pair in choice.pairs}
    if choice.refusal:
        assert not any(one.date == newest and one.tag in expected for one in new)
        return
    # What is bad is only compared where it is the newest.
    assert {tag: old for tag, old in expected.items() if tag != bad} == {
        tag: old for tag, old in chosen.items() if tag != bad
    }
    assert chosen.get(bad, expected.get(bad)) == expected.get(bad)


def test_a_baseline_that_is_called_like_the_others_is_no_path() -> None:
    found = [Candidate(name, f"x/{name}") for name in ("mirror-2026-07-01", "mirror-2026-06-01")]
    assert (
        choose(found, Policy(baseline="mirror-2026-06-02")).refusal
        == "baseline mirror-2026-06-02 of the policy is not there"
    )
    assert choose(found, Policy(baseline="mirror-2026-06-01")).pairs[0].old == "x/mirror-2026-06-01"
    assert choose(found, Policy(baseline="y/mirror-2026-06-02")).pairs[0].old == "y/mirror-2026-06-02"


@pytest.mark.parametrize("against", ["", "main"])
def test_a_baseline_is_for_its_series(against: str) -> None:
    """Else the newest would be compared with another site, or environment, and what it lost would pass."""
    names = ("env-2026-07-02.lock", "site-2026-07-02.lock", "2026-07-02")
    added = [Candidate(name, name, "added" if against else "") for name in names]
    older = [
        Candidate(f"{kind}-2026-{month}-02.lock", f"{kind}-{month}") for kind in ("env", "site") for month in ("06", "05")
    ]

    def pair(baseline: str, *new: Candidate) -> dict[str, str]:
        return {pair.new.tag: pair.old for pair in choose([*older, *new], Policy(baseline=baseline), against).pairs}

    env, site, other = names
    assert pair("site-2026-05-02.lock", *added) == {env: "env-06", site: "site-05"}
    assert pair("env-2026-05-02.lock", *added) == {env: "env-05", site: "site-06"}
    assert pair("site-2026-05-02.lock", added[0]) == {env: "env-06"}
    # What is the first of its name has nothing else to be compared with.
    assert pair("site-2026-05-02.lock", added[2]) == {other: "site-05"}
    assert pair("a/path", *added) == {env: "a/path", site: "site-06"}
    refused = choose([*older, *added], Policy(baseline=site), against).refusal
    assert refused == f"baseline {site} of the policy is the new snapshot itself"


# --- how each is judged ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "change", "bad", "expected"),
    [
        ("develop-2025-03-23", {"develop-2025-03-30": "added"}, "", {"develop-2025-03-30": ("", True)}),
        # What is newer in another series, or removed, or bad is no reason not to ask for what the policy requires.
        (
            "site-2025-03-23 env-2025-04-06",
            {"site-2025-03-30": "added"},
            "",
            {"site-2025-03-30": ("2025-04-06", True)},
        ),
        (
            "develop-2025-03-23",
            {"develop-2025-03-30": "added", "develop-2025-04-06": "removed"},
            "develop-2025-04-06",
            {"develop-2025-03-30": ("2025-04-06", True)},
        ),
        (
            "develop-2025-03-23 develop-2025-04-06",
            {"develop-2025-03-30": "added"},
            "develop-2025-04-06",
            {"develop-2025-03-30": ("2025-04-06", True)},
        ),
        (
            "develop-2025-03-23 develop-2025-04-06",
            {"develop-2025-03-30": "added"},
            "",
            {"develop-2025-03-30": ("2025-04-06", False)},
        ),
        # A bad one that is mended is compared with an older one, and what has expired since stays so.
        (
            "develop-2025-03-23 develop-2025-03-30 develop-2025-04-06",
            {"develop-2025-03-30": "changed"},
            "develop-2025-03-30",
            {"develop-2025-03-30": ("2025-04-06", False)},
        ),
    ],
)
def test_at_what_date_and_by_what_a_snapshot_is_judged(
    published: str, change: dict[str, State], bad: str, expected: dict[str, tuple[str, bool]]
) -> None:
    found = [Candidate(tag, f"main:{tag}") for tag in published.split()]
    found += [Candidate(tag, f"x/{tag}", state) for tag, state in change.items()]
    policy = Policy(bad=(BadSnapshot(bad, "down"),) if bad else (), require=(Requirement("hdf5"),))
    choice = choose(found, policy, "main")
    seen: list[Request] = []

    def review(request: Request) -> Any:
        seen.append(request)

    asked = Request("", "", policy, today="2026-01-01")
    assert list(review_pairs(choice, asked, review, lambda _: None))
    assert {str(one.new).removeprefix("x/"): (one.as_of, bool(one.policy.require)) for one in seen} == expected
