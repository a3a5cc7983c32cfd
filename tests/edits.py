"""Edits of real pages for the table of mutations: each takes a snapshot's pages by package, and changes them in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.builders import a_hash
from tests.pages import PageValues

if TYPE_CHECKING:
    from collections.abc import Callable

    Pages = dict[str, bytes]
    Edit = Callable[[Pages], None]


def on(package: str, change: Callable[[PageValues], None], *, recount: bool = True) -> Edit:
    """Return an edit of one page's values; `meta` is made to fit unless told otherwise."""

    def edit(pages: Pages) -> None:
        values = PageValues.of(pages[package])
        change(values)
        pages[package] = values.write(recount=recount)

    return edit


def raw(package: str, old: str, new: str, count: int = 1) -> Edit:
    """Return an edit of one page's text."""

    def edit(pages: Pages) -> None:
        assert old.encode() in pages[package]
        pages[package] = pages[package].replace(old.encode(), new.encode(), count)

    return edit


def data(package: str, pattern: str, new: str) -> Edit:
    """Return an edit of one page's text by a regular expression."""

    def edit(pages: Pages) -> None:
        pages[package] = re.sub(pattern, new, pages[package].decode()).encode()

    return edit


def everywhere(old: str, new: str) -> Edit:
    """Return an edit of every page's text."""

    def edit(pages: Pages) -> None:
        for package, content in pages.items():
            pages[package] = content.replace(old.encode(), new.encode())

    return edit


def remove_page(package: str) -> Edit:
    """Return an edit that takes a page out."""

    def edit(pages: Pages) -> None:
        del pages[package]

    return edit


def both(*edits: Edit) -> Edit:
    """Return several edits as one."""

    def edit(pages: Pages) -> None:
        for one in edits:
            one(pages)

    return edit


def rebuilt(index: int, **fields: Any) -> Callable[[PageValues], None]:
    """Return a change of one spec's fields, and so of its hash."""

    def change(values: PageValues) -> None:
        values.specs[index] |= {"hash": a_hash(index)} | fields

    return change


def with_variants(index: int, *swaps: tuple[str, str]) -> Callable[[PageValues], None]:
    """Return a change of one spec's variants, and so of its hash; an empty one is taken out."""

    def change(values: PageValues) -> None:
        variants = values.specs[index]["variants"]
        for old, new in swaps:
            assert old in variants
            variants = [new if variant == old else variant for variant in variants]
        rebuilt(index, variants=[variant for variant in variants if variant])(values)

    return change


def relabeled(index: int, *stacks: str) -> Callable[[PageValues], None]:
    """Return a change of one spec's stacks, which its hash does not cover."""

    def change(values: PageValues) -> None:
        values.specs[index]["stacks"] = [*stacks, "root"]

    return change


def gone(*indices: int) -> Callable[[PageValues], None]:
    """Return a change that takes specs out."""

    def change(values: PageValues) -> None:
        values.specs = [spec for index, spec in enumerate(values.specs) if index not in indices]

    return change


def gone_from(**facts: str) -> Callable[[PageValues], None]:
    """Return a change that takes out the specs of a platform, os, target or stack."""

    def has(spec: dict[str, Any], name: str, value: str) -> bool:
        return value in spec["stacks"] if name == "stack" else bool(spec[name] == value)

    def change(values: PageValues) -> None:
        values.specs = [spec for spec in values.specs if not all(has(spec, name, value) for name, value in facts.items())]

    return change


def again(index: int, **fields: Any) -> Callable[[PageValues], None]:
    """Return a change that adds a copy of a spec."""

    def change(values: PageValues) -> None:
        values.specs.append(values.specs[index] | fields)

    return change


def claim(*path: str, value: Any) -> Callable[[PageValues], None]:
    """Return a change of what `meta` claims; a function is given what it claimed."""

    def change(values: PageValues) -> None:
        target = values.meta
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = value(target.get(path[-1])) if callable(value) else value

    return change


def meta(package: str, *path: str, value: Any) -> Edit:
    """Return an edit of what one page's `meta` claims."""
    return on(package, claim(*path, value=value), recount=False)


def spec(package: str, name: str, value: Any) -> Edit:
    """Return an edit of one field of a page's first spec, `meta` left as it is."""
    return on(package, lambda values: values.specs[0].update({name: value}), recount=False)


def without_spec_field(name: str) -> Edit:
    """Return an edit that takes a field out of the first spec of emacs."""
    return on("emacs", lambda values: values.specs[0].pop(name), recount=False)


def without_meta_field(name: str) -> Edit:
    """Return an edit that takes a field out of the `meta` of emacs."""
    return on("emacs", lambda values: values.meta.pop(name), recount=False)


def every_spec(change: Callable[[int, dict[str, Any]], None]) -> Edit:
    """Return an edit of every spec of every page."""

    def edit(pages: Pages) -> None:
        for number, package in enumerate(sorted(pages)):
            values = PageValues.of(pages[package])
            for index, one in enumerate(values.specs):
                change(number * 1000 + index, one)
            pages[package] = values.write(recount=True)

    return edit
