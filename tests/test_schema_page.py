"""The schema of pages: both validators agree on it, each of its constraints speaks, and what it says has a place."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.domain.package import InvalidPage
from cachediff.sources.pages.validate import MAX_COMPLAINTS, explain, is_valid_page, is_valid_spec
from cachediff.text.schema import SCHEMA_NAMES, load_schema
from tests.examples import examples
from tests.json_values import mutated, places_in, texts, values
from tests.pages import PageValues, all_real, parse, read_real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.problem import Problem
    from cachediff.text.schema import SchemaName

SCHEMA = load_schema("page")
thorough = settings(max_examples=examples(300), deadline=None, derandomize=True)


def front_of(data: bytes) -> dict[str, Any]:
    """Return a page's front matter as plain values."""
    values = PageValues.of(data)
    return {
        "title": values.title,
        "layout": "cache",
        "categories": ["package", values.tag],
        "meta": values.meta,
        "spec_details": values.specs,
    }


# --- agreement ---------------------------------------------------------------------------------------------------------

FRONTS = [front_of(data) for data in all_real().values() if len(data) < 4000]


@thorough
@given(values | mutated(FRONTS))
def test_both_validators_agree_on_any_value(page: Any) -> None:
    assert is_valid_page(page) == (not explain(page))


@thorough
@given(st.sampled_from(FRONTS), texts | values, st.data())
def test_both_validators_agree_on_any_value_anywhere(front: dict[str, Any], value: Any, data: st.DataObject) -> None:
    page = deepcopy(front)
    target: Any = page
    path = data.draw(st.sampled_from(list(places_in(page))[1:]))
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    assert is_valid_page(page) == (not explain(page))


@thorough
@given(mutated(FRONTS))
def test_a_page_is_valid_when_it_is_without_its_specs_and_each_spec_is(page: dict[str, Any]) -> None:
    specs = page.get("spec_details")
    if isinstance(specs, list):
        in_parts = is_valid_page(page | {"spec_details": []}) and all(map(is_valid_spec, specs))
        assert is_valid_page(page) == in_parts


@pytest.mark.parametrize("page", all_real())
def test_real_pages_are_valid(page: str) -> None:
    front = front_of(all_real()[page])
    assert is_valid_page(front)
    assert explain(front) == []


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_schema_is_a_schema(name: SchemaName) -> None:
    jsonschema.Draft202012Validator.check_schema(load_schema(name))


# --- every constraint speaks -------------------------------------------------------------------------------------------

CONSTRAINTS = {
    *(
        "type",
        "const",
        "enum",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "uniqueItems",
        "required",
    ),
    *(
        "not",
        "anyOf",
        "oneOf",
        "allOf",
        "format",
        "minProperties",
        "maxProperties",
        "additionalItems",
        "contains",
        "multipleOf",
    ),
}
NAMED = ("properties", "$defs")
NESTED = ("items", "additionalProperties", "propertyNames")


