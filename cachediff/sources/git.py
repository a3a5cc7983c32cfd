"""Git's object store, read by plain commands: no checkout, and nothing that a repository or a revision makes git run or fetch."""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from cachediff.errors import InputError, find_lack

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Sequence

_SOURCE = re.compile(r"((?:[^:{]|\{[^}]*\})+):(.*)", re.DOTALL)
"""`REV:PATH`; braces may hold a colon, as in `HEAD^{/fix: typo}:_cache`."""

_SUFFIX = re.compile(r"~|\^|@\{")
"""What ends the name that a revision begins with: `~1`, `^{commit}`, `@{upstream}` and the like follow."""

_OWN_REFERENCE = re.compile(r"[A-Z_]*HEAD")
"""References that are in no directory, such as FETCH_HEAD."""

_SHORTENED = re.compile(r"(?:.*-g)?([0-9a-fA-F]{7,64})", re.DOTALL)
"""A hash, or the beginning of one; git itself writes no fewer digits, and 2025 may well be a branch."""

_WHOLE_NAME = re.compile(r"refs/.*|[0-9a-f]{40}([0-9a-f]{24})?", re.DOTALL)
"""What names one thing, whatever else is there: nobody gives a file such a name by chance, and a revision may not be fetched."""

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SUBMODULE = 0o160000
_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""How variables begin that a user sets for git as a whole (safe.directory may be in one); all others are about one run of it."""

_SETTINGS = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",  # git before 2.45 knows no other way to say that nothing is fetched
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_PROTECTED = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""Settings that no repository may change. Git before 2.38 does not know the first one, and `_find_repository` stands in for it."""

_FETCH = "fetch it first; actions/checkout does with fetch-depth: 0"
_NO_CLONE = "a pull request can bring such files along: go to a clone that has a working tree"
_WHOLE = "the clone is shallow or partial: fetch the rest, without --depth and --filter"
_HINTS = {
    "not a git repository": "REV:PATH is looked up in the repository of the working directory",
    "bare repository": _NO_CLONE,
    "dubious ownership": "git config --global --add safe.directory DIRECTORY, if the repository can be trusted",
    "object": _WHOLE,
}
"""What to do about a complaint of git's, by words in it."""


class Place(Struct, frozen=True):
    """A path in a revision, from the top of its tree; `shown` is how somebody wrote both."""

    revision: str
    path: str
    shown: str


class Entry(Struct, frozen=True, gc=False):
    """A file of a tree: its path from the top, its mode as `stat` has it, and the id of its object."""

    path: str
    mode: int
    id: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_submodule(self) -> bool:
        """Whether it is a commit of another repository."""
        return self.mode == _SUBMODULE


def find_place(source: str) -> Place | None:
    """Return what `REV:PATH` names, and None for a path: it begins with `.` or `/`, has no colon, or is there and REV is no revision.

    A REV that begins with `refs/`, or is a whole hash, is always one. `REV:./PATH` is below the working directory. Raises InputError for a
    name of both kinds, and for `REV:./PATH` outside a repository.
    """
    found = _SOURCE.fullmatch(source)
    if found is None or source.startswith((".", "/")) or "\0" in source:
        return None
    revision, path = found.groups()
    if not _WHOLE_NAME.fullmatch(_SUFFIX.split(revision, maxsplit=1)[0]) and os.path.lexists(source):
        if not _find_repository() or not _find_tree(revision, source):
            return None
        # What a pull request adds must not take the place of what it is judged by.
        message = f"{source} names a file, and {path or 'everything'} in the revision {revision}"
        raise InputError(message, hint=f"./{source} is the file; the whole name of the revision, such as refs/heads/{revision}, is no file")
    if path.startswith(("./", "../")) or path in (".", ".."):
        path = posixpath.join(_run(["rev-parse", "--show-prefix"], source).decode("utf-8", "surrogateescape").removesuffix("\n"), path)
    path = posixpath.normpath(path) if path else ""
    return Place(revision, "" if path == "." else path, source)


def _find_tree(revision: str, shown: str) -> str:
    """Return the id of a revision's tree, empty where there is no such revision.

    Raises InputError outside a repository, and for a revision that names several things: git would take a tag before a branch.
    """
    if revision.startswith("-"):
        return ""  # git would take it for an option
    if not _is_one_thing(revision, shown):
        return ""
    printed = _run(["rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"], shown, quiet=1).decode().strip()
    return printed if _ID.fullmatch(printed) else ""


