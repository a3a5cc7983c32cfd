"""Every rule: in the table, documented, and shown on its own pair of snapshots.

Every rule is tried on every pair, with one golden a pair.
"""

from __future__ import annotations

import json
import random
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cachediff import rules
from cachediff.comparison.variants import lost_variants
from cachediff.domain.package import InvalidPage
from cachediff.domain.problem import Location, Problem
from cachediff.domain.spelling import spell_variants
from cachediff.engine.memory import compare, read_snapshot
from cachediff.rules.catalogue import RULES, observe
from cachediff.rules.rule import see_nothing
from cachediff.rules.tags import tag_date, tag_kind
from cachediff.text.words import list_sorted, number
from tests.builders import a_spec
from tests.make_rule_fixtures import FIXTURES, all_pairs, write_pair
from tests.processes import execute
from tests.rule_pairs import find, find_in, show_all, snapshot_of

if TYPE_CHECKING:
    from cachediff.domain.finding import Finding
    from cachediff.rules.rule import Rule

BY_ID = {rule.id: rule for rule in RULES}
ON_POLICY = {rule.id for rule in RULES if rule.scope == "policy" or rule.is_about_requirements or rule.needs_wanted}
"""The rules on what a policy says: no pair of snapshots shows them without one."""

IDS = sorted(BY_ID.keys() - ON_POLICY)
MIRRORED = [rule.id for rule in RULES if rule.mirror in BY_ID]

SHARED = {"__init__", "catalogue", "entries", "facets", "faults", "mpi", "pairs", "rule", "tags", "dimensions"}
"""The modules beside the rules."""

ABOUT_NEW = {rule.id for rule in RULES if rule.scope == "page"} - ON_POLICY
"""The rules on NEW itself: on a faulty snapshot they fire whatever it is compared with, itself too."""


# --- the table ---------------------------------------------------------------------------------------------------------


def test_no_rule_file_is_forgotten() -> None:
    files = {path.stem for path in Path(str(rules.__file__)).parent.glob("*.py")}
    assert files - SHARED == {rule.id.replace("-", "_") for rule in RULES}


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_its_file(rule: Rule) -> None:
    module = import_module(f"cachediff.rules.{rule.id.replace('-', '_')}")
    assert module.RULE is rule
    checks = {rule.check, rule.check_whole, rule.check_policy} - {see_nothing}
    assert checks == {value for name, value in vars(module).items() if re.match("check(_|$)", name)}
    assert (rule.check_policy is not see_nothing) == (rule.scope == "policy")
    assert module.__doc__ == f"{rule.id}: {rule.summary}."
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_documented(rule: Rule) -> None:
    assert re.fullmatch(r"(?:[a-z]|OLD|NEW).{10,110}[^.\s]", rule.summary)
    for text in (rule.why, rule.fix):
        assert re.fullmatch(r"[A-Z].{5,400}\.", text)
        assert "  " not in text
        assert not re.search(r"[a-z]- [a-z]", text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_only_rules_that_exist(rule: Rule) -> None:
    endings = {id_.partition("-")[2] for id_ in BY_ID}
    words = set(re.findall(r"\b[a-z]+-[a-z]+\b", f"{rule.why} {rule.fix} {rule.mirror}"))
    assert {word for word in words if word.partition("-")[2] in endings} <= BY_ID.keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_mirror_or_a_reason(rule: Rule) -> None:
    if rule.mirror in BY_ID:
        mirror = BY_ID[rule.mirror]
        assert mirror is not rule
        assert mirror.mirror == rule.id
        assert "note" in (rule.severity, mirror.severity)
    else:
        assert re.fullmatch(r"no mirror: [a-z].+[^.]", rule.mirror)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_subsumed_by_one_on_the_whole_snapshot(rule: Rule) -> None:
    if rule.subsumed_by:
        subsumer = BY_ID[rule.subsumed_by]
        assert subsumer is rule or subsumer.scope in ("snapshot", "stacks", "oses", "targets")
        assert subsumer.severity == rule.severity


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.is_said_by_subject])
def test_rule_that_its_subject_says_tells_every_value(rule: str) -> None:
    listed = [finding for finding in _find(rule) if finding.rule == rule]
    assert listed
    for finding in listed:
        assert [value for value in msgspec.structs.astuple(finding.subject) if value not in finding.message] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_cause_explains_only_what_is_worse_than_a_note(rule: Rule) -> None:
    assert rule.explained == "nothing" or rule.severity != "note"


# --- every rule on every pair ------------------------------------------------------------------------------------------


