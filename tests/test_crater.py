"""The crater run on a repository in which a lock was changed, broken, mended, removed and brought back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests import crater
from tests.index_files import a_lock, a_node, put
from tests.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = a_lock(a_node("zlib"), a_node("hdf5")), a_lock(a_node("zlib", version="1.4"), a_node("hdf5"))


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """Return a directory of one repository, which has one lock twice, and a file that is none."""
    repository = Repository(tmp_path / "clones" / "site")
    path = repository.path / "environments/a b/spack.lock"
    for data in (ONE, OTHER, b"{", ONE, None, a_lock(a_node("zlib"))):
        if data is None:
            path.unlink()
        else:
            put(path, data)
        put(repository.path / "README.md", data or b"")
        repository.commit()
    (tmp_path / "clones" / "no-repository").mkdir()
    return tmp_path / "clones"


@pytest.mark.slow
def test_every_version_is_compared_with_the_one_before(clones: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert crater.main([str(clones)]) == 0
    *lines, last = capfd.readouterr().out.splitlines()
    assert [re.match(r"3  site: \w{12} \w{12} environments/a b/spack\.lock  ", line) is not None for line in lines] == [
        True
    ] * 2
    assert all("index is not JSON" in line for line in lines)
    # Changed, broken, mended, and a package less where it came back.
    assert re.fullmatch(r"4 pairs in .* s, the longest .* s; exit codes 0: 1, 1: 1, 3: 2", last)


def test_what_takes_too_long_or_is_not_there(clones: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert crater.main([str(clones), "--limit", "1", "--seconds", "0.01"]) == 1
    assert capfd.readouterr().out.startswith("too long  site: ")
    assert crater.main([str(tmp_path / "clones" / "no-repository")]) == 1
