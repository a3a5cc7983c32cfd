"""The spelling functions: every text has one canonical spelling, which is its own, and order means nothing."""

from __future__ import annotations

from cachediff.domain.spelling import parse_variant, print_variant, spell_compiler, spell_variants, spell_version

OUTCOMES = {"spelled"}
SEEDS = ()


def check(data: bytes) -> str:
    """Spell the lines of a text as variants, and each as a compiler and a version.

    Raises AssertionError where a promise is broken.
    """
    texts = tuple(data.decode("utf-8", "replace").split("\n"))
    for text in texts:
        assert spell_compiler(spell_compiler(text)) == spell_compiler(text)
        assert spell_version(spell_version(text)) == spell_version(text)
    canonical = spell_variants(texts)
    assert spell_variants(canonical) == canonical
    assert spell_variants((*reversed(texts), *texts)) == canonical
    pairs = [parse_variant(text) for text in canonical]
    assert [print_variant(*pair) for pair in pairs] == [*canonical]
    names = [name for name, _ in pairs]
    assert names == sorted(set(names))
    assert all(values == tuple(sorted(set(values))) for _, values in pairs)
    return "spelled"
