"""Section 3 of the design, row by row, and what is true of every text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.domain.spelling import parse_variant, print_variant, spell_compiler, spell_variants, spell_version
from tests.examples import examples
from tests.strategies import (
    COMPILERS,
    entries,
    respelled,
    respelled_compilers,
    respelled_variants,
    spec_of,
    variant_lists,
)

if TYPE_CHECKING:
    from random import Random

TEXTS = st.text() | st.text(alphabet="ax09+~-=:,'\"\\@ ", max_size=14)
VARIANT_TEXTS = TEXTS | st.builds(
    lambda name, sign, value: name + sign + value,
    st.sampled_from(("a", "patches", "dev_path", "+a", "a:")),
    st.sampled_from(("=", ":=", "==")),
    TEXTS,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("gcc@=11.4.0", "gcc@11.4.0"),
        ("gcc@11.4.0", "gcc@11.4.0"),
        ("oneapi@=2024.0.0", "intel-oneapi-compilers@2024.0.0"),
        ("oneapi@2024.0.0", "intel-oneapi-compilers@2024.0.0"),
        ("intel-oneapi-compilers@2024.0.0", "intel-oneapi-compilers@2024.0.0"),
        ("clang@=15.0.7", "llvm@15.0.7"),
        ("rocmcc@=6.2.1", "llvm-amdgpu@6.2.1"),
        ("intel@=2021.10.0", "intel-oneapi-compilers-classic@2021.10.0"),
        ("arm@=23.10", "acfl@23.10"),
        ("apple-clang@=16.0.0", "apple-clang@16.0.0"),  # an alias is a whole name
        ("clang", "llvm"),
        ("none", "none"),
        ("gcc@", "gcc@"),
    ],
)
def test_compiler(text: str, canonical: str) -> None:
    assert spell_compiler(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("=1.2.3", "1.2.3"),
        ("1.2.3", "1.2.3"),
        ("=develop", "develop"),
        ("git.abc=1.2", "git.abc=1.2"),
        ("=git.abc=1.2", "git.abc=1.2"),
    ],
)
def test_version(text: str, canonical: str) -> None:
    assert spell_version(text) == canonical


@pytest.mark.parametrize(
    ("texts", "canonical"),
    [
        (["+mpi"], ["+mpi"]),
        (["++mpi"], ["+mpi"]),
        (["~mpi"], ["~mpi"]),
        (["-mpi"], ["~mpi"]),
        (["~~mpi"], ["~mpi"]),
        (["--mpi"], ["~mpi"]),
        (["~allow-unsupported-compilers"], ["~allow-unsupported-compilers"]),
        (["build_type=Release"], ["build_type=Release"]),
        (["build_type:=Release"], ["build_type=Release"]),
        (["build_type==Release"], ["build_type=Release"]),
        (["languages='c,c++,fortran'"], ["languages=c,c++,fortran"]),
        (["languages:='fortran,c,c++'"], ["languages=c,c++,fortran"]),
        (['languages="c,c++"'], ["languages=c,c++"]),
        (["languages=c", "languages=c++"], ["languages=c,c++"]),
        (["languages='c++,c'", "languages:=c"], ["languages=c,c++"]),
        (["languages=c,c"], ["languages=c"]),
        (["cflags='-O2 -g'"], ["cflags=-O2 -g"]),
        (['cflags="-DX=\\"y\\" -g"'], ['cflags=-DX="y" -g']),
        (["cflags==-O3"], ["cflags=-O3"]),
        (["cache_base=/dev/shm"], ["cache_base=/dev/shm"]),
        (["patches=0a1b2c3d4e5f,fedcba98765"], ["patches=0a1b2c3,fedcba9"]),
        (["patches:=fedcba9,0a1b2c3"], ["patches=0a1b2c3,fedcba9"]),
        (["patches='0a1b2c3d,0a1b2c3e'"], ["patches=0a1b2c3"]),
        (["dev_path=/home/ada/hdf5"], ["dev_path=*"]),
        (["dev_path='/home/ada, eve'"], ["dev_path=*"]),
        (["+b", "~a", "c=1"], ["~a", "+b", "c=1"]),
        (["+a", "~a"], ["a=+,~"]),
        (["a="], ["a="]),
        ([], []),
    ],
)
def test_variants(texts: list[str], canonical: list[str]) -> None:
    assert spell_variants(tuple(texts)) == tuple(canonical)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["+mpi"], ["~mpi"]),
        (["languages=c"], ["languages=c,c++"]),
        (["patches=0a1b2c3"], ["patches=0a1b2c4"]),
        (["build_type=Release"], ["build_type=release"]),
        (["dev_path=/a"], []),
        (["+mpi"], []),
        (["mpi=mpich"], ["+mpi"]),
    ],
)
def test_what_differs_stays_different(one: list[str], other: list[str]) -> None:
    assert spell_variants(tuple(one)) != spell_variants(tuple(other))


@given(TEXTS)
def test_names_and_versions_are_spelled_once(text: str) -> None:
    assert spell_compiler(spell_compiler(text)) == spell_compiler(text)
    assert spell_version(spell_version(text)) == spell_version(text)


@settings(max_examples=examples(300))
@given(st.lists(VARIANT_TEXTS, max_size=4))
def test_variants_are_spelled_once(texts: list[str]) -> None:
    canonical = spell_variants(tuple(texts))
    assert spell_variants(canonical) == canonical
    names = [parse_variant(text)[0] for text in canonical]
    assert names == sorted(set(names))
    assert [print_variant(*parse_variant(text)) for text in canonical] == list(canonical)


@given(st.lists(VARIANT_TEXTS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_variants_means_nothing(texts: list[str], random: Random) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)
    assert spell_variants(tuple(shuffled)) == spell_variants(tuple(texts))


@given(st.data())
def test_all_spellings_of_one_thing_are_equal(data: st.DataObject) -> None:
    compiler = data.draw(st.sampled_from(COMPILERS))
    assert spell_compiler(data.draw(respelled_compilers(compiler))) == compiler
    variants = data.draw(variant_lists())
    assert spell_variants(tuple(data.draw(respelled_variants(variants)))) == tuple(variants)
    entry = data.draw(entries())
    assert spec_of(data.draw(respelled(entry))) == spec_of(entry)
