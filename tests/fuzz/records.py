"""Any bytes as an index or a lock, against a sound one: refused with a sentence, or a report that adds up."""

from __future__ import annotations

import jsonschema_rs
import msgspec

from cachediff import render
from cachediff.errors import InputError
from cachediff.text.schema import load_schema
from tests.fuzz.scratch import keep
from tests.index_files import compare
from tests.test_render_tainted import judge_json

OUTCOMES = {"pass", "fail", "refused"}
_schema = jsonschema_rs.Draft202012Validator(load_schema("report"))


def check_records(data: bytes, sound: bytes, name: str) -> str:
    """Return the verdict on bytes that are to replace a sound index. Raises AssertionError for what is not to be trusted."""
    old, new = keep(sound, f"old-{name}"), keep(data, name)
    try:
        there, back = compare(old, new), compare(new, old)
    except InputError:
        return "refused"
    for report in (there, back):
        text = render(report, "json")
        _schema.validate(msgspec.json.decode(text))
        judge_json(text, report)
    # A package of which NEW has a bad record is not compared, whichever side that is.
    if "record-invalid" not in {one.rule for one in (*there.findings, *back.findings)}:
        sums, inverse = there.summary, back.summary
        assert (sums.specs.added, sums.specs.removed) == (inverse.specs.removed, inverse.specs.added)
        assert (sums.cells.lost, sums.cells.gained) == (inverse.cells.gained, inverse.cells.lost)
    same = compare(new, new).summary
    assert (same.specs.removed, same.specs.added, same.cells.lost) == (0, 0, 0)
    return there.verdict
