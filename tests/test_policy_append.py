"""Acceptances added to the text of a policy: nothing else changes by a byte, and what is added says what was meant."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cachediff.domain.finding import Acceptance, Subject
from cachediff.errors import InputError
from cachediff.policy.edit import append
from cachediff.policy.edit.append import append_entries, write_entries
from cachediff.policy.load import MAX_BYTES
from cachediff.policy.parse import parse_policy
from cachediff.policy.settings import Entry, Policy
from tests.examples import examples

VALID = sorted((Path(__file__).parent.parent / "fixtures" / "policies" / "valid").glob("*.yaml"))
ENTRY = Entry("stack-removed", Subject(stack="e4s"), Acceptance("retired", "2025-06-01", "@spack/ci"))
LINES = """\
  - rule: stack-removed
    subject: {stack: e4s}
    reason: retired
    until: 2025-06-01
    owner: "@spack/ci"
"""
BLOCK = """\
  - rule: os-dropped
    subject: any
    until: 2025-01-01
    reason: |
      two
      lines

"""
FLUSH = LINES.replace("\n  ", "\n").removeprefix("  ")


def test_entry_as_a_person_would_write_it() -> None:
    assert write_entries([ENTRY]) == LINES


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"accepted:\n{LINES}"),
        ("# nothing yet", f"# nothing yet\naccepted:\n{LINES}"),
        ("---\n", f"---\naccepted:\n{LINES}"),
        ("fail-on: error", f"fail-on: error\naccepted:\n{LINES}"),
        ("fail-on: error\n\n# the end\n", f"fail-on: error\n\n# the end\naccepted:\n{LINES}"),
        ("  fail-on: error\n", "  fail-on: error\n  accepted:\n" + "".join(f"  {line}\n" for line in LINES.splitlines())),
        ("accepted:\n", f"accepted:\n{LINES}"),
        ("accepted:", f"accepted:\n{LINES}"),
        ("accepted: # for now\n", f"accepted: # for now\n{LINES}"),
        (
            "accepted:\n  # - rule: os-dropped\nfail-on: never # at last\n",
            f"accepted:\n{LINES}  # - rule: os-dropped\nfail-on: never # at last\n",
        ),
        (
            "accepted:\n- {rule: os-dropped, subject: any, reason: x, until: 2025-01-01} # one\n# last\n",
            f"accepted:\n- {{rule: os-dropped, subject: any, reason: x, until: 2025-01-01}} # one\n{FLUSH}# last\n",
        ),
        (
            "accepted:\n    -   rule: os-dropped\n        until: 2025-01-01\n        reason: x\n        subject:\n"
            "            os: centos7",
            "accepted:\n    -   rule: os-dropped\n        until: 2025-01-01\n        reason: x\n        subject:\n"
            "            os: centos7\n" + "".join(f"  {line}\n" for line in LINES.splitlines()),
        ),
        (
            f"accepted:\n{BLOCK}# what is required\nrequire:\n",
            f"accepted:\n{BLOCK}{LINES}# what is required\nrequire:\n",
        ),
        (
            "accepted:\r\n  - {rule: os-dropped, subject: any, reason: x, until: 2025-01-01}\r\nfail-on: error\r\n",
            "accepted:\r\n  - {rule: os-dropped, subject: any, reason: x, until: 2025-01-01}\r\n"
            + LINES.replace("\n", "\r\n")
            + "fail-on: error\r\n",
        ),
    ],
)
def test_place(before: str, after: str) -> None:
    assert append_entries(before, [ENTRY], "cachediff.yaml") == after


@pytest.mark.parametrize(
    "text",
    [
        "{fail-on: error}",
        "accepted: []\n",
        "accepted: null\n",
        "accepted: ~ # none\n",
        "accepted: [{rule: os-dropped, subject: any, reason: x, until: 2025-01-01}]\n",
        "fail-on: error\n...\n",
        "accepted: &a\n  - {rule: os-dropped, subject: any, reason: x, until: 2025-01-01}\n...\n# below\n",
    ],
)
def test_what_cannot_be_added_to_is_refused(text: str) -> None:
    parse_policy(text, "cachediff.yaml")
    with pytest.raises(InputError, match="entries cannot be added to accepted as it is written here") as caught:
        append_entries(text, [ENTRY], "cachediff.yaml")
    assert "nothing was changed" in caught.value.hint


def test_policy_that_is_broken_is_refused_as_such() -> None:
    with pytest.raises(InputError, match="unknown key 'fail_on'; did you mean 'fail-on'"):
        append_entries("fail_on: error\n", [ENTRY], "cachediff.yaml")


def test_policy_that_would_be_too_large_to_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a smaller size: PyYAML takes seconds to read a policy of the real one."""
    assert vars(append)["MAX_BYTES"] == MAX_BYTES
    most = 6_000
    monkeypatch.setattr(append, "MAX_BYTES", most)
    text = "# why\n" * (most // 6)
    assert len(text) <= most
    with pytest.raises(InputError, match="would be too large with 1 more entry: more than 4 MiB") as caught:
        append_entries(text, [ENTRY], "cachediff.yaml")
    assert "nothing was changed" in caught.value.hint
    short = "# why\n" * (most // 6 - 100)
    assert append_entries(short, [ENTRY], "cachediff.yaml").startswith(short)


def check(text: str, entries: list[Entry]) -> None:
    """Assert that adding entries to a text changes no byte of it and says what they say, or is refused."""
    before = parse_policy(text, "x").policy
    try:
        after = append_entries(text, entries, "x")
    except InputError:
        return
    assert parse_policy(after, "x").policy == msgspec.structs.replace(before, accepted=(*before.accepted, *entries))
    kept = next((i for i, (a, b) in enumerate(zip(text, after, strict=False)) if a != b), len(text))
    assert after.endswith(text[kept:])
    assert len(after) > len(text)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_every_fixture_keeps_its_bytes(path: Path) -> None:
    check(path.read_bytes().decode("utf-8"), [ENTRY, ENTRY])


TEXTS = st.one_of(
    st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != "" and text.isprintable()),
    st.text(alphabet=" :#-'\"{}[],&*!|>%@`?~\t\\abc=1.", min_size=1, max_size=12).filter(str.strip),
    st.sampled_from(
        ("yes", "no", "null", "~", "1.10", "0x1f", "1e3", "2025-06-01", "12:30:45", "=", "<<", "off", ".inf", "- a", "a: b")
    ),
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda text: text.strip() != ""),
)
"""What a reason, an owner or a page may hold: anything that is text."""

