"""What `cachediff validate NEW` finds, `cachediff OLD NEW` finds, too, whatever OLD is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run
from tests.make_index_fixtures import FIXTURES
from tests.pages import PageValues, read_real

if TYPE_CHECKING:
    from pathlib import Path


def findings_of(*arguments: str, cwd: Path) -> list[dict[str, Any]]:
    """Return the findings of a report."""
    found: list[dict[str, Any]] = json.loads(run(*arguments, "-f", "json", cwd=cwd).stdout)["findings"]
    return found


@pytest.mark.parametrize("kind", ["lock", "site", "v2", "mirror"])
def test_what_pages_claim_is_checked_against_an_index_too(kind: str, tmp_path: Path) -> None:
    page = PageValues.of(read_real("week/new")["emacs"])
    page.meta |= {"num_specs": 99, "stacks": ["elsewhere"], "versions": []}
    (tmp_path / "new" / "emacs").mkdir(parents=True)
    (tmp_path / "new" / "emacs" / "specs.md").write_bytes(page.write())
    alone = findings_of("validate", "new", cwd=tmp_path)
    assert [finding["rule"] for finding in alone] == ["count-mismatch", "meta-mismatch", "meta-mismatch"]
    both = findings_of(str(FIXTURES / kind / "old"), "new", cwd=tmp_path)
    assert [finding for finding in both if finding["rule"] in ("count-mismatch", "meta-mismatch")] == alone


def test_what_cannot_be_installed_is_told_where_old_has_a_broken_index(tmp_path: Path) -> None:
    for side in ("old", "new"):
        for stack, source in (("e4s", "old"), ("ml", "new")):
            shutil.copytree(FIXTURES / "lock" / source, tmp_path / side / stack)
    (tmp_path / "old" / "ml" / "spack.lock").write_text("{", encoding="utf-8")
    lock = tmp_path / "new" / "ml" / "spack.lock"
    content = json.loads(lock.read_bytes())
    # One that e4s has not: it has the other week's.
    gone = next(hash_ for hash_, record in content["concrete_specs"].items() if record["name"] == "libxml2")
    del content["concrete_specs"][gone]
    lock.write_text(json.dumps(content), encoding="utf-8")
    alone = findings_of("validate", "new", cwd=tmp_path)
    assert [(finding["rule"], finding["severity"]) for finding in alone] == [("dependency-missing", "error")]
    both = findings_of("old", "new", cwd=tmp_path)
    assert [finding for finding in both if finding["rule"] == "dependency-missing"] == alone
    part = findings_of("old", "new", "--stack", "e4s", cwd=tmp_path)
    assert [finding["rule"] for finding in part] == ["index-invalid"]
