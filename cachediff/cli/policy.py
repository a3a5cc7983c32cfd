"""`cachediff policy check [FILE]`: if a policy is valid and what each entry would do; `find`: where a revision has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.options import AsOfOption  # noqa: TC001 - typer reads it
from cachediff.errors import InputError

if TYPE_CHECKING:
    from cachediff.policy.settings import Policy

app = typer.Typer(rich_markup_mode=None, help="Check a policy: what a team wants and accepts.")


@app.command("check", help="Validate a policy, and say what each of its entries would do.")
def check(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The policy; cachediff.yaml where none is named.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            "--report", "-r", metavar="REPORT", help="A JSON report: say what each entry would do to its findings."
        ),
    ] = None,
    as_of: AsOfOption = "",
) -> int:
    """Print every entry of a valid policy. Returns 0; an invalid policy is an InputError that lists what is wrong."""
    from cachediff.cli.inputs import find_today, parse_date, require
    from cachediff.cli.output import write_stdout
    from cachediff.policy.dates import date_snapshot, is_date
    from cachediff.policy.edit.preview import preview
    from cachediff.policy.load import DEFAULT_NAME, find_policy, parse_file
    from cachediff.render.terminal import escape
    from cachediff.review.stored import read_report

    for name, value in (("FILE", file), ("--report", report)):
        if value is not None:
            require(name, value)
    date = parse_date("--as-of", as_of)
    path = file or find_policy()
    if path is None:
        message = f"there is no {DEFAULT_NAME} here"
        raise InputError(message, hint="name the policy: cachediff policy check FILE")
    parsed = parse_file(path)
    judged = read_report(report) if report else None
    if judged and not date:
        # The report may be anybody's, with any text for a date.
        date = judged.as_of if is_date(judged.as_of) else date_snapshot(judged.new.source, find_today())
    for effect in preview(parsed.policy, judged, date):
        said = f": {effect.effect}" if effect.effect else ""
        line = f"{path}:{parsed.line_of(*effect.path)}: {effect.path[0]}: {effect.entry}{said}"
        write_stdout(f"{escape(line)}\n")
    write_stdout(f"{escape(str(path))} is valid: {sum_up(parsed.policy)}\n")
    return 0


@app.command(
    "find", help="Print where a revision of git has the policy of the working directory; nothing where it has none."
)
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
    from cachediff.rules.rule import count

    renames = sum(
        len(names) for names in (policy.renames.stacks, policy.renames.oses, policy.renames.targets, policy.renames.packages)
    )
    counts = (
        count(len(policy.rules), "rule"),
        count(len(policy.overrides), "override"),
        count(renames, "rename"),
        count(len(policy.accepted), "acceptance"),
        count(len(policy.require), "requirement"),
        count(len(policy.bad), "bad snapshot"),
        count(len(policy.wanted), "wanted lock"),
        count(len(asdict(policy.limits).items() - asdict(DEFAULT_LIMITS).items()), "limit"),
    )
    return f"fail-on {policy.fail_on}, {', '.join(text for text in counts if not text.startswith('0 ')) or 'nothing else'}"
