"""The two ways of reading give one answer: the fast one declines, or gives exactly what the slow and exact one gives."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cachediff.domain.package import InvalidPage, PackageRecord
from cachediff.sources.pages.page import _head
from cachediff.text import yaml_tree
from cachediff.text.yaml_tree import Tree, read_tree
from tests.examples import examples, some
from tests.pages import PageValues, all_real, has_same_reading, parse_exact, parse_fast, read_real

EMACS = read_real("week/new")["emacs"].decode()
GASNET = read_real("gasnet-2024/new")["gasnet"].decode()
thorough = settings(max_examples=examples(300), deadline=None, derandomize=True)


# --- a table of edges --------------------------------------------------------------------------------------------------


def in_spec(text: str) -> str:
    """Return the page of emacs with a text before the first field of its first spec."""
    return EMACS.replace("[{", f"[{{{text}, ", 1)


def in_place_of(old: str, new: str, page: str = EMACS) -> str:
    """Return a page with the first of some text replaced."""
    assert old in page
    return page.replace(old, new, 1)


def sized(text: str) -> str:
    """Return the page of emacs with a text as the size of its first spec."""
    return in_place_of('"size": "-"', f'"size": {text}')


def with_variant(text: str) -> str:
    """Return the page of emacs with a text inside the quotes of its first variant."""
    return in_place_of('"build_system=autotools"', f'"build_system={text}"')


FAST, EXACT = "the fast way", "the exact way"
"""Which way reads a page. Any other outcome is the message of the page's first problem."""

NOT_YAML, REPEATED, NOT_A_KEY, NOT_A_SIZE = (
    "front matter is not YAML",
    "is repeated",
    "key is not a string",
    "spec size is not a size",
)
OUT_OF_RANGE, UNKNOWN_TYPE = "number is out of range", "value is of an unknown type"
HASH = "7hm6w2tc7i7g5ctfgcwkxkadgnqwmn3u"