ENTRIES = st.builds(
    Entry,
    st.sampled_from(("stack-removed", "*", "*-dropped")),
    st.dictionaries(st.sampled_from(("package", "stack", "version", "variant", "gpu")), TEXTS, max_size=3).map(
        lambda fields: Subject(**fields)
    ),
    st.builds(Acceptance, TEXTS, st.just("2025-06-01"), st.just("") | TEXTS),
)
"""Acceptances of which every text is odd."""


PIECES = (
    "# a comment",
    "",
    "fail-on: error",
    "rules: {spec-added: off} # quiet",
    "overrides:\n  - match: {stack: e4s}\n    rules:\n      stack-shrunk: error\n",
    "require:\n- package: hdf5\n",
)
ACCEPTED = (
    "accepted:",
    "accepted: # none",
    "accepted:\n  # none",
    "accepted:\n- rule: os-dropped\n  subject: any\n  reason: x\n  until: 2025-01-01",
    "accepted:\n  - rule: os-dropped\n    reason: 'a''b\n\n      gone'\n    until: 2025-01-01\n"
    "    subject:\n      os: rhel8 # old\n\n",
    "accepted:\n  - {rule: os-dropped, subject: any, reason: x, until: 2025-01-01,\n     owner: me}\n  # below",
    "accepted:\n  - rule: os-dropped\n    subject: any\n    until: 2025-01-01\n    reason: >-\n      folded\n      lines\n",
    "accepted:\n  - rule: os-dropped\n    subject: any\n    until: 2025-01-01\n    reason: |+\n      kept\n\n",
    "accepted:\n  -\n    rule: os-dropped\n    subject: any\n    until: 2025-01-01\n    reason: plain\n      over lines\n",
    "accepted: []",
)


@given(
    st.permutations(PIECES),
    st.sampled_from(ACCEPTED),
    st.integers(0, 6),
    st.lists(ENTRIES, min_size=1, max_size=2),
    st.booleans(),
)
@hypothesis_settings(max_examples=examples(300), deadline=None)
def test_any_policy_keeps_its_bytes(
    pieces: list[str], accepted: str, place: int, entries: list[Entry], is_windows: bool
) -> None:
    text = "\n".join([*pieces[:place], accepted, *pieces[place:]])
    check(text.replace("\n", "\r\n") if is_windows else text, entries)


@given(ENTRIES)
@example(Entry("stack-removed", Subject(stack="a\u2028b"), Acceptance("x\x85y\ufeffz\x7f", "2025-06-01", "\U0001f600")))
@hypothesis_settings(max_examples=examples(300), deadline=None)
def test_what_is_written_is_read_back(entry: Entry) -> None:
    text = append_entries("", [entry], "x")
    assert parse_policy(text, "x").policy == Policy(accepted=(entry,))
    assert len(text.splitlines()) == 5 + bool(entry.acceptance.owner)
    assert text.isascii() or text.replace("\n", "").isprintable()
