"""The reports that every format is shown on: one for each golden file, and reports full of hostile text."""

from __future__ import annotations

from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cachediff import compare, evaluate, read_snapshot
from cachediff.domain.report import Report
from tests.builders import a_hash, a_meta, a_page, write_snapshot
from tests.builders import an_entry as an_entry_of_hash
from tests.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

Pages: TypeAlias = dict[str, str | bytes]
OLD_TAG, NEW_TAG = "develop-2025-03-23", "develop-2025-03-30"

HOSTILE = (
    "a|b `c` ``d",
    "`",
    "``` ```",
    "`" * 90 + "<b>",
    "<script>alert(1)</script>",
    "</code></summary><img src=x onerror=alert(1)>",
    "::error::stop",
    "a ::stop-commands::x ##[error]y",
    "\n::add-mask::secret",
    "%0A::error::x",
    "]]>",
    "\x1b[31mred\x07",
    "\u202eevil\u2066",
    "@everyone #1 owner/repo#1 https://example.com www.example.com",
    "[text](javascript:alert(1)) ![x](y) **bold** _x_ ~~y~~",
    "🧨 e\u0301 漢字",
    "\\| \\\\| \\` &amp; &#60;",
    " leading and trailing ",
    "x" * 10_000,
    "\ufeff\u200b\u00ad\u2028\x85",
    "--- | ---",
)
"""Text that is markup, a command or a picture somewhere."""


def an_entry(number: int, **fields: Any) -> dict[str, Any]:
    """Return one entry of `spec_details` whose hash looks like one."""
    return an_entry_of_hash(**fields) | {"hash": a_hash((number + 1) * 3**100 % 32**32)}


def compare_pages(old: Pages, new: Pages) -> Report:
    """Return the report on two snapshots, given by their pages; they are called `old` and `new`."""
    with TemporaryDirectory() as directory, chdir(directory):
        return compare_directories(str(write_snapshot(Path("old"), old)), str(write_snapshot(Path("new"), new)))


def compare_directories(old: str, new: str) -> Report:
    """Return the report on two snapshot directories."""
    return evaluate(compare(read_snapshot(old), read_snapshot(new)))


@cache
def the_report(case: str) -> Report:
    """Return the report of one case."""
    return CASES[case]()


def _real(old: str, new: str) -> Report:
    with chdir(ROOT / "fixtures" / "real"):
        return compare_directories(old, new)


def _passing() -> Report:
    """A package more, a version and a compiler higher, one spec rebuilt and a warning."""
    kept = [an_entry(1), an_entry(2, version="1.2", os="rhel8")]
    bumped = [an_entry(3), an_entry(4, version="1.3", os="rhel8", compiler="gcc@13.2.0")]
    mpi, no_mpi = an_entry(5, variants=["api=v1,v2", "+mpi"]), an_entry(6, variants=["api=v1", "~mpi"])
    return compare_pages(
        {"hdf5": a_page("hdf5", kept, tag=OLD_TAG), "netcdf-c": a_page("netcdf-c", [mpi], tag=OLD_TAG)},
        {
            "hdf5": a_page("hdf5", bumped, tag=NEW_TAG),
            "netcdf-c": a_page("netcdf-c", [no_mpi], tag=NEW_TAG),
            "zlib": a_page("zlib", [an_entry(7)], tag=NEW_TAG),
        },
    )


def _problems() -> Report:
    """Pages that cannot be trusted, on either side, and one that contradicts itself."""
    entries = [an_entry(number) for number in range(12)]
    good = {
        name: a_page(name, [an_entry(place)], tag=OLD_TAG)
        for place, name in enumerate(("bad-old", "cut", "missing", "wide"))
    }
    meta = a_meta(entries)
    wide = [an_entry(9, variants=["名前=値", "e\u0301tat=\u202eon"]) | {"hash": "短い"}]
    entries[11]["hash"] = "EY2Q3XMN"
    del entries[3]["os"], entries[4]["target"]
    entries[5]["size"] = None
    counted = a_page("counted", [an_entry(20), an_entry(21)], meta=a_meta([an_entry(20)]), tag=NEW_TAG)
    return compare_pages(
        {
            **good,
            "bad-old": "no page\n",
            "many": a_page("many", [an_entry(30)], tag=OLD_TAG),
            "counted": a_page("counted", tag=OLD_TAG),
        },
        {
            "bad-old": a_page("bad-old", tag=NEW_TAG),
            "counted": counted,
            "cut": a_page("cut", tag=NEW_TAG)[:400],
            "many": a_page("many", entries, meta=meta, tag=NEW_TAG),
            "missing": b"---\ntitle: \xff\n---",
            "wide": _unescape(a_page("wide", wide, meta=a_meta([an_entry(9)]), tag=NEW_TAG)),
        },
    )


