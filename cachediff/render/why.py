"""Why a spec is new, for a terminal: the tree down to each cause, with what differs; and the same as JSON."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from cachediff.domain.rebuilds import say_change
from cachediff.render.answer import write_answer
from cachediff.render.rebuilds import ALL_EQUAL, order_field
from cachediff.render.terminal import count_columns, escape, fill, finish, paint
from cachediff.text.words import list_some, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.domain.spec import FieldChange
    from cachediff.domain.why import Match, Why, WhyNode
    from cachediff.render.options import Options

MAX_FIELDS, MAX_VERBOSE = 8, 1_000
"""How many facts of one record are told, and how many where everything is to be told."""

MIN_COMMON = 4
"""From how many records on what differs in all of them is told once."""

_HASH = re.compile(r"/([a-z2-7]{7})[a-z2-7]{25}\b")
_USED = ("link", "run")
_COLORS = {"self-changed": "changed", "rewired": "changed", "kept": "pass", "inherited": ""}
_LISTS = frozenset({"matches", "nodes"})


def render_why_json(why: Why) -> str:
    """Return it as JSON, a line for each record (schemas/why.schema.json)."""
    return write_answer({name: getattr(why, name) for name in why.__struct_fields__}, _LISTS)


def render_why(why: Why, options: Options) -> str:
    """Return the tree of one spec, or the list of several."""
    lines = _tell_tree(why, options) if why.nodes else _tell_matches(why, options)
    return finish("\n".join(lines) + "\n", options)


# --- several -----------------------------------------------------------------------------------------------------------


def _tell_matches(why: Why, options: Options) -> Iterator[str]:
    yield from fill(f"{number(why.matched, 'record')} of NEW match {why.spec}:", options, subsequent_indent="  ")
    # What all have in common tells none apart.
    is_one_place = len({(match.platform, match.os, match.target) for match in why.matches}) == 1
    for match in why.matches:
        words = [_name(match.package, match.version, match.hash), f"%{match.compiler}" if match.compiler else ""]
        words += [f"^{match.mpi}" if match.mpi else ""]
        words += ["" if is_one_place else f"arch={match.platform}-{match.os}-{match.target}"]
        text = f"{' '.join(filter(None, words))}{_name_place(match)}: {_tell_match(match)}"
        color = _COLORS[match.freshness]
        for line in fill(text, options, initial_indent="  ", subsequent_indent="    "):
            yield paint(line, color, options)
    if why.matched > len(why.matches):
        yield f"  and {why.matched - len(why.matches):,} more{'' if options.is_verbose else ' (-v lists them)'}"
    if why.matches:
        first = why.matches[0]
        # Under the same names.
        policy = ["--policy", options.policy] if options.policy else []
        command = shlex.join(["cachediff", "why", f"{first.package}/{first.hash[:7]}", why.old, why.new, *policy])
        yield "To see one, name its hash, as in:"
        # In one line, however long: it is there to be copied.
        yield f"  {escape(command)}"


def _tell_match(match: Match) -> str:
    nearest = f", nearest cause {_shorten(match.nearest)}" if match.nearest else ""
    return f"{match.freshness}{nearest}"


# --- one ---------------------------------------------------------------------------------------------------------------


def _tell_tree(why: Why, options: Options) -> Iterator[str]:
    nodes = why.nodes
    yield from _wrap("", "", _tell_root(why, options), _COLORS[nodes[0].freshness], options)
    # Without the root, whose facts stand in the line above.
    common = _find_common(nodes[1:])
    if common:
        yield from _wrap("", "", f"in each of these that OLD had: {_tell_fields([*common], options)}", "", options)
    for lead, rest, line in _draw(nodes, max(0, options.width // 2 - 20) // 3):
        last = nodes[line[-1]]
        text = "".join(_tell_step(nodes[place], common, is_last=place == line[-1], options=options) for place in line)
        yield from _wrap(lead, rest, text, _COLORS[last.freshness], options)
    if why.causes > why.shown:
        hint = "" if options.is_verbose else " (-v tells them)"
        yield f"and {number(why.causes - why.shown, 'more cause')}{hint}"


def _find_common(nodes: Sequence[WhyNode]) -> frozenset[FieldChange]:
    """Return what differs in all that changed by themselves, where they are several: another os, which all are built for."""
    changed = [{field for field in node.fields if not _is_edge(field)} for node in nodes if _is_changed(node)]
    return frozenset(set.intersection(*changed)) if len(changed) >= MIN_COMMON else frozenset()


def _is_changed(node: WhyNode) -> bool:
    return node.freshness == "self-changed" and node.old_hash is not None


def _tell_root(why: Why, options: Options) -> str:
    """Return what there is to say of the record that was asked about."""
    node = why.nodes[0]
    name = f"{_name(node.package, node.version, node.hash)}{_name_place(node)}"
    # What changed by itself is one of its own causes.
    below = why.causes - (node.freshness != "inherited")
    if node.freshness == "kept":
        aside = "" if node.is_in_old_snapshot or not node.is_in_snapshot else ", though not in its snapshot"
        return f"{name}: kept: OLD has it under the same hash{aside}"
    was = f", was /{node.old_hash[:7]}" if node.old_hash else ""
    if node.freshness == "inherited":
        if node.unread or not why.causes:
            return f"{name}{was}: {_tell_unread(node) or 'new, and no cause was found below it'}"
        return f"{name}{was}: new because of what it depends on: {number(why.causes, 'cause')}"
    more = f"; and because of what it depends on: {number(below, 'cause')}" if below else ""
    # What is said of a rewired one begins with `was built with`.
    return f"{name}{'' if node.freshness == 'rewired' and node.fields else was}: {_tell_facts(node, options)}{more}"


def _tell_step(node: WhyNode, common: frozenset[FieldChange], *, is_last: bool, options: Options) -> str:
    """Return a record on the way down, with an arrow to the next, or with what differs where the way ends or forks."""
    skipped = f"… {node.skipped:,} more … → " if node.skipped else ""
    for_build = f" ({', '.join(node.types)})" if node.types and not set(node.types).intersection(_USED) else ""
    if not is_last:
        return f"{skipped}{node.package}@{node.version}{for_build} → "
    name = f"{skipped}{_name(node.package, node.version, node.hash)}{for_build}{_name_path(node)}"
    if node.freshness == "inherited":
        return f"{name}{':' if node.unread else ''} {_tell_unread(node)}".rstrip()
    if common and _is_changed(node):
        left = [field for field in node.fields if field not in common]
        return f"{name}: {_tell_fields(left, options) if left else 'nothing else'}"
    return f"{name}: {_tell_facts(node, options)}"


def _tell_unread(node: WhyNode) -> str:
    if not node.unread:
        return ""
    return f"depends on {list_some([f'/{hash_[:7]}' for hash_ in node.unread])}, of which NEW has no valid record"


def _tell_facts(node: WhyNode, options: Options) -> str:
    """Return what differs between a record and OLD's."""
    if node.old_hash is None:
        return "new: OLD had nothing like it"
    if not node.fields:
        return ALL_EQUAL
    if node.freshness == "rewired":
        edges = [_tell_rewired(field) for field in node.fields]
        return f"rewired: was built with {_join(edges, options)}"
    return _tell_fields(node.fields, options)