def test_the_pairs_are_what_the_script_writes(tmp_path: Path) -> None:
    for rule, pair in all_pairs().items():
        write_pair(tmp_path / rule, pair)
    assert _files_of(FIXTURES) == _files_of(tmp_path)
    assert sorted(path.name for path in FIXTURES.iterdir()) == sorted(BY_ID)


@pytest.mark.parametrize("rule", IDS)
def test_findings_are_golden(rule: str, update_golden: bool) -> None:
    findings = _find(rule)
    assert rule in {finding.rule for finding in findings}
    text = "\n".join(show_all(findings)) + "\n"
    golden = FIXTURES / rule / "findings.txt"
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.slow
def test_golden_files_are_not_rewritten_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    command = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "--update-golden", __file__]
    run = execute(command, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--update-golden is refused where CI is set" in run.stderr


@pytest.mark.parametrize("rule", IDS)
def test_a_pair_shows_its_rule_and_nothing_worse(rule: str) -> None:
    listed = {
        finding.rule for finding in _find(rule) if finding.subsumed_by is None and finding.severity == BY_ID[rule].severity
    }
    assert listed == {rule} if BY_ID[rule].severity != "note" else rule in {finding.rule for finding in _find(rule)}
    assert "error" not in {finding.severity for finding in _find(rule)} or BY_ID[rule].severity == "error"


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("rule", IDS)
def test_a_snapshot_against_itself_is_silent(rule: str, side: str) -> None:
    found = {finding.rule for finding in find_in(FIXTURES / rule / side, FIXTURES / rule / side)}
    assert found == ({rule} if side == "new" and rule in ABOUT_NEW else set())


@pytest.mark.parametrize("rule", MIRRORED)
def test_the_mirror_fires_on_the_swapped_pair(rule: str) -> None:
    swapped = {finding.rule for finding in find_in(FIXTURES / rule / "new", FIXTURES / rule / "old")}
    assert BY_ID[rule].mirror in swapped
    assert rule not in swapped


@pytest.mark.parametrize("rule", IDS)
def test_shuffling_changes_nothing(rule: str, tmp_path: Path) -> None:
    rng = random.Random(rule)  # noqa: S311
    for path, text in _files_of(FIXTURES / rule).items():
        shuffled = tmp_path / rule / path
        shuffled.parent.mkdir(parents=True)
        shuffled.write_text(_shuffle(text, rng), encoding="utf-8")
    findings, same = _find(rule), find_in(tmp_path / rule / "old", tmp_path / rule / "new")
    for finding, other in zip(findings, same, strict=True):
        assert _essence(finding) == _essence(other)
        assert _hash_at(finding) == _hash_at(other)


@pytest.mark.parametrize("rule", IDS)
def test_one_finding_a_rule_and_subject(rule: str) -> None:
    fingerprints = [finding.fingerprint for finding in _find(rule)]
    assert len(fingerprints) == len(set(fingerprints))


@pytest.mark.parametrize("rule", IDS)
def test_one_snapshot_alone_is_judged_by_the_page_rules(rule: str) -> None:
    alone = {observed.id for observed, _ in observe(compare(None, read_snapshot(str(FIXTURES / rule / "new"))))}
    assert alone == ({rule} if rule in ABOUT_NEW else set())


@pytest.mark.parametrize("rule", ["count-mismatch", "meta-mismatch", "page-invalid"])
def test_a_fault_that_old_has_too_is_a_warning(rule: str) -> None:
    faulty = FIXTURES / rule / "new"
    of_rule = [finding for finding in find_in(faulty, faulty) if finding.rule == rule]
    assert {finding.severity for finding in of_rule if not (rule == "page-invalid" and not finding.subject.snapshot)} == {
        "warning"
    }


def test_a_package_that_was_in_no_stack_lost_no_cell() -> None:
    old = snapshot_of({"gcc": [a_spec()], "zlib": [a_spec(1, stacks=()), a_spec(2, stacks=())]})
    (found,) = [one for one in find(old, snapshot_of({"gcc": [a_spec()]})) if one.rule == "package-removed"]
    assert (found.severity, found.message) == ("warning", "package zlib is gone: 2 specs, no cell lost")


def test_two_invalid_pages_of_one_package_are_one_finding() -> None:
    broken = [
        InvalidPage("cmake", path, (Problem(f"no title in {path}", Location(path), "a title", "nothing"),))
        for path in ("a.md", "b.md")
    ]
    sound = snapshot_of({"hdf5": [a_spec(1)]})
    (finding,) = find(sound, msgspec.structs.replace(sound, invalid=tuple(broken)))
    assert finding.message == "no title in a.md (and 1 more problem): cmake is not compared"
    assert [problem.location.path for problem in finding.problems] == ["a.md", "b.md"]


# --- the words that rules share ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (0, ("cell",), "0 cells"),
        (1, ("cell",), "1 cell"),
        (1234, ("cell",), "1,234 cells"),
        (1, ("hash", "hashes"), "1 hash"),
        (2, ("hash", "hashes"), "2 hashes"),
    ],
)
def test_number(count: int, words: tuple[str, ...], text: str) -> None:
    assert number(count, *words) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [("", ""), ("b a", "a, b"), ("a b c d e", "a, b, c, d, e"), ("g f e d c b a", "a, b, c, d, e and 2 more")],
)
def test_list_sorted(names: str, text: str) -> None:
    assert list_sorted(names.split()) == text


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("+native", "~native", "native"),
        ("~native", "+native", ""),
        ("+native", "", ""),
        ("", "~native", ""),
        ("+a +b", "~a ~b", "a b"),
        ("languages=c,c++,fortran", "languages:='c,c++'", "languages=fortran"),
        ("languages=c", "languages=c,c++", ""),
        ("fabrics=ofi,ucx", "fabrics=none", "fabrics=ofi fabrics=ucx"),
        ("fabrics=ofi", "fabrics=none", "fabrics=ofi"),
        ("fabrics=none", "fabrics=ofi", ""),
        ("build_type=Release", "build_type=Debug", ""),
        ("amdgpu_target=gfx90a", "amdgpu_target=gfx942", "amdgpu_target=gfx90a"),
        ("patches=1111111,2222222", "patches=3333333", ""),
        ("dev_path=/a", "dev_path=/b", ""),
    ],
)
def test_lost_variants(before: str, after: str, lost: str) -> None:
    assert list(lost_variants(spell_variants(tuple(before.split())), spell_variants(tuple(after.split())))) == lost.split()


