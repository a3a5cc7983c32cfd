"""Whether a record is what its hash says.

Since specfile 4 a hash is the sha1 of the record's own compact JSON without it, in base32. It covers the hashes of all
dependencies, so an index whose records all give their hashes is proven as a whole.
"""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from cachediff.sources.records.record import FLAGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cachediff.sources.records.record import Node, Parameters

FIRST_PROVABLE = 4
"""The specfile from which on hashes are of the record's own text; those before are of another one."""

_WITHOUT_PROVIDED = 5
"""The last specfile of which no record says what it provides."""

_ORDER = {
    name: number
    for number, name in enumerate(
        (
            *("name", "hash", "version", "platform", "platform_os", "target", "vendor", "features", "generation", "parents"),
            *("cpupart", "arch", "compiler", "namespace", "parameters", "path", "module", "extra_attributes", "external"),
            *("patches", "package_hash", "provided_virtuals", "dependencies", "build_spec", "annotations"),
            *("original_specfile_version", "deptypes", "virtuals"),
        )
    )
}
"""In which order Spack writes the fields of a record, and of the objects in it: it is part of what is hashed."""

_LEVELS = 4
"""How deep there are such objects: the parameters of a dependency in a list of a record."""

_SIZE = 20
_SPLICED = 7
"""How many characters at its end the hash of a spliced spec has from that of the spec that was built."""

_TAIL = len(',"hash":"') + 32 + len('"}')
BASE32 = b"abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(BASE32.decode(), "0123456789abcdefghijklmnopqrstuv")
"""From the digits of base32, as hashes are written in, to those in which Python reads a number of base 32."""


def read_hashes(hashes: Collection[str]) -> Iterator[bytes]:
    """Yield the digest that each hash spells: 32 characters of base32. Read as one number, which is much faster."""
    digests = int("".join(hashes).translate(_DIGITS) or "0", 32).to_bytes(_SIZE * len(hashes))
    return (digests[at : at + _SIZE] for at in range(0, len(digests), _SIZE))


def gives(text: bytes, hash_: str, digest: bytes) -> bool:
    """Return whether a record's text is compact, ends in its hash and gives its digest: true of nearly all, told at once."""
    if not text.endswith(b',"hash":"%b"}' % hash_.encode()):
        return False
    found = sha1(memoryview(text)[:-_TAIL], usedforsecurity=False)
    found.update(b"}")
    return found.digest() == digest


def recompute(text: bytes, hash_: str) -> tuple[str, int]:
    """Return the hash that a record's text gives, empty where what no field of it needs is no JSON.

    Beside it the specfile as which it gives that, where a newer Spack wrote it anew without saying so; else 0.
    """
    if gives(text, hash_, *read_hashes([hash_])):
        return hash_, 0
    # As Spack itself writes it: a lock may be indented, and text beyond ASCII may stand unescaped.
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return "", 0
    values.pop("hash", None)
    # What formats JSON may sort its keys, which says nothing else.
    ways = values, _reorder(values)
    if any(hash_ in (_spell(way), _spell_as_5(way)) for way in ways):
        return hash_, 0
    original = next(filter(None, (_find_original(way, hash_) for way in ways)), 0)
    return (hash_, original) if original else (_spell(values), 0)


def _spell(values: dict[str, Any]) -> str:
    """Return the hash of a record as it is written today."""
    return _finish(json.dumps(values, separators=(",", ":")), values)


