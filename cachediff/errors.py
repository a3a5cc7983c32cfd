"""The errors that end a run: one class an exit code, but for faults of the machine, each with a sentence on what to do next."""

from __future__ import annotations


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
