"""The answer of `cachediff show`: for a terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from cachediff.render.answer import write_answer
from cachediff.render.causes import name_place
from cachediff.render.changes import SIGNS, paint_change
from cachediff.render.outline import name_stacks
from cachediff.render.terminal import escape, finish, wrap
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.diff import Outcome
    from cachediff.domain.finding import Finding
    from cachediff.domain.report import ReportedChange, ReportedSpec
    from cachediff.domain.shown import ShownPackage
    from cachediff.render.options import Options

_ORDER = ("removed", "added", "changed", "rebuilt", "unchanged")
_LISTS = ("findings", "changes")
BECAME: dict[Outcome, str] = {
    "merged": "an equal one stays",
    "superseded": "a new version took its place",
    "retargeted": "another target or os serves in its place",
    "unwanted": "no lock asks for it any more",
    "unneeded": "nothing needs it any more",
    "stack-gone": "its stack is gone",
    "package-gone": "the package is gone",
    "lost": "nothing took its place",
}


def render_show_json(shown: ShownPackage) -> str:
    """Return it as JSON, a line for each finding and each spec or pair (schemas/show.schema.json)."""
    return write_answer({name: getattr(shown, name) for name in shown.__struct_fields__}, _LISTS)


def render_show(shown: ShownPackage, options: Options, apart: Mapping[str, str]) -> str:
    """Return what is found in a package, the cells that it lost, and its specs by bucket, most newsworthy first.

    `apart` says by hash what specs are on that differ in nothing else: those of a bucket are told as one.
    """
    return finish("\n".join(_lines(shown, options, apart)) + "\n", options)


def _lines(shown: ShownPackage, options: Options, apart: Mapping[str, str]) -> Iterator[str]:
    counts = asdict(shown.specs)
    pairs = counts["unchanged"] + counts["rebuilt"] + counts["changed"]
    sums = f"{pairs + counts['removed']:,} → {number(pairs + counts['added'], 'spec')}"
    # Of a side that cannot be read no spec is gone, as far as anybody knows.
    yield f"{escape(shown.package)}: {sums if shown.is_compared else 'not compared'}"
    if shown.findings:
        yield ""
    for finding in shown.findings:
        yield from wrap(f"{finding.severity}[{finding.rule}]:", _say(finding), finding.severity, options)
    if shown.cells.lost:
        yield ""
        yield f"{number(len(shown.cells.lost), 'cell')} lost"
    for lost in shown.cells.lost:
        yield from wrap("  -", f"{name_place(lost)}: {BECAME[lost.became]}", "removed", options)
    for kind in _ORDER:
        inside = [change for change in shown.changes if change.kind == kind]
        if inside:
            yield ""
            yield f"{len(inside):,} {kind}"
        for alike in group_alike(inside, apart):
            if len(alike) == 1:
                yield from _paint_one(shown.package, alike[0], options, apart)
            else:
                yield from _paint_alike(alike, options, apart)


def _say(finding: Finding) -> str:
    accepted = finding.accepted
    return finding.message + (f" (accepted until {accepted.until}: {accepted.reason})" if accepted else "")


def _paint_one(package: str, change: ReportedChange, options: Options, apart: Mapping[str, str]) -> Iterator[str]:
    # What became of it is said in words below.
    yield from paint_change(package, replace(change, became=None), options)
    spec = change.new or change.old
    if spec and (label := apart.get(spec.hash)):
        yield from wrap("   ", f"on: {label}", "dim", options)
    if change.became:
        yield from wrap("   ", BECAME[change.became], "dim", options)


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
    yield from wrap(f"  {SIGNS.get(first.kind, '=')}", text, first.kind, options)
    told = sorted((apart[(change.new or change.old or spec).hash], _name_hashes(change)) for change in changes)
    for label, hashes in told:
        yield from wrap("     ", f"{label} {hashes}", first.kind, options)


def _name_hashes(change: ReportedChange) -> str:
    # Seven digits, as Spack shows a hash.
    hashes = [f"/{spec.hash[:7]}" for spec in (change.old, change.new) if spec]
    return " → ".join(dict.fromkeys(hashes))
