"""One package in full, for a terminal: every spec, its pair, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.counts import number
from cachediff.render.outline import name_stacks, show_fields
from cachediff.render.terminal import escape, finish, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.report import ReportedChange, ReportedSpec
    from cachediff.render.options import Options

_SIGNS = {"removed": "-", "added": "+", "changed": "~"}
_ORDER = ("removed", "added", "changed", "rebuilt", "unchanged")


def render_changes(
    package: str, changes: Sequence[ReportedChange], options: Options, apart: Mapping[str, str] | None = None
) -> str:
    """Return a package's specs by bucket, most newsworthy first.

    `apart` says by hash what specs are on that differ in nothing else: those of a bucket are told as one.
    """
    return finish("\n".join(_lines(package, changes, options, apart or {})) + "\n", options)


def _lines(package: str, changes: Sequence[ReportedChange], options: Options, apart: Mapping[str, str]) -> Iterator[str]:
    old = sum(change.old is not None for change in changes)
    new = sum(change.new is not None for change in changes)
    yield f"{escape(package)}: {old:,} → {number(new, 'spec')}"
    for kind in _ORDER:
        inside = [change for change in changes if change.kind == kind]
        if inside:
            yield ""
            yield f"{len(inside):,} {kind}"
        for alike in group_alike(inside, apart):
            if len(alike) == 1:
                yield from paint_change(package, alike[0], options)
                spec = alike[0].new or alike[0].old
                if spec and (label := apart.get(spec.hash)):
                    yield from wrap("   ", f"on: {label}", "dim", options)
            else:
                yield from _paint_alike(alike, options, apart)


def group_alike(changes: Iterable[ReportedChange], apart: Mapping[str, str]) -> list[list[ReportedChange]]:
    """Return what is told as one: specs that are equal but for their hashes, and pairs of such, where it is known why."""
    groups: dict[object, list[ReportedChange]] = {}
    for place, change in enumerate(changes):
        spec = change.new or change.old
        if spec is None or change.fields or not apart.get(spec.hash):
            groups[place] = [change]
        else:
            key = (_name_alike(spec), name_stacks(change), change.became)
            groups.setdefault(key, []).append(change)
    return [*groups.values()]


def _name_alike(spec: ReportedSpec) -> str:
    """Return a spec in Spack's notation without its hash."""
    return spec.spec.rpartition(" /")[0]


def _paint_alike(changes: Sequence[ReportedChange], options: Options, apart: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines on specs that are equal but for their hashes: what they are once, and what each is on."""
    first = changes[0]
    spec = first.new or first.old
    if spec is None:
        return
    stacks = name_stacks(first)
    became = f" {first.became}" if first.became and first.became != "lost" else ""
    text = f"{_name_alike(spec)}{f' ({stacks})' if stacks else ''}, {len(changes):,}{became} on:"
    yield from wrap(f"  {_SIGNS.get(first.kind, '=')}", text, first.kind, options)
    told = sorted((apart[(change.new or change.old or spec).hash], _name_hashes(change)) for change in changes)
    for label, hashes in told:
        yield from wrap("     ", f"{label} {hashes}", first.kind, options)


def _name_hashes(change: ReportedChange) -> str:
    # Seven digits, as Spack shows a hash.
    hashes = [f"/{spec.hash[:7]}" for spec in (change.old, change.new) if spec]
    return " → ".join(dict.fromkeys(hashes))


def paint_change(package: str, change: ReportedChange, options: Options) -> Iterator[str]:
    """Yield the lines on one spec or pair: in Spack's notation, its stacks, and each field that differs.

    A pair leaves out the variants that its sides share, unless verbose.
    """
    spec = change.old or change.new
    if spec is None:
        return
    is_pair = change.old is not None and change.new is not None
    text = _shorten(package, spec) if is_pair and not options.is_verbose else spec.spec
    # Seven digits, as Spack shows a hash.
    successor = f" → /{change.new.hash[:7]}" if change.old and change.new and change.old.hash != change.new.hash else ""
    stacks = name_stacks(change)
    became = f": {change.became}" if change.became and change.became != "lost" else ""
    sign = _SIGNS.get(change.kind) or ("~" if change.fields else "=")
    yield from wrap(f"  {sign}", f"{text}{successor}{f' ({stacks})' if stacks else ''}{became}", change.kind, options)
    for field, old, new in show_fields(change):
        yield from wrap("   ", f"{f'{field}: ' if field else ''}{old} → {new}", "dim", options)


def _shorten(package: str, spec: ReportedSpec) -> str:
    """Return a spec in Spack's notation without its variants."""
    # `none` is no compiler that anybody could ask for.
    compiler = "" if spec.compiler == "none" else f"%{spec.compiler}"
    return f"{package}@{spec.version}{compiler} arch={spec.platform}-{spec.os}-{spec.target} /{spec.hash[:7]}"
