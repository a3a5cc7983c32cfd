"""The errors that end a run: one class an exit code, but for faults of the machine, each with a sentence on what to do."""

from __future__ import annotations

import errno


class CachediffError(Exception):
    """A run cannot give a verdict.

    `exit_code` is the process's exit code and `hint` says what to do next (may be empty).
    """

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(CachediffError):
    """The command line cannot be understood (exit code 2)."""

    exit_code = 2


class InputError(CachediffError):
    """A snapshot, a policy, a report or an output path cannot be used (exit code 3)."""

    exit_code = 3


class ResourceError(CachediffError):
    """The system has too little of something, such as memory or open files (exit code 3)."""

    exit_code = 3


class PublishError(CachediffError):
    """A comment cannot be posted, which `cachediff publish --require` takes for a failure (exit code 4)."""

    exit_code = 4


class WorkerError(CachediffError):
    """A process that did a share of the work ended without an answer: there is no verdict (exit code 70)."""


# --- what a run lacks where the system refuses it something ------------------------------------------------------------

_FILES = "this process may open no more files", "raise the limit, as with ulimit -n 1024, or run again with --jobs 1"
_MEMORY = "there is not enough memory", "raise the limit, run again with --jobs 1, or narrow with --package"
_PROCESSES = "no more processes can be started", "raise the limit, as with ulimit -u, or run again with --jobs 1"
_ROOM = "there is no room left on the disk", "make room, or set TMPDIR to a directory that has some"

_BY_NUMBER = {
    errno.EMFILE: _FILES,
    errno.ENFILE: ("the system can open no more files", "run again when it has less to do, or with --jobs 1"),
    errno.ENOMEM: _MEMORY,
    # What fork says at the limit of processes.
    errno.EAGAIN: _PROCESSES,
    errno.EFBIG: ("a file may not become as large as it has to", "raise the limit, as with ulimit -f"),
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
}

_BY_WORDS = {
    "Too many open files": _FILES,
    "Error 24": _FILES,
    "failed to map segment": _MEMORY,
    "Cannot allocate memory": _MEMORY,
    "without exception set": _MEMORY,
    "without setting an exception": _MEMORY,
    "can't start new thread": _PROCESSES,
    "No usable temporary directory": (
        "there is no directory for temporary files",
        "set TMPDIR to a directory that can be written",
    ),
}
"""What the loader of libraries, the interpreter (of its own code, that failed and had no room to say why), threading and
tempfile say, which have no error number for it."""

OF_A_PROCESS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What no file is to blame for that cannot be opened."""


def find_lack(error: BaseException) -> ResourceError | None:
    """Return what an error, or one that it came from, says to be lacking; None where it says nothing of the kind."""
    seen: BaseException | None = error
    while seen is not None:
        found = _name_lack(seen)
        if found:
            return ResourceError(found[0], hint=found[1])
        # Libraries wrap what the system said: the number that tells it stands at the end of the chain.
        seen = seen.__cause__ or seen.__context__
    return None


def name_failure(error: OSError | ValueError) -> str:
    """Return what the system says of a file, or Python of a path that is none, as our messages say it: in small letters."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def raise_lack(error: OSError) -> None:
    """Raise ResourceError where a file cannot be opened for want of what every file needs.

    Then nothing is wrong with the file.
    """
    if error.errno in OF_A_PROCESS and (lack := find_lack(error)):
        raise lack from error


def _name_lack(error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        return _BY_NUMBER[error.errno]
    # In turn what tempfile, the loader of compiled modules, threading and the interpreter raise.
    if isinstance(error, OSError | ImportError | RuntimeError | SystemError):
        return next((lack for words, lack in _BY_WORDS.items() if words in str(error)), None)
    return None
