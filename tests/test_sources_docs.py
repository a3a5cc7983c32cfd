"""docs/sources.md: its suffixes are those of the code, and its commands run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from tests.commands import ROOT, WEEK, run, wrapped
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


def test_suffixes_of_the_code() -> None:
    assert ", ".join(f"`{suffix}`" for suffix in ARCHIVE_SUFFIXES) in TEXT


@needs_git
def test_commands_in_the_text_run(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "origin")
    repository.copy(WEEK[0], "_cache/develop-2025-03-23")
    (repository.path / "cachediff.yaml").write_text("fail-on: error\n", encoding="utf-8")
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "main")
    repository.copy(WEEK[1], "_cache/develop-2025-03-30")
    commands = [
        line
        for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
        for line in block.splitlines()
        if " latest " in line
    ]
    ended = [run(*command.split()[1:], cwd=repository.path) for command in commands]
    assert [one.returncode for one in ended] == [1, 0, 1]
    # But for the names that each gave: they are in what is to be copied.
    assert wrapped(ended[0].stdout) == wrapped(ended[2].stdout)
