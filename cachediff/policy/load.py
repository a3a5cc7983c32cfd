"""Where a policy is read: one file, here or in a revision of git, of a size that a policy may have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.errors import InputError, name_failure

if TYPE_CHECKING:
    from cachediff.policy.parse import Parsed
    from cachediff.policy.settings import Policy

DEFAULT_NAME = "cachediff.yaml"
"""The policy of the working directory."""

MAX_BYTES = 4 << 20
"""How large a policy may be: thousands of entries take a tenth of that."""

TOO_MUCH = f"more than {MAX_BYTES >> 20} MiB"
"""What one is that is larger, in words."""


def load_policy(path: str | Path) -> Policy:
    """Return the policy in a file, or at `REV:PATH`. Paths in it are beside it, and so in that revision.

    Raises InputError where it cannot be read, or with every error in it.
    """
    from msgspec.structs import replace

    policy = parse_file(path).policy
    return replace(policy, wanted=tuple(_beside(str(path), name) for name in policy.wanted)) if policy.wanted else policy


def _beside(policy: str, name: str) -> str:
    """Return the path of what lies beside a policy, which is in a revision of git where the policy is."""
    from cachediff.sources.git_paths import find_git_path

    # The schema takes no name that leads elsewhere: none with `..`, a colon or a slash in front.
    place = find_git_path(policy)
    folder, slash, _ = (place.path if place else policy).rpartition("/")
    return f"{f'{place.revision}:' if place else ''}{folder}{slash}{name}"


def parse_file(path: str | Path) -> Parsed:
    """Return the policy in a file and where its values stand. Raises InputError as `load_policy` does."""
    from cachediff.policy.parse import parse_policy  # with PyYAML, which nothing needs where there is no policy

    return parse_policy(read_text(path), str(path))


def find_policy(directory: Path | None = None) -> Path | None:
    """Return the policy of a directory, by default the working directory, if there is one.

    Raises InputError for a symbolic link.

    What a pull request brings along may not name a file of the machine that reads it.
    """
    path = Path(DEFAULT_NAME) if directory is None else directory / DEFAULT_NAME
    try:
        is_link, is_there, is_file = path.is_symlink(), path.exists(), path.is_file()
    # In a working directory that may not be searched nobody knows what the team wants, which is not the default.
    except OSError as error:
        message = f"policy {path} cannot be read: {name_failure(error)}"
        raise InputError(message) from error
    if is_link:
        message = f"{path} is a symbolic link"
        raise InputError(message, hint=f"name the file itself: --policy {DEFAULT_NAME}")
    # Nobody named it, so nobody is there to write into a pipe: reading it would be to wait for ever.
    if is_there and not is_file:
        message = f"{path} is not a regular file"
        raise InputError(message, hint="name another policy: --policy FILE")
    return path if is_there else None


def read_text(path: str | Path) -> str:
    """Return a policy's text as it stands in the file, or at `REV:PATH`. Raises InputError where it cannot be read."""
    from cachediff.sources.git import read_file
    from cachediff.sources.git_paths import find_git_path

    place = find_git_path(str(path))
    data = read_file(place, MAX_BYTES) if place else _read_here(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"{path}:{line}:{column}: policy is not UTF-8 (found the byte 0x{data[error.start]:02x})"
        raise InputError(message) from error


def _read_here(path: str | Path) -> bytes:
    """Return the bytes of a file."""
    try:
        with Path(path).open("rb") as file:
            # One more than may be, which tells a policy that is too large from one that just fits.
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        message = f"policy {path} cannot be read: {name_failure(error)}"
        raise InputError(message) from error
    if len(data) > MAX_BYTES:
        message = f"policy {path} is too large: {TOO_MUCH}"
        raise InputError(message)
    return data
