"""Random specs, pages and snapshots from small pools, so that equal hashes and contents are frequent; random respellings."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from cachediff.domain.package import Claims, PackageRecord, Snapshot
from cachediff.domain.spec import ROOT, Coordinates, Spec, SpecContent
from cachediff.domain.spelling import COMPILER_ALIASES, parse_variant, spell_compiler, spell_variants, spell_version
from cachediff.sources.pages.listing import map_page
from tests.builders import TAG, a_hash, a_meta, an_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Entry = dict[str, Any]

VERSIONS = ("1.0", "1.1", "2.0", "develop")
COMPILERS = ("gcc@11.4.0", "llvm@17.0.6", "intel-oneapi-compilers@2024.2.0", "none")
PLATFORMS = ("linux", "linux", "linux", "darwin")
OSES = ("ubuntu22.04", "rhel8")
TARGETS = ("x86_64_v3", "zen4", "a_target_of_tomorrow")
STACKS = ("e4s", "hep", "ml")
VARIANTS = (
    ("+cuda", "~cuda"),
    ("cuda_arch=70", "cuda_arch=80", "cuda_arch=70,80", "cuda_arch=none"),
    ("+shared", "~shared"),
    ("languages=c", "languages=c,c++"),
    ("patches=0a1b2c3", "patches=0a1b2c3,fedcba9"),
    ("dev_path=*",),
)
"""Canonical spellings, one row a variant."""


def _choices(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return every choice of one text a row, in the order of the variants' names."""
    return [sorted(texts, key=lambda text: parse_variant(text)[0]) for texts in product(*rows)]


# Strategies are made once, and each draws what is whole: to make one takes longer than to draw from it, and most of the time
# that a property takes is that of drawing.
_VARIANT_LISTS = st.one_of(
    *(st.sampled_from([texts for rows in combinations(VARIANTS, size) for texts in _choices(rows)]) for size in range(4))
)
_STACK_LISTS = st.sampled_from([list(some) for size in range(4) for some in combinations(STACKS, size)])
_COMPILED = st.sampled_from([*product(VERSIONS, COMPILERS)])
_PLACES = st.sampled_from([*product(PLATFORMS, OSES, TARGETS)])
_FEW_HASHES, _SOME_HASHES, _MANY_HASHES = (st.integers(0, most) for most in (2, 11, 999))
_FEW_COMPILED = st.sampled_from([*product(("1.0", "2.0"), ("gcc@11.4.0", "llvm@17.0.6", "none"))])
_FEW_VARIANTS = st.sampled_from((["+cuda"], ["~cuda"], ["+cuda", "~shared"], ["~cuda", "+shared"], []))
_FEW_PLACES = st.sampled_from([*product(OSES, (["e4s"], ["hep"], ["e4s", "hep"], []))])
_FATES = st.sampled_from(("gone", "kept", "rehashed"))
_SIDES = st.sampled_from(("both", "both", "both", "old", "new", "none"))


def variant_lists() -> st.SearchStrategy[list[str]]:
    """Draw canonical variants, at most three."""
    return _VARIANT_LISTS.map(list)


def _build_entry(
    number: int, compiled: tuple[str, str], place: tuple[str, str, str], variants: list[str], stacks: list[str]
) -> Entry:
    (version, compiler), (platform, os, target) = compiled, place
    return an_entry(
        number,
        version=version,
        compiler=compiler,
        platform=platform,
        os=os,
        target=target,
        variants=[*variants],
        stacks=stacks,
    )


def _build_crowded(number: int, compiled: tuple[str, str], place: tuple[str, list[str]], variants: list[str]) -> Entry:
    (version, compiler), (os, stacks) = compiled, place
    return an_entry(number, version=version, compiler=compiler, os=os, variants=[*variants], stacks=stacks)


_ENTRIES = st.builds(_build_entry, _SOME_HASHES, _COMPILED, _PLACES, _VARIANT_LISTS, _STACK_LISTS)
_ALIKE_ENTRIES = st.builds(_build_entry, _FEW_HASHES, _COMPILED, _PLACES, _VARIANT_LISTS, _STACK_LISTS)
_CROWDED_ENTRIES = st.builds(_build_crowded, _MANY_HASHES, _FEW_COMPILED, _FEW_PLACES, _FEW_VARIANTS)


def entries() -> st.SearchStrategy[Entry]:
    """Draw one entry of `spec_details` in canonical spelling, its hash one of twelve."""
    return _ENTRIES


def crowded_entries() -> st.SearchStrategy[Entry]:
    """Draw an entry from fewer choices still, so that most partners tie."""
    return _CROWDED_ENTRIES


@cache
def entry_lists(max_size: int = 7) -> st.SearchStrategy[list[Entry]]:
    """Draw the entries of one page: far apart, crowded, or with hashes that repeat."""
    return st.one_of(*(st.lists(some, max_size=max_size) for some in (_ENTRIES, _CROWDED_ENTRIES, _ALIKE_ENTRIES)))


@cache
def entry_list_pairs(max_size: int = 7) -> st.SearchStrategy[tuple[list[Entry], list[Entry]]]:
    """Draw the entries of one package on both sides: NEW keeps some of OLD, some under another hash, and has others."""
    lists = entry_lists(max_size)

    @st.composite
    def pairs(draw: st.DrawFn) -> tuple[list[Entry], list[Entry]]:
        old, new = draw(lists), draw(lists)
        fates = [(entry, draw(_FATES)) for entry in old]
        kept = [
            entry | {"hash": a_hash(draw(_MANY_HASHES))} if fate == "rehashed" else entry
            for entry, fate in fates
            if fate != "gone"
        ]
        return old, kept + new

    return pairs()


