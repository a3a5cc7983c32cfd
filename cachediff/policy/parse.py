"""The text of a policy to what it says, or to all that is wrong with it, each with line, column and nearest valid word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, convert

from cachediff.domain.diff import Requirement
from cachediff.domain.finding import Acceptance, Subject
from cachediff.domain.spec import ROOT
from cachediff.domain.tags import is_date
from cachediff.errors import InputError
from cachediff.limits import Limits
from cachediff.policy.explain import explain
from cachediff.policy.losses import LOSS, LOSS_FIELDS
from cachediff.policy.settings import BadSnapshot, Entry, Override, Policy, Renames, Setting
from cachediff.policy.subjects import fits_glob
from cachediff.rules.catalogue import RULES
from cachediff.text.explain import Complaint
from cachediff.text.places import line_of, place
from cachediff.text.pointers import parse_pointer, write_pointer
from cachediff.text.problems import TextError, shorten
from cachediff.text.typos import nearest
from cachediff.text.yaml_tree import Tree, end_lines, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ERRORS = 50
"""How many errors of one policy are told."""

# Comments and a fence alone are no value, so no schema could accept them.
_NOTHING = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n|---[ \t]*\n)*[ \t]*(?:#[^\n]*)?")
_HINT = "cachediff schema policy prints the format, docs/policy.md explains it"


class Parsed(Struct, frozen=True):
    """A policy, and where in its text each value stands."""

    policy: Policy
    text: str
    tree: Tree | None

    def line_of(self, *path: str | int) -> int:
        """Return the line, from 1, on which the value at a path starts."""
        return line_of(self.tree.node, write_pointer(path), self.text) if self.tree else 1


def parse_policy(text: str, shown: str) -> Parsed:
    """Return the policy that a text holds; an empty one says nothing.

    Raises InputError: each error as `shown:line:column: message`.
    """
    text = end_lines(text)
    if _NOTHING.fullmatch(text):
        return Parsed(Policy(), text, None)
    # By YAML 1.1 the severity `off` would be False, and `until` a date and no text.
    tree = read_tree(text, noun="policy", is_yaml_1_2=True)
    if isinstance(tree, TextError):
        raise refuse([tree], text, shown)
    # A value that is no JSON is told once, not again as one that the schema does not accept.
    flawed = {flaw.pointer for flaw in tree.flaws if flaw.pointer}
    complaints = [complaint for complaint in explain(tree.value) if complaint.pointer not in flawed]
    complaints += _find_nonsense(tree.value, [*flawed, *(complaint.pointer for complaint in complaints)])
    flaws = [*tree.flaws, *(place(complaint, tree.node, text) for complaint in complaints)]
    if flaws:
        raise refuse(flaws, text, shown)
    return Parsed(_build(_make_whole(tree.value)), text, tree)


def refuse(flaws: Iterable[TextError], text: str, shown: str) -> InputError:
    """Return the error that says everything that is wrong, in the order of the file."""
    ordered = sorted(flaws, key=lambda flaw: flaw.start)
    lines = [
        f"{shown}:{_line(text, flaw.start)}: {_unbroken(flaw.message + _say_more(flaw))}" for flaw in ordered[:MAX_ERRORS]
    ]
    if len(ordered) > MAX_ERRORS:
        lines.append(f"and {len(ordered) - MAX_ERRORS:,} more errors in {shown}")
    count = "" if len(ordered) == 1 else f"{len(ordered):,} errors in the policy:\n"
    return InputError(count + "\n".join(lines), hint=_HINT)


def _unbroken(text: str) -> str:
    """Return text with line breaks as escapes: a YAML tag may hold one, and what it says would look like a line of ours."""
    return text.replace("\n", "\\n").replace("\r", "\\r")


def _say_more(flaw: TextError) -> str:
    parts = [f"{name} {text}" for name, text in (("expected", flaw.expected), ("found", flaw.found)) if text]
    return f" ({', '.join(parts)})" if parts else ""


def _line(text: str, start: int) -> str:
    """Return a place in a text as `line:column`, both from 1."""
    return f"{text.count(chr(10), 0, start) + 1}:{start - text.rfind(chr(10), 0, start)}"


# --- what no schema can say --------------------------------------------------------------------------------------------


def _find_nonsense(policy: Any, unsound: Iterable[str]) -> list[Complaint]:
    """Return what is wrong with the parts of a policy that fit the schema: no pointer in `unsound` is into them."""
    if not isinstance(policy, dict):
        return []
    # Nothing below looks deeper than at a field of a subject.
    spoilt = {write_pointer(way[:depth]) for way in map(parse_pointer, unsound) for depth in range(1, 5)}
    # Only of what fits: elsewhere a key may be missing, or its value be of another type.
    stacks = (policy.get("renames") or {}).get("stacks") if "/renames" not in spoilt else None
    require = _select(dict(enumerate(_list(policy, "require"))), ("require",), spoilt)
    # Field by field: that an entry lacks its reason is no reason to say nothing of its date.
    accepted = {
        i: _select_fields(one, i, spoilt) for i, one in enumerate(_list(policy, "accepted")) if isinstance(one, dict)
    }
    return [*_check_accepted(accepted), *_check_require(require), *_check_stacks(stacks or {})]


def _list(policy: dict[str, Any], section: str) -> list[Any]:
    values = policy.get(section)
    return values if isinstance(values, list) else []


def _select(values: dict[Any, Any], path: tuple[str | int, ...], spoilt: set[str]) -> dict[Any, Any]:
    """Return the values at a path that fit."""
    return {name: value for name, value in values.items() if write_pointer([*path, name]) not in spoilt}


def _select_fields(entry: dict[str, Any], i: int, spoilt: set[str]) -> dict[str, Any]:
    """Return the fields of an acceptance that fit; where its subject does not, those of the subject's own that do."""
    fields, subject = _select(entry, ("accepted", i), spoilt), entry.get("subject")
    if isinstance(subject, dict):
        fields["subject"] = _select(subject, ("accepted", i, "subject"), spoilt)
    return fields