def schemas_in(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and those in it that can complain of their own.

    Those inside `not` and `anyOf` are not among them: they speak through it.
    """
    yield schema
    inner = [below for name in NAMED for below in schema.get(name, {}).values()]
    inner += [schema[name] for name in NESTED if name in schema]
    for below in [*inner, *schema.get("prefixItems", [])]:
        yield from schemas_in(below)


def constraints() -> set[tuple[str, str]]:
    """Return every constraint of the schema as the title of what it is on, and its keyword."""
    return {(schema["title"], keyword) for schema in schemas_in(SCHEMA) for keyword in CONSTRAINTS & schema.keys()}


def test_every_constraint_has_a_title_and_a_description() -> None:
    silent = [
        schema
        for schema in schemas_in(SCHEMA)
        if CONSTRAINTS & schema.keys() and not schema.keys() >= {"title", "description"}
    ]
    assert silent == []


def test_no_two_things_share_a_title() -> None:
    titles = [schema["title"] for schema in schemas_in(SCHEMA) if "title" in schema]
    assert len(titles) == len(set(titles))


def spec(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that gives the first spec a field."""
    return lambda front: front["spec_details"][0].update({field: value})


def meta(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that gives `meta` a field."""
    return lambda front: front["meta"].update({field: value})


def page(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that gives the page a field."""
    return lambda front: front.update({field: value})


def without(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """Return an edit that takes a value out."""

    def edit(front: dict[str, Any]) -> None:
        target: Any = front
        for part in path[:-1]:
            target = target[part]
        del target[path[-1]]

    return edit


A_TITLE = 'letters, digits, dashes, dots and underscores, such as "py-numpy"'
A_TAG = "a tag such as develop-2025-03-30, develop or v0.22.4"
CATEGORIES = "a list of the word package and the snapshot's tag, such as [package, develop-2025-03-30]"
A_HASH = "32 characters from a-z and 2-7"
A_NAME = "a string of 1 to 255 characters without spaces"
NAMES = "a list of strings of 1 to 255 characters without spaces, none twice"
A_COUNT = "a whole number, 0 or more"
A_SPEC = "an object with hash, compiler, os, platform, target, stacks, variants and versions"
META = "an object with num_specs, num_specs_by_stack, compilers, oss, platforms, stacks, targets and versions"
A_SIZE = 'a number of bytes, 0 or more, or "-"'
VARIANTS = 'a list of strings such as "+mpi" or "build_type=Release"'
A_VARIANT = 'a string such as "+mpi" or "build_type=Release", without control characters'
VERSIONS = 'a list of exactly one version, such as ["14.2.0"]'
COUNTS = "an object that gives each stack its number of specs"

VIOLATIONS: list[tuple[tuple[str, str], Callable[[dict[str, Any]], None], str, str, str, str]] = [
    # constraint, edit, message, expected, found, pointer
    (("a page of the Spack build cache", "required"), without("title"), "page has no title", A_TITLE, "no title", ""),
    (("a page of the Spack build cache", "required"), without("meta"), "page has no meta", META, "no meta", ""),
    (("a package name", "type"), page("title", 7), "title is not a package name", A_TITLE, "7", "/title"),
    (("a package name", "minLength"), page("title", ""), "title is not a package name", A_TITLE, '""', "/title"),
    (
        ("a package name", "maxLength"),
        page("title", "a" * 256),
        "title is not a package name",
        A_TITLE,
        '"' + "a" * 76 + "...",
        "/title",
    ),
    (("a package name", "not"), page("title", "../gcc"), "title is not a package name", A_TITLE, '"../gcc"', "/title"),
    (
        ("the word cache", "const"),
        page("layout", "post"),
        "layout is not the word cache",
        "the word cache",
        '"post"',
        "/layout",
    ),
    (
        ("a list of two words", "type"),
        page("categories", "package"),
        "categories is not a list of two words",
        CATEGORIES,
        '"package"',
        "/categories",
    ),
    (
        ("a list of two words", "minItems"),
        page("categories", ["package"]),
        "categories is not a list of two words",
        CATEGORIES,
        '["package"]',
        "/categories",
    ),
    (
        ("a list of two words", "maxItems"),
        page("categories", ["package", "develop", "x"]),
        "categories is not a list of two words",
        CATEGORIES,
        '["package", "develop", "x"]',
        "/categories",
    ),
    (
        ("the word package", "const"),
        page("categories", ["packages", "develop"]),
        "categories is not the word package",
        "the word package",
        '"packages"',
        "/categories/0",
    ),
    (
        ("a tag", "type"),
        page("categories", ["package", 20250330]),
        "categories is not a tag",
        A_TAG,
        "20250330",
        "/categories/1",
    ),
    (("a tag", "minLength"), page("categories", ["package", ""]), "categories is not a tag", A_TAG, '""', "/categories/1"),
    (
        ("a tag", "maxLength"),
        page("categories", ["package", "v" * 256]),
        "categories is not a tag",
        A_TAG,
        '"' + "v" * 76 + "...",
        "/categories/1",
    ),
    (
        ("a tag", "not"),
        page("categories", ["package", "a tag"]),
        "categories is not a tag",
        A_TAG,
        '"a tag"',
        "/categories/1",
    ),
    (
        ("a list of specs", "type"),
        page("spec_details", {}),
        "spec_details is not a list of specs",
        "a list with one object a spec",
        "{}",
        "/spec_details",
    ),
    (("an object of sums", "type"), page("meta", []), "meta is not an object of sums", META, "[]", "/meta"),
    (
        ("an object of sums", "required"),
        without("meta", "num_specs"),
        "meta has no num_specs",
        A_COUNT,
        "no num_specs",
        "/meta",
    ),
    (("a count", "type"), meta("num_specs", "3"), "meta num_specs is not a count", A_COUNT, '"3"', "/meta/num_specs"),
    (("a count", "type"), meta("num_specs", 2.5), "meta num_specs is not a count", A_COUNT, "2.5", "/meta/num_specs"),
    (("a count", "type"), meta("num_specs", True), "meta num_specs is not a count", A_COUNT, "true", "/meta/num_specs"),
    (("a count", "minimum"), meta("num_specs", -1), "meta num_specs is not a count", A_COUNT, "-1", "/meta/num_specs"),
    (
        ("a table of counts", "type"),
        meta("num_specs_by_stack", [3]),
        "meta num_specs_by_stack is not a table of counts",
        COUNTS,
        "[3]",
        "/meta/num_specs_by_stack",
    ),
    (
        ("a count", "type"),
        meta("num_specs_by_stack", {"e4s/x": None}),
        "meta num_specs_by_stack e4s/x is not a count",
        A_COUNT,
        "null",
        "/meta/num_specs_by_stack/e4s~1x",
    ),
    (
        ("a name", "not"),
        meta("num_specs_by_stack", {"root": 3, "e 4 s": 3}),
        "key of meta num_specs_by_stack is not a name",
        A_NAME,
        '"e 4 s"',
        "/meta/num_specs_by_stack/e 4 s",
    ),
    (
        ("a list of names", "type"),
        meta("oss", "centos7"),
        "meta oss is not a list of names",
        NAMES,
        '"centos7"',
        "/meta/oss",
    ),
    (
        ("a list of names", "uniqueItems"),
        spec("stacks", ["e4s", "root", "e4s"]),
        "spec stacks is not a list of names",
        NAMES,
        '["e4s", "root", "e4s"]',
        "/spec_details/0/stacks",
    ),
    (("a name", "type"), spec("os", None), "spec os is not a name", A_NAME, "null", "/spec_details/0/os"),
    (("a name", "minLength"), spec("os", ""), "spec os is not a name", A_NAME, '""', "/spec_details/0/os"),
    (
        ("a name", "maxLength"),
        spec("os", "o" * 256),
        "spec os is not a name",
        A_NAME,
        '"' + "o" * 76 + "...",
        "/spec_details/0/os",
    ),
    (
        ("a name", "not"),
        spec("stacks", ["root", "e4s\n"]),
        "spec stacks is not a name",
        A_NAME,
        '"e4s\\n"',
        "/spec_details/0/stacks/1",
    ),
    (("a spec", "type"), page("spec_details", ["emacs"]), "spec is not a spec", A_SPEC, '"emacs"', "/spec_details/0"),
    (("a spec", "required"), without("spec_details", 1, "hash"), "spec has no hash", A_HASH, "no hash", "/spec_details/1"),
    (("a Spack hash", "type"), spec("hash", 7), "spec hash is not a Spack hash", A_HASH, "7", "/spec_details/0/hash"),
    (
        ("a Spack hash", "pattern"),
        spec("hash", "EY2Q"),
        "spec hash is not a Spack hash",
        A_HASH,
        '"EY2Q"',
        "/spec_details/0/hash",
    ),
    (
        ("a Spack hash", "maxLength"),
        spec("hash", "a" * 32 + "\n"),
        "spec hash is not a Spack hash",
        A_HASH,
        f'"{"a" * 32}\\n"',
        "/spec_details/0/hash",
    ),
    (("a size", "anyOf"), spec("size", "4 MB"), "spec size is not a size", A_SIZE, '"4 MB"', "/spec_details/0/size"),
    (("a size", "anyOf"), spec("size", -1), "spec size is not a size", A_SIZE, "-1", "/spec_details/0/size"),
    (
        ("a list of variants", "type"),
        spec("variants", "+x"),
        "spec variants is not a list of variants",
        VARIANTS,
        '"+x"',
        "/spec_details/0/variants",
    ),
    (
        ("a variant", "type"),
        spec("variants", [1]),
        "spec variants is not a variant",
        A_VARIANT,
        "1",
        "/spec_details/0/variants/0",
    ),
    (
        ("a variant", "minLength"),
        spec("variants", [""]),
        "spec variants is not a variant",
        A_VARIANT,
        '""',
        "/spec_details/0/variants/0",
    ),
    (
        ("a variant", "not"),
        spec("variants", ["+x\n"]),
        "spec variants is not a variant",
        A_VARIANT,
        '"+x\\n"',
        "/spec_details/0/variants/0",
    ),
    (
        ("a list of one version", "type"),
        spec("versions", "30.1"),
        "spec versions is not a list of one version",
        VERSIONS,
        '"30.1"',
        "/spec_details/0/versions",
    ),
    (
        ("a list of one version", "minItems"),
        spec("versions", []),
        "spec versions is not a list of one version",
        VERSIONS,
        "[]",
        "/spec_details/0/versions",
    ),
    (
        ("a list of one version", "maxItems"),
        spec("versions", ["1", "2"]),
        "spec versions is not a list of one version",
        VERSIONS,
        '["1", "2"]',
        "/spec_details/0/versions",
    ),
    (
        ("a tarball", "type"),
        spec("tarball", 1),
        "spec tarball is not a tarball",
        "the URL of the binary",
        "1",
        "/spec_details/0/tarball",
    ),
]


def write(front: dict[str, Any]) -> bytes:
    """Return a page with any values, one a line."""
    return (
        "---\n" + "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in front.items()) + "---"
    ).encode()


def problems_of(data: bytes) -> tuple[Problem, ...]:
    """Return what is wrong with a page that is not valid."""
    found = parse(data)
    assert isinstance(found, InvalidPage)
    return found.problems


@pytest.mark.parametrize(
    ("constraint", "edit", "message", "expected", "found", "pointer"),
    VIOLATIONS,
    ids=[f"{row[2]}: {row[0][1]}" for row in VIOLATIONS],
)
def test_each_constraint_says_what_is_wrong_and_where(
    constraint: tuple[str, str],
    edit: Callable[[dict[str, Any]], None],
    message: str,
    expected: str,
    found: str,
    pointer: str,
) -> None:
    front = front_of(read_real("week/new")["emacs"])
    edit(front)
    (problem,) = problems_of(write(front))
    assert (problem.message, problem.expected, problem.found, problem.location.pointer) == (
        message,
        expected,
        found,
        pointer,
    )
    assert problem.excerpt
    assert problem.location.line == (2 if pointer == "" else 2 + list(front).index(pointer.split("/")[1]))
    marked = problem.excerpt.text[problem.excerpt.start :][: problem.excerpt.length]
    assert (
        len(marked) == 1
        if found.startswith("no ")
        else found.removesuffix("...").startswith(marked[: len(found) - 3] or marked)
    )


def test_the_table_of_violations_is_complete() -> None:
    assert {row[0] for row in VIOLATIONS} | {("a page of the Spack build cache", "type")} == constraints()


def test_each_violation_violates_its_constraint() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for constraint, edit, *_ in VIOLATIONS:
        front = front_of(read_real("week/new")["emacs"])
        edit(front)
        schemas = [error.schema for error in validator.iter_errors(front) if error.validator == constraint[1]]
        assert constraint[0] in [schema["title"] for schema in schemas if isinstance(schema, dict)]


@pytest.mark.parametrize("front", ["[]", "emacs", "7", "null", "- a"])
def test_front_matter_that_is_no_object_is_no_page(front: str) -> None:
    (problem,) = problems_of(f"---\n{front}\n---".encode())
    assert problem.message == "page is not a page of the Spack build cache"
    assert problem.location.line == 2


def test_each_missing_field_is_told() -> None:
    front = front_of(read_real("week/new")["gcc"])
    for field in ("hash", "os", "target"):
        del front["spec_details"][0][field]
    assert [problem.message for problem in problems_of(write(front))] == [
        "spec has no hash",
        "spec has no os",
        "spec has no target",
    ]


def test_problems_are_told_in_the_order_of_the_page() -> None:
    front = front_of(read_real("week/new")["py-pip"])
    for number, value in enumerate(front["spec_details"]):
        value["hash"] = f"HASH{number}"
    front["title"] = "a title"
    places = [problem.location for problem in problems_of(write(front))]
    assert [(place.line, place.column) for place in places] == sorted((place.line, place.column) for place in places)
    assert places[0].pointer == "/title"
    assert len(places) == 44


def test_a_page_that_is_wrong_all_over_is_told_in_part() -> None:
    front = front_of(read_real("week/new")["py-pip"])
    for value in front["spec_details"]:
        value.update(hash="", os="", target="")
    assert len(problems_of(write(front))) == MAX_COMPLAINTS
