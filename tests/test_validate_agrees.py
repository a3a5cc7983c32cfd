"""What `cachediff validate NEW` finds, `cachediff OLD NEW` finds, too, whatever OLD is."""

from __future__ import annotations

import json
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