def _is_one_thing(revision: str, shown: str) -> bool:
    """Return whether git can be asked for a revision; False for the whole name of a reference that is not there, as git would try others.

    Raises InputError where the name in it, without `~1` and the like, names several things.
    """
    name = _SUFFIX.split(revision, maxsplit=1)[0]
    references = _find_references(name, shown) if name not in ("", "@") else {}
    if name.startswith("refs/"):
        return name in references
    if not references:
        return True
    object_ = _find_object(name, shown)
    if object_ == name.lower():
        return True  # a whole hash: git looks for no reference then
    things = [f"the {kind} {reference}" for reference, kind in references.items()]
    things += [name] * bool(_OWN_REFERENCE.fullmatch(name)) + [f"the object {object_}"] * bool(object_)
    if len(things) > 1:
        message = f"{shown} cannot be read: {name} names several things, {', '.join(things[:-1])} and {things[-1]}"
        raise InputError(message, hint="write the whole name of the one that is meant, from refs/ on, or the whole hash of a commit")
    return True


def _find_references(name: str, shown: str) -> dict[str, str]:
    """Return the references that git takes a name for, by their whole names, in git's order, each with what it is (gitrevisions(7))."""
    kinds = {name: "reference"} if name.startswith("refs/") else {}
    kinds |= {f"refs/{name}": "reference", f"refs/tags/{name}": "tag", f"refs/heads/{name}": "branch"}
    kinds |= {f"refs/remotes/{name}": "remote branch", f"refs/remotes/{name}/HEAD": "remote branch"}
    there = _run(["for-each-ref", "--format=%(refname)", *kinds], shown).decode("utf-8", "surrogateescape").splitlines()
    return {reference: kind for reference, kind in kinds.items() if reference in there}


def _find_object(name: str, shown: str) -> str:
    """Return the hash of an object that a name shortens, alone or behind `-g` as git describes a commit; empty where there is none."""
    found = _SHORTENED.fullmatch(name)
    return _run(["rev-parse", f"--disambiguate={found[1]}"], shown).decode().partition("\n")[0] if found else ""


def _find_repository() -> bool:
    """Return whether the working directory is in a clone. Raises InputError where a bare repository would be taken before one.

    A pull request can bring along all that makes a bare repository, and with it what every revision is and how git is configured.
    """
    from pathlib import Path

    try:
        here = Path.cwd()
    except OSError:
        return False  # git has words for it
    for directory in (here, *here.parents):
        if os.path.lexists(directory / ".git"):
            return True
        inside = [name for name in ("HEAD", "objects", "commondir") if os.path.lexists(directory / name)]
        if len(inside) > 1 and "HEAD" in inside:
            message = "git is not asked: the working directory is a bare repository, or inside of one"
            raise InputError(message, hint=_NO_CLONE)
    return False


def list_files(place: Place) -> list[Entry]:
    """Return every file at or below a place, in git's order, none where there is no path. Raises InputError for an unknown revision."""
    tree = _find_tree(place.revision, place.shown)
    if not tree:
        message = f"{place.shown} cannot be read: there is no file of that name, and no revision {place.revision} here"
        raise InputError(message, hint=_FETCH)
    if place.path and place.path.split("/")[0] in ("", ".."):
        return []  # git has other words for what is outside
    paths = [place.path] if place.path else []
    listing = _run(["ls-tree", "-r", "-z", "--full-tree", tree, "--", *paths], place.shown)
    return [_parse(line) for line in listing.split(b"\0") if line]


def lack(place: Place) -> InputError:
    """Return the error that says that a path is not in its revision."""
    message = f"{place.shown} cannot be read: {place.revision} has no {place.path or 'file'}"
    return InputError(message, hint="the path is one from the top of the repository; REV:./PATH is one from here")


def _parse(line: bytes) -> Entry:
    facts, _, path = line.partition(b"\t")
    mode, _, id_ = facts.decode("ascii").split(" ")
    return Entry(path.decode("utf-8", "surrogateescape"), int(mode, 8), id_)


class Blob(Struct):
    """The bytes of an object while git prints them: `size` of them, of which `left` are yet to be read. `shown` is where it is."""

    size: int
    left: int
    stream: IO[bytes]
    shown: str

    def read(self, count: int) -> bytes:
        """Return at most so many bytes, none at the end. Raises InputError where git ends before they do."""
        data = self.stream.read(min(count, self.left))
        if not data and min(count, self.left):
            message = f"{self.shown} cannot be read: git ends before the file does"
            raise InputError(message, hint=_WHOLE)
        self.left -= len(data)
        return data