EDGES = {
    "as generated": (EMACS, FAST),
    "a final newline": (EMACS + "\n", FAST),
    "a body after the front matter": (EMACS + "\n# emacs\n", FAST),
    "no specs": (re.sub(r"spec_details: .*", "spec_details: []", EMACS), FAST),
    "a body without a line of its own": (EMACS + " # emacs", "front matter does not end"),
    "another key": (in_place_of("spec_details", "spec_detailz"), "page has no spec_details"),
    # spaces
    "spaces inside brackets": (in_place_of('["aarch64", "x86_64_v3"]', '[ "aarch64" , "x86_64_v3" ]'), FAST),
    "spaces inside braces": (in_place_of('[{"compiler"', '[{ "compiler"'), FAST),
    "no space after a colon": (in_place_of('"os": ', '"os":'), FAST),
    "no space after a hash's colon": (EMACS.replace('"hash": ', '"hash":'), EXACT),
    "a space before a colon": (in_place_of('"os": ', '"os" : '), EXACT),
    "a space before a colon in meta": (in_place_of('"oss": ', '"oss" : '), EXACT),
    "tabs between values": (in_place_of('"os": ', '"os":\t'), EXACT),
    "a tab in a string": (in_spec('"note": "a\tb"'), EXACT),
    "a tab in a variant": (with_variant("a\tb"), "spec variants is not a variant"),
    "windows line ends": (EMACS.replace("\n", "\r\n"), EXACT),
    "old macintosh line ends": (EMACS.replace("\n", "\r"), EXACT),
    "a byte order mark": ("\ufeff" + EMACS, EXACT),
    "a byte order mark inside": (in_place_of("layout", "\ufefflayout"), NOT_YAML),
    "a carriage return before a colon": (in_place_of('"os": ', '"os"\r: ', in_spec(r'"note": "\":"')), NOT_YAML),
    "spaces after a fence": (EMACS.replace("---", "--- "), EXACT),
    "blank lines": (EMACS.replace("\n", "\n\n"), EXACT),
    # strings
    "an escaped slash": (with_variant(r"a\/b"), FAST),
    "escaped quotes and backslashes": (with_variant(r"a\"b\\c"), FAST),
    "an escaped backslash before a u": (with_variant(r"a\\u0041"), EXACT),
    "escaped controls": (in_spec(r'"note": "\b\f\n\r\t"'), FAST),
    "an escaped control in a variant": (with_variant(r"a\bb"), "spec variants is not a variant"),
    "an escape that JSON lacks": (with_variant(r"\x41"), EXACT),
    "an escape that YAML lacks": (with_variant(r"\q"), NOT_YAML),
    "an escaped letter": (with_variant(r"\u00e9"), EXACT),
    "an escaped hash": (in_place_of(HASH, r"\u0037" + HASH[1:]), EXACT),
    "an escaped surrogate pair": (with_variant(r"\ud83d\ude00"), NOT_YAML),
    "an escaped lone surrogate": (with_variant(r"\ud800"), NOT_YAML),
    "a raw letter beyond ASCII": (with_variant("é"), EXACT),
    "a raw character beyond 16 bits": (with_variant("\U0001f600"), EXACT),
    "a raw next line (U+0085), which YAML folds": (with_variant("a\x85b"), EXACT),
    "a raw line separator (U+2028)": (with_variant("a\u2028b"), EXACT),
    "a raw no-break space": (with_variant("a\xa0b"), EXACT),
    "a raw delete (U+007F)": (with_variant("\x7f"), NOT_YAML),
    "a raw delete in a new field": (in_spec('"note": "\x7f"'), NOT_YAML),
    "a raw control (U+0080)": (with_variant("\x80"), NOT_YAML),
    "a raw control (U+0001)": (with_variant("\x01"), NOT_YAML),
    "a raw noncharacter (U+FFFF)": (with_variant("\uffff"), NOT_YAML),
    "a NUL byte": (with_variant("\0"), NOT_YAML),
    "a string over two lines": (with_variant("a\n  b"), EXACT),
    "what stands between specs, in a string": (with_variant("a}, {b"), EXACT),
    "what stands after a key, in a string": (in_spec(r'"note": "\":"'), EXACT),
    "what stands after a key with a space, in a string": (in_spec('"note": " :"'), EXACT),
    "what stands around the hash, in a string": (in_spec(r'"note": "\"hash\": \"' + "a" * 32 + r'\""'), EXACT),
    "a key that ends like the hash's": (in_spec(r'"no\"hash": "' + "a" * 32 + '"'), EXACT),
    "single quotes": (EMACS.replace('"', "'"), EXACT),
    "no quotes": (in_place_of('"centos7", "platform"', 'centos7, "platform"'), EXACT),
    # numbers
    "1e3, a string to YAML": (sized("1e3"), NOT_A_SIZE),
    "1E3, a string to YAML": (sized("1E3"), NOT_A_SIZE),
    "1.0e+3, a float to YAML": (sized("1.0e+3"), EXACT),
    "1.0": (in_place_of('"num_specs": 3', '"num_specs": 3.0'), EXACT),
    "1.5": (sized("1.5"), NOT_A_SIZE),
    ".5": (sized(".5"), NOT_A_SIZE),
    "-0": (sized("-0"), FAST),
    "+1": (sized("+1"), EXACT),
    "010, eight to YAML": (sized("010"), EXACT),
    "0x10": (sized("0x10"), EXACT),
    "1_000": (sized("1_000"), EXACT),
    "1:30, ninety to YAML": (sized("1:30"), EXACT),
    "NaN, a string to YAML": (sized("NaN"), NOT_A_SIZE),
    ".nan": (sized(".nan"), OUT_OF_RANGE),
    "Infinity, a string to YAML": (sized("Infinity"), NOT_A_SIZE),
    "-.inf": (sized("-.inf"), OUT_OF_RANGE),
    "1.0e+999": (sized("1.0e+999"), OUT_OF_RANGE),
    "63 bits": (sized(str(2**63 - 1)), FAST),
    "64 bits": (sized(str(2**63)), OUT_OF_RANGE),
    "65 bits": (sized(str(2**64)), OUT_OF_RANGE),
    "64 bits in meta": (in_place_of('"num_specs": 3', f'"num_specs": {2**63}'), OUT_OF_RANGE),
    "64 bits in a new field": (in_spec(f'"note": {2**63}'), OUT_OF_RANGE),
    "64 bits below zero": (in_spec(f'"note": -{2**63}'), OUT_OF_RANGE),
    "63 bits below zero": (in_spec(f'"note": -{2**63 - 1}'), FAST),
    "5,000 digits": (sized("1" * 5000), "number is too long"),
    "5,000 digits of 60": (sized("1" + ":1" * 5000), "number is too long"),
    "300 digits of 60, and a fraction": (sized("1" + ":1" * 300 + ".5"), OUT_OF_RANGE),
    "1e3 in a list of a new field": (in_spec('"note": [1e3]'), EXACT),
    # other types
    "other brackets": (EMACS.replace("[{", "((").replace("}]", "))"), NOT_YAML),
    "a list as meta": (re.sub(r"meta: .*", "meta: [1]", EMACS), "meta is not an object of sums"),
    "a list as counts": (
        re.sub(r'"num_specs_by_stack": \{[^}]*\}', '"num_specs_by_stack": []', EMACS),
        "is not a table of counts",
    ),
    "a number as counts": (
        re.sub(r'"num_specs_by_stack": \{[^}]*\}', '"num_specs_by_stack": 7', EMACS),
        "is not a table of counts",
    ),
    "a list as a spec": (re.sub(r"spec_details: .*", "spec_details: [[1]]", EMACS), "spec is not a spec"),
    # other words
    "null, true and false": (in_spec('"a": null, "b": true, "c": [false, null]'), FAST),
    "yes, which is true to YAML": (in_place_of('"emacs"', "yes"), "title is not a package name"),
    "a version that is a float to YAML": (in_place_of('["30.1"]}, {', "[30.10]}, {"), "spec versions is not a name"),
    "a date": (in_place_of("develop-2025-03-30", "2025-03-30"), "value is a date"),
    "a time": (sized("2025-03-30T12:00:00Z"), "value is a date"),
    "nothing": (in_place_of('"emacs"', ""), "title is not a package name"),
    # keys
    "a key twice on a page": (in_place_of("layout: cache", "layout: cache\nlayout: cache"), REPEATED),
    "a key twice in meta": (in_place_of('"num_specs": 3', '"num_specs": 4, "num_specs": 3'), REPEATED),
    "a key twice in the counts": (in_place_of('"root": 3', '"root": 2, "root": 3'), REPEATED),
    "a key twice in a spec": (in_place_of('"os": ', '"os": "rhel8", "os": '), REPEATED),
    "a hash twice in a spec": (in_spec(f'"hash": "{HASH}"'), REPEATED),
    "a key twice in a new field": (in_spec('"note": {"a": 1, "a": 1}'), REPEATED),
    "a key twice, escaped": (in_spec(r'"a\/b": 1, "a/b": 1'), REPEATED),
    "a key twice, with a space": (in_place_of('"os": ', '"os" : "rhel8", "os": '), REPEATED),
    "a key twice in meta, once with a space": (in_place_of('"num_specs": 3', '"num_specs": 3, "num_specs" : 4'), REPEATED),
    "a key twice in a spec, once with a space": (in_place_of('"os": ', '"os": "rhel8", "os" : '), REPEATED),
    "a key twice in a spec, once over two lines": (in_place_of('"os": ', '"os": "rhel8", "os"\r: '), NOT_YAML),
    "a merge key twice": (in_spec('"note": {<<: {"a": 1}, <<: {"a": 2}}'), REPEATED),
    "a short key, escaped throughout": (in_spec('"' + r"\/" * 500 + '": 1'), FAST),
    "a long key": (in_spec('"' + "k" * 1000 + '": 1'), EXACT),
    "a long key, escaped throughout": (in_spec('"' + r"\/" * 600 + '": 1'), NOT_YAML),
    "a key longer than YAML's": (in_spec('"' + "k" * 1100 + '": 1'), NOT_YAML),
    "an empty key": (in_spec('"": 1'), FAST),
    "a quoted merge key": (in_spec('"<<": "a"'), FAST),
    "a number as key": (in_place_of('"root": 3', "2025: 3"), NOT_A_KEY),
    "a word as key": (in_spec("on: 1"), NOT_A_KEY),
    "a list as key": (in_spec("[a]: 1"), NOT_A_KEY),
    "a date as key": (in_spec("2025-03-30: 1"), NOT_A_KEY),
    # fields that the format does not know
    "a new field in a spec": (in_spec('"note": "a"'), FAST),
    "a list as a new field": (in_spec('"note": ["a", 1]'), FAST),
    "a fraction as a new field": (in_spec('"note": 1.0'), EXACT),
    "an object as a new field": (in_spec('"note": {"a": {"b": []}}'), EXACT),
    "objects in a new field": (in_spec('"note": [{"a": 1}, {"b": 2}]'), EXACT),
    "a new field in meta": (in_place_of('"num_specs"', '"note": 1, "num_specs"'), EXACT),
    "a new field on the page": (in_place_of("layout:", "note: 1\nlayout:"), EXACT),
    # what only YAML has
    "a comment after a value": (in_place_of("\nspec_details", " # checked by hand\nspec_details"), EXACT),
    "a comment without a space": (in_place_of("\nspec_details", "# checked by hand\nspec_details"), EXACT),
    "values over several lines": (EMACS.replace(", ", ",\n  "), EXACT),
    "an anchor and an alias": (
        in_place_of('"os": "rhel8"', '"os": *os', in_place_of('"os": "centos7"', '"os": &os "centos7"')),
        EXACT,
    ),
    "an alias of nothing": (sized("*size"), NOT_YAML),
    "a merge key": (in_place_of('"size": "-"', '<<: {"size": 1}'), EXACT),
    "a merge key under a key": (in_spec('<<: {"os": "rhel8"}'), EXACT),
    "a merge key of several": (in_place_of('"size": "-"', '<<: [{"size": 1}, {"tarball": "-"}]'), EXACT),
    "a merge key of nothing": (in_spec("<<: 1"), "merge key '<<' has no object"),
    "a trailing comma in a list": (in_place_of('"x86_64_v3"]', '"x86_64_v3",]'), EXACT),
    "a trailing comma in an object": (in_place_of('["30.1"]}, {', '["30.1"],}, {'), EXACT),
    "a tag that says what is so": (in_place_of('"os": "centos7"', '"os": !!str centos7'), EXACT),
    "a tag that lies": (sized("!!int abc"), "value is not what its tag !!int says"),
    "a tag on nothing": (sized("!!float"), "value is not what its tag !!float says"),
    "a truth that is none": (sized("!!bool abc"), "value is not what its tag !!bool says"),
    "a Python object": (sized("!!python/object/apply:os.system [true]"), UNKNOWN_TYPE),
    "a Python name": (sized("!!python/name:os.system"), UNKNOWN_TYPE),
    "an own tag": (sized("!size 1"), UNKNOWN_TYPE),
    "an ordered map": (in_spec("note: !!omap [a: 1]"), UNKNOWN_TYPE),
    "a set": (in_spec("note: !!set {a, b}"), "value is a set"),
    "binary data": (in_spec("note: !!binary aGVsbG8="), "value is binary data"),
    "an equals sign": (sized("="), UNKNOWN_TYPE),
    "a directive": ("%YAML 1.1\n" + EMACS, "page has no front matter"),
    "a directive inside": (in_place_of("title", "%YAML 1.1\ntitle"), NOT_YAML),
    "an end mark": (EMACS.removesuffix("---") + "...\n---", EXACT),
    "values after an end mark": (in_place_of("layout", "...\nlayout"), NOT_YAML),
    "a value that holds itself": (in_spec("note: &a [*a]"), "values nest too deep"),
    "10,000 brackets": (in_spec('"note": ' + "[" * 10_000 + "]" * 10_000), "values nest too deep"),
    "10,000 open brackets": (in_spec('"note": ' + "[" * 10_000), "values nest too deep"),
    "10,000 braces in meta": (in_place_of('"num_specs": 3', '"num_specs": ' + '{"a":' * 10_000), "values nest too deep"),
    "10,000 dashes": (in_place_of("layout", "note: \n  " + "- " * 10_000 + "\nlayout"), "values nest too deep"),
    # hashes
    "a hash of capitals": (in_place_of(HASH, HASH.upper()), "spec hash is not a Spack hash"),
    "a hash that is short": (in_place_of(HASH, HASH[1:]), "spec hash is not a Spack hash"),
    "a hash that is long": (in_place_of(HASH, HASH + "a"), "spec hash is not a Spack hash"),
    "a hash with a quote in it": (in_place_of(HASH, HASH[:20] + '"' + HASH[21:]), NOT_YAML),
    "a hash with a newline": (in_place_of(HASH, HASH + r"\n"), "spec hash is not a Spack hash"),
}


