"""`cachediff accept REPORT`: open findings of a report become acceptances of the policy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.options import PolicyOption  # noqa: TC001 - typer reads it
from cachediff.errors import InputError, UsageError
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cachediff.domain.finding import Acceptance, Subject
    from cachediff.domain.report import Report
    from cachediff.policy.settings import Entry


SubjectOption = Annotated[
    list[str] | None,
    typer.Option("--subject", metavar="FIELD=GLOB", help="What the findings are about, such as stack=e4s; repeatable."),
]
AsWrittenOption = Annotated[
    bool, typer.Option("--as-written", help="Add one entry with rule and subject as given, not one for each finding.")
]
RuleOption = Annotated[
    str | None, typer.Option("--rule", metavar="RULE", help="The rule of the findings, or a glob of rules.")
]
CauseOption = Annotated[
    list[str] | None,
    typer.Option("--cause", metavar="ID", help="The cause of the findings, such as mpi=openmpi; repeatable."),
]
LossOption = Annotated[
    list[str] | None,
    typer.Option(
        "--loss",
        metavar="PACKAGE/STACK/OS/TARGET",
        help="Lost cells, by names or globs, whatever findings tell of them; repeatable.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="All that is open today: a baseline, from which on losses count.")]


def run(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A JSON report, as --report json=PATH writes it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the findings are accepted.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The last day on which they are.")],
    rule: RuleOption = None,
    loss: LossOption = None,
    cause: CauseOption = None,
    takes_all: AllOption = False,
    subject: SubjectOption = None,
    owner: Annotated[str, typer.Option("--owner", metavar="TEXT", help="Whom to ask about it.")] = "",
    policy: PolicyOption = None,
    as_written: AsWrittenOption = False,
) -> int:
    """Append an acceptance for each open finding that is named to the policy. Returns 0."""
    from cachediff.cli.inputs import find_today, parse_date, require
    from cachediff.domain.finding import Acceptance
    from cachediff.policy.dates import date_snapshot
    from cachediff.review.stored import read_report

    given = [("REPORT", report), ("--rule", rule), ("--reason", reason), ("--until", until), ("--policy", policy)]
    repeated = [*(("--cause", one) for one in cause or ()), *(("--loss", one) for one in loss or ())]
    for name, value in (*given, *repeated):
        require(name, value)
    choose = _choose(rule, subject or (), losses=loss or (), causes=cause or (), takes_all=takes_all, as_written=as_written)
    acceptance = Acceptance(reason, parse_date("--until", until), owner.strip())
    judged = read_report(report)
    # By the day that would judge the entry, which is the one in NEW's name.
    day = date_snapshot(judged.new.source, find_today())
    # As text, which sorts as dates do.
    if until < day:
        message = f"--until {until} is before {day}: nothing would be accepted"
        raise UsageError(message)
    path, added, known = add_entries(policy, choose(judged, acceptance))
    _show(path, added, known)
    return 0


def _choose(
    rule: str | None,
    subject: Sequence[str],
    *,
    losses: Sequence[str],
    causes: Sequence[str],
    takes_all: bool,
    as_written: bool,
) -> Callable[[Report, Acceptance], Iterable[Entry]]:
    """Return what makes entries of a report, by the one way in which findings are named. Raises UsageError."""
    from cachediff.policy.edit.propose import propose, propose_all, propose_cause, propose_losses
    from cachediff.policy.settings import Entry

    if (rule is not None) + bool(losses) + bool(causes) + takes_all != 1:
        message = "one of --rule, --loss, --cause and --all says which findings are accepted"
        hint = "--rule RULE, perhaps with --subject; --loss PACKAGE/STACK/OS/TARGET; --cause ID; or --all that is open"
        raise UsageError(message, hint=hint)
    if rule is None and (subject or as_written):
        message = "--subject and --as-written belong to --rule"
        raise UsageError(message, hint="--rule '*' stands for any rule")
    if as_written and not subject:
        message = "--as-written without --subject would accept every finding of the rule"
        raise UsageError(message, hint="--subject any says that this is meant")
    if takes_all:
        return propose_all
    if losses:
        subjects = [parse_loss(loss) for loss in losses]
        return lambda report, why: propose_losses(report, subjects, why)
    if rule is None:
        return lambda report, why: [entry for cause in causes for entry in propose_cause(report, cause, why)]
    about = parse_subject(subject)
    return lambda report, why: propose(report, Entry(rule, about, why), as_written=as_written)


def _show(path: Path, added: Sequence[Entry], known: int) -> None:
    """Print what was added to a policy, and how many acceptances it had already."""
    from cachediff.cli.output import write_stdout
    from cachediff.policy.edit.append import write_entries
    from cachediff.render.terminal import escape

    if not known and not added:
        write_stdout("no error or warning of the report is open: there is nothing to accept\n")
    if known:
        write_stdout(f"{escape(f'already in {path}')}: {number(known, 'acceptance')}\n")
    if added:
        # What is escaped is in double quotes, where YAML reads it as the same text.
        lines = [f"added to {path}:", "", *write_entries(added).splitlines()]
        write_stdout("".join(f"{escape(line)}\n" for line in lines))


def add_entries(policy: str | None, entries: Iterable[Entry]) -> tuple[Path, list[Entry], int]:
    """Append the entries that a policy does not have; return its path, what was added and how many it had.

    Raises InputError.
    """
    from cachediff.cli.output import write_whole
    from cachediff.policy.edit.append import append_entries
    from cachediff.policy.load import DEFAULT_NAME, find_policy, read_text
    from cachediff.policy.parse import parse_policy
    from cachediff.sources.git_paths import find_git_path

    if policy and find_git_path(policy):
        message = f"{policy} is in a revision of git, to which nothing can be added"
        raise InputError(message, hint="name the file in the working tree")
    path = Path(policy) if policy else find_policy() or Path(DEFAULT_NAME)
    # Not Path.exists, which raises where a folder on the way may not be searched: writing says so below.
    text = read_text(path) if os.access(path, os.F_OK) else ""
    had = {*parse_policy(text, str(path)).policy.accepted}
    entries = list(entries)
    # A job that runs twice adds nothing twice.
    added = [entry for entry in entries if entry not in had]
    if added:
        write_whole(path, append_entries(text, added, str(path)))
    return path, added, len(entries) - len(added)


def parse_loss(word: str) -> Subject:
    """Return the globs of `PACKAGE/STACK/OS/TARGET`, where `*` stands for any. Raises UsageError."""
    from cachediff.domain.finding import Subject

    parts = word.split("/")
    if len(parts) != 4 or not all(parts):
        message = f"--loss {word!r} is not PACKAGE/STACK/OS/TARGET"
        raise UsageError(message, hint="such as --loss hdf5/e4s/ubuntu22.04/x86_64_v3, or with globs --loss 'hdf5/e4s/*/*'")
    package, stack, os, target = ("" if part == "*" else part for part in parts)
    return Subject(package=package, stack=stack, os=os, target=target)


def parse_subject(words: Iterable[str]) -> Subject:
    """Return the globs of `FIELD=GLOB` words; `any` alone names none. Raises UsageError."""
    from cachediff.domain.finding import Subject
    from cachediff.text.typos import nearest

    # Only findings about the policy itself have a rule in their subject, and nothing accepts those.
    known = [field for field in Subject.__struct_fields__ if field != "rule"]
    fields: dict[str, str] = {}
    words = [] if list(words) == ["any"] else list(words)
    for word in words:
        field, _, glob = word.partition("=")
        if field not in known or not glob or field in fields:
            what = (
                "is given twice"
                if field in fields
                else "is not FIELD=GLOB"
                if field in known or "=" not in word
                else "has no known field"
            )
            message = f"--subject {word!r} {what}{'' if field in known else nearest(field, known)}"
            raise UsageError(message, hint=f"fields are {', '.join(known)}, as in --subject stack=e4s")
        fields[field] = glob
    return Subject(**fields)
