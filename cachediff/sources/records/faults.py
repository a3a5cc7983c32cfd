"""What is wrong with single records, in words and with places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from cachediff.domain.problem import Location, Problem
from cachediff.domain.reading import Fault
from cachediff.sources.records.record import is_package
from cachediff.text.pointers import write_pointer
from cachediff.text.problems import TextError, locate, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec import Raw

    from cachediff.domain.graph import Component, Graph, OwnContent
    from cachediff.limits import Limits
    from cachediff.sources.records.index import Index, Kind

MAX_EXPLAINED = 1_000
"""How many records are held against their schema to say what is wrong: of more, what the typed reading says is enough."""

MAX_COMPLAINTS = 20
"""How many problems of one record are listed: a record with more is as broken as it gets."""


def explain_record(
    index: Index,
    key: str,
    raw: Raw,
    places: tuple[Location, Location],
    limits: Limits,
    reason: str,
    *,
    is_brief: bool,
) -> Fault:
    """Return why the schema does not accept a record; `places` are those of its key and of itself.

    `reason` is what the typed reading said: all that there is to say where it is to be brief.
    """
    # Only where a record is wrong: hardly any is, and YAML takes as long to import as a small index to compare.
    from cachediff.text.explain import Wording, explain
    from cachediff.text.yaml_tree import read_tree

    text = bytes(raw).decode("utf-8", "replace")
    values = _parse(text)
    spec = _find_spec(values, index)
    name = _guess_name(spec)
    whole, schema, prefix = _put_into_index(index, key, values)
    complaints = [] if is_brief else explain(whole, Wording(schema, _name_place), MAX_COMPLAINTS)
    # No complaints where they are to be brief, and of what the schema takes and msgspec does not.
    flaws = [
        TextError(0, 1, one.pointer.removeprefix(prefix), one.message, one.expected, one.found) for one in complaints
    ] or [TextError(0, 1, "", "record cannot be read", "a record as its schema describes it", shorten(reason))]
    # JSON is YAML but for what no record has; where it is not, the record's own place is near enough.
    tree = read_tree(text, limits, noun="record") if any(flaw.pointer for flaw in flaws) else None
    problems = tuple(_locate(flaw, text, places[bool(flaw.pointer)], tree) for flaw in flaws)
    is_outside = _claims_outside(values, spec, index.kind)
    return Fault("record", name, "", key, problems[0].message, problems[0].location, problems, is_outside=is_outside)


def _put_into_index(index: Index, key: str, value: object) -> tuple[dict[str, Any], Literal["lock", "database"], str]:
    """Return an index with one record alone, the name of its schema, and the pointer of the record."""
    if index.kind == "lock":
        meta = {"file-type": "spack-lockfile", "lockfile-version": int(index.version)}
        whole: dict[str, Any] = {"_meta": meta, "roots": [], "concrete_specs": {key: value}}
        return whole, "lock", write_pointer(["concrete_specs", key])
    whole = {"database": {"version": index.version, "installs": {key: value}}}
    return whole, "database", write_pointer(["database", "installs", key])


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _find_spec(values: object, index: Index) -> dict[str, object]:
    """Return what a record says of its spec, with its name, as far as it can be read."""
    spec = values if index.kind == "lock" else values.get("spec") if isinstance(values, dict) else None
    if not isinstance(spec, dict):
        return {}
    if index.specfile > 1:
        return spec
    name, inner = next(iter(spec.items()), ("", None))
    return {**(inner if isinstance(inner, dict) else {}), "name": name}


def _guess_name(spec: dict[str, object]) -> str:
    """Return the package that a record names, empty where it names none that could be one."""
    name = spec.get("name")
    return name if isinstance(name, str) and is_package(name) else ""


def _claims_outside(values: object, spec: dict[str, object], kind: Kind) -> bool:
    """Return whether a record, as far as it can be read, says that it is not in the snapshot."""
    if isinstance(spec.get("external"), dict):
        return True
    # By the field that counts there alone: what is cached need not be installed anywhere.
    field = {"buildcache": "in_buildcache", "site": "installed"}.get(kind, "")
    return isinstance(values, dict) and values.get(field) is False


def _locate(flaw: TextError, text: str, place: Location, tree: object) -> Problem:
    """Return a flaw of a record's text as a problem of its file."""
    from cachediff.text.places import start_of
    from cachediff.text.yaml_tree import Tree

    start = start_of(tree.node, flaw.pointer) if isinstance(tree, Tree) and flaw.pointer else 0
    there = locate(msgspec.structs.replace(flaw, start=start), text, place.path)
    line, column = there.location.line, there.location.column
    moved = Location(
        place.path,
        place.line + line - 1,
        place.column + column - 1 if line == 1 else column,
        place.pointer + flaw.pointer,
    )
    return msgspec.structs.replace(there, location=moved)


def misnamed(key: str, hash_: str, package: str, place: Location, *, is_outside: bool = False) -> Fault:
    """Return that a record does not stand under its own hash."""
    problem = Problem(f"record stands under another hash than its own, {shorten(hash_)}", place, hash_, key)
    return Fault("record", package, "", key, problem.message, place, (problem,), is_outside=is_outside)


def disagreeing(key: str, first: OwnContent, other: OwnContent, place: Location) -> Fault:
    """Return that a hash is one spec in an index, and another one in the next."""
    one, two = (f"{own.package}@{own.version} on {own.platform}-{own.os}-{own.target}" for own in (first, other))
    same = "has other variants in one index than in another"
    message = f"is {one} in one index, and {two} in another" if one != two else same
    return Fault("hash", first.package, "", key, f"{first.package} /{key[:7]} {message}", place)


def repeating(key: str, package: str, times: int, place: Location) -> Fault:
    """Return that a hash stands several times among the records of one index."""
    message = f"{package or 'a record'} /{key[:7]} stands {times:,} times in one index, of which the last was read"
    problem = Problem(message, place, "each hash once", f"{times:,} records of it")
    return Fault("repeat", package, "", key, message, place, (problem,))


def lacking_root(hash_: str, spec: str, place: Location) -> Fault:
    """Return that a lock was asked for something of which it has no record: that hides nothing of what it has."""
    name = shorten(spec or hash_)
    problem = Problem(f"root {name} has no record /{hash_[:7]} in its lock", place, "a record of each root's hash", "none")
    return Fault("record", "", "", hash_, problem.message, place, (problem,), is_outside=True)


def _name_place(path: Sequence[str | int]) -> str:
    """Return what stands at a path, in words: `record`, `record arch target`."""
    names = [part for part in path if isinstance(part, str)]
    inner = names[3:] if names[:1] == ["database"] else names[2:]
    return " ".join(["record", *(shorten(part) for part in inner if part != "spec")])


def going_round(circle: Component, graph: Graph) -> Fault:
    """Return that records depend on each other in a circle, or one on itself."""
    first, *others = [f"{graph.nodes[hash_].own.package} /{hash_[:7]}" for hash_ in circle]
    message = f"{first} depends on itself" + (f", by way of {', '.join(others[:4])}" if others else "")
    place = graph.locate(circle[0])
    problem = Problem(message, place, "dependencies that lead to other records only", f"a circle of {len(circle):,}")
    return Fault("record", graph.nodes[circle[0]].own.package, "", circle[0], message, place, (problem,))
