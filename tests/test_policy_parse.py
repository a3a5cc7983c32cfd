"""Policies as text: what valid ones say, and what is said of invalid ones: file, line, column and the nearest valid word."""

from __future__ import annotations

import json
import os
import re
from copy import deepcopy
from functools import partial
from pathlib import Path
from timeit import timeit
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cachediff.domain.diff import Requirement
from cachediff.domain.finding import FailOn, Severity, Subject
from cachediff.errors import InputError
from cachediff.policy import load
from cachediff.policy.explain import explain
from cachediff.policy.load import find_policy, load_policy, parse_file
from cachediff.policy.losses import LOSS
from cachediff.policy.parse import MAX_ERRORS, parse_policy
from cachediff.policy.settings import Override, Policy, Renames, Setting
from cachediff.rules.catalogue import RULES
from cachediff.text.schema import load_schema
from tests.commands import REAL, run
from tests.examples import examples
from tests.make_rules_page import SCHEMA as SCHEMA_FILE
from tests.make_rules_page import write_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLICIES = Path(__file__).parent.parent / "fixtures" / "policies"
BROKEN = sorted((POLICIES / "broken").glob("*.yaml"))
SCHEMA = load_schema("policy")


def refusal(text: str, shown: str = "cachediff.yaml") -> str:
    """Return why a text is no policy."""
    with pytest.raises(InputError) as caught:
        parse_policy(text, shown)
    return str(caught.value)


# --- what valid ones say -----------------------------------------------------------------------------------------------


def test_a_whole_number_may_have_a_point() -> None:
    text = (
        "limits: {specs: 7.0}\nrequire: [{package: gcc, specs: 2.0}]\nrules: {stack-shrunk: {percent: 5.0, at-least: 3.0}}\n"
    )
    policy = parse_policy(text, "cachediff.yaml").policy
    assert (policy.limits.specs, policy.require[0].amount) == (7, "2 required specs")
    assert repr(policy.rules["stack-shrunk"].at_least) == "3"


def test_everything_that_a_policy_can_say() -> None:
    policy = load_policy(POLICIES / "valid" / "whole.yaml")
    assert (policy.fail_on, policy.baseline) == ("warning", "develop-2025-03-23")
    assert policy.rules == {
        "variant-disabled": Setting("error"),
        "spec-added": Setting("off"),
        "snapshot-shrunk": Setting("error", 2),
        "stack-shrunk": Setting(None, 7.5, 3),
        "acceptance-expired": Setting("note"),
    }
    assert policy.overrides == (
        Override(Subject(stack="e4s*"), {"stack-shrunk": Setting("error", 1)}),
        Override(
            Subject(package="py-*", platform="linux", os="*", target="x86_64*"),
            {"cell-dropped": Setting("warning"), "target-dropped": Setting("off")},
        ),
    )
    assert policy.renames == Renames(
        stacks={"e4s-arm": "e4s-neoverse_v1", "2025": "on"},
        oses={"rhel8": "rocky8"},
        packages={"py-torch-nightly": "py-torch"},
    )
    first, second = policy.accepted
    assert (first.rule, first.subject) == ("target-dropped", Subject(target="neoverse_v2", stack="e4s-*"))
    assert (first.acceptance.reason, first.acceptance.until, first.acceptance.owner) == (
        "runner pool retired",
        "2025-06-01",
        "@spack/ci",
    )
    assert (second.rule, second.subject) == ("*-dropped", Subject())
    assert (second.acceptance.reason, second.acceptance.until) == ("a week in which everything goes\n", "2025-04-01")
    assert policy.require == (
        Requirement("hdf5", "e4s", "ubuntu22.04", "x86_64_v3", specs=2),
        Requirement("netcdf-c", version="4.*"),
    )


@pytest.mark.parametrize("name", ["empty", "comments", "empty-sections"])
def test_policy_that_says_nothing(name: str) -> None:
    assert load_policy(POLICIES / "valid" / f"{name}.yaml") == Policy()


