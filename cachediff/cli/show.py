"""`cachediff show PACKAGE OLD NEW`: one package in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.arguments import require_arguments
from cachediff.cli.options import (
    AnswerFormat,
    AnswerOption,
    AsOfOption,
    Color,
    ColorOption,
    LimitOption,
    NewArgument,
    OldArgument,
    PolicyOption,
)
from cachediff.errors import InputError
from cachediff.text.typos import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.package import PackageRecord
    from cachediff.domain.report import Report
    from cachediff.review.request import Request
    from cachediff.sources.reader import SnapshotReader


def run(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="The package's name.")],
    old: OldArgument,
    new: NewArgument,
    format: AnswerOption = AnswerFormat.text,
    policy: PolicyOption = None,
    as_of: AsOfOption = "",
    limit: LimitOption = None,
    color: ColorOption = Color.auto,
) -> int:
    """Print what is found in a package, and every spec of it with its pair and the fields that differ. Returns 0."""
    from cachediff.cli.inputs import choose_policy, find_today, parse_date
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.comparison.packages import pair_up
    from cachediff.engine.stacks import align_stacks
    from cachediff.render.show import render_show, render_show_json
    from cachediff.review.request import Request, open_sides
    from cachediff.review.shown import show_package
    from cachediff.sources.open import Door
    from cachediff.sources.reader import read_valid

    require_arguments("show", {"PACKAGE": package, "OLD": old, "NEW": new})
    date, rules = parse_date("--as-of", as_of), choose_policy(policy, None, limit)
    request = Request(old, new, rules, as_of=date, today=find_today())
    sides = open_sides(request, Door(rules.limits))
    readers = [reader for reader in align_stacks(*sides) if reader is not None]
    before, after = (read_valid(reader, package) for reader in readers)
    if before is None and after is None:
        raise _refuse(package, readers)
    shown = show_package(_review(request, sides), package, pair_up(before, after))
    apart: dict[str, str] = {}
    # NEW's word counts for what both have.
    for reader, record in zip(readers, (before, after), strict=False):
        apart |= _tell_apart(reader, record)
    # Whoever asks for one package wants all of it.
    options = stdout_options(color, is_quiet=False, is_verbose=True)
    write_stdout(render_show_json(shown) if format is AnswerFormat.json else render_show(shown, options, apart))
    return 0


def _review(request: Request, sides: tuple[SnapshotReader | None, SnapshotReader]) -> Report:
    """Return the report on two snapshots that are open: of all packages, for what one lost the others may still have."""
    from msgspec.structs import replace

    from cachediff.cli.progress import show_progress
    from cachediff.policy.settings import NO_RENAMES
    from cachediff.review.request import review

    # OLD has its new names already.
    renamed = replace(request, old=sides[0], new=sides[1], policy=replace(request.policy, renames=NO_RENAMES))
    with show_progress(is_wanted=True) as progress:
        return review(renamed, progress("comparing"))


def _tell_apart(reader: SnapshotReader, record: PackageRecord | None) -> dict[str, str]:
    """Return what specs are on that differ in nothing else, by hash; of pages that is not known."""
    from cachediff.comparison.duplicates import tell_apart

    graph = reader.info.graph
    return tell_apart(record.specs, graph) if record and graph else {}


def _refuse(package: str, readers: Sequence[SnapshotReader]) -> InputError:
    """Return that no side has a package, as far as that is known."""
    what = "valid page" if {reader.info.reading.kind for reader in readers} == {"pages"} else "spec"
    # What is left out of the comparison may well have one.
    left_out = sorted(set().union(*(reader.info.reading.unobserved for reader in readers)))
    where = f" outside of the stacks that are not compared: {', '.join(left_out)}" if left_out else ""
    message = f"neither snapshot has a {what} of {package}{where}"
    return InputError(message, hint=_suggest(package, readers, is_sure=not left_out))


def _suggest(package: str, readers: Sequence[SnapshotReader], *, is_sure: bool) -> str:
    """Return the nearest package names, or where a package is told that is in no snapshot, as far as all could be read."""
    unsure = "" if is_sure else "see what is wrong: cachediff validate SNAPSHOT"
    graphs = [reader.info.graph for reader in readers]
    found = [graph is not None and any(node.own.package == package for node in graph.nodes.values()) for graph in graphs]
    if any(found):
        # Of what NEW has a record of it can be told why that is new.
        more = f": cachediff why {package} OLD NEW" if None not in graphs and found[-1] else ""
        return unsure or f"its records are external, or not in the snapshot{more}"
    # Without the name itself: a page of it may be there, and not valid.
    names = sorted({name for reader in readers for name in reader.packages()} - {package})
    return suggest(package, names) or unsure