def _check_accepted(accepted: dict[int, dict[str, Any]]) -> Iterator[Complaint]:
    """Yield the acceptances whose rule is none that can be accepted, or whose date does not exist, as far as they fit."""
    ids = [rule.id for rule in RULES if rule.scope != "policy"]
    for i, entry in accepted.items():
        rule, until = entry.get("rule"), entry.get("until")
        if rule == LOSS:
            yield from _check_loss(i, entry.get("subject", {}))
        elif isinstance(rule, str) and not any(fits_glob(id_, rule) for id_ in ids):
            known = any(fits_glob(rule_.id, rule) for rule_ in RULES)
            why = "what a policy says of itself cannot be accepted" if known else "no rule matches" + nearest(rule, ids)
            yield Complaint(write_pointer(["accepted", i, "rule"]), f"rule {shorten(rule)!r} accepts nothing: {why}")
        if isinstance(until, str) and not is_date(until):
            yield Complaint(write_pointer(["accepted", i, "until"]), f"until is not a date: there is no {until}")


def _check_loss(i: int, subject: str | dict[str, str]) -> Iterator[Complaint]:
    """Yield the fields of an entry about losses that no lost cell has."""
    for name in subject if isinstance(subject, dict) else ():
        if name not in LOSS_FIELDS:
            message = f"a lost cell has no {name}: {LOSS} is accepted by {', '.join(LOSS_FIELDS)}"
            yield Complaint(write_pointer(["accepted", i, "subject", name]), message, is_key=True)


def _check_require(require: dict[int, dict[str, Any]]) -> Iterator[Complaint]:
    """Yield the requirements that an earlier one is about already."""
    seen: dict[Requirement, int] = {}
    for i, entry in require.items():
        # Whatever number each asks for: two numbers for the same thing are a mistake and no two requirements.
        first = seen.setdefault(Requirement(**(entry | {"specs": 1})), i)
        if first != i:
            yield Complaint(
                write_pointer(["require", i]), f"requirement is repeated: entry {first + 1} of require is about the same"
            )


def _check_stacks(stacks: dict[str, str]) -> Iterator[Complaint]:
    """Yield the renames of what is not a stack."""
    for old, new in stacks.items():
        if ROOT in (old, new):
            yield Complaint(
                write_pointer(["renames", "stacks", old]), f"{ROOT} is not a stack: it stands for all of them", is_key=True
            )


# --- what it says ------------------------------------------------------------------------------------------------------


def _make_whole(value: Any) -> Any:
    """Return values in which a number such as 1.0 is a whole one, as it is to a JSON Schema, and not to msgspec."""
    if isinstance(value, dict):
        return {name: _make_whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_make_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _build(said: dict[str, Any]) -> Policy:
    """Return the policy that valid values make."""
    # The schema allows a key with nothing behind it, which is null: `accepted:` with all of its entries commented out.
    renames = said.get("renames") or {}
    return Policy(
        fail_on=said.get("fail-on", "error"),
        baseline=said.get("baseline", ""),
        rules=_build_rules(said.get("rules")),
        overrides=tuple(
            Override(Subject(**override["match"]), _build_rules(override["rules"]))
            for override in said.get("overrides") or ()
        ),
        renames=Renames(**{name: names or {} for name, names in renames.items()}),
        accepted=tuple(_build_entry(entry) for entry in said.get("accepted") or ()),
        require=tuple(Requirement(**entry) for entry in said.get("require") or ()),
        bad=tuple(BadSnapshot(**entry) for entry in said.get("bad") or ()),
        limits=convert(said.get("limits") or {}, Limits),
        wanted=tuple(said.get("wanted") or ()),
    )


def _build_rules(rules: dict[str, Any] | None) -> dict[str, Setting]:
    """Return what is said of each rule: a severity alone, or an object."""
    objects = {rule: said if isinstance(said, dict) else {"severity": said} for rule, said in (rules or {}).items()}
    return {rule: Setting(said.get("severity"), said.get("percent"), said.get("at-least")) for rule, said in objects.items()}


def _build_entry(entry: dict[str, Any]) -> Entry:
    subject = Subject() if entry["subject"] == "any" else Subject(**entry["subject"])
    return Entry(entry["rule"], subject, Acceptance(entry["reason"], entry["until"], entry.get("owner", "")))
