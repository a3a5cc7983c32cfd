"""Markdown that fits into a comment: what does not is cut from the least important end, on whole rows, and said on the second line."""

from __future__ import annotations

from msgspec import Struct

from cachediff.render.outline import number

ROOM_TO_SAY = 160
"""Characters that are kept free for the line that says what was left out."""


class Part(Struct, frozen=True):
    """Lines that belong together, and how important they are: 0 always stays, the highest goes first."""

    importance: int
    lines: list[str]


def fit(parts: list[Part], budget: int) -> str:
    """Return the parts as paragraphs in at most `budget` characters; only what is of importance 0 may need more."""
    parts = [part for part in parts if part.lines]
    whole = _join([part.lines for part in parts])
    if len(whole) <= budget:
        return whole
    kept = {place: part.lines for place, part in enumerate(parts) if part.importance == 0}
    room = budget - ROOM_TO_SAY - len(_join([*kept.values()]))
    rows_left, parts_left = 0, 0
    for place in sorted(range(len(parts)), key=lambda place: (parts[place].importance, place)):
        if place in kept:
            continue
        lines, left = _shrink(parts[place].lines, room - 2)
        rows_left += left if lines else 0
        parts_left += not lines
        if lines:
            kept[place] = lines
            room -= len("\n".join(lines)) + 2
    first, *rest = [kept[place] for place in sorted(kept)]
    said = [number(count, noun) for count, noun in ((rows_left, "row"), (parts_left, "part")) if count]
    note = f"{' and '.join(said)} left out to fit into {budget:,} characters: all is in the JSON and HTML reports"
    return _join([[*first, note], *rest])


def _shrink(lines: list[str], room: int) -> tuple[list[str], int]:
    """Return the first rows of a part that fit, with what opens and closes it, and how many rows are left out; nothing if none fits."""
    opening = 2 if lines[0].startswith(("|", "<details", "**")) and len(lines) > 2 else 0
    closing = 2 if lines[-1] == "</details>" else 0
    rows: list[list[str]] = []
    for line in lines[opening : len(lines) - closing]:
        if line.startswith("  ") and rows:
            rows[-1].append(line)
        else:
            rows.append([line])
    room -= sum(len(line) + 1 for line in [*lines[:opening], *lines[len(lines) - closing :]])
    fitting = 0
    for row in rows:
        room -= sum(len(line) + 1 for line in row)
        if room < 0:
            break
        fitting += 1
    if not fitting:
        return [], len(rows)
    kept = [line for row in rows[:fitting] for line in row]
    return [*lines[:opening], *kept, *lines[len(lines) - closing :]], len(rows) - fitting


def _join(parts: list[list[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
