"""One answer to which files are pages, wherever they are: a directory, a tree of git, an archive."""

from __future__ import annotations

import shutil
from contextlib import chdir
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.open import Door
from cachediff.sources.pages.listing import list_pages
from cachediff.sources.tree import Entry, UnreadableFileError
from tests.archives import add_directory
from tests.examples import examples
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOPS = ("gcc", "hdf5", "a.md", "b.txt", ".git2", "x.y", "specs.md")
PARTS = ("specs.md", "notes.md", ".hidden", "deep")
files = st.lists(st.tuples(st.sampled_from(TOPS), st.lists(st.sampled_from(PARTS), max_size=2), st.booleans()), max_size=6)


def build(top: Path, drawn: list[tuple[str, list[str], bool]]) -> None:
    """Write files and links with such names, as far as there is room for them."""
    for first, rest, is_link in drawn:
        path = top.joinpath(first, *rest)
        if path.is_symlink() or path.exists() or any(one.is_symlink() or one.is_file() for one in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_link:
            path.symlink_to("elsewhere")
        else:
            path.write_text(f"bytes of {first}/{rest}")


def read_all(source: str) -> list[tuple[str, str, bytes | str]]:
    """Return the pages at a source, each with its bytes or with what is wrong with it."""

    def read(entry: Entry) -> bytes | str:
        try:
            return tree.read(entry, DEFAULT_LIMITS.page_bytes)
        except UnreadableFileError as error:
            return str(error)

    try:
        tree = Door().open_tree(source)
        return [(page.entry.name, page.package, read(page.entry)) for page in list_pages(tree)]
    except InputError as error:
        return [] if "cannot be read: main has no" in str(error) else [("", "", str(error))]


@needs_git
@settings(max_examples=examples(40))
@given(files)
def test_every_kind_of_source_has_the_same_pages(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, list[str], bool]]
) -> None:
    directory = tmp_path_factory.mktemp("listing")
    top = directory / "new"
    top.mkdir()
    build(top, drawn)
    expected = read_all(str(top))
    # In an archive, a snapshot without a page at the top (a link is none) would be looked for in the directories below.
    if any("/" in name and isinstance(found, bytes) for name, _, found in expected) or not any(rest for _, rest, _ in drawn):
        for format in ("tar", "zip"):
            assert read_all(str(add_directory(directory / f"new.{format}", top))) == expected, format
    repository = Repository(directory / "repository")
    shutil.copytree(top, repository.path / "new", symlinks=True)
    repository.commit()
    with chdir(repository.path):
        assert read_all("main:new") == expected
