"""docs/policy.md: every example in it is a policy that means something, and what it says is what the code does."""

from __future__ import annotations

import re
from shutil import copytree
from typing import TYPE_CHECKING

import pytest
import yaml

from cachediff.domain.finding import Subject
from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.parse import parse_policy
from cachediff.policy.settings import DEFAULT_POLICY, Policy
from cachediff.review.report import evaluate
from cachediff.rules.acceptance_expired import DAYS_OF_NOTICE
from cachediff.rules.catalogue import RULES
from cachediff.text.schema import load_schema
from tests.commands import GASNET, ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
README = re.findall(r"```yaml\n(# yaml-language-server.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
SECTIONS = dict(re.findall(r"^## (\S.*?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("example", [*EXAMPLES, *README], ids=lambda text: text.split("\n")[1])
def test_example_is_a_policy(example: str) -> None:
    assert re.match(r"# yaml-language-server: \$schema=\S*policy\.schema\.json\n", example)
    policy = parse_policy(example, "example").policy
    assert policy != Policy()
    evaluate(compare(*map(read_snapshot, GASNET), require=policy.require), policy)


def test_first_example_says_all_that_can_be_said() -> None:
    said = yaml.safe_load(EXAMPLES[0])
    assert set(said) == set(load_schema("policy")["properties"])
    policy = parse_policy(EXAMPLES[0], "example").policy
    left = [name for name in Policy.__struct_fields__ if getattr(policy, name) == getattr(DEFAULT_POLICY, name)]
    assert left == ["fail_on"]


def test_every_key_has_its_section() -> None:
    assert set(load_schema("policy")["properties"]) <= SECTIONS.keys()


def test_acceptance_of_the_gasnet_example_is_real() -> None:
    policy = parse_policy(next(example for example in EXAMPLES if "e4s-oneapi takes its place" in example), "example").policy
    diff = compare(*map(read_snapshot, GASNET))
    assert evaluate(diff, policy).verdict == "pass"
    assert evaluate(diff, policy, "2024-10-01").verdict == "fail"


def test_words_of_the_code() -> None:
    fields = [name for name in Subject.__struct_fields__ if name != "rule"]
    assert ", ".join(f"`{name}`" for name in fields) in " ".join(SECTIONS["accepted"].split())
    assert f"In the {DAYS_OF_NOTICE} days before" in " ".join(SECTIONS["accepted"].split())
    match = load_schema("policy")["$defs"]["override"]["properties"]["match"]["properties"]
    assert set(re.findall(r"`(\w+)`", SECTIONS["overrides"].split("(")[1].split(")")[0])) == set(match)
    rules = {rule.id for rule in RULES}
    endings = {id_.partition("-")[2] for id_ in rules}
    named = {word for word in re.findall(r"\b[a-z]+-[a-z]+\b", TEXT) if word.partition("-")[2] in endings}
    assert named <= rules | {"target-droped"}


def test_error_in_the_text_is_what_is_printed(tmp_path: Path) -> None:
    shown = re.search(r"```text\n(.*?)\n```", TEXT, re.DOTALL)
    assert shown
    (tmp_path / "cachediff.yaml").write_text(
        "fail-on: error\nrules:\n  os-dropped: note\n  target-droped: error\n", encoding="utf-8"
    )
    assert run("policy", "check", cwd=tmp_path).stderr.splitlines()[0] == shown[1]


def test_commands_in_the_text_run(tmp_path: Path) -> None:
    commands = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
    assert [command.split()[1] for command in commands] == ["schema", "develop-2024-06-16", *["accept"] * 4, *["policy"] * 3]
    copytree(GASNET[0], tmp_path / "develop-2024-06-16")
    copytree(GASNET[1], tmp_path / "develop-2024-08-04")
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command.partition(" > ")[0])][1:]
        ended = run(*words, cwd=tmp_path)
        assert ended.returncode == (1 if words[0].startswith("develop") else 0), ended.stderr
