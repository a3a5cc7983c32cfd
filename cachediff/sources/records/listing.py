"""A listing of indexes, as cache.spack.io's `cache_spack_io_index.json` is one: each ref's stacks, and where each index is.

Only what lies beside the listing, or below, is read.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from cachediff.domain.problem import Location, Problem
from cachediff.domain.spec import DEFAULT_STACK, ROOT
from cachediff.errors import InputError
from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from cachediff.sources.records.compressed import decompress
from cachediff.sources.records.layout import Folders, IndexFile, Layout, find_at
from cachediff.sources.records.names import split_manifest
from cachediff.sources.tree import Entry, UnreadableFileError, printable
from cachediff.text.pointers import write_pointer
from cachediff.text.problems import shorten
from cachediff.text.strict_json import load_json
from cachediff.text.urls import hide_secrets
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.sources.tree import FileTree

LISTING = "cache_spack_io_index.json"
MAX_LISTING = 1 << 24
"""The real one has tens of kilobytes."""

MAX_NAMED = 20

_HINT = "a listing gives each ref a list of objects, each with label and url"
_WITH_REF = re.compile(r"(.+)#([^#/]*)", re.DOTALL)
_NAMED = re.compile(r"\.json(?:\.[gx]z)?\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")

Refs: TypeAlias = "dict[str, list[dict[str, str]]]"


def split_ref(source: str) -> tuple[str, str | None]:
    """Return a listing and the ref that somebody names in it; what was named and None, where that is no such name."""
    # What has that whole name is a file, `#` and all.
    found = _WITH_REF.fullmatch(source)
    if found is None or not (_NAMED.search(found[1]) or found[1].endswith(ARCHIVE_SUFFIXES)) or os.path.lexists(source):
        return source, None
    return found[1], found[2]


def find_refs(text: bytes) -> list[str]:
    """Return the refs of a listing, none where a text is none."""
    try:
        return [*_parse(text, "")]
    except InputError:
        return []


def refuse_without_ref(text: bytes, shown: str) -> InputError:
    """Return that a listing is no snapshot without one of its refs."""
    return InputError(
        f"{shown} lists the indexes of several refs", hint=f"name one of them: {_name_refs(_parse(text, shown), shown)}"
    )


def lay_out_listing(tree: FileTree, name: str, ref: str) -> Layout:
    """Return the indexes that a listing in a tree has for a ref: its labels are stacks, and `root` is the whole of them.

    Raises InputError where there is no such ref, or where one of its indexes does not lie beside the listing.
    """
    folders = Folders(tree)
    entry = folders.find(name, None)
    if entry is None:
        message = f"{tree.shown} has no {name}"
        raise InputError(message, hint="name the listing, then # and a ref")
    shown = tree.show(entry)
    refs = _parse(_read(tree, entry, shown), shown)
    if not ref:
        message = f"{shown} lists the indexes of several refs"
        raise InputError(message, hint=f"name one of them: {_name_refs(refs, shown)}")
    if ref not in refs:
        message = f"{shown} has no ref {ref}"
        raise InputError(message, hint=f"it has {_name_refs(refs, shown)}")
    if not refs[ref]:
        message = f"{shown} lists no index for {ref}"
        raise InputError(message, hint="the list is empty: there is nothing to compare")
    has_stacks = any(item["label"] != ROOT for item in refs[ref])
    # The index of the whole first, against which the others are held.
    items = sorted(enumerate(refs[ref]), key=lambda item: item[1]["label"] != ROOT)
    files: list[IndexFile] = []
    for number, item in items:
        place = Location(shown, pointer=write_pointer([ref, number, "url"]))
        stack = item["label"] if item["label"] != ROOT else "" if has_stacks else DEFAULT_STACK
        files += _find(folders, item["url"], stack, place)
    return Layout(tuple(files), has_stacks=has_stacks)


def _find(folders: Folders, url: str, stack: str, place: Location) -> Iterator[IndexFile]:
    """Yield the files of the index at a URL, or what is wrong with that."""
    path = _resolve(url, place)
    above, inside = split_manifest(path)
    entry = folders.find(path, None)
    if entry is None:
        problem = Problem("listing names what is not there", place, "an index beside the listing", shorten(url))
        yield IndexFile(stack, Entry(printable(path), path), problem=problem)
    elif entry.is_directory:
        layout = find_at(folders, entry, stack)
        problem = Problem(
            "listing names a folder without an index", place, "a mirror, or the file of an index", shorten(url)
        )
        yield from layout or [IndexFile(stack, entry, problem=problem)]
    elif inside:
        yield IndexFile(stack, entry, folders.find(above, None) if above != "." else None, is_manifest=True)
    else:
        folder = path.rpartition("/")[0]
        yield IndexFile(stack, entry, folders.find(folder, None) if folder else None)


def _resolve(url: str, place: Location) -> str:
    """Return the path of a relative URL below the listing. Raises InputError for any other."""
    where = f"{place.path}: {place.pointer}"
    if scheme := _SCHEME.match(url):
        message = (
            f"{where}: {shorten(hide_secrets(url))} is not read: cachediff fetches nothing from {scheme[1].lower()} yet"
        )
        raise InputError(message, hint="copy the mirror beside the listing, and name it there by a relative URL")
    # Decoded before it is looked at, or `%2e%2e` would lead out of the folder.
    path = posixpath.normpath(unquote(url)) if url else ""
    if not path or path.startswith(("/", "../")) or path in (".", "..") or "\0" in path or "\\" in path:
        message = f"{where}: {shorten(url) or 'nothing'} is no file in the folder of the listing"
        raise InputError(message, hint="a relative URL leads to what lies beside the listing, or below")
    return path


def _read(tree: FileTree, entry: Entry, shown: str) -> bytes:
    try:
        return decompress(tree.read(entry, MAX_LISTING), MAX_LISTING)
    except UnreadableFileError as error:
        message = f"{shown} cannot be read: {error}"
        raise InputError(message, hint=_HINT) from error


def _parse(text: bytes, shown: str) -> Refs:
    """Return the refs of a listing. Raises InputError for what is none."""
    from cachediff.text.schema import load_validator

    try:
        refs: Refs = load_json(text)
    except (ValueError, RecursionError) as error:
        message = f"{shown} is no listing: it is not JSON: {error}"
        raise InputError(message, hint=_HINT) from error
    if not load_validator("listing").is_valid(refs):
        from cachediff.text.explain import Wording, explain

        complaints = explain(refs, Wording("listing", lambda _: "listing"), 1)
        first = f": {complaints[0].pointer}: expected {complaints[0].expected}" if complaints else ""
        message = f"{shown} is no listing{first}"
        raise InputError(message, hint=_HINT)
    return refs


def _name_refs(refs: Refs, shown: str) -> str:
    names = [f"#{printable(name)}" for name in refs]
    return list_some(names, MAX_NAMED) or f"none, as {shown} is empty"