@pytest.mark.parametrize("edge", EDGES)
def test_each_edge_is_read_one_way(edge: str) -> None:
    text, expected = EDGES[edge]
    data = text.encode("utf-8", "surrogatepass")
    fast, exact = parse_fast(data), parse_exact(data)
    assert has_same_reading(data, EMACS.encode())
    if expected in (FAST, EXACT):
        assert isinstance(exact, PackageRecord), exact.problems
        assert (FAST if fast else EXACT) == expected
    else:
        assert isinstance(exact, InvalidPage)
        assert expected in exact.problems[0].message


@pytest.mark.slow
@pytest.mark.parametrize(
    "edge", sorted(EDGES.keys() - {"tabs between values"})
)  # PyYAML itself allows them only with libyaml
def test_each_edge_is_read_alike_without_the_c_library(edge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = EDGES[edge][0].encode("utf-8", "surrogatepass")
    with_c = parse_exact(data)
    monkeypatch.setattr(yaml_tree, "SafeLoader", yaml.SafeLoader)
    without = parse_exact(data)
    assert type(without) is type(with_c)
    if isinstance(with_c, PackageRecord):
        assert without == with_c


@pytest.mark.parametrize("first", range(0, 128, 16))
def test_the_fast_way_takes_each_character_of_a_title_or_tag_that_the_schema_takes(first: int) -> None:
    characters = map(chr, range(first, first + 16))
    for title, tag in some(
        chain.from_iterable(
            ((f"{one}b{one}", "develop"), ("emacs", f"develop{one}1"), ("emacs", f"v1{one}0")) for one in characters
        )
    ):
        values = PageValues.of(EMACS.encode())
        values.title, values.tag = title, tag
        data = values.write()
        assert (parse_fast(data) is not None) == isinstance(parse_exact(data), PackageRecord), (title, tag)
        assert has_same_reading(data)


@thorough
@given(st.from_regex(_head().pattern, fullmatch=True))
def test_yaml_reads_the_first_lines_as_the_fast_way_does(head: bytes) -> None:
    found = _head().fullmatch(head)
    assert found
    values = yaml.safe_load(head)
    assert (values["title"], values["categories"]) == (found[1].decode(), ["package", found[2].decode()])


def test_a_spec_that_is_known_but_for_its_quotes_is_not_known() -> None:
    """A content is its text without its hash: what stands around the hash must stand around this one, too."""
    known = re.sub(r', "tarball": "[^"]*"', "", GASNET)
    found = re.search(r'\[\{("hash": ")[a-z2-7]{32}"', known)
    assert found
    unquoted = known.replace(found[0], '[{"hash": ' + "a" * 32 + '""')
    assert parse_fast(known.encode())
    assert has_same_reading(unquoted.encode(), known.encode())
    assert isinstance(parse_exact(unquoted.encode()), InvalidPage)


def test_a_key_that_ends_like_the_hashs_is_not_taken_for_it() -> None:
    """A content with an unknown field is not remembered: what is cut out of it might not be its hash."""
    known = in_spec(r'"no\"hash": "' + HASH + '"')
    other = known.replace(HASH, "a" * 32, 1)
    assert parse_fast(known.encode())
    assert has_same_reading(other.encode(), known.encode())
    assert parse_exact(other.encode()) != parse_exact(known.encode())


# --- properties --------------------------------------------------------------------------------------------------------

SMALL = {name: data for name, data in all_real().items() if len(data) < 7000}
HOSTILE = [
    *'"\\:,{}[]#&*!|>%@`-?~0123456789eE.+_ \t\n\r\0\x7f\x85\xa0\u2028\u2029\ufeff\u00e9',
    *(
        r"\/",
        r"\"",
        r"\\",
        r"\n",
        r"\u0041",
        r"\ud83d\ude00",
        r"\ud800",
        r"\x41",
        "}, {",
        '": ',
        '" :',
        '":',
        ', "',
        '"hash": "',
        '""',
    ),
    *(
        "---",
        "...",
        "\n---\n",
        "# ",
        "<<: ",
        "&a ",
        "*a",
        "!!str ",
        "!!int ",
        "!!binary ",
        "null",
        "true",
        "yes",
        "~",
        "1e3",
        ".5",
        "NaN",
    ),
    *(
        "-0",
        "1.0",
        str(2**63),
        str(2**64),
        "2025-03-30",
        '"note": 1, ',
        '"note": {"a": 1}, ',
        '"size": 0, ',
        '"root", ',
        "a" * 32,
        "[]",
        "{}",
    ),
]
tokens = st.sampled_from(HOSTILE) | st.text(max_size=3)


@st.composite
def mutated_pages(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a real page and what a few hostile edits make of it, most of them where one token ends and the next begins."""
    page = draw(st.sampled_from(sorted(SMALL)))
    text = SMALL[page].decode()
    for _ in range(draw(st.integers(1, 3))):
        borders = [found.start() for found in re.finditer(r'(?<=["\s:,{}\[\]])|(?=["\s:,{}\[\]])', text)]
        start = draw(st.sampled_from(borders) | st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 0, 1, 2, 10, 34, 300]))
        again = draw(st.sampled_from(["", "", text[start:end]]))
        text = text[:start] + again + draw(tokens) + again + text[end:]
    return SMALL[page], text.encode("utf-8", "surrogatepass")


@thorough
@given(mutated_pages())
def test_mutated_pages_read_alike(pages: tuple[bytes, bytes]) -> None:
    original, mutated = pages
    assert has_same_reading(mutated, original)


json_scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2**53, 2**63 - 1, 2**63, -(2**63), 2**64])
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["}, {", '"', '": ', " :", "\\", "/", "root", "-", "e4s", "+cuda", "1e3", "a" * 32])
)
json_values = st.recursive(
    json_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
json_keys = st.sampled_from(
    ["note", "a/b", "hash", "os", "tarball", "size", "stacks", "<<", "", "k" * 499, "/" * 500, "/" * 600, "ключ"]
)


# Made once: to make a strategy takes longer than to draw from it.
COLONS, COMMAS = st.sampled_from(["", " ", " "]), st.sampled_from([", ", ", ", ", ", ", ", ", ", ",", " ,"])
CHANCES = {of: st.integers(1, of) for of in (2, 3, 100, 300)}


class HostileWriter:
    """Writes JSON as no generator does, yet as JSON allows: spaces anywhere, slashes and letters escaped, keys again."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def write(self, value: Any) -> str:
        """Return the value as JSON text."""
        if isinstance(value, dict):
            pairs = [(self.write_text(key), self.write(inner)) for key, inner in value.items()]
            if pairs and self.chance(100):
                pairs.append(pairs[0])
            return "{" + self.join([f"{key}{self.space()}:{self.draw(COLONS)}{inner}" for key, inner in pairs]) + "}"
        if isinstance(value, list):
            return "[" + self.join([self.write(inner) for inner in value]) + "]"
        return self.write_text(value) if isinstance(value, str) else json.dumps(value)

    def write_text(self, value: str) -> str:
        """Return a string as JSON text, some of it escaped."""
        text = json.dumps(value, ensure_ascii=self.chance(2))
        return text.replace("/", r"\/") if self.chance(3) else text

    def join(self, parts: list[str]) -> str:
        """Return parts with commas between them."""
        return self.draw(COMMAS).join(parts)

    def space(self) -> str:
        """Return nothing, or rarely a space."""
        return " " if self.chance(300) else ""

    def chance(self, of: int) -> bool:
        """Return whether one chance of so many came true."""
        return self.draw(CHANCES[of]) == 1


@st.composite
def rewritten_pages(draw: st.DrawFn) -> bytes:
    """Return a real page with a few values changed, written as JSON allows."""
    values = PageValues.of(SMALL[draw(st.sampled_from(sorted(SMALL)))])
    values.specs = values.specs[: draw(st.integers(1, 3))]
    for _ in range(draw(st.integers(0, 2))):
        counts = values.meta.get("num_specs_by_stack")
        target = draw(st.sampled_from([values.meta, *values.specs, *([counts] if isinstance(counts, dict) else [])]))
        key = draw(json_keys | st.sampled_from(sorted(target)) if target else json_keys)
        target[key] = draw(json_values)
    writer = HostileWriter(draw)
    specs = "[{" + "}, {".join(writer.write(spec)[1:-1] for spec in values.specs) + "}]"
    head = f'---\ntitle: "{values.title}"\nlayout: cache\ncategories: [package, {values.tag}]\n'
    return f"{head}meta: {writer.write(values.meta)}\nspec_details: {specs}\n---".encode("utf-8", "surrogatepass")


@thorough
@given(rewritten_pages())
def test_pages_in_hostile_json_read_alike(data: bytes) -> None:
    assert has_same_reading(data, data)


@thorough
@given(st.text(st.sampled_from([c for c in HOSTILE if len(c) == 1]), max_size=12) | tokens)
@example("'a'")
@example("|\n  a")
def test_any_text_as_a_value_reads_alike(text: str) -> None:
    assert has_same_reading(sized(text).encode("utf-8", "surrogatepass"), EMACS.encode())


# --- the exact way against PyYAML itself -------------------------------------------------------------------------------


def has_same_value(text: str) -> bool:
    """Return whether a text has flaws, or the value that PyYAML gives it, down to the types."""
    tree = read_tree(text)
    if not isinstance(tree, Tree) or tree.flaws:
        return True
    return json.dumps(tree.value, sort_keys=True) == json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), sort_keys=True)


yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@thorough
@given(yaml_values, st.sampled_from([True, False, None]), st.sampled_from([None, '"', "'", "|", ">"]), st.booleans())
def test_what_yaml_writes_is_read_back(value: Any, flow: bool | None, style: str | None, is_unicode: bool) -> None:
    text = yaml.dump(
        {"a": value, "b": value}, default_flow_style=flow, default_style=style, allow_unicode=is_unicode, width=20
    )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    assert has_same_value(text)
    tree = read_tree(text)
    assert isinstance(tree, Tree)
    assert not tree.flaws


@thorough
@given(mutated_pages())
def test_mutated_front_matter_has_the_value_that_pyyaml_gives(pages: tuple[bytes, bytes]) -> None:
    front = pages[1].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").removesuffix("---")
    assert has_same_value(front)


@pytest.mark.parametrize("edge", [name for name, (_, expected) in EDGES.items() if expected in (FAST, EXACT)])
def test_edges_have_the_value_that_pyyaml_gives(edge: str) -> None:
    text = EDGES[edge][0].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert has_same_value(text[: text.rindex("---")])


@pytest.mark.parametrize("page", all_real())
def test_real_pages_go_the_fast_way(page: str) -> None:
    data = all_real()[page]
    assert parse_fast(data) == parse_exact(data)