def test_policy_with_a_byte_order_mark_and_lines_of_windows() -> None:
    policy = load_policy(POLICIES / "valid" / "windows.yaml")
    assert (policy.fail_on, [entry.acceptance.reason for entry in policy.accepted]) == ("never", ["gone"])
    message = refusal((POLICIES / "valid" / "windows.yaml").read_bytes().decode().replace("until", "untill"))
    assert "cachediff.yaml:6:5: unknown key 'untill'" in message


def test_merge_keys_bring_what_they_name() -> None:
    policy = load_policy(POLICIES / "valid" / "anchors.yaml")
    assert [entry.subject.target for entry in policy.accepted] == ["neoverse_v2", "neoverse_v1"]
    assert {entry.acceptance.reason for entry in policy.accepted} == {"runner pool retired"}


@pytest.mark.parametrize("word", ["off", "Off", '"off"'])
def test_off_is_a_word(word: str) -> None:
    if word == "Off":
        assert "unknown severity 'Off'; did you mean 'off'?" in refusal(f"rules: {{spec-added: {word}}}\n")
    else:
        assert parse_policy(f"rules: {{spec-added: {word}}}\n", "x").policy.rules == {"spec-added": Setting("off")}


def test_lines_of_entries() -> None:
    parsed = parse_file(POLICIES / "valid" / "whole.yaml")
    lines = (POLICIES / "valid" / "whole.yaml").read_text(encoding="utf-8").split("\n")
    assert lines[parsed.line_of("accepted", 1) - 1] == '  - rule: "*-dropped"'
    assert lines[parsed.line_of("require", 0) - 1].startswith("  - {package: hdf5")
    assert lines[parsed.line_of("rules", "spec-added") - 1] == "  spec-added: off"
    assert parse_file(POLICIES / "valid" / "empty.yaml").line_of("accepted", 0) == 1


# --- what is said of the others ----------------------------------------------------------------------------------------


