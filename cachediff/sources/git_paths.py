"""What `REV:PATH` names: one thing, or nothing.

A name of several things would let whoever adds one choose what is judged.
"""

from __future__ import annotations

import os
import posixpath
import re

from msgspec import Struct

from cachediff.errors import InputError
from cachediff.sources.git_process import find_repository, run_git
from cachediff.text.urls import hide_secrets

_SOURCE = re.compile(r"((?:[^:{]|\{[^}]*\})+):(.*)", re.DOTALL)
"""`REV:PATH`; braces may hold a colon, as in `HEAD^{/fix: typo}:_cache`."""

_SUFFIX = re.compile(r"~|\^|@\{")
"""What ends the name that a revision begins with: `~1`, `^{commit}`, `@{upstream}` and the like follow."""

_OWN_REFERENCE = re.compile(r"[A-Z_]*HEAD")
"""References that are in no directory, such as FETCH_HEAD."""

_SHORTENED = re.compile(r"(?:.*-g)?([0-9a-fA-F]{7,64})", re.DOTALL)
"""A hash, or the beginning of one; git itself writes no fewer digits, and 2025 may well be a branch."""

_WHOLE_NAME = re.compile(r"refs/.*|[0-9a-f]{40}([0-9a-f]{24})?", re.DOTALL)
"""What names one thing, whatever else is there: nobody gives a file such a name by chance, and a revision may not be
fetched."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)
"""What is no revision, though it has a colon: no path in one begins with two slashes."""

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class GitPath(Struct, frozen=True):
    """A path in a revision, from the top of its tree; `shown` is how somebody wrote both."""

    revision: str
    path: str
    shown: str


def find_git_path(source: str) -> GitPath | None:
    """Return what `REV:PATH` names, and None for a path.

    A path begins with `.` or `/`, has no colon, or is there and REV is no revision.

    A REV that begins with `refs/`, or is a whole hash, is always one. `REV:./PATH` is below the working directory. Raises
    InputError for a name of both kinds, for `REV:./PATH` outside a repository, and for a URL.
    """
    found = _SOURCE.fullmatch(source)
    if found is None or source.startswith((".", "/")) or "\0" in source:
        return None
    if _URL.fullmatch(source) and not os.path.lexists(source):
        message = f"{hide_secrets(source)} is a URL, and nothing is fetched"
        raise InputError(message, hint="download what is there, and name the folder or the file")
    revision, path = found.groups()
    if not _WHOLE_NAME.fullmatch(_SUFFIX.split(revision, maxsplit=1)[0]) and os.path.lexists(source):
        if not find_repository() or not find_tree(revision, source):
            return None
        # What a pull request adds must not take the place of what it is judged by.
        message = f"{source} names a file, and {path or 'everything'} in the revision {revision}"
        raise InputError(
            message,
            hint=f"./{source} is the file; the whole name of the revision, such as refs/heads/{revision}, is no file",
        )
    if path.startswith(("./", "../")) or path in (".", ".."):
        # Below the working directory, as git reads such a path, while ls-tree is asked from the top of the tree.
        path = posixpath.join(
            run_git(["rev-parse", "--show-prefix"], source).decode("utf-8", "surrogateescape").removesuffix("\n"), path
        )
    # By hand, since trees of git have no `..` to go up by.
    path = posixpath.normpath(path) if path else ""
    return GitPath(revision, "" if path == "." else path, source)


def find_tree(revision: str, shown: str) -> str:
    """Return the id of a revision's tree, empty where there is no such revision.

    Raises InputError outside a repository, and for a revision that names several things: git would take a tag before a
    branch.
    """
    if revision.startswith("-"):
        return ""  # git would take it for an option
    # Not left to git, which would take the tag of two things with one name, and say so only in a warning.
    if not _is_one_thing(revision, shown):
        return ""
    # Through whatever the revision is, a tag or a commit, to its tree.
    printed = run_git(["rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"], shown, quiet=1).decode().strip()
    return printed if _ID.fullmatch(printed) else ""


def _is_one_thing(revision: str, shown: str) -> bool:
    """Return whether git can be asked for a revision.

    It is False for the whole name of a reference that is not there, as git would try others.

    Raises InputError where the name in it, without `~1` and the like, names several things.
    """
    name = _SUFFIX.split(revision, maxsplit=1)[0]
    # To git `@` is HEAD, whatever is called so, and before `@{upstream}` nothing need stand.
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
        raise InputError(
            message, hint="write the whole name of the one that is meant, from refs/ on, or the whole hash of a commit"
        )
    return True


def _find_references(name: str, shown: str) -> dict[str, str]:
    """Return the references git takes a name for, by whole name, in git's order, each with what it is (gitrevisions(7))."""
    kinds = {name: "reference"} if name.startswith("refs/") else {}
    kinds |= {f"refs/{name}": "reference", f"refs/tags/{name}": "tag", f"refs/heads/{name}": "branch"}
    kinds |= {f"refs/remotes/{name}": "remote branch", f"refs/remotes/{name}/HEAD": "remote branch"}
    there = run_git(["for-each-ref", "--format=%(refname)", *kinds], shown).decode("utf-8", "surrogateescape").splitlines()
    # A pattern of for-each-ref matches what lies below it, too, so only what is there by its whole name counts.
    return {reference: kind for reference, kind in kinds.items() if reference in there}


def _find_object(name: str, shown: str) -> str:
    """Return the hash of the object a name shortens, alone or behind `-g` as git describes a commit; empty if none."""
    found = _SHORTENED.fullmatch(name)
    return run_git(["rev-parse", f"--disambiguate={found[1]}"], shown).decode().partition("\n")[0] if found else ""
