"""Pages made to cost more than their size: each is a function of about how many bytes it should have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.builders import a_hash, a_meta, a_page, an_entry

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = "hdf5"
_PAGE = a_page(PACKAGE)
_SPEC = json.dumps(an_entry())


def _repeat(unit: str, size: int) -> str:
    """Return a text of about so many characters, made of one that is repeated."""
    return unit * (size // len(unit))


def _join(make: Callable[[int], str], size: int, between: str = ", ") -> str:
    """Return the texts that numbers give, as many as make about so many characters."""
    count = size // (len(make(size // 10)) + len(between))
    return between.join(map(make, range(count)))


def _value(text: str) -> str:
    """Return a page whose first size is a text: it stands deep in the values of a spec."""
    return _PAGE.replace('"size": "-"', f'"size": {text}', 1)


def _key(text: str) -> str:
    """Return a page with lines of its own among its keys."""
    return _PAGE.replace("layout", f"{text}\nlayout", 1)


def _field(name: str, text: str) -> str:
    """Return a page whose spec has a text in the place of one field's value."""
    old = json.dumps(an_entry()[name])
    return _PAGE.replace(f'"{name}": {old}', f'"{name}": {text}')


def _meta(name: str, text: str) -> str:
    """Return a page whose `meta` has a text in the place of one field's value."""
    old = json.dumps(a_meta([an_entry()])[name])
    return _PAGE.replace(f'"{name}": {old}', f'"{name}": {text}', 1)


def _specs(make: Callable[[int], str], size: int) -> str:
    """Return a page of many specs, each the JSON text that its number gives."""
    return _PAGE.replace(f"[{_SPEC}]", f"[{_join(make, size)}]")


def _entry(number: int, **fields: object) -> str:
    return json.dumps(an_entry(number, **fields))


def _yaml_specs(size: int) -> str:
    """Return a page with many specs in block style, as a person might write them."""
    entry = an_entry()
    lines = "\n".join(f"    {name}: {json.dumps(value)}" for name, value in entry.items()).replace("   ", "  -", 1)
    return _PAGE.replace(f"spec_details: [{_SPEC}]", f"spec_details:\n{_repeat(lines + chr(10), size)}")


