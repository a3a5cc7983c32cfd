"""A spec or pair for a terminal, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.outline import name_stacks, show_fields
from cachediff.render.terminal import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.report import ReportedChange, ReportedSpec
    from cachediff.render.options import Options

SIGNS = {"removed": "-", "added": "+", "changed": "~"}


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
    sign = SIGNS.get(change.kind) or ("~" if change.fields else "=")
    yield from wrap(f"  {sign}", f"{text}{successor}{f' ({stacks})' if stacks else ''}{became}", change.kind, options)
    for field, old, new in show_fields(change):
        yield from wrap("   ", f"{f'{field}: ' if field else ''}{old} → {new}", "dim", options)


def _shorten(package: str, spec: ReportedSpec) -> str:
    """Return a spec in Spack's notation without its variants."""
    # `none` is no compiler that anybody could ask for.
    compiler = "" if spec.compiler == "none" else f"%{spec.compiler}"
    return f"{package}@{spec.version}{compiler} arch={spec.platform}-{spec.os}-{spec.target} /{spec.hash[:7]}"
