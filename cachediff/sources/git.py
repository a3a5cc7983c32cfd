"""Git's object store, read by plain commands: no checkout, nothing that a repository or revision makes git run or fetch."""

from __future__ import annotations

import stat
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from cachediff.errors import InputError
from cachediff.sources.git_paths import GitPath, find_tree
from cachediff.sources.git_process import WHOLE_HINT, first_words, run_git, start_git

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_SUBMODULE = 0o160000
_FETCH = "fetch it first; actions/checkout does with fetch-depth: 0"


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


def list_files(place: GitPath) -> list[Entry]:
    """Return every file at or below a place, in git's order, none where there is no path.

    Raises InputError for an unknown revision.
    """
    tree = find_tree(place.revision, place.shown)
    if not tree:
        message = f"{place.shown} cannot be read: there is no file of that name, and no revision {place.revision} here"
        raise InputError(message, hint=_FETCH)
    if place.path and place.path.split("/")[0] in ("", ".."):
        return []  # git has other words for what is outside
    paths = [place.path] if place.path else []
    # By the tree's id, which means the same wherever a reference is moved meanwhile.
    listing = run_git(["ls-tree", "-r", "-z", "--full-tree", tree, "--", *paths], place.shown)
    # With -z names come as they are, and without it those beyond ASCII come in quotes.
    return [_parse(line) for line in listing.split(b"\0") if line]


def list_names(place: GitPath) -> list[str]:
    """Return the names of what lies in a directory of a revision, none where there is no such directory."""
    tree = find_tree(place.revision, place.shown)
    # With a slash behind it, a path stands for what lies below.
    paths = [f"{place.path}/"] if place.path else []
    listing = run_git(["ls-tree", "--name-only", "-z", "--full-tree", tree, "--", *paths], place.shown) if tree else b""
    names = (line.decode("utf-8", "surrogateescape") for line in listing.split(b"\0") if line)
    return [name[len(place.path) + 1 :] if place.path else name for name in names]


def lack(place: GitPath) -> InputError:
    """Return the error that says that a path is not in its revision."""
    message = f"{place.shown} cannot be read: {place.revision} has no {place.path or 'file'}"
    return InputError(message, hint="the path is one from the top of the repository; REV:./PATH is one from here")


def _parse(line: bytes) -> Entry:
    facts, _, path = line.partition(b"\t")
    mode, _, id_ = facts.decode("ascii").split(" ")
    # A path in git need not be UTF-8; what is not stays in it as surrogates.
    return Entry(path.decode("utf-8", "surrogateescape"), int(mode, 8), id_)


class Blob(Struct):
    """The bytes of an object while git prints them: `size` of them, of which `left` are yet to be read.

    `shown` is where it is.
    """

    size: int
    left: int
    stream: IO[bytes]
    shown: str

    def read(self, count: int) -> bytes:
        """Return at most so many bytes, none at the end. Raises InputError where git ends before they do."""
        data = self.stream.read(min(count, self.left))
        if not data and min(count, self.left):
            message = f"{self.shown} cannot be read: git ends before the file does"
            raise InputError(message, hint=WHOLE_HINT)
        self.left -= len(data)
        return data


def read_blobs(ids: Sequence[str], shown: str) -> Generator[Blob, None, None]:
    """Yield the objects of some ids in order, printed by one `git cat-file`; each is there until the next one is asked for.

    Raises InputError, which names `shown`, for an object that is missing.
    """
    import tempfile

    # From a file and not a pipe: git and this process could each wait for the other to read.
    with tempfile.TemporaryFile() as wanted, tempfile.TemporaryFile() as said:
        wanted.write("".join(f"{id_}\n" for id_ in ids).encode("ascii"))
        wanted.seek(0)
        process = start_git(["cat-file", "--batch", "--buffer"], shown, wanted, said)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for id_ in ids:
                blob = _next_blob(id_, process.stdout, shown)
                if blob is None:
                    said.seek(0)
                    message = f"{shown} cannot be read: {first_words(said.read(1 << 16)) or f'object {id_} is missing'}"
                    raise InputError(message, hint=WHOLE_HINT)
                yield blob
                while blob.read(1 << 20):
                    pass
                # Git prints a line feed behind each object.
                process.stdout.read(1)
        finally:
            # Whoever wants no more leaves git waiting for a reader.
            process.kill()
            process.stdout.close()
            process.wait()


def _next_blob(id_: str, stream: IO[bytes], shown: str) -> Blob | None:
    """Return the object whose header comes next, and None where there is none."""
    header = stream.readline(1 << 10).decode("ascii", "replace").split()
    # A missing object has a line of its own, `ID missing`, or git ends and says why where it writes errors.
    if header[:2] != [id_, "blob"]:
        return None
    return Blob(int(header[2]), int(header[2]), stream, shown)


def read_file(place: GitPath, most: int) -> bytes:
    """Return the bytes of the one regular file at a place.

    Raises InputError where it is none, or has more than `most` bytes.
    """
    entries = list_files(place)
    if not entries:
        raise lack(place)
    if len(entries) != 1 or entries[0].path != place.path or not entries[0].is_file:
        message = f"{place.shown} cannot be read: it is no regular file"
        raise InputError(message)
    for blob in read_blobs([entries[0].id], place.shown):
        # The size first: one that is too large is refused before it is in memory.
        if blob.size > most:
            message = f"{place.shown} is too large: {blob.size:,} bytes, more than {most:,}"
            raise InputError(message)
        return blob.read(blob.size)
    # Not reached: there is one id, so there is one blob, or an error.
    return b""


def find_top() -> str:
    """Return the top directory of the working tree around the working directory. Raises InputError where there is none."""
    return run_git(["rev-parse", "--show-toplevel"], "the repository").decode("utf-8", "surrogateescape").removesuffix("\n")


def find_fork(revision: str) -> str:
    """Return the commit from which HEAD and a revision went on apart: the revision's own where HEAD has all of it.

    It is empty where there is none, or several, or not all of the history is here, which would hide a later one.
    """
    commits = run_git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], revision, quiet=1).decode().split()
    # Of a branch without a commit there is no HEAD yet.
    head = run_git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], "HEAD", quiet=1).decode().split()
    if not commits or not head or run_git(["rev-parse", "--is-shallow-repository"], revision).strip() != b"false":
        return ""
    found = run_git(["merge-base", "--all", *commits, *head], revision, quiet=1).decode().split()
    return found[0] if len(found) == 1 else ""
