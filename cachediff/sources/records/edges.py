"""Understands a list of dependencies by what stands between the hashes that it leads to: each such piece once.

Taken is what Spack writes alone: a name, then a hash, then what the dependency is for. Of anything else nothing is told.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.spec import EdgeKinds
from cachediff.sources.records.record import UNREADABLE, Edge
from cachediff.sources.records.spelling import name_edge, spell_edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.spec import EdgeKind

_NAME = rb'\{"name":"([A-Za-z0-9_.+-]{1,255})","hash":"'
_FACTS = rb'","(?:parameters":\{[^{}]*\}|type":\[[^\[\]]*\])\}'
_BEGIN = re.compile(rb"\[%b" % _NAME)
_JOINT = re.compile(rb"(%b),%b" % (_FACTS, _NAME))
_END = re.compile(rb"(%b)\]" % _FACTS)
_SAMPLE = b'{"name":"a","hash":"%b' % (b"a" * 32)
_decode_edge = msgspec.json.Decoder(Edge).decode


def compose_edges(before: bytes, joints: Sequence[bytes], after: bytes) -> EdgeKinds | None:
    """Return the edges of a list, given the text before its first hash, that between any two, and that after its last one.

    None where they do not tell.
    """
    # From the last bracket on: names have none, so that it is the one of the list.
    begin, end = _BEGIN.fullmatch(before, max(0, before.rfind(b"["))), _END.match(after)
    if begin is None or end is None:
        return None
    names, facts = [begin[1].decode()], []
    for found in map(_read_joint, joints):
        if found is None:
            return None
        facts.append(found[0])
        names.append(found[1])
    last = _read_facts(end[1])
    return None if last is None else EdgeKinds(tuple(map(name_edge, names, [*facts, last])))


@lru_cache(maxsize=1 << 14)
def _read_joint(text: bytes) -> tuple[EdgeKind, str] | None:
    """Return what the dependency is for that ends in a text, and the name of the next one."""
    found = _JOINT.fullmatch(text)
    facts = _read_facts(found[1]) if found else None
    return (facts, found[2].decode()) if found and facts else None


@lru_cache(maxsize=1 << 10)
def _read_facts(text: bytes) -> EdgeKind | None:
    """Return what a dependency is for, as an edge of any name."""
    try:
        return spell_edge(_decode_edge(_SAMPLE + text))
    except UNREADABLE:
        return None
