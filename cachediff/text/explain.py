"""Why a schema does not accept a value, in words: jsonschema-rs accepts, and jsonschema explains what it did not accept.

Messages are made of the schema's own `title` and `description`, so every part that a value may fail has both.
"""

from __future__ import annotations

import json
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec import Struct

from cachediff.text.pointers import write_pointer
from cachediff.text.problems import show_value
from cachediff.text.schema import SchemaName, compile_part, load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import jsonschema

Path: TypeAlias = "Sequence[str | int]"
Namer: TypeAlias = "Callable[[Path], str]"
Complainer: TypeAlias = "Callable[[jsonschema.ValidationError], Iterator[Complaint]]"


class Complaint(Struct, frozen=True):
    """What is wrong with the value at a JSON pointer, or with the key that it ends in.

    `expected` is empty where nothing more is to say.
    """

    pointer: str
    message: str
    expected: str = ""
    found: str = ""
    is_key: bool = False


class Wording(Struct, frozen=True):
    """How the errors of one schema are told.

    `name` returns what stands at a path, in words: `spec hash`, `entry of accepted`. `special` has, for keywords of the
    schema that need more than "X is not Y", what yields an error's complaints. `absent` is what is found where something is
    missing.
    """

    schema: SchemaName
    name: Namer
    special: dict[str, Complainer] = {}
    absent: str = "no {}"


def explain(value: Any, wording: Wording, most: int | None = None) -> list[Complaint]:
    """Return why a schema does not accept a value: each complaint once, of at most `most` errors; none where it does."""
    errors = islice(_explainer(wording.schema).iter_errors(value), most)
    # jsonschema has one error for each key that is missing, and each of them is told as all that are missing.
    return list(dict.fromkeys(complaint for error in errors for complaint in complain(error, wording)))


def complain(error: jsonschema.ValidationError, wording: Wording) -> Iterator[Complaint]:
    """Yield one error of jsonschema in our words."""
    special = wording.special.get(str(error.validator))
    if special:
        yield from special(error)
    elif error.validator == "required":
        yield from _complain_of_missing(error, wording)
    else:
        yield complain_of_value(error, wording)


def complain_of_value(error: jsonschema.ValidationError, wording: Wording) -> Complaint:
    """Return that a value, or a key, is not what the schema says it is."""
    path, schema = list(error.absolute_path), cast("dict[str, Any]", error.schema)
    # Of a wrong key jsonschema's path leads to the object alone; the key is what it calls the instance.
    is_key = "propertyNames" in error.absolute_schema_path
    noun = f"key of {wording.name(path)}" if is_key else wording.name(path)
    pointer = write_pointer([*path, str(error.instance)] if is_key else path)
    return Complaint(
        pointer=pointer,
        message=f"{noun} is not {schema['title']}",
        expected=schema["description"],
        found=show_value(error.instance),
        is_key=is_key,
    )


def _complain_of_missing(error: jsonschema.ValidationError, wording: Wording) -> Iterator[Complaint]:
    """Yield each key that an object must have and has not."""
    path, schema = list(error.absolute_path), cast("dict[str, Any]", error.schema)
    for name in schema["required"]:
        if name not in cast("dict[str, Any]", error.instance):
            part = schema["properties"][name]
            # A part that only refers to a definition has its words there.
            expected = part.get("description") or follow(wording.schema, part)["description"]
            yield Complaint(
                write_pointer(path), f"{wording.name(path)} has no {name}", expected, wording.absent.format(name)
            )


def follow(name: SchemaName, part: dict[str, Any]) -> dict[str, Any]:
    """Return the definition that a part of a schema refers to, or the part itself."""
    found: dict[str, Any] = load_schema(name)["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), part)
    return found


# --- jsonschema in linear time -----------------------------------------------------------------------------------------
# A page may have thousands of specs, and jsonschema takes a millisecond for one of them: what jsonschema-rs accepts it need
# not see.


@cache
def _explainer(name: SchemaName) -> jsonschema.protocols.Validator:
    # Not at the top: nearly every run ends without a complaint, and need not wait for this import.
    import jsonschema

    validator: type[jsonschema.protocols.Validator] = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator,
        {
            "uniqueItems": _find_repeated,
            "items": partial(_find_wrong_items, name),
            "propertyNames": partial(_find_wrong_names, name),
            "additionalProperties": partial(_find_wrong_values, name),
        },
    )
    return validator(load_schema(name))


def _find_wrong_items(
    name: SchemaName, validator: Any, part: Any, items: object, schema: Any
) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with the items of a list, but for the first ones where the schema says of each what it is."""
    fits = _acceptor(name, json.dumps(part))
    first = len(schema.get("prefixItems", ()))
    for index, item in enumerate(items[first:] if isinstance(items, list) else (), first):
        if not fits(item):
            yield from validator.descend(item, part, path=index)


def _find_wrong_names(
    name: SchemaName, validator: Any, part: Any, value: object, _: object
) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with the keys of an object."""
    fits = _acceptor(name, json.dumps(part))
    for key in value if isinstance(value, dict) else ():
        if not fits(key):
            yield from validator.descend(instance=key, schema=part)


def _find_wrong_values(
    name: SchemaName, validator: Any, part: Any, value: object, schema: Any
) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with values of an object whose keys the schema does not name, or once that it has such keys."""
    # Where no other key is allowed there is no part to descend into; jsonschema then names all such keys in one error.
    if part is False:
        import jsonschema

        yield from jsonschema.Draft202012Validator.VALIDATORS["additionalProperties"](validator, part, value, schema)
        return
    fits = _acceptor(name, json.dumps(part))
    known = schema.get("properties", {})
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key not in known and not fits(inner):
            yield from validator.descend(inner, part, path=key)


# The part as text, since a dictionary cannot be looked up in a cache.
@cache
def _acceptor(name: SchemaName, part: str) -> Callable[[object], bool]:
    """Return what accepts the values that fit a part of a schema, given as JSON."""
    return compile_part(name, json.loads(part)).is_valid


def _find_repeated(_: object, wanted: bool, items: object, schema: object) -> Iterator[jsonschema.ValidationError]:
    """Yield an error where a list names something twice, in linear time.

    jsonschema's own check may take the square of a list's length. What is no name is wrong as such, and not told once more.
    """
    from jsonschema import ValidationError

    names = [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
    if wanted and len(set(names)) < len(names):
        yield ValidationError("a name is repeated")