@pytest.mark.parametrize(
    ("tag", "kind", "date"),
    [
        ("develop-2025-03-30", "dated", "2025-03-30"),
        ("develop", "mutable", ""),
        ("v0.22.4", "a release", ""),
        ("v1.0", "a release", ""),
        ("", "", ""),
        ("something", "", ""),
    ],
)
def test_tags(tag: str, kind: str, date: str) -> None:
    assert (tag_kind(tag), tag_date(tag)) == (kind, date)


# --- reading the pairs -------------------------------------------------------------------------------------------------


def _find(rule: str) -> tuple[Finding, ...]:
    return find_in(FIXTURES / rule / "old", FIXTURES / rule / "new")


def _files_of(directory: Path) -> dict[str, str]:
    """Return the pages and locks below a directory."""
    files = (path for name in ("specs.md", "spack.lock", "index.json") for path in directory.rglob(name))
    return {str(path.relative_to(directory)): path.read_text(encoding="utf-8") for path in files}


def _shuffle(text: str, rng: random.Random) -> str:
    """Return a page's text with its specs, and all lists and keys in them and in `meta`, in another order.

    Of a lock the specs: the order of a spec's keys is part of its hash. One that is no JSON stays as it is.
    """
    if text.startswith("{"):
        return _shuffle_lock(text, rng)
    lines = text.split("\n")
    for place in (4, 5):
        key, _, value = lines[place].partition(": ")
        lines[place] = f"{key}: {json.dumps(_shuffle_value(json.loads(value), rng))}"
    return "\n".join(lines)


def _shuffle_lock(text: str, rng: random.Random) -> str:
    try:
        lock = json.loads(text)
    except ValueError:
        return text
    # A build cache's index has them one deeper.
    outer, name = (lock["database"], "installs") if "database" in lock else (lock, "concrete_specs")
    specs = outer[name]
    outer[name] = {key: specs[key] for key in rng.sample(sorted(specs), len(specs))}
    return json.dumps(lock, indent=1)


def _shuffle_value(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: _shuffle_value(value[key], rng) for key in rng.sample(sorted(value), len(value))}
    if isinstance(value, list):
        return [_shuffle_value(item, rng) for item in rng.sample(value, len(value))]
    return value


def _essence(finding: Finding) -> tuple[object, ...]:
    return finding.fingerprint, finding.rule, finding.severity, finding.subject, finding.message, finding.subsumed_by


def _hash_at(finding: Finding) -> str:
    """Return the hash of the spec that a finding points at, empty where it points at none."""
    found = re.match(r"/spec_details/([0-9]+)", finding.location.pointer) if finding.location else None
    if found is None or finding.location is None:
        keyed = re.match("/concrete_specs/([a-z2-7]+)", finding.location.pointer) if finding.location else None
        return keyed[1] if keyed else ""
    lines = Path(finding.location.path).read_text(encoding="utf-8").split("\n")
    return str(json.loads(lines[5].partition(": ")[2])[int(found[1])]["hash"])
