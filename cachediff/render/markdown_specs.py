"""The packages and specs of a markdown report, folded: what is removed and added, then a fold a package, a row a spec that is news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.budget import CLOSED, Part, open_fold
from cachediff.render.code_span import code, escape_html, word
from cachediff.render.counts import number
from cachediff.render.outline import name_stacks, news_first, show_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Kind, ReportedChange, ReportedPackage

MOST_SPEC = 2_000
"""Longest spec that is shown: those with the most variants in Spack come near to it."""


def list_packages(packages: Iterable[ReportedPackage], importance: int, most: int) -> Iterator[Part]:
    """Yield the packages that are gone and those that are new, with how many specs each has."""
    found: dict[Kind, list[str]] = {"removed": [], "added": []}
    for package in packages:
        if package.kind in found:
            found[package.kind].append(f"* {code(package.package)}: {number(package.specs.old or package.specs.new, 'spec')}")
    for kind, lines in found.items():
        opening = open_fold(f"{number(len(lines), 'package')} {kind}")
        rows = [[line] for line in lines[:most]]
        yield Part(importance, rows, opening, CLOSED, "package", max(0, len(lines) - most), _count_packages)


def _count_packages(left: int) -> list[str]:
    return [f"* and {number(left, 'more package')}"]


def list_specs(packages: Iterable[ReportedPackage], left_to_causes: frozenset[str], importance: int, most: int) -> Iterator[Part]:
    """Yield the folds of at most so many packages that changed, and how many more have specs to show: those left to causes among them."""
    told, more = 0, 0
    for package in packages:
        changes = _news(package) if package.kind == "changed" else []
        if not changes:
            continue
        if package.package in left_to_causes or told == most:
            more += 1
        else:
            told += 1
            yield _fold(package, changes, importance, most)
    if more:
        line = f"and specs of {number(more, 'more package')}, all of them in the JSON report"
        yield Part(importance, [[line]], noun="fold", more=more - 1)


def _news(package: ReportedPackage) -> list[ReportedChange]:
    """Return the specs and pairs of a package that are news."""
    return news_first(change for change in package.changes if change.kind in ("removed", "added", "changed") or change.fields)


def _fold(package: ReportedPackage, changes: list[ReportedChange], importance: int, most: int) -> Part:
    """Return one package's specs that are news, folded."""
    counts = f"{package.specs.old:,} → {number(package.specs.new, 'spec')}"
    return Part(
        importance,
        [[*_show_change(change)] for change in changes[:most]],
        opening=open_fold(f"<code>{escape_html(package.package)}</code>: {counts}"),
        closing=CLOSED,
        noun="spec",
        more=max(0, len(changes) - most),
        rest=lambda left: [f"* and {number(left, 'more spec')}"],
    )


def _show_change(change: ReportedChange) -> Iterator[str]:
    """Yield the lines on one spec or pair: in Spack's notation, its stacks, what became of it, and each field that differs."""
    spec = change.old or change.new
    if spec:
        stacks = name_stacks(change)
        became = f": {change.became}" if change.became and change.became != "lost" else ""
        yield f"* {change.kind} {code(spec.spec, most=MOST_SPEC)}{f' in {code(stacks)}' if stacks else ''}{became}"
    for field, old, new in show_fields(change):
        yield f"  * {f'{word(field)}: ' if field else ''}{code(old)} → {code(new)}"