def read_blobs(ids: Sequence[str], shown: str) -> Generator[Blob, None, None]:
    """Yield the objects of some ids in order, printed by one `git cat-file`; each is there until the next one is asked for.

    Raises InputError, which names `shown`, for an object that is missing.
    """
    import tempfile

    with tempfile.TemporaryFile() as wanted, tempfile.TemporaryFile() as said:
        wanted.write("".join(f"{id_}\n" for id_ in ids).encode("ascii"))
        wanted.seek(0)
        process = _start(["cat-file", "--batch", "--buffer"], shown, wanted, said)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for id_ in ids:
                blob = _next_blob(id_, process.stdout, shown)
                if blob is None:
                    said.seek(0)
                    message = f"{shown} cannot be read: {_first_words(said.read(1 << 16)) or f'object {id_} is missing'}"
                    raise InputError(message, hint=_WHOLE)
                yield blob
                while blob.read(1 << 20):
                    pass
                process.stdout.read(1)
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _next_blob(id_: str, stream: IO[bytes], shown: str) -> Blob | None:
    """Return the object whose header comes next, and None where there is none."""
    header = stream.readline(1 << 10).decode("ascii", "replace").split()
    if header[:2] != [id_, "blob"]:
        return None
    return Blob(int(header[2]), int(header[2]), stream, shown)


def read_file(place: Place, most: int) -> bytes:
    """Return the bytes of the one regular file at a place. Raises InputError where it is none, or has more than `most` bytes."""
    entries = list_files(place)
    if not entries:
        raise lack(place)
    if len(entries) != 1 or entries[0].path != place.path or not entries[0].is_file:
        message = f"{place.shown} cannot be read: it is no regular file"
        raise InputError(message)
    for blob in read_blobs([entries[0].id], place.shown):
        if blob.size > most:
            message = f"{place.shown} is too large: {blob.size:,} bytes, more than {most:,}"
            raise InputError(message)
        return blob.read(blob.size)
    return b""


def find_top() -> str:
    """Return the top directory of the working tree around the working directory. Raises InputError where there is none."""
    return _run(["rev-parse", "--show-toplevel"], "the repository").decode("utf-8", "surrogateescape").removesuffix("\n")


def _run(arguments: Sequence[str], shown: str, *, quiet: int = 0) -> bytes:
    """Return what a command of git prints; `quiet` is an exit code that says no. Raises InputError with git's own words where it fails."""
    import subprocess

    process = _start(arguments, shown, subprocess.DEVNULL, subprocess.PIPE)
    printed, said = process.communicate()
    if process.returncode not in (0, quiet):
        words = _first_words(said) or f"git {arguments[0]} ends with {process.returncode}"
        message = f"{shown} cannot be read: {words}"
        raise InputError(message, hint=next((hint for sign, hint in _HINTS.items() if sign in words), ""))
    return printed


def _start(arguments: Sequence[str], shown: str, stdin: IO[bytes] | int, stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start git, away from whatever a shell, a hook or a repository configured.

    Raises InputError where it is not installed, and where it would take a bare repository for that of the working directory.
    """
    import subprocess

    _find_repository()
    path = os.pathsep.join(directory for directory in os.get_exec_path() if os.path.isabs(directory))  # noqa: PTH117 - none is in the checkout
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    try:
        command = [_find_git(path), "--no-pager", *_PROTECTED, *arguments]
        return subprocess.Popen(command, env=kept | _SETTINGS | {"PATH": path}, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr)  # noqa: S603 - no shell reads it
    except OSError as error:
        if lack := find_lack(error):
            raise lack from error
        message = f"{shown} cannot be read: git cannot be started ({(error.strerror or str(error)).lower()})"
        raise InputError(message, hint="install git, or give a directory") from error


def _find_git(path: str) -> str:
    """Return where git is in some directories. Raises FileNotFoundError: where there are none, starting `git` would look in this one."""
    import shutil

    found = shutil.which("git", path=path)
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def _first_words(said: bytes) -> str:
    """Return the first thing that git complains of, in a line as ours are."""
    lines = said.decode("utf-8", "replace").splitlines()
    found = next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[0] if lines else "")
    return found.removeprefix("fatal: ").removeprefix("error: ")
