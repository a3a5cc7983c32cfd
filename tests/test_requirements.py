""".ci/requirements/: what is locked is what pyproject.toml asks for, with hashes.

The oldest versions are those that it names.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[Any]] = PROJECT["dependency-groups"]
LOCK = (ROOT / ".ci" / "lock").read_text(encoding="utf-8")
LOCKED = sorted(path.name for path in (ROOT / ".ci" / "requirements").glob("*.txt"))


def read_lock(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Return the requirements in a lock file by name, each with its number of hashes.

    A name has several where the Python decides.
    """
    found: dict[str, list[tuple[Requirement, int]]] = {}
    text = re.sub(r"^\s*#.*\n", "", (ROOT / ".ci" / "requirements" / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    for entry in text.replace("\\\n", "").splitlines():
        requirement = Requirement(entry.partition("--hash")[0].strip())
        found.setdefault(canonicalize_name(requirement.name), []).append(
            (requirement, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
        )
    return found


def wanted(name: str) -> list[Requirement]:
    """Return what pyproject.toml asks for directly of all that a lock file is made from, as `.ci/lock` says."""
    (line,) = [
        line for line in LOCK.splitlines() if line.startswith("lock ") and line.endswith(f"-o .ci/requirements/{name}")
    ]
    texts = list(PROJECT["project"]["dependencies"]) if "pyproject.toml" in line.split() else []
    for extra in re.findall(r"--extra (\w+)", line):
        texts += expand_extra(extra)
    for group in re.findall(r"--group (\w+)", line):
        texts += expand_group(group)
    return [Requirement(text) for text in texts]


def expand_extra(name: str) -> Iterator[str]:
    """Yield the requirements of an extra, and of those that it names."""
    for text in EXTRAS[name]:
        if (requirement := Requirement(text)).name == "cachediff":
            for inner in requirement.extras:
                yield from expand_extra(inner)
        else:
            yield text


def expand_group(name: str) -> Iterator[str]:
    """Yield the requirements of a dependency group, and of those that it includes."""
    for one in GROUPS[name]:
        yield from [one] if isinstance(one, str) else expand_group(one["include-group"])


@pytest.mark.parametrize("name", LOCKED)
def test_lock_has_all_that_is_asked_for_with_hashes(name: str) -> None:
    locked = read_lock(name)
    for requirement in wanted(name):
        found = locked[canonicalize_name(requirement.name)]
        versions = [next(iter(one.specifier)).version for one, _ in found]
        assert any(requirement.specifier.contains(version, prereleases=True) for version in versions), (
            f"run .ci/lock: {requirement}"
        )
    for several in locked.values():
        for one, hashes in several:
            assert [part.operator for part in one.specifier] == ["=="]
            assert hashes, f"{one} has no hash"


def test_every_lock_is_made_by_the_script() -> None:
    assert sorted(re.findall(r"-o .ci/requirements/(\S+)$", LOCK, re.MULTILINE)) == LOCKED


def test_oldest_versions_are_those_that_are_named() -> None:
    locked = read_lock("lowest.txt")
    for requirement in wanted("lowest.txt"):
        floors = [Version(part.version) for part in requirement.specifier if part.operator == ">="]
        assert floors, f"{requirement} has no lower bound"
        (found,) = locked[canonicalize_name(requirement.name)]
        assert Version(next(iter(found[0].specifier)).version).release[: len(max(floors).release)] == max(floors).release


def test_build_backend_is_locked_for_installing_without_isolation() -> None:
    assert set(PROJECT["build-system"]["requires"]) <= set(GROUPS["build"])


def test_action_and_ci_agree() -> None:
    ci = read_lock("ci.txt")
    for name, found in read_lock("action.txt").items():
        assert {str(one.specifier) for one, _ in found} <= {str(one.specifier) for one, _ in ci[name]}, name
