"""A policy's values against schemas/policy.schema.json: why they do not fit, with the nearest valid word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from cachediff.domain.finding import Severity
from cachediff.rules.catalogue import RULES
from cachediff.text import explain as schemas
from cachediff.text.explain import Complaint, complain, complain_of_value, follow
from cachediff.text.pointers import write_pointer
from cachediff.text.problems import shorten
from cachediff.text.schema import load_validator
from cachediff.text.typos import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import jsonschema


_MEASURING = [rule.id for rule in RULES if rule.threshold]


def explain(policy: object) -> list[Complaint]:
    """Return why the schema does not accept a policy: each complaint once, none where it does."""
    # What is accepted needs no words, and to import jsonschema takes longer than to ask.
    return [] if load_validator("policy").is_valid(policy) else schemas.explain(policy, _WORDING)


def _complain_of_keys(error: jsonschema.ValidationError) -> Iterator[Complaint]:
    """Yield each key that the schema does not know."""
    path = list(error.absolute_path)
    known = cast("dict[str, Any]", error.schema)["properties"]
    noun = "rule" if path[-1:] == ["rules"] else "key"
    for key in cast("dict[str, Any]", error.instance):
        if key in known:
            continue
        near = nearest(key, known)
        # Real keys, but of other rules: a near word would mislead.
        if key in ("percent", "at-least"):
            near = f"; only the rules that measure a fall have it: {' and '.join(_MEASURING)}"
        expected = "" if near else "what `cachediff rules` lists" if noun == "rule" else ", ".join(known)
        yield Complaint(write_pointer([*path, key]), f"unknown {noun} {shorten(key)!r}{near}", expected, is_key=True)


def _complain_of_choice(error: jsonschema.ValidationError) -> Iterator[Complaint]:
    """Yield what is wrong with a value that may be a word or an object: what is wrong with the one that it looks like."""
    inner: list[jsonschema.ValidationError] = []
    if isinstance(error.instance, dict):
        # Of an object the branch for words says only that it is no word, which nobody meant.
        inner = [one for one in error.context or () if one.path or one.validator not in ("enum", "type")]
    for one in inner:
        yield from complain(one, _WORDING)
    if isinstance(error.instance, str):
        branches = cast("dict[str, Any]", error.schema)["anyOf"]
        yield _complain_of_word(error, [word for branch in branches for word in follow("policy", branch).get("enum", ())])
    elif not inner:
        yield complain_of_value(error, _WORDING)


def _complain_of_enum(error: jsonschema.ValidationError) -> Iterator[Complaint]:
    """Yield what is wrong with a value that may be one of some words."""
    is_word = isinstance(error.instance, str)
    yield (
        _complain_of_word(error, cast("list[str]", error.validator_value)) if is_word else complain_of_value(error, _WORDING)
    )


def _complain_of_word(error: jsonschema.ValidationError, known: list[str]) -> Complaint:
    """Return that a word is none of those that are known: `unknown rule 'target-droped'; did you mean 'target-dropped'?`."""
    path, word = list(error.absolute_path), cast("str", error.instance)
    schema = cast("dict[str, Any]", error.schema)
    noun = schema["title"].removeprefix("a ")
    # A severity, only not one of those that may stand here (`fail-on: note`): no word to correct.
    if noun == "severity" and word in get_args(Severity):
        return Complaint(write_pointer(path), f"{_name(path)} cannot be {word!r}", schema["description"])
    near = nearest(word, known)
    return Complaint(write_pointer(path), f"unknown {noun} {shorten(word)!r}{near}", "" if near else schema["description"])


def _name(path: Sequence[str | int]) -> str:
    """Return what stands at a path, in words: `until`, `entry of accepted`, `policy`."""
    if not path:
        return "policy"
    return path[-1] if isinstance(path[-1], str) else f"entry of {path[-2]}"


_WORDING = schemas.Wording(
    "policy",
    _name,
    special={"additionalProperties": _complain_of_keys, "anyOf": _complain_of_choice, "enum": _complain_of_enum},
    absent="",
)
