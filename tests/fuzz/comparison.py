"""A page against a real one, all the way: every comparison ends in a report that its own schema accepts."""

from __future__ import annotations

import jsonschema_rs
import msgspec

from cachediff import compare, evaluate, render
from cachediff.domain.package import InvalidPage, PackageRecord, Snapshot, digest_packages
from cachediff.text.schema import load_schema
from tests.fuzz.page import SEEDS
from tests.pages import parse
from tests.test_reading_robust import EMACS
from tests.test_render_tainted import judge_json

__all__ = ["OUTCOMES", "SEEDS", "check"]

OUTCOMES = {"pass", "fail"}
_schema = jsonschema_rs.Draft202012Validator(load_schema("report"))
_known = parse(EMACS.encode(), "emacs")


def check(data: bytes) -> str:
    """Return the verdict on a real page that these bytes are to replace.

    Raises AssertionError for a report that does not add up.
    """
    old, new = _snapshot("old", _known), _snapshot("new", parse(data, "emacs"))
    there, back = evaluate(compare(old, new)), evaluate(compare(new, old))
    for report in (there, back):
        text = render(report, "json")
        _schema.validate(msgspec.json.decode(text))
        judge_json(text, report)
    sums, inverse = there.summary, back.summary
    assert (sums.specs.added, sums.specs.removed) == (inverse.specs.removed, inverse.specs.added)
    assert (sums.cells.lost, sums.cells.gained) == (inverse.cells.gained, inverse.cells.lost)
    assert evaluate(compare(new, new)).summary.specs.removed == 0
    return there.verdict


def _snapshot(source: str, page: PackageRecord | InvalidPage) -> Snapshot:
    digest = digest_packages([("emacs", page.digest)])
    if isinstance(page, InvalidPage):
        return Snapshot(source, "", (), (page,), digest)
    return Snapshot(source, page.tag, (page,), (), digest)