@st.composite
def snapshot_pairs(draw: st.DrawFn) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]]]:
    """Draw the entries of two snapshots, by package."""
    old: dict[str, list[Entry]] = {}
    new: dict[str, list[Entry]] = {}
    for package in ("bzip2", "hdf5", "zlib"):
        before, after = draw(entry_list_pairs(max_size=4))
        sides = draw(_SIDES)
        if sides in ("both", "old"):
            old[package] = before
        if sides in ("both", "new"):
            new[package] = after
    return old, new


def spec_of(entry: Entry) -> Spec:
    """Return an entry as reading gives it. Its place on the page is left out, so that shuffled pages can be equal."""
    coordinates = Coordinates(
        spell_version(entry["versions"][0]),
        entry["platform"],
        entry["os"],
        entry["target"],
        spell_compiler(entry["compiler"]),
        spell_variants(tuple(entry["variants"])),
    )
    stacks = tuple(sorted(set(entry["stacks"]) - {ROOT}))
    return Spec(entry["hash"], SpecContent(coordinates, stacks), is_in_root=ROOT in entry["stacks"])


def specs_of(some: Iterable[Entry]) -> tuple[Spec, ...]:
    """Return entries as the specs of one page: in order of hash."""
    return tuple(sorted(map(spec_of, some), key=lambda spec: spec.hash))


def page_of(some: Sequence[Entry], package: str = "hdf5", meta: dict[str, Any] | None = None) -> PackageRecord:
    """Return entries as a page, whose claims are true unless others are given."""
    claimed = a_meta(some) if meta is None else meta
    claims = Claims(
        claimed["num_specs"],
        tuple(sorted(claimed["num_specs_by_stack"].items())),
        tuple(sorted(set(map(spell_compiler, claimed["compilers"])))),
        tuple(sorted(claimed["oss"])),
        tuple(sorted(claimed["platforms"])),
        tuple(sorted(claimed["stacks"])),
        tuple(sorted(claimed["targets"])),
        tuple(sorted(set(map(spell_version, claimed["versions"])))),
    )
    return PackageRecord(package, package, TAG, map_page(f"new/{package}/specs.md"), claims, specs_of(some))


def snapshot_of(packages: dict[str, list[Entry]]) -> Snapshot:
    """Return entries by package as a snapshot, in the order given."""
    return Snapshot("new", TAG, tuple(page_of(some, package) for package, some in packages.items()))


# --- other spellings ---------------------------------------------------------------------------------------------------


@st.composite
def respelled(draw: st.DrawFn, entry: Entry) -> Entry:
    """Draw another spelling of an entry, such as another Spack might have printed."""
    return entry | {
        "compiler": draw(respelled_compilers(entry["compiler"])),
        "versions": [draw(st.sampled_from(("", "="))) + entry["versions"][0]],
        "variants": draw(respelled_variants(entry["variants"])),
        "stacks": draw(st.permutations(entry["stacks"])),
        "size": draw(st.sampled_from(("-", 7))),
    }


@st.composite
def respelled_compilers(draw: st.DrawFn, compiler: str) -> str:
    """Draw another spelling of a compiler."""
    name, at, version = compiler.partition("@")
    names = [name, *(old for old, provider in COMPILER_ALIASES.items() if provider == name)]
    return draw(st.sampled_from(names)) + at + (draw(st.sampled_from(("", "="))) if at else "") + version


@st.composite
def respelled_variants(draw: st.DrawFn, variants: Sequence[str]) -> list[str]:
    """Draw another spelling of variants: of each, of their order, and with the values of one name torn apart."""
    texts = [text for variant in variants for text in draw(respelled_variant(variant))]
    return draw(st.permutations(texts))


@st.composite
def respelled_variant(draw: st.DrawFn, variant: str) -> list[str]:
    """Draw another spelling of one canonical variant, as one text or as several that are to be merged."""
    name, values = parse_variant(variant)
    if values in (("+",), ("~",)):
        sigils = ("+", "++") if values == ("+",) else ("~", "-", "~~", "--")
        return [draw(st.sampled_from(sigils)) + name]
    if name == "dev_path":
        return ["dev_path=" + draw(st.sampled_from(("/home/ada/src", "/builds/a,b", '"/a path"', "*")))]
    if name == "patches":
        values = tuple(value + draw(st.sampled_from(("", "d4", "d41d8cd98f00b204e9800998ecf8427e"))) for value in values)
    shuffled = draw(st.permutations(values))
    cut = draw(st.integers(0, len(shuffled)))
    parts = [part for part in (shuffled[:cut], shuffled[cut:]) if part]
    again = draw(st.sampled_from(([], [shuffled[0]])))
    return [draw(_assignments(name, [*part, *again])) for part in parts]


@st.composite
def _assignments(draw: st.DrawFn, name: str, values: Sequence[str]) -> str:
    quote = draw(st.sampled_from(("", "'", '"')))
    return f"{name}{draw(st.sampled_from(('=', ':=', '==')))}{quote}{','.join(values)}{quote}"
