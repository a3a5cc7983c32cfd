"""Git repositories as tests make them: real ones, which no configuration of the machine changes."""

from __future__ import annotations

import re
import shutil
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cachediff.rules.tags import tag_kind
from tests.builders import write_snapshot
from tests.commands import environment
from tests.processes import execute

if TYPE_CHECKING:
    from collections.abc import Mapping

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


_CATEGORIES = re.compile(rb"^(categories: \[package, )[^\]\n]*\]", re.MULTILINE)


class Repository:
    """A repository on branch `main` without a commit; a test that makes one is skipped where git is not installed."""

    def __init__(self, path: Path) -> None:
        if shutil.which("git") is None:
            pytest.skip("git is not installed")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        ours = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
        self._environment = ours | _ENVIRONMENT
        self.git("init", "-q", "-b", "main", "--template=")

    def git(self, *arguments: str) -> str:
        """Return what a git command prints."""
        ended = execute(
            ["git", *arguments],
            cwd=self.path,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def write(self, place: str, pages: Mapping[str, str | bytes]) -> Path:
        """Write a snapshot to the working tree, and return its directory."""
        return write_snapshot(self.path / place, dict(pages))

    def copy(self, source: str | Path, place: str) -> Path:
        """Copy a directory into the working tree; where its new name is a tag, its pages name that, too."""
        copied = Path(shutil.copytree(source, self.path / place, symlinks=True))
        for page in copied.glob("*/specs.md") if tag_kind(copied.name) else ():
            if not page.is_symlink():
                page.write_bytes(_CATEGORIES.sub(rb"\1" + copied.name.encode() + rb"]", page.read_bytes(), count=1))
        return copied

    def commit(self) -> str:
        """Commit the whole working tree, and return the id of the commit."""
        self.git("add", "-A")
        said = self.git("-c", "core.abbrev=no", "commit", "--allow-empty", "-m", "a change")
        found = re.match(r"\[[^\]]* ([0-9a-f]{40,64})\] ", said)
        assert found, said
        return found[1]

    def duplicate(self, path: Path) -> Repository:
        """Return the same repository at another path, with its working tree."""
        shutil.copytree(self.path, path, symlinks=True)
        made = copy(self)
        made.path = path
        return made