def _unescape(page: str) -> str:
    """Return a page with the characters themselves where JSON has escapes."""
    return page.encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16")


def _many() -> Report:
    """More of everything than a report shows."""
    old: Pages = {}
    new: Pages = {}
    for number in range(60):
        old[f"gone-{number:02}"] = a_page(f"gone-{number:02}", [an_entry(number)], tag=OLD_TAG)
    for number in range(15):
        name = f"less-{number:02}"
        entries = [an_entry(1000 + 100 * number + place, os=f"os{place}", stacks=["e4s", "hep"]) for place in range(8)]
        fewer = (
            [an_entry(1050 + 100 * number + place, os=f"os{place}", stacks=["e4s"]) for place in range(7)] if number else []
        )
        old[name] = a_page(name, entries, tag=OLD_TAG)
        new[name] = a_page(name, [*fewer, an_entry(9000 + number, os="os9", stacks=["hep"])], tag=NEW_TAG)
    for number in range(14):
        name = f"plain-{number:02}"
        old[name] = a_page(
            name, [an_entry(5000 + number, variants=["+shared"], stacks=[f"stack-{number:02}", "e4s"])], tag=OLD_TAG
        )
        new[name] = a_page(name, [an_entry(6000 + number, variants=["~shared"], stacks=["e4s"])], tag=NEW_TAG)
    return compare_pages(old, new)


def _stump() -> Report:
    """Two of twelve stacks are left, and the packages that were in one of them."""
    old: Pages = {}
    new: Pages = {}
    for number in range(30):
        name, stacks = f"package-{number:02}", sorted({f"stack-{(number + step) % 12:02}" for step in (0, 5, 7)})
        places = {
            stack: {"os": f"os{stack[-1]}", "target": "zen4" if stack[-1] in "02" else "neoverse_v2"} for stack in stacks
        }
        entries = {stack: an_entry(12 * number + int(stack[-2:]), stacks=[stack], **places[stack]) for stack in stacks}
        old[name] = a_page(name, [*entries.values()], tag=OLD_TAG)
        if kept := [entry for stack, entry in entries.items() if stack in ("stack-00", "stack-01")]:
            new[name] = a_page(name, kept, tag=NEW_TAG)
    return compare_pages(old, new)


def _hostile() -> Report:
    """One report of each part, in which no text is what it should be."""
    return make_hostile(the_report("problems"), the_report("week"), HOSTILE)


CASES: dict[str, Callable[[], Report]] = {
    "week": lambda: _real("week/old", "week/new"),
    "gasnet-2024": lambda: _real("gasnet-2024/old", "gasnet-2024/new"),
    "identical": lambda: _real("week/old", "week/old"),
    "passing": _passing,
    "problems": _problems,
    "many": _many,
    "stump": _stump,
    "hostile": _hostile,
}

_OURS = {
    "fingerprint",
    "rule",
    "severity",
    "status",
    "kind",
    "verdict",
    "fail_on",
    "cachediff",
    "subsumed_by",
    "digest",
    "field",
    "snapshot",
}
_OURS |= {"became", "explains", "hash"}
"""Fields whose text is never a page's."""


def make_hostile(first: Report, second: Report, texts: tuple[str, ...]) -> Report:
    """Return a report with the findings and packages of two.

    In it every text that could be a page's is one of `texts`, in turn.
    """
    report = msgspec.to_builtins(first)
    other = msgspec.to_builtins(second)
    report["findings"] = sorted(
        report["findings"] + other["findings"], key=lambda finding: ["error", "warning", "note"].index(finding["severity"])
    )
    report["packages"] += other["packages"]
    return msgspec.convert(replace_text(report, _Turn(texts)), Report)


class _Turn:
    """Gives a hostile text for each text, always the same for the same one."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts
        self.given: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        return self.given.setdefault(text, self.texts[len(self.given) % len(self.texts)]) if text else text


def replace_text(value: Any, replace: Callable[[str], str], field: str = "") -> Any:
    """Return JSON with every text replaced that could be a page's; where a finding has an excerpt, its mark stays in it."""
    if isinstance(value, dict):
        replaced = {name: replace_text(item, replace, name) for name, item in value.items()}
        if field == "excerpt":
            replaced["start"] = min(value["start"], max(0, len(replaced["text"]) - 1))
            replaced["length"] = max(1, min(value["length"], len(replaced["text"]) - replaced["start"]))
        return replaced
    if isinstance(value, list | tuple):
        return [replace_text(item, replace, field) for item in value]
    return replace(value) if isinstance(value, str) and field not in _OURS else value