def _tell_fields(fields: Sequence[FieldChange], options: Options) -> str:
    """Return fields in words, what somebody chose first and dependencies last."""
    ranked = sorted(fields, key=order_field)
    facts = [say_change(field) for field in ranked if not _is_edge(field)]
    return _join([*facts, *_tell_edges(ranked, options)], options)


def _join(texts: Sequence[str], options: Options) -> str:
    most = _most(options)
    return f"{'; '.join(texts[:most])}{f'; and {len(texts) - most:,} more' if len(texts) > most else ''}"


def _most(options: Options) -> int:
    return MAX_VERBOSE if options.is_verbose else MAX_FIELDS


def _is_edge(field: FieldChange) -> bool:
    return field.field.startswith("dependencies.")


def _tell_edges(fields: Sequence[FieldChange], options: Options) -> Iterator[str]:
    """Yield which dependencies came, which went, and of which others it is needed for something else."""
    edges = [(field.field.partition(".")[2], field) for field in fields if _is_edge(field)]
    came = [name for name, field in edges if not field.old]
    gone = [name for name, field in edges if not field.new]
    if came:
        yield f"depends on {list_some(came, _most(options))} now"
    if gone:
        yield f"depends on {list_some(gone, _most(options))} no more"
    yield from (say_change(field) for _, field in edges if field.old and field.new)


def _tell_rewired(field: FieldChange) -> str:
    name = field.field.partition(".")[2]
    if field.old is None:
        return f"no {name}, now {_shorten(field.new or '')}"
    return f"{name} {_shorten(field.old)}, now {_shorten(field.new) if field.new else 'none'}"


# --- words -------------------------------------------------------------------------------------------------------------


def _name(package: str, version: str, hash_: str) -> str:
    return f"{package}@{version} /{hash_[:7]}"


def _name_path(node: WhyNode) -> str:
    return _name_external(node) if node.is_external else ""


def _name_external(record: Match | WhyNode) -> str:
    # One that comes from a module has no path.
    return f", external at {record.path}" if record.path else ", external"


def _name_place(record: Match | WhyNode) -> str:
    """Return where a record is that is no spec of the snapshot."""
    if record.is_external:
        return _name_external(record)
    return "" if record.is_in_snapshot else ", not in the snapshot"


def _shorten(text: str) -> str:
    """Return text in which each hash has the seven digits that Spack shows."""
    return _HASH.sub(r" /\1", text).strip().replace("  /", " /")


# --- lines -------------------------------------------------------------------------------------------------------------


def _draw(nodes: Sequence[WhyNode], most: int) -> Iterator[tuple[str, str, list[int]]]:
    """Yield the lines of a tree: what stands before each, and before its continuation, and the records that are on it.

    What is only passed through shares the line of what it leads to. What lies deeper than `most` is drawn at that depth.
    """
    below: dict[int, list[int]] = {place: [] for place in range(len(nodes))}
    for place, node in enumerate(nodes):
        if node.parent is not None:
            below[node.parent].append(place)
    waiting = [("", place, place == below[0][-1]) for place in reversed(below[0])]
    while waiting:
        indent, place, is_last = waiting.pop()
        line = [place]
        while nodes[line[-1]].freshness == "inherited" and len(found := below[line[-1]]) == 1:
            line.append(found[0])
        children = below[line[-1]]
        deeper = f"{indent}{'   ' if is_last else '│  '}"
        yield f"{indent}{'└─ ' if is_last else '├─ '}", f"{deeper}{'│  ' if children else '   '}", line
        kept = deeper if len(deeper) <= 3 * most else indent
        waiting += [(kept, child, child == children[-1]) for child in reversed(children)]


def _wrap(lead: str, rest: str, text: str, color: str, options: Options) -> Iterator[str]:
    """Yield text behind the branches of the tree."""
    if options.is_ascii:
        lead, rest = (part.replace("├─", "|-").replace("└─", "`-").replace("│", "|") for part in (lead, rest))
    room = count_columns(lead)
    lines = fill(text, options, initial_indent=" " * room, subsequent_indent=" " * (count_columns(rest) or 2))
    for place, line in enumerate(lines):
        before = rest if place else lead
        yield f"{before}{paint(line[count_columns(before) :], color, options)}".rstrip()