def _chain(size: int, line: str) -> str:
    """Return lines of which each holds an alias of the one before."""
    return "a0: &a0 [x]\n" + "\n".join(line.format(n=n, m=n - 1) for n in range(1, size // (len(line) + 4)))


PAGES: dict[str, Callable[[int], str | bytes]] = {
    # --- nesting ---
    "brackets without end": lambda size: _value("[" * size),
    "brackets": lambda size: _value("[" * (size // 2) + "]" * (size // 2)),
    "braces without end": lambda size: _value(_repeat('{"a": ', size)),
    "braces in flow": lambda size: _value("{" * size),
    "dashes in a line": lambda size: _key("a:\n  " + "- " * (size // 2)),
    "question marks in a line": lambda size: _key("a:\n  " + "? " * (size // 2)),
    "question marks and dashes": lambda size: _key("a:\n  " + "? - " * (size // 4)),
    "colons in a line": lambda size: _key("a: [" + ": " * (size // 2)),
    "blocks within blocks": lambda size: _key("\n".join("a:\n" + " " * n for n in range(int((2 * size) ** 0.5)))),
    "many lists of the greatest depth": lambda size: _value("[" + _join(lambda _: "[" * 44 + "]" * 44, size) + "]"),
    "objects of the greatest depth under long keys": lambda size: _key(
        "x: " + "".join(f'{{"{"k" * (size // 80)}": ' for _ in range(40)) + "[" + _repeat("1, ", size // 2) + "]" + "}" * 40
    ),
    "many values under a long key": lambda size: _key(f'"{"k" * (size // 2)}": [{_repeat("1, ", size // 2)}]'),
    "many wrong values under a long key": lambda size: _key(
        f'"{"k" * (size // 2)}": [{_repeat("2025-01-01, ", size // 2)}]'
    ),
    # --- aliases ---
    "billion laughs": lambda size: _key(
        _chain(size, "a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}]")
    ),
    "billion laughs of objects": lambda size: _key(_chain(size, "a{n}: &a{n} {{b: *a{m}, c: *a{m}}}")),
    "aliases of a long list": lambda size: _key(f"a: &a [{_repeat('x, ', size // 2)}]\nb: [{_repeat('*a, ', size // 2)}]"),
    "aliases of a long text": lambda size: _key(f"a: &a {'x' * (size // 2)}\nb: [{_repeat('*a, ', size // 2)}]"),
    "aliases of a long text where specs are": lambda size: _key(f"a: &a {'x' * (size // 2)}").replace(
        f"[{_SPEC}]", f"[{_repeat('*a, ', size // 2)}]"
    ),
    "aliases of a long list where specs are": lambda size: _key(f"a: &a [{_repeat('x, ', size // 2)}]").replace(
        f"[{_SPEC}]", f"[{_repeat('*a, ', size // 2)}]"
    ),
    "aliases of one spec": lambda size: _key(f"a: &a {_SPEC}").replace(f"[{_SPEC}]", f"[{_repeat('*a, ', size)}]"),
    "aliases in a chain": lambda size: _key(_chain(size, "a{n}: &a{n} [*a{m}]")),
    "an alias of itself": lambda size: _key(f"a: &a [{_repeat('*a, ', size)}]"),
    "merge keys of a wide object": lambda size: _key(
        f"a: &a {{{_join(lambda n: f'k{n}: 1', size // 2)}}}\nb: {{<<: [{_repeat('*a, ', size // 2)}]}}"
    ),
    "merge keys in a chain": lambda size: _key(
        _chain(size, "a{n}: &a{n} {{<<: *a{m}, k{n}: 1}}").replace("[x]", "{x: 1}", 1)
    ),
    "merge keys in one object": lambda size: _key(f"a: {{{_repeat('<<: {b: 1}, ', size)}}}"),
    "anchors": lambda size: _key(f"a: [{_join(lambda n: f'&a{n} x', size)}]"),
    "a long anchor": lambda size: _value("&" + "a" * size + " 1"),
    "a long unknown alias": lambda size: _value("*" + "a" * size),
    # --- numbers ---
    "a long integer": lambda size: _value("1" * size),
    "a long integer below zero": lambda size: _value("-" + "1" * size),
    "a long fraction": lambda size: _value("1." + "1" * size),
    "a long exponent": lambda size: _value("1e" + "9" * size),
    "a long hexadecimal integer": lambda size: _value("0x" + "f" * size),
    "a long octal integer": lambda size: _value("0" + "7" * size),
    "a long sexagesimal integer": lambda size: _value("1" + ":1" * (size // 2)),
    "an integer of underscores": lambda size: _value("1" + "_" * size),
    "many integers of a thousand digits": lambda size: _value("[" + _repeat("1" * 999 + ", ", size) + "]"),
    "many sexagesimal integers": lambda size: _value("[" + _repeat("1" + ":1" * 490 + ", ", size) + "]"),
    "a long count": lambda size: _meta("num_specs", "1" * size),
    # --- texts and keys ---
    "a long size": lambda size: _value(f'"{"x" * size}"'),
    "a long name": lambda size: _field("os", f'"{"x" * size}"'),
    "a long hash": lambda size: _field("hash", f'"{"a" * size}"'),
    "a long variant": lambda size: _field("variants", f'["{"x" * size}"]'),
    "a variant with many values": lambda size: _field("variants", f'["x={_join(str, size, ",")}"]'),
    "a variant of backslashes": lambda size: _field("variants", '["x=' + "\\\\" * (size // 2) + '"]'),
    "a variant of quotes": lambda size: _field("variants", '["x=' + "'" * size + '"]'),
    "a version of many parts": lambda size: _field("versions", f'["{_repeat("1.", min(size, 254))}"]'),
    "a long title": lambda size: _PAGE.replace('"hdf5"', f'"{"x" * size}"', 1),
    "a long tag": lambda size: _PAGE.replace("develop-2025-03-30", "develop-" + "2" * size),
    "a title that nearly ends": lambda size: _PAGE.replace('"hdf5"', "x" * size + " " * 99 + "!", 1),
    "a long key": lambda size: _key("? " + "k" * size + "\n: 1"),
    "a long key in a spec": lambda size: _PAGE.replace('"size"', f'"{"k" * size}": 1, "size"', 1),
    "a long comment": lambda size: _key("# " + "x" * size),
    "a text of escapes": lambda size: _value('"' + _repeat("\\u00e9", size) + '"'),
    "a text of half characters": lambda size: _value('"' + _repeat("\\ud800", size) + '"'),
    "a quote without end": lambda size: _PAGE[:200] + '"' + "x" * size,
    "quotes without end": lambda size: _key(_repeat('"\n', size)),
    "a text over many lines": lambda size: _key('a: "' + "x\n" * (size // 2) + '"'),
    "a block of text": lambda size: _key("a: |\n" + "  x\n" * (size // 4)),
    # --- counts ---
    "many specs": lambda size: _specs(_entry, size),
    "many specs with one hash": lambda size: _specs(lambda _: _SPEC, size),
    "many specs that differ": lambda size: _specs(lambda n: _entry(n, version=f"1.{n}", variants=[f"a={n}", "+b"]), size),
    "many specs in stacks of their own": lambda size: _specs(lambda n: _entry(n, stacks=[f"s{n}"]), size),
    "many specs in targets of their own": lambda size: _specs(lambda n: _entry(n, target=f"t{n}", os=f"o{n}"), size),
    "many specs with unusual fields": lambda size: _specs(lambda n: _entry(n, size=n, note=f"n{n}"), size),
    "many specs and a wrong one": lambda size: (
        _specs(_entry, size).replace('"size": "-"}]', '"size": null}]').replace("]\n---", ", 1]\n---")
    ),
    "many wrong specs": lambda size: _specs(lambda n: f'{{"hash": {n}}}', size),
    "many empty specs": lambda size: _specs(lambda _: "{}", size),
    "many nulls for specs": lambda size: _specs(lambda _: "null", size),
    "many specs in block style": _yaml_specs,
    "a spec with many stacks": lambda size: _field("stacks", f"[{_join(lambda n: json.dumps(f's{n}'), size)}]"),
    "a spec with one stack many times": lambda size: _field(
        "stacks", f"[{_repeat(json.dumps('e4s') + ', ', size)}" + '"root"]'
    ),
    "a spec with many variants": lambda size: _field("variants", f"[{_join(lambda n: json.dumps(f'v{n}=1'), size)}]"),
    "a spec with one variant many times": lambda size: _field(
        "variants", f"[{_join(lambda n: json.dumps(f'v={n}'), size)}]"
    ),
    "a spec with many fields": lambda size: _PAGE.replace('"size"', _join(lambda n: f'"k{n}": 1', size) + ', "size"', 1),
    "a spec with a field many times": lambda size: _PAGE.replace('"size"', _repeat('"k": 1, ', size) + '"size"', 1),
    "specs that share many stacks": lambda size: _specs(
        lambda n: _entry(n, stacks=[f"s{i}" for i in range(size // 20_000)]), size
    ),
    "specs of many variants that differ": lambda size: _specs(
        lambda n: _entry(n, variants=[f"v{i}={n}" for i in range(size // 10_000)]), size
    ),
    "a claim about many stacks": lambda size: _meta("num_specs_by_stack", "{" + _join(lambda n: f'"s{n}": 1', size) + "}"),
    "a list of all but names": lambda size: _meta("oss", f"[1, {_join(lambda n: json.dumps(str(n)), size)}]"),
    "a list of blanks": lambda size: _meta("oss", f"[{_repeat(json.dumps(' ') + ', ', size)}1]"),
    "many keys": lambda size: _key(_join(lambda n: f"k{n}: 1", size, "\n")),
    "a key many times": lambda size: _key(_repeat("k: 1\n", size)),
    "many keys that are none": lambda size: _key(_repeat("[1]: 1\n", size)),
    "many values of no known type": lambda size: _value("[" + _repeat("!x a, ", size) + "]"),
    "many dates": lambda size: _value("[" + _repeat("2025-03-30, ", size) + "]"),
    "an extra value as large as the page": lambda size: _key("notes: {a: [" + _repeat("x, ", size) + "]}"),
    # --- what YAML has besides ---
    "a tag of Python's": lambda size: _value("!!python/object/apply:os.system ['" + "x" * size + "']"),
    "a long tag of a value": lambda size: _value("!<" + "x" * size + "> 1"),
    "many tag directives": lambda size: _join(lambda n: f"%TAG !t{n}! tag:t{n},2002:", size, "\n") + "\n" + _PAGE,
    "version directives": lambda size: _repeat("%YAML 1.1\n", size) + _PAGE,
    "many documents": lambda size: _repeat("---\na: 1\n", size),
    "many ends of documents": lambda size: _key(_repeat("...\n", size)),
    "fences that are none": lambda size: "---\n" + _repeat("---x\n", size) + "---",
    "fences of blanks": lambda size: "---\n" + _repeat("--- \t \t x\n", size) + "---",
    "a fence of blanks": lambda size: "---" + " \t" * (size // 2) + "x\n" + _PAGE,
    "a set": lambda size: _value("!!set {" + _repeat("a, ", size) + "}"),
    "an ordered map": lambda size: _value("!!omap [" + _repeat("{a: 1}, ", size) + "]"),
    "binary data": lambda size: _value("!!binary " + "A" * size),
    # --- bytes ---
    "nothing": lambda _: b"",
    "blanks": lambda size: " " * size,
    "line feeds": lambda size: "\n" * size,
    "line feeds after the page": lambda size: _PAGE + "\n" * size,
    "text after the page": lambda size: _PAGE + "\n" + "x" * size,
    "carriage returns alone": lambda size: _specs(_entry, size).replace("\n", "\r"),
    "carriage returns": lambda size: "\r" * size,
    "tabs": lambda size: _key("a:\n" + "\t" * size + "x"),
    "zeros": lambda size: b"\0" * size,
    "a zero in a page": lambda size: _value('"\0"') + "x" * size,
    "a byte order mark": lambda size: "\ufeff" + _specs(_entry, size),
    "byte order marks": lambda size: _key("a: [" + "\ufeff" * (size // 3) + "]"),
    "UTF-16": lambda size: _specs(_entry, size // 2).encode("utf-16"),
    "bytes that are not UTF-8": lambda size: b"\xff" * size,
    "one byte that is not UTF-8 at the end": lambda size: _specs(_entry, size).encode() + b"\xff",
    "characters of four bytes": lambda size: _value('"' + "\U0001f600" * (size // 4) + '"'),
    "a line separator in each text": lambda size: _value("[" + _repeat('"\u2028", ', size) + "]"),
    "JSON and no YAML": lambda size: json.dumps({"title": PACKAGE, "spec_details": [[]] * (size // 4)}),
    "a letter": lambda size: "x" * size,
    "a hundred thousand hashes alone": lambda size: _specs(lambda n: json.dumps({"hash": a_hash(n)}), size),
}
"""Name of the attack, and what makes the page."""


def write_attack(name: str, size: int) -> bytes:
    """Return the bytes of a page made to attack, of about so many bytes."""
    page = PAGES[name](size)
    return page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass")
