"""`cachediff why SPEC OLD NEW`: why a spec is new, down to each record that changed by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.arguments import require_arguments
from cachediff.cli.options import (
    AnswerFormat,
    AnswerOption,
    Color,
    ColorOption,
    LimitOption,
    NewArgument,
    OldArgument,
    PolicyOption,
    VerboseOption,
)
from cachediff.errors import InputError
from cachediff.text.typos import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.comparison.freshness import FreshRecords
    from cachediff.domain.graph import Graph
    from cachediff.domain.why import Why
    from cachediff.sources.reader import SnapshotReader

MAX_MATCHES = 20
MAX_CAUSES = 12
_FORMS = "SPEC is NAME, NAME@VERSION, NAME/HASH, /HASH, or how a hash begins"
MAX_VERBOSE = 1_000
"""How many matches and causes are told even to whom everything is to be told: no graph that Spack made has as many."""


def run(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="NAME, NAME@VERSION, NAME/HASH, /HASH, or how a hash begins.")],
    old: OldArgument,
    new: NewArgument,
    format: AnswerOption = AnswerFormat.text,
    policy: PolicyOption = None,
    verbose: VerboseOption = False,
    limit: LimitOption = None,
    color: ColorOption = Color.auto,
) -> int:
    """Print the tree from a spec of NEW down to each cause of its hash. Returns 0."""
    from msgspec.structs import replace

    from cachediff.cli.inputs import choose_policy
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.comparison.freshness import FreshRecords
    from cachediff.engine.stacks import align_stacks
    from cachediff.render.why import render_why, render_why_json
    from cachediff.review.request import Request, open_sides
    from cachediff.sources.open import Door

    require_arguments("why", {"SPEC": spec, "OLD": old, "NEW": new})
    rules = choose_policy(policy, None, limit)
    # Under the policy's names, as the report's own causes are.
    sides = open_sides(Request(old, new, rules), Door(rules.limits))
    before, after = (one for one in align_stacks(*sides) if one is not None)
    graphs = _require_graph(before), _require_graph(after)
    records = FreshRecords(*graphs, Partners(before, after).find)
    why = _explain(spec, records, (before.info.source, after.info.source), is_verbose=verbose)
    options = replace(stdout_options(color, is_quiet=False, is_verbose=verbose), policy=policy or "")
    write_stdout(render_why_json(why) if format is AnswerFormat.json else render_why(why, options))
    _say_hidden(sides)
    return 0


def _say_hidden(sides: Iterable[SnapshotReader | None]) -> None:
    """Say of which stacks nothing is known: what OLD had there alone is told as new."""
    from cachediff.cli.stderr import say

    for reader in sides:
        if reader and (hidden := sorted(reader.info.reading.unread)):
            source = reader.info.source
            message = (
                f"warning: {source} has stacks that cannot be read, and what is in them is not known: {', '.join(hidden)}"
            )
            say(message, f"see what is wrong: cachediff validate {source}")


def _require_graph(reader: SnapshotReader) -> Graph:
    graph = reader.info.graph
    if graph is None:
        is_pages = reader.info.reading.kind == "pages"
        what = "is pages, which know no dependencies" if is_pages else "has no dependencies, as some databases 5"
        message = f"{reader.info.source} {what}: why a hash is new cannot be told"
        raise InputError(message, hint="name an index or a lock, or see what differs: cachediff show PACKAGE OLD NEW")
    return graph


def _explain(spec: str, records: FreshRecords, sources: tuple[str, str], *, is_verbose: bool) -> Why:
    from cachediff.comparison.why import explain_word

    most = (MAX_VERBOSE, MAX_VERBOSE) if is_verbose else (MAX_MATCHES, MAX_CAUSES)
    why = explain_word(records, spec, *most, sources)
    if not why.matched:
        raise _refuse(spec, records)
    return why


class Partners:
    """The pairs of the packages that are asked about: to pair all takes longer than all the rest."""

    def __init__(self, old: SnapshotReader, new: SnapshotReader) -> None:
        self._readers = old, new
        self._graph = _require_graph(new)
        self._found: dict[str, dict[str, str]] = {}

    def find(self, hash_: str) -> str | None:
        """Return the hash of a spec's partner in OLD, None where it has none, or is no spec of the snapshot."""
        node = self._graph.nodes[hash_]
        if not node.stacks:
            return None
        package = node.own.package
        if package not in self._found:
            self._found[package] = _find_partners(package, *self._readers)
        return self._found[package].get(hash_)


def _find_partners(package: str, old: SnapshotReader, new: SnapshotReader) -> dict[str, str]:
    """Return the hashes of a package's pairs that are no longer the same, from NEW's to OLD's."""
    from cachediff.comparison.packages import pair_up
    from cachediff.sources.reader import read_valid

    pairs = [(change.old, change.new) for change in pair_up(read_valid(old, package), read_valid(new, package))]
    return {theirs.hash: ours.hash for ours, theirs in pairs if ours and theirs and ours.hash != theirs.hash}


def _refuse(spec: str, records: FreshRecords) -> InputError:
    """Return that NEW has nothing that a word means, with what OLD has, or the nearest names."""
    from cachediff.comparison.lookup import find_records

    gone = find_records(records.old, spec)
    if gone:
        package = records.old.nodes[gone[0]].own.package
        is_there = any(node.own.package == package for node in records.new.nodes.values())
        message = f"NEW has no {spec}, and OLD has {package} /{gone[0][:7]}"
        if is_there:
            return InputError(message, hint=_name_others(package))
        # An external, or what was not cached, is nothing that could be shown.
        is_shown = any(node.stacks for node in records.old.nodes.values() if node.own.package == package)
        return InputError(message, hint=f"see what went: cachediff show {package} OLD NEW" if is_shown else "")
    names = sorted({node.own.package for node in records.new.nodes.values()})
    name = spec.partition("/")[0].partition("@")[0]
    if name in names:
        return InputError(f"NEW has no record of {spec}", hint=_name_others(name))
    return InputError(f"NEW has no record of {spec}", hint=suggest(name, names) or _FORMS)


def _name_others(package: str) -> str:
    return f"NEW has another {package}: cachediff why {package} OLD NEW"