def test_messages_are_golden(update_golden: bool) -> None:
    said = []
    for path in BROKEN:
        with pytest.raises(InputError) as caught:
            load_policy(path)
        said.append(f"{caught.value}\n".replace(str(path), path.name))
    golden = POLICIES / "broken.txt"
    if update_golden:
        golden.write_text("\n".join(said), encoding="utf-8")
    assert "\n".join(said) == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_message_has_a_place_in_the_file(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(path)
    messages = [line for line in str(caught.value).split("\n") if not re.fullmatch(r"[0-9,]+ errors in the policy:", line)]
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    for message in messages:
        found = re.match(rf"{re.escape(str(path))}:([0-9]+):([0-9]+): \S", message)
        assert found
        assert 1 <= int(found[1]) <= len(lines)
        assert 1 <= int(found[2]) <= len(lines[int(found[1]) - 1]) + 1


def test_issue_names_the_message() -> None:
    assert refusal("rules:\n  target-droped: error\n") == (
        "cachediff.yaml:2:3: unknown rule 'target-droped'; did you mean 'target-dropped'?"
    )


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_every_rule_is_near_its_misspelling(rule: str) -> None:
    misspelled = rule[:4] + rule[5:]
    near = {found[1] for found in re.finditer(r"did you mean '([a-z-]+)'", refusal(f"rules: {{{misspelled}: note}}"))}
    assert near == {rule}


def test_every_error_is_told_at_once() -> None:
    message = refusal((POLICIES / "broken" / "many-errors.yaml").read_text(encoding="utf-8"))
    assert message.startswith("10 errors in the policy:\n")
    lines = [tuple(map(int, line.split(":")[1:3])) for line in message.split("\n")[1:]]
    assert lines == sorted(lines)
    assert len(lines) == 10


def test_what_is_wrong_with_one_field_hides_nothing_of_another() -> None:
    """The date is looked at after the schema, and so it was only where the rest of the entry fitted it."""
    said = refusal("accepted:\n  - rule: os-dropped\n    subject: {oss: centos7}\n    until: 2025-02-30\n")
    places = [line.rpartition(":")[0] for line in said.splitlines()[1:]]
    assert "cachediff.yaml:4:12: until is not a date: there is no 2025-02-30" in said
    assert len(places) == 3
    assert "a lost cell has no gpu" in refusal("accepted: [{rule: loss, subject: {gpu: x}}]")
    said = refusal("accepted: [{rule: loss, subject: {gpu: x, version: 7, package: 7}, reason: x, until: 2025-02-28}]")
    assert said.startswith("3 errors in the policy:")
    assert "a lost cell has no gpu" in said


@pytest.mark.slow
def test_a_policy_of_which_every_entry_is_wrong_takes_no_square_of_them() -> None:
    entry = "  - {rule: os-dropped, subject: {package: gcc, os: rhel8}, reason: x, until: 2025-02-30, oops: 1}\n"
    few, many = (timeit(partial(refusal, "accepted:\n" + entry * n), number=1) for n in (500, 4_000))
    assert many < 24 * few


def test_of_very_many_errors_some_are_told() -> None:
    message = refusal("rules:\n" + "".join(f"  no-rule-{i}: error\n" for i in range(MAX_ERRORS + 30)))
    assert message.startswith(f"{MAX_ERRORS + 30} errors in the policy:\n")
    assert len(message.split("\n")) == MAX_ERRORS + 2
    assert message.endswith("\nand 30 more errors in cachediff.yaml")


def test_command_line_says_it_and_exits_3(tmp_path: Path) -> None:
    (tmp_path / "cachediff.yaml").write_text("fail_on: error\nrules:\n  target-droped: error\n", encoding="utf-8")
    ended = run(*(str(REAL / "week" / side) for side in ("old", "new")), cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.split("\n") == [
        "error: 2 errors in the policy:",
        "cachediff.yaml:1:1: unknown key 'fail_on'; did you mean 'fail-on'?",
        "cachediff.yaml:3:3: unknown rule 'target-droped'; did you mean 'target-dropped'?",
        "hint: cachediff schema policy prints the format, docs/policy.md explains it",
        "",
    ]


def test_hostile_text_commands_no_runner(tmp_path: Path) -> None:
    (tmp_path / "cachediff.yaml").write_text('"\\n::error::x": "\\e[31m"\n"##[group]": 1\n', encoding="utf-8")
    ended = run("old", "new", cwd=tmp_path)
    assert ended.returncode == 3
    assert not re.search(r"::error|##\[|\x1b", ended.stderr)


# --- where policies are ------------------------------------------------------------------------------------------------


def test_policy_of_the_working_directory(tmp_path: Path) -> None:
    assert find_policy(tmp_path) is None
    (tmp_path / "cachediff.yaml").write_text("fail-on: never\n", encoding="utf-8")
    assert find_policy(tmp_path) == tmp_path / "cachediff.yaml"


def test_policy_of_the_working_directory_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token: very secret\n", encoding="utf-8")
    (tmp_path / "cachediff.yaml").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="is a symbolic link"):
        find_policy(tmp_path)
    (tmp_path / "cachediff.yaml").unlink()
    (tmp_path / "cachediff.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is a symbolic link"):
        find_policy(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_policy_of_the_working_directory_is_a_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "cachediff.yaml")
    with pytest.raises(InputError, match="is not a regular file"):
        find_policy(tmp_path)


def test_policy_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read: no such file"):
        load_policy(tmp_path / "nowhere.yaml")
    with pytest.raises(InputError, match="cannot be read: is a directory"):
        load_policy(tmp_path)
    monkeypatch.setattr(load, "MAX_BYTES", 1 << 20)
    (tmp_path / "large.yaml").write_text("#" * ((1 << 20) + 1), encoding="utf-8")
    with pytest.raises(InputError, match="is too large: more than 4 MiB"):
        load_policy(tmp_path / "large.yaml")


# --- the schema --------------------------------------------------------------------------------------------------------


def test_schema_knows_every_rule_by_its_words() -> None:
    rules = SCHEMA["$defs"]["rules"]["properties"]
    assert SCHEMA_FILE.read_text(encoding="utf-8") == write_schema(), "python -m tests.make_rules_page writes it"
    assert [(rule, schema["description"]) for rule, schema in rules.items()] == [(rule.id, rule.summary) for rule in RULES]
    assert SCHEMA["$defs"]["acceptance"]["properties"]["rule"]["anyOf"][0]["enum"] == [*(rule.id for rule in RULES), LOSS]


def test_schema_knows_the_words_of_the_model() -> None:
    assert SCHEMA["properties"]["fail-on"]["enum"] == list(get_args(FailOn))
    assert SCHEMA["$defs"]["level"]["enum"] == [*get_args(Severity), "off"]
    fields = SCHEMA["$defs"]["acceptance"]["properties"]["subject"]["anyOf"][1]["properties"]
    assert [*fields, "rule"] == list(Subject.__struct_fields__)
    assert list(SCHEMA["$defs"]["requirement"]["properties"]) == [
        "package", "stack", "os", "target", "version", "mpi", "installable", "specs",
    ]  # fmt: skip
    assert set(SCHEMA["$defs"]["requirement"]["properties"]) == set(Requirement.__struct_fields__)
    assert set(SCHEMA["properties"]["renames"]["properties"]) == set(Renames.__struct_fields__)


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every part of the schema that says what a value is."""
    if isinstance(schema, dict):
        for key in ("properties", "$defs"):
            for name, part in schema.get(key, {}).items():
                yield f"{path}/{name}", part
                yield from parts(part, f"{path}/{name}")
        if "items" in schema:
            yield from parts(schema["items"], f"{path}/items")
        for i, part in enumerate(schema.get("anyOf", ())):
            yield from parts(part, f"{path}/{i}")


def test_editors_are_told_what_everything_is() -> None:
    for path, part in parts(SCHEMA):
        described = part if "description" in part else SCHEMA["$defs"][part["$ref"].removeprefix("#/$defs/")]
        assert len(described["description"]) > 10, path
        assert not described["description"].endswith("."), path
        assert "$ref" in part or "title" in part, path


def test_examples_fit() -> None:
    whole = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"]}
    examples = [(part, example) for _, part in parts(SCHEMA) for example in part.get("examples", ())]
    assert len(examples) > 20
    for part, example in examples:
        jsonschema.Draft202012Validator(whole | part).validate(example)


def test_every_object_is_closed() -> None:
    for path, part in parts(SCHEMA):
        if "properties" in part:
            assert part["additionalProperties"] is False, path


# --- anything ----------------------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = yaml.load((POLICIES / "valid" / "whole.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - all text
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(("error", "off", "any", "*")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("rule", "subject", "severity", "x")), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """Draw the policy that says everything, with some values, keys or whole sections replaced."""
    policy: Any = deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        node = policy
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and draw(st.booleans()):
                node = node[key]
                continue
            what = draw(st.sampled_from(("value", "key", "gone")))
            value = node.pop(key)
            if what != "gone" and isinstance(node, dict):
                node[key if what == "value" else draw(st.text(max_size=8))] = draw(JSON) if what == "value" else value
            elif what == "value":
                node.append(draw(JSON))
            break
    return policy


def outcome(text: str) -> list[str]:
    """Return the lines that refuse a text, none where it is a policy."""
    try:
        parse_policy(text, "cachediff.yaml")
    except InputError as error:
        return str(error).split("\n")
    return []


@given(damaged())
@hypothesis_settings(max_examples=examples(300), deadline=None)
def test_any_damage_is_explained(policy: Any) -> None:
    lines = outcome(json.dumps(policy, ensure_ascii=True))
    assert all(re.match(r"cachediff\.yaml:1:[0-9]+: \S", line) for line in lines if "errors in " not in line), lines


@given(damaged())
@hypothesis_settings(max_examples=examples(300), deadline=None)
def test_both_validators_agree(policy: Any) -> None:
    is_valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(policy)
    assert jsonschema_rs.Draft202012Validator(SCHEMA).is_valid(policy) == is_valid
    assert (explain(policy) == []) == is_valid


@given(st.text(max_size=60) | st.text(alphabet="rules:\n -{}[]&*!#'\"|>?acceptd", max_size=60))
@hypothesis_settings(max_examples=examples(300), deadline=None)
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    assert all(line.startswith("cachediff.yaml:") for line in outcome(text) if "errors in " not in line)
