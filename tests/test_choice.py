"""Which of many snapshots are compared: what holds of every choice, whatever there is to choose from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.policy.choice import Candidate, Choice, choose, is_tag
from cachediff.policy.settings import BadSnapshot, Policy

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


def old_of(choice: Choice) -> Candidate | None:
    """Return the candidate that is OLD, which must be the only one."""
    found = [row.candidate for row in choice.rows if row.role == "old"]
    assert [one.source for one in found] == ([choice.old] if choice.old else [])
    return found[0] if found else None


@given(candidates(is_pull_request=False), policies, st.randoms(use_true_random=False))
def test_newest_and_the_newest_good_one_before(found: list[Candidate], policy: Policy, random: object) -> None:
    choice = choose(found, policy)
    old, bad = old_of(choice), {row.candidate.tag for row in choice.rows if "bad: " in row.why}
    dated = sorted(one.date for one in found if one.date)
    assert (choice.new.date if choice.new else None) == (dated[-1] if dated else None)
    good = [one.date for one in found if one.date and choice.new and one.date < choice.new.date and one.tag not in bad]
    assert (old.date if old else None) == max(good, default=None)
    assert bool(choice.refusal) == (choice.new is not None and old is None)
    assert len(choice.rows) == len(found)
    assert all(row.why for row in choice.rows)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert choose(found, policy) == choice


@given(candidates(is_pull_request=True), policies)
def test_what_is_added_and_what_was_there(found: list[Candidate], policy: Policy) -> None:
    choice = choose(found, policy, "main")
    old, bad = old_of(choice), {row.candidate.tag for row in choice.rows if "bad: " in row.why}
    news = [one for one in found if one.date and one.state in ("added", "changed")]
    published = [one for one in found if one.date and not one.is_new and one.tag not in bad]
    assert choice.new == max(news, key=lambda one: one.date, default=None)
    if old and choice.new:
        assert not old.is_new
        assert old in published
        assert old.date <= choice.new.date
        assert not any(old.date < one.date <= choice.new.date for one in published)
    newest = max(published, key=lambda one: one.date, default=None)
    is_lost = newest is not None and newest.state == "removed" and not any(one.date > newest.date for one in news)
    assert choice.refusal.startswith("the change removes") == is_lost
    assert bool(choice.refusal) == (is_lost or (choice.new is not None and old is None))


@given(st.booleans().flatmap(lambda is_pr: st.tuples(candidates(is_pull_request=is_pr), st.just(is_pr))), st.sampled_from(TAGS), policies)
def test_baseline_is_taken_or_refused(drawn: tuple[list[Candidate], bool], baseline: str, policy: Policy) -> None:
    found, is_pull_request = drawn
    choice = choose(found, Policy(baseline=baseline, bad=policy.bad), "main" if is_pull_request else "")
    if choice.old is not None:
        old = old_of(choice)
        assert old is not None
        assert old.tag == baseline
        assert old.date
        assert old != choice.new
    else:
        assert choice.new is None or choice.refusal


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
    assert is_tag(name) is expected
