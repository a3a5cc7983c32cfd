"""A policy's values against schemas/policy.schema.json: jsonschema-rs accepts, and jsonschema explains what it did not accept."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args

from msgspec import Struct

from cachediff.domain.finding import Severity
from cachediff.rules.catalogue import RULES
from cachediff.text.problems import shorten
from cachediff.text.schema import load_schema
from cachediff.text.yaml_tree import escape_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import jsonschema
    import jsonschema_rs


_MEASURING = [rule.id for rule in RULES if rule.threshold]


class Complaint(Struct, frozen=True):
    """What is wrong with the value at a JSON pointer, or with the key that it ends in; `expected` is empty where nothing more is to say."""

    pointer: str
    message: str
    expected: str = ""
    found: str = ""
    is_key: bool = False


def explain(policy: object) -> list[Complaint]:
    """Return why the schema does not accept a policy: each complaint once, none where it does."""
    if _validator().is_valid(policy):
        return []
    return list(dict.fromkeys(complaint for error in _explainer().iter_errors(policy) for complaint in _complain(error)))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to one, as the end of a sentence; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def point(*path: str | int) -> str:
    """Return a path as a JSON pointer."""
    return "".join(f"/{escape_pointer(str(part))}" for part in path)


def _complain(error: jsonschema.ValidationError) -> Iterator[Complaint]:
    """Yield jsonschema's error in our words: the schema's `title` and `description` say what was expected."""
    schema = cast("dict[str, Any]", error.schema)
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _complain_of_keys(path, cast("dict[str, Any]", error.instance), schema["properties"])
    elif error.validator == "required":
        missing = [name for name in schema["required"] if name not in cast("dict[str, Any]", error.instance)]
        for name in missing:
            yield Complaint(point(*path), f"{_name(path)} has no {name}", _describe(schema["properties"][name]))
    elif error.validator == "anyOf":
        yield from _complain_of_choice(error, schema)
    elif error.validator == "enum" and isinstance(error.instance, str):
        yield _complain_of_word(path, error.instance, schema, schema["enum"])
    else:
        is_key = "propertyNames" in error.absolute_schema_path
        pointer = point(*path, str(error.instance)) if is_key else point(*path)
        noun = f"key of {_name(path)}" if is_key else _name(path)
        yield Complaint(pointer, f"{noun} is not {schema['title']}", schema["description"], _show(error.instance), is_key)


def _complain_of_keys(path: list[str | int], value: dict[str, Any], known: dict[str, Any]) -> Iterator[Complaint]:
    """Yield each key that the schema does not know."""
    noun = "rule" if path[-1:] == ["rules"] else "key"
    for key in value:
        if key in known:
            continue
        near = nearest(key, known)
        if key in ("percent", "at-least"):
            near = f"; only the rules that measure a fall have it: {' and '.join(_MEASURING)}"
        expected = "" if near else "what `cachediff rules` lists" if noun == "rule" else ", ".join(known)
        yield Complaint(point(*path, key), f"unknown {noun} {shorten(key)!r}{near}", expected, is_key=True)


def _complain_of_choice(error: jsonschema.ValidationError, schema: dict[str, Any]) -> Iterator[Complaint]:
    """Yield what is wrong with a value that may be a word or an object: what is wrong with the one that it looks like."""
    path = list(error.absolute_path)
    if isinstance(error.instance, dict):
        inner = [one for one in error.context or () if one.path or one.validator not in ("enum", "type")]
        for one in inner:
            yield from _complain(one)
        if inner:
            return
    if isinstance(error.instance, str):
        words = [word for branch in schema["anyOf"] for word in _follow(branch).get("enum", ())]
        yield _complain_of_word(path, error.instance, schema, words)
    else:
        yield Complaint(point(*path), f"{_name(path)} is not {schema['title']}", schema["description"], _show(error.instance))


def _complain_of_word(path: list[str | int], word: str, schema: dict[str, Any], known: list[str]) -> Complaint:
    """Return that a word is none of those that are known: `unknown rule 'target-droped'; did you mean 'target-dropped'?`."""
    noun = schema["title"].removeprefix("a ")
    if noun == "severity" and word in get_args(Severity):
        return Complaint(point(*path), f"{_name(path)} cannot be {word!r}", schema["description"])
    near = nearest(word, known)
    return Complaint(point(*path), f"unknown {noun} {shorten(word)!r}{near}", "" if near else schema["description"])


def _name(path: list[str | int]) -> str:
    """Return what stands at a path, in words: `until`, `entry of accepted`, `policy`."""
    if not path:
        return "policy"
    return path[-1] if isinstance(path[-1], str) else f"entry of {path[-2]}"


def _describe(schema: dict[str, Any]) -> str:
    """Return what the schema says a property is, in its own words or in those that it refers to."""
    described: str = schema.get("description") or _follow(schema)["description"]
    return described


def _follow(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the definition that a schema refers to, or itself."""
    found: dict[str, Any] = load_schema("policy")["$defs"].get(schema.get("$ref", "").removeprefix("#/$defs/"), schema)
    return found


def _show(value: object) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(load_schema("policy"))


@cache
def _explainer() -> jsonschema.Draft202012Validator:
    import jsonschema

    return jsonschema.Draft202012Validator(load_schema("policy"))
