"""What the script of the HTML page works on: the report's findings, packages and coverage as JSON that takes little room.

A report on thousands of removed specs says the same few hundred things of them again and again, so places and bodies are
said once and meant by number. The page has no other copy of the data, and no other program is to read it: that is what the
JSON report is for.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from cachediff.domain.cell import Cell
from cachediff.domain.diff import Kind, Outcome, SpecCounts
from cachediff.domain.finding import Finding
from cachediff.domain.report import CellCount
from cachediff.domain.selection import list_narrowed
from cachediff.render.outline import show_fields
from cachediff.text.globs import as_glob
from cachediff.text.yaml_writer import write_acceptance, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cachediff.domain.report import Report, ReportedChange, ReportedPackage, ReportedSpec
    from cachediff.render.options import RuleText

T = TypeVar("T")

HASH_DIGITS = 7
_LINES = write_acceptance(rule="RULE", subject="{SUBJECT}", reason=" # why this may go", until="UNTIL")
_ACCEPTANCE = "".join(f"  {line}\n" for line in _LINES)
"""An entry of the policy's `accepted` in which the script writes what stands in capitals.

It has no reason, and no policy is valid until
somebody gives one."""

_SPECIAL = re.compile("[<>&]|[^ -~]")


class _Body(Struct, frozen=True):
    """What a spec is, apart from its hash."""

    version: str
    compiler: str
    platform: str
    os: str
    target: str
    variants: tuple[str, ...]
    stacks: tuple[str, ...]


class _Change(Struct, frozen=True, array_like=True):
    """One spec or pair: each side a body and the beginning of the hash, and the names of the fields that differ.

    `facts` are those of them that a body does not show, each with its name in words and both values.
    """

    kind: Kind
    old: tuple[int, str] | None
    new: tuple[int, str] | None
    fields: tuple[str, ...]
    became: Outcome | None
    facts: tuple[tuple[str, str, str], ...]


class _Package(Struct, frozen=True):
    """One package that differs: a lost cell is a place and what became of it, one that was gained a place."""

    package: str
    kind: Kind
    specs: SpecCounts
    lost: tuple[tuple[int, Outcome], ...]
    gained: tuple[int, ...]
    changes: tuple[_Change, ...]


class _Advice(Struct, frozen=True):
    """What a reader wants to know of a rule that fired."""

    why: str
    fix: str


class _Data(Struct, frozen=True):
    """All of it."""

    tag: str
    findings: tuple[Finding, ...]
    packages: tuple[_Package, ...]
    places: list[Cell]
    bodies: list[_Body]
    coverage: tuple[CellCount, ...]
    causes: tuple[str, ...]
    rules: dict[str, _Advice]
    acceptance: str
    narrowed: tuple[str, ...]
    spelled: dict[str, str]


class _Table(Generic[T]):
    """Gives each value a number, the same for the same one."""

    def __init__(self) -> None:
        self.numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def encode_data(report: Report, rules: Mapping[str, RuleText]) -> str:
    """Return the script's data as JSON that may stand in a script element."""
    # By number: written out at each spec, places and bodies would be most of the page.
    places: _Table[Cell] = _Table()
    bodies: _Table[_Body] = _Table()
    packages = tuple(_pack(package, places, bodies) for package in report.packages)
    fired = {finding.rule for finding in report.findings}
    data = _Data(
        tag=report.new.tag,
        findings=report.findings,
        packages=packages,
        places=list(places.numbers),
        bodies=list(bodies.numbers),
        coverage=report.coverage,
        causes=tuple(cause.id for cause in report.causes),
        rules={id_: _Advice(rule.why, rule.fix) for id_, rule in rules.items() if id_ in fired},
        acceptance=_ACCEPTANCE,
        # A finding of a package names it.
        narrowed=tuple(sorted(list_narrowed(report.selection) - {"package"})),
        spelled=_spell(report.findings),
    )
    return escape_json(msgspec.json.encode(data).decode())


def escape_json(text: str) -> str:
    """Return JSON that means the same, in nothing but plain ASCII.

    It has no character that matters to an HTML parser or may not stand in a page.
    """
    # `</script>` would end the element, and `<!--` change how the rest of it is read, even within a JSON string.
    return _SPECIAL.sub(
        lambda char: json.dumps(char[0]).strip('"') if char[0] not in "<>&" else f"\\u{ord(char[0]):04x}", text
    )


def _spell(findings: Iterable[Finding]) -> dict[str, str]:
    """Return how policy YAML names each value that findings are about, alone and whatever it says, where not as it is."""
    values = {
        value
        for finding in findings
        if finding.status == "open"
        for value in (finding.rule, *asdict(finding.subject).values())
    }
    # Here and not in the script: only one place knows how YAML and globs are quoted.
    spelled = {value: write_text(as_glob(value)) for value in sorted(values - {""})}
    return {value: text for value, text in spelled.items() if text != value}


def _is_in_body(field: str) -> bool:
    return field.partition(".")[0] in _Body.__struct_fields__


def _pack(package: ReportedPackage, places: _Table[Cell], bodies: _Table[_Body]) -> _Package:
    def pack_spec(spec: ReportedSpec | None) -> tuple[int, str] | None:
        if spec is None:
            return None
        body = _Body(
            version=spec.version,
            compiler=spec.compiler,
            platform=spec.platform,
            os=spec.os,
            target=spec.target,
            variants=spec.variants,
            stacks=spec.stacks,
        )
        return bodies.number(body), spec.hash[:HASH_DIGITS]

    def pack_change(change: ReportedChange) -> _Change:
        names = tuple(field.field for field in change.fields)
        return _Change(
            kind=change.kind,
            old=pack_spec(change.old),
            new=pack_spec(change.new),
            fields=names,
            became=change.became,
            facts=tuple(fact for name, fact in zip(names, show_fields(change), strict=True) if not _is_in_body(name)),
        )

    cells = package.cells
    return _Package(
        package=package.package,
        kind=package.kind,
        specs=package.specs,
        lost=tuple((places.number(Cell(one.stack, one.platform, one.os, one.target)), one.became) for one in cells.lost),
        gained=tuple(map(places.number, cells.gained)),
        changes=tuple(map(pack_change, package.changes)),
    )
