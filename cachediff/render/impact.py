"""What a snapshot means for environments: for a terminal, as markdown and as JSON (impact_html.py makes a page of it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.impact import CLASSES
from cachediff.domain.rebuilds import say_changes
from cachediff.render.answer import write_answer
from cachediff.render.code_span import code
from cachediff.render.rebuilds import order_field
from cachediff.render.terminal import fill, finish, paint
from cachediff.text.words import list_some, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cachediff.domain.impact import Blocker, Impact, RootImpact
    from cachediff.render.options import Options

MAX_ROOTS, MAX_VERBOSE = 10, 10_000
"""How many roots of one class are told, and how many where everything is to be told."""

_TITLES = {
    "blocked": ("there, but not what it needs", "there, but not what they need"),
    "rebuilt": ("there under another hash",) * 2,
    "replaced": ("one that differs takes its place", "one that differs takes their place"),
    "lost": ("BEFORE had it", "BEFORE had them"),
    "absent": ("not there",) * 2,
}
"""What a class means, of one root and of several."""

_COLORS = {"blocked": "error", "lost": "error", "rebuilt": "changed", "replaced": "changed", "absent": "error"}
_LISTS = ("locks", "roots", "blockers")


def say_first_line(impact: Impact) -> str:
    """Return how many roots can be installed, and what becomes of the others."""
    count = {name: sum(getattr(row, name) for row in impact.locks) for name in ("roots", *CLASSES)}
    parts = [f"{count['installable']:,} of {number(count['roots'], 'root')} can be installed"]
    if impact.blockers:
        blockers = len(impact.blockers)
        noun, verb = ("dependency", "blocks") if blockers == 1 else ("dependencies", "block")
        parts.append(f"{blockers:,} missing {noun} {verb} {count['blocked']:,}")
    others = [f"{count[name]:,} {name}" for name in ("rebuilt", "replaced", "lost", "absent") if count[name]]
    return "; ".join([*parts, *([", ".join(others)] if others else [])])


def render_impact_json(impact: Impact, _: Options) -> str:
    """Return it as JSON, a line for each lock, root and blocker (schemas/impact.schema.json)."""
    plain = msgspec.to_builtins(impact)
    # `class` and `in` are no names to Python; to JSON they are.
    plain = {name.removesuffix("_"): value for name, value in plain.items()}
    plain["roots"] = [{name.removesuffix("_"): value for name, value in root.items()} for root in plain["roots"]]
    return write_answer(plain, _LISTS)


def render_impact(impact: Impact, options: Options) -> str:
    """Return it for a terminal."""
    lines = [paint(say_first_line(impact), "fail" if impact.is_failed else "pass", options)]
    for row in _list_rows(impact):
        lines += fill(row, options, initial_indent="  ", subsequent_indent="    ")
    for class_, texts, left in _list_classes(impact, MAX_VERBOSE if options.is_verbose else MAX_ROOTS):
        lines += ["", paint(say_title(impact, class_), _COLORS[class_], options)]
        for text in texts:
            lines += fill(text, options, initial_indent="  ", subsequent_indent="    ")
        lines += [f"  and {left:,} more (-v lists them)"] if left else []
    asides = [*say_asides(impact)]
    lines += [""] if asides else []
    for text in asides:
        lines += fill(text, options, subsequent_indent="  ")
    return finish("\n".join(lines) + "\n", options)


def render_impact_markdown(impact: Impact, options: Options) -> str:
    """Return it as markdown."""
    lines = [f"**{say_first_line(impact)}**"]
    if len(impact.locks) > 1:
        heads = ("lock", "stack", "roots", *CLASSES, "absent build dependencies")
        lines += ["", "| " + " | ".join(heads) + " |", "|" + "---|" * 2 + "--:|" * (len(heads) - 2)]
        for row in impact.locks:
            source, stack, *counts = msgspec.structs.astuple(row)
            names = (code(source, in_table=True), code(stack, in_table=True) if stack else "")
            lines.append("| " + " | ".join([*names, *(f"{count:,}" for count in counts)]) + " |")
    for class_, texts, left in _list_classes(impact, MAX_VERBOSE if options.is_verbose else MAX_ROOTS):
        lines += ["", f"### {say_title(impact, class_)}", "", *(f"* {code(text)}" for text in texts)]
        lines += [f"* and {left:,} more"] if left else []
    lines += [line for text in say_asides(impact, code) for line in ("", text)]
    return "\n".join(lines) + "\n"


def say_title(impact: Impact, class_: str) -> str:
    """Return how many roots are of a class, and what that means; of rebuilt ones, how many are on another MPI."""
    roots = [root for root in impact.roots if root.class_ == class_]
    others = sum(field.field == "mpi" for root in roots if class_ == "rebuilt" for field in root.fields)
    more = f", {others:,} on another MPI" if others else ", nor in BEFORE" if class_ == "absent" and impact.before else ""
    return f"{len(roots):,} {class_}: {_TITLES[class_][len(roots) != 1]}{more}"


def _list_rows(impact: Impact) -> Iterator[str]:
    """Yield a row for each lock, where there are several."""
    for row in impact.locks if len(impact.locks) > 1 else ():
        others = [f"{getattr(row, name):,} {name}" for name in CLASSES[1:] if getattr(row, name)]
        name = f"{row.source} {row.stack}".rstrip()
        yield f"{name}: {', '.join([f'{row.installable:,} of {row.roots:,}', *others])}"


def _list_classes(impact: Impact, most: int) -> Iterator[tuple[str, list[str], int]]:
    """Yield each class with its roots, and how many are left out; of the blocked ones what blocks them."""
    for class_ in CLASSES[1:]:
        # Of the first class, what can be installed, there is nothing to tell.
        roots = [root for root in impact.roots if root.class_ == class_]
        if not roots:
            continue
        # What blocks is what somebody can mend: one dependency may block all roots.
        texts = [_tell_blocker(one, roots) for one in impact.blockers] if class_ == "blocked" else [*map(_tell, roots)]
        yield class_, texts[:most], max(0, len(texts) - most)


def _tell_blocker(blocker: Blocker, roots: Sequence[RootImpact]) -> str:
    names = sorted({_name(root) for root in roots if blocker.hash in root.blocked_by})
    version = f"@{blocker.version}" if blocker.version else ""
    return f"{blocker.package}{version} /{blocker.hash[:7]} blocks {blocker.blocks:,}: {list_some(names, 3)}"


def name_root(root: RootImpact) -> str:
    """Return a root as it is told: `hdf5@1.14.6 /irktyhb`."""
    return f"{root.old.package}@{root.old.version} /{root.old.hash[:7]}"


def _name(root: RootImpact) -> str:
    return f"{root.stack}: {name_root(root)}" if root.stack else name_root(root)


def _tell(root: RootImpact) -> str:
    name = _name(root)
    if root.new is None:
        return ", ".join([name, *say_near(root)])
    differs = say_differences(root)
    return f"{name} → /{root.new.hash[:7]}{f': {differs}' if differs else ''}"


def say_near(root: RootImpact) -> Iterator[str]:
    """Yield what is there of the package of a root that is not: nothing that takes its place."""
    if root.uninstallable:
        yield f"/{root.uninstallable[:7]} is there, but cannot be installed"
    if root.lower_version:
        yield f"{root.lower_version} is there, which is lower"


def say_differences(root: RootImpact) -> str:
    """Return in what a root and what takes its place differ, empty for nothing."""
    return say_changes(sorted(root.fields, key=order_field))


def say_asides(impact: Impact, show: Callable[[str], str] = str) -> Iterator[str]:
    """Yield what is harmless, what an answer cannot know, and what to do."""
    harmless = sum(row.absent_build_dependencies for row in impact.locks)
    if harmless:
        noun = "dependency is" if harmless == 1 else "dependencies are"
        yield f"{harmless:,} build {noun} not there, which is harmless: what is built does not need them."
    yield from (f"note: {show(note)}" for note in impact.notes)
    classes = {root.class_ for root in impact.roots}
    if classes & {"rebuilt", "replaced"}:
        yield (
            f"To take what is there: {show('spack concretize --force --reuse')}, or {show('reuse: true')} under "
            f"{show('concretizer:')}. {show('--fresh-roots')} would reuse dependencies alone."
        )
    if classes & {"blocked", "lost", "absent"}:
        push = show("spack buildcache push")
        yield f"What is not there, {show('spack install')} builds from source; {push} adds it to a cache."
