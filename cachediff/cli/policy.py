"""`cachediff policy check [FILE]`: if a policy is valid and what each entry would do; `find`: where a revision has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.options import AsOfOption  # noqa: TC001 - typer reads it
from cachediff.errors import InputError
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.domain.report import Report
    from cachediff.policy.parse import Parsed
    from cachediff.policy.settings import Policy

app = typer.Typer(rich_markup_mode=None)

FileArgument = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="The policy; cachediff.yaml where none is named.")
]
JudgedOption = Annotated[
    str | None,
    typer.Option("--report", "-r", metavar="REPORT", help="A JSON report: say what each entry would do to its findings."),
]
InOption = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="SNAPSHOT", help="Warn of what matches nothing in these snapshots; repeatable."),
]


@app.command("check", help="Validate a policy, and say what each of its entries would do.")
def check(
    file: FileArgument = None,
    report: JudgedOption = None,
    snapshots: InOption = None,
    as_of: AsOfOption = "",
) -> int:
    """Print every entry of a valid policy, and warn of names that no given snapshot has.

    Returns 0; an invalid policy is an InputError that lists what is wrong.
    """
    from cachediff.cli.inputs import parse_date, require
    from cachediff.cli.output import write_stdout
    from cachediff.policy.load import parse_file
    from cachediff.render.terminal import escape
    from cachediff.review.stored import read_report

    for name, value in (("FILE", file), ("--report", report), *(("--in", one) for one in snapshots or ())):
        require(name, value)
    date = parse_date("--as-of", as_of)
    path = file or _find_here()
    parsed = parse_file(path)
    # All that is named is read before the first line is printed: half an answer looks like a whole one.
    judged = read_report(report) if report else None
    names = _collect_names(snapshots, parsed.policy) if snapshots else None
    _write_effects(parsed, path, judged, date or (_find_date(judged) if judged else ""))
    write_stdout(f"{escape(path)} is valid: {sum_up(parsed.policy)}\n")
    if names:
        _warn(parsed, path, names, f"in {' and '.join(snapshots or ())}")
    return 0


def _find_here() -> str:
    """Return the path of the policy of the working directory. Raises InputError where there is none."""
    from cachediff.policy.load import DEFAULT_NAME, find_policy

    path = find_policy()
    if path is None:
        message = f"there is no {DEFAULT_NAME} here"
        raise InputError(message, hint="name the policy: cachediff policy check FILE")
    return str(path)


def _write_effects(parsed: Parsed, path: str, judged: Report | None, date: str) -> None:
    """Print every entry of a policy, and what it would do to a report."""
    from cachediff.cli.output import write_stdout
    from cachediff.policy.edit.preview import preview
    from cachediff.render.terminal import escape

    for effect in preview(parsed.policy, judged, date):
        said = f": {effect.effect}" if effect.effect else ""
        line = f"{path}:{parsed.line_of(*effect.path)}: {effect.path[0]}: {effect.entry}{said}"
        write_stdout(f"{escape(line)}\n")


def _find_date(report: Report) -> str:
    """Return the day by which a report was judged."""
    from cachediff.cli.inputs import find_today
    from cachediff.domain.tags import is_date
    from cachediff.policy.dates import date_snapshot

    # It may be anybody's, with any text for a date.
    return report.as_of if is_date(report.as_of) else date_snapshot(report.new.source, find_today())


def _warn(parsed: Parsed, path: str, names: Mapping[str, set[str]], where: str) -> None:
    """Say which names of a policy no snapshot has."""
    from cachediff.cli.stderr import say
    from cachediff.policy.edit.unmatched import find_unmatched

    for one in find_unmatched(parsed.policy, names):
        say(f"warning: {path}:{parsed.line_of(*one.path)}: {one.message} {where}", one.hint)


def _collect_names(snapshots: Sequence[str], policy: Policy) -> dict[str, set[str]]:
    """Return the packages, stacks, oses and so on of snapshots, by the fields of a subject. Raises InputError."""
    from cachediff.policy.edit.unmatched import FIELDS
    from cachediff.sources.open import Door
    from cachediff.sources.reader import read_valid

    names: dict[str, set[str]] = {field: set() for field in FIELDS}
    for reader in map(Door(policy.limits).open, snapshots):
        for package in reader.packages():
            # A page that cannot be trusted is there all the same.
            names["package"].add(package)
            found = read_valid(reader, package)
            # Each distinct one: a package may have hundreds of specs and few contents.
            for content in {spec.content for spec in found.specs} if found else ():
                names["stack"].update(content.stacks)
                for field in FIELDS[2:]:
                    names[field].add(getattr(content.coordinates, field))
    return names


@app.command("find", help="Print where a revision of git has the policy, if it has one.")
def find(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A revision, such as refs/remotes/origin/main.")],
) -> int:
    """Print `REV:./cachediff.yaml` if that is there.

    Returns 0; a revision that is none, or names several things, is an InputError.
    """
    from cachediff.cli.inputs import require
    from cachediff.cli.output import write_stdout
    from cachediff.policy.load import DEFAULT_NAME
    from cachediff.sources.git import list_files
    from cachediff.sources.git_paths import find_git_path

    require("REV", revision)
    # With `./`, as git takes any other path from the top of the repository.
    policy = f"{revision}:./{DEFAULT_NAME}"
    place = find_git_path(policy)
    if place is None:
        message = f"{revision} is no revision"
        raise InputError(message, hint="such as refs/remotes/origin/main")
    if list_files(place):
        write_stdout(f"{policy}\n")
    return 0


def sum_up(policy: Policy) -> str:
    """Return what a policy holds: its `fail-on`, and how much of everything else."""
    from msgspec.structs import asdict

    from cachediff.limits import DEFAULT_LIMITS

    counts = {
        "rule": len(policy.rules),
        "override": len(policy.overrides),
        "rename": sum(map(len, asdict(policy.renames).values())),
        "acceptance": len(policy.accepted),
        "requirement": len(policy.require),
        "bad snapshot": len(policy.bad),
        "wanted lock": len(policy.wanted),
        "limit": len(asdict(policy.limits).items() - asdict(DEFAULT_LIMITS).items()),
    }
    said = ", ".join(number(count, noun) for noun, count in counts.items() if count)
    return f"fail-on {policy.fail_on}, {said or 'nothing else'}"
