"""A record of a database is cut where its spec ends, or not at all."""

from __future__ import annotations

import json

import msgspec
import pytest

from cachediff.sources.records.installs import MAX_ENDS, Ends
from cachediff.sources.records.record import UNREADABLE, decode_install
from tests.index_files import a_node

SPEC = json.dumps(a_node(), separators=(",", ":"))
OTHER = json.dumps(a_node("hdf5"), separators=(",", ":"))
END = ',"ref_count":1,"in_buildcache":true}'


def agrees(ends: Ends, text: str) -> bool:
    """Return whether a record is cut; if its spec is JSON then, it is the one that decoding the whole finds."""
    cut = ends.cut(text.encode())
    if cut is None:
        return False
    spec, install = cut
    try:
        msgspec.json.decode(spec)
    except UNREADABLE:
        return False
    exact = decode_install(text.encode())
    assert bytes(exact.spec) == spec
    assert [exact.in_buildcache, exact.installed, exact.explicit] == [
        install.in_buildcache,
        install.installed,
        install.explicit,
    ]
    return True


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        (f'{{"spec":{SPEC}{END}', True),
        (f'{{"spec":{SPEC},"installed":true,"explicit":true}}', True),
        (f'{{"spec":{SPEC}}}', True),
        (f'{{"spec":{SPEC},"in_buildcache":false,"in_buildcache":true}}', True),
        (f'{{"spec":{SPEC},"spec":7}}', False),
        (f'{{"spec":{SPEC},"spec":{OTHER}{END}', False),
        (f'{{"spec":{SPEC},"other":{OTHER}{END}', False),
        (f'{{"other":{OTHER},"spec":{SPEC}{END}', False),
        (f'{{"spec":{{"spec":{SPEC}}}{END}', False),
        (f'{{"spec":[{SPEC}]{END}', False),
        (f'{{"spec": {SPEC}{END}', False),
        (f'{{"spec":{SPEC} {END}', True),
        (f'{{"spec":{SPEC},"x":"\\"hash\\":\\"{"a" * 32}\\"}}{END}', False),
        (f'{{"spec":{SPEC},"in_buildcache":"yes"}}', False),
        (f'{{"spec":{SPEC[:-1]},"x":1}}{END}', False),
        ('{"spec":7}', False),
        ("{}", False),
    ],
)
def test_a_spec_is_what_decoding_finds(text: str, is_cut: bool) -> None:
    ends = Ends()
    assert [agrees(ends, one) for one in (text, f'{{"spec":{OTHER}{END}', text)] == [is_cut, True, is_cut]


def test_not_every_end_is_remembered() -> None:
    ends = Ends()
    texts = [f'{{"spec":{SPEC},"ref_count":{number}}}' for number in range(MAX_ENDS + 1)]
    assert [agrees(ends, text) for text in texts] == [True] * MAX_ENDS + [False]
    assert agrees(ends, texts[0])
    assert not agrees(Ends(), f'{{"spec":{SPEC},"path":"{"x" * 1_000}"}}')
