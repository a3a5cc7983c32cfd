"""Git as a process: plain commands of plumbing, away from whatever a shell, a hook or a repository configured."""

from __future__ import annotations

import errno
import os
from typing import IO, TYPE_CHECKING

from cachediff.errors import InputError, find_lack, name_failure

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""How variables begin that a user sets for all of git (safe.directory may be in one); all others are about one run of it."""

_SETTINGS = {
    # Git's words are looked at for hints, so they have to be English.
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",  # git before 2.45 knows no other way to say that nothing is fetched
    # A path that begins with `:(` is a name, and no magic of git's.
    "GIT_LITERAL_PATHSPECS": "1",
    # A partial clone would fetch what it lacks, from wherever its settings say.
    "GIT_NO_LAZY_FETCH": "1",
    # refs/replace would put another object in the place of the one that is named.
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Nothing is written into the repository, and nobody is asked for a password.
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# By these a repository's own settings could run a program: a monitor, a hook, whatever a bare one brings along.
_PROTECTED = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""Settings that no repository may change.

Git before 2.38 does not know the first one, and `find_repository` stands in for it.
"""

_NO_CLONE = "a pull request can bring such files along: go to a clone that has a working tree"
WHOLE_HINT = "the clone is shallow or partial: fetch the rest, without --depth and --filter"
_HINTS = {
    "not a git repository": "REV:PATH is looked up in the repository of the working directory",
    "bare repository": _NO_CLONE,
    "dubious ownership": "git config --global --add safe.directory DIRECTORY, if the repository can be trusted",
    "object": WHOLE_HINT,
    # What a partial clone lacks git before 2.45 tries to fetch, which is not allowed.
    "promisor remote": WHOLE_HINT,
    "transport": WHOLE_HINT,
}
"""What to do about a complaint of git's, by words in it."""


def run_git(arguments: Sequence[str], shown: str, *, quiet: int = 0) -> bytes:
    """Return what a command of git prints; `quiet` is an exit code that says no.

    Raises InputError with git's own words where it fails.
    """
    import subprocess

    process = start_git(arguments, shown, subprocess.DEVNULL, subprocess.PIPE)
    printed, said = process.communicate()
    if process.returncode not in (0, quiet):
        words = first_words(said) or f"git {arguments[0]} ends with {process.returncode}"
        message = f"{shown} cannot be read: {words}"
        raise InputError(message, hint=next((hint for sign, hint in _HINTS.items() if sign in words), ""))
    return printed


def start_git(
    arguments: Sequence[str], shown: str, stdin: IO[bytes] | int, stderr: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start git, away from whatever a shell, a hook or a repository configured.

    Raises InputError where it is not installed, and where it would take a bare repository for that of the working directory.
    """
    import subprocess

    find_repository()
    # Not by the PATH as it is: a relative part of it leads into what is judged.
    path = os.pathsep.join(directory for directory in os.get_exec_path() if os.path.isabs(directory))  # noqa: PTH117 - none is in the checkout
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    try:
        command = [_find_git(path), "--no-pager", *_PROTECTED, *arguments]
        settings = kept | _SETTINGS | {"PATH": path}
        # No shell reads it.
        return subprocess.Popen(command, env=settings, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr)  # noqa: S603
    except OSError as error:
        if lack := find_lack(error):
            raise lack from error
        message = f"{shown} cannot be read: git cannot be started ({name_failure(error)})"
        raise InputError(message, hint="install git, or give a directory") from error


def _find_git(path: str) -> str:
    """Return where git is in some directories.

    Raises FileNotFoundError: where there are none, starting `git` would look in this one.
    """
    import shutil

    found = shutil.which("git", path=path)
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def first_words(said: bytes) -> str:
    """Return the first thing that git complains of, in a line as ours are."""
    lines = said.decode("utf-8", "replace").splitlines()
    found = next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[0] if lines else "")
    return found.removeprefix("fatal: ").removeprefix("error: ")


def find_repository() -> bool:
    """Return whether the working directory is in a clone.

    Raises InputError where a bare repository would be taken before one.

    A pull request can bring along all that makes a bare repository, and with it what every revision is and how git is
    configured.
    """
    from pathlib import Path

    try:
        here = Path.cwd()
    except OSError:
        return False  # git has words for it
    for directory in (here, *here.parents):
        # A linked working tree has a file of that name, not a directory.
        if os.path.lexists(directory / ".git"):
            return True
        # What git takes for a repository: it looks for HEAD, and for objects there or where commondir leads.
        inside = [name for name in ("HEAD", "objects", "commondir") if os.path.lexists(directory / name)]
        if len(inside) > 1 and "HEAD" in inside:
            message = "git is not asked: the working directory is a bare repository, or inside of one"
            raise InputError(message, hint=_NO_CLONE)
    return False