def _reorder(values: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the fields of each object in Spack's order: of parameters the variants by name, then flags."""
    parameters = values.get("parameters", {})
    names = sorted(parameters, key=lambda name: (name in FLAGS, name))
    ordered = {name: parameters[name] for name in names}
    return {name: ordered if name == "parameters" else value for name, value in _put_in_order(values).items()}


def _put_in_order(value: Any, levels: int = _LEVELS) -> Any:
    if not levels or not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [_put_in_order(one, levels - 1) for one in value]
    names = sorted(value, key=lambda name: _ORDER.get(name, len(_ORDER)))
    return {name: _put_in_order(value[name], levels - 1) for name in names}


def _find_original(values: dict[str, Any], hash_: str) -> int:
    """Return as which older specfile a record gives its hash, which a Spack of specfile 4 wrote anew without saying so.

    It is 0 where it gives it as none. Virtuals are no part of it: nobody knew any, and where Spack read a spec's own file
    (`spack reindex`, `spack buildcache update-index`), it worked them out since.
    """
    # Where there are annotations, they say so.
    if "annotations" in values:
        return 0
    # Until specfile 2 no record had a hash of its recipe, and since then each has one.
    older = {3: _spell_as_3} if "package_hash" in values else {2: _spell_as_2, 1: _spell_as_1}
    return next((original for original, spell in older.items() if spell(values) == hash_), 0)


def _spell_as_3(values: dict[str, Any]) -> str:
    """Return the hash of a record as specfile 3: edges were written otherwise, and the text that is hashed is indented."""
    return _indent(values, [*_list_edges(values)])


def _spell_as_2(values: dict[str, Any]) -> str:
    """Return the hash of a record as specfile 2: as 3, without what only the build needed."""
    return _indent(values, [edge for edge in _list_edges(values) if _is_needed_later(edge)])


def _spell_as_1(values: dict[str, Any]) -> str:
    """Return the hash of a record as specfile 1: of YAML in one line, in which names are keys."""
    from cachediff.text.yaml_values import write_line  # for very few records

    edges = {edge.pop("name"): edge for edge in _list_edges(values) if _is_needed_later(edge)}
    node = _put_edges({key: value for key, value in values.items() if key != "name"}, edges)
    try:
        return _finish(write_line({values["name"]: node}), values)
    except (ValueError, RecursionError):
        return ""


def _list_edges(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a record's edges as specfile 2 and 3 have them."""
    for edge in values.get("dependencies", ()):
        yield {"name": edge["name"], "hash": edge["hash"], "type": (edge.get("parameters") or {}).get("deptypes")}


def _is_needed_later(edge: dict[str, Any]) -> bool:
    return not {"link", "run"}.isdisjoint(edge["type"] or ())


def _put_edges(values: dict[str, Any], edges: Collection[Any]) -> dict[str, Any]:
    """Return a record with other edges, in the place where they were: the order of keys is part of what is hashed."""
    others = values if edges else {key: value for key, value in values.items() if key != "dependencies"}
    return others | ({"dependencies": edges} if edges else {})


def _indent(values: dict[str, Any], edges: list[dict[str, Any]]) -> str:
    return _finish(json.dumps(_put_edges(values, edges), separators=(",", ": "), indent=2), values)


def _spell_as_5(values: dict[str, Any]) -> str:
    """Return the hash that a record had as specfile 5, which a Spack of specfile 6 wrote anew with what it provides.

    Empty for any other.
    """
    original = (values.get("annotations") or {}).get("original_specfile_version")
    if original != _WITHOUT_PROVIDED or "provided_virtuals" not in values:
        return ""
    others = {key: value for key, value in values.items() if key != "provided_virtuals"}
    return _finish(json.dumps(others, separators=(",", ":")), values)


def _finish(text: str, values: dict[str, Any]) -> str:
    """Return the hash that a text gives, with the end of that of the spec that was built, where one is spliced.

    Spack keeps it, so that paths within binaries stay as long: spec.py, spec_hash.
    """
    found = b32encode(sha1(text.encode(), usedforsecurity=False).digest()).decode("ascii").lower()
    built = values.get("build_spec")
    return found[:-_SPLICED] + built["hash"][-_SPLICED:] if built else found


def is_exempt(node: Node) -> bool:
    """Return whether a true record may give another hash, whatever specfile it is.

    Spack makes some externals without one, hashes a target that is written as an object by what its archspec knew, and sorts
    several flags after hashing.
    """
    return node.external is not None or node.arch.is_object or has_several_flags(node.parameters)


def has_several_flags(parameters: Parameters) -> bool:
    """Return whether a compiler flag has more than one word."""
    return any(isinstance(flags := parameters.get(name), list) and len(flags) > 1 for name in FLAGS)
