"""The command `cachediff`: its commands, and the one place where whatever happens becomes an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cachediff.cli.stderr import say, write_lines
from cachediff.engine.signals import exit_code, was_interrupted
from cachediff.errors import CachediffError, InputError, UsageError, find_lack, name_failure
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXIT_INTERNAL = 70
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
_COMPLETION = "_CACHEDIFF_COMPLETE"
"""The variable by which a shell asks for completions."""

_GROUP_OPTIONS = {"-h", "--help", "--version", "--install-completion", "--show-completion"}


class DefaultGroup(TyperGroup):
    """A group whose first word is a command, or else it is `diff`: `cachediff OLD NEW` is `cachediff diff OLD NEW`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `diff` where the first word is no command, and read the words. Raises UsageError where there is none."""
        if not args and not ctx.resilient_parsing:  # a shell that completes the first word has none yet
            message = "OLD and NEW are missing"
            raise UsageError(message, hint="cachediff OLD NEW compares two snapshots, cachediff --help tells the rest")
        if args and args[0] not in self.commands and args[0] not in _GROUP_OPTIONS:
            if not ctx.resilient_parsing:
                self._refuse_typo(args[0])
            args = ["diff", *args]
        return super().parse_args(ctx, args)

    def _refuse_typo(self, word: str) -> None:
        """Raise UsageError for a word that is no snapshot, and nearly a command."""
        from difflib import get_close_matches

        near = get_close_matches(word, _COMMANDS, n=1, cutoff=0.75)
        if near and not os.path.lexists(word):
            message = f"there is no command and no snapshot {word!r}"
            raise UsageError(message, hint=f"did you mean {near[0]!r}?")

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete the first word: a command, or an option of the group or of `diff`."""
        found = super().shell_complete(ctx, incomplete)
        values = {item.value for item in found}
        return found + [item for item in self.commands["diff"].shell_complete(ctx, incomplete) if item.value not in values]


_COMMANDS = {
    "diff": "Compare two snapshots, report, decide.",
    "latest": "Compare the newest snapshot of a folder with the one before.",
    "validate": "Check every page or record, against its schema and itself.",
    "show": "Show one package in full: every spec, its pair, what differs.",
    "why": "Tell why a spec is new: the chain down to what changed.",
    "impact": "Tell which roots of a lock a snapshot can install.",
    "accept": "Accept open findings of a report: append them to the policy.",
    "policy": "Check a policy: what a team wants and accepts.",
    "verify": "Recompute a report: is it the one that two snapshots give?",
    "publish": "Post or refresh a report as a pull request's comment.",
    "rules": "List the rules, those that match a word, or explain one.",
    "schema": "Print a JSON Schema: of what is read, or of an answer.",
    "help": "Print what this prints, or the help of a command.",
}
"""Each command, a module here of the same name, and what it does."""

_GROUPS = {"policy"}
"""Commands that have commands of their own."""


def build_app(names: Iterable[str] = _COMMANDS) -> typer.Typer:
    """Return the command line with some commands, each of which is imported then."""
    app = typer.Typer(
        cls=DefaultGroup,
        rich_markup_mode=None,
        # Errors are for `run`: whatever ends Python by itself ends it with 1, which is a verdict here.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help="Compare two snapshots of a Spack build cache, a site or a lock, and fail when coverage is lost.",
        epilog="`cachediff OLD NEW` is short for `cachediff diff OLD NEW`. Exit codes: 0 pass, 1 fail, 2 bad command line, "
        "3 input unusable, 4 comment not posted, 70 internal error.",
    )
    app.callback()(_options)
    for name in names:
        module = import_module(f"cachediff.cli.{name}")
        if name in _GROUPS:
            app.add_typer(module.app, name=name, help=_COMMANDS[name])
        else:
            app.command(name, help=_COMMANDS[name])(module.run)
    return app


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"cachediff {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options of the command itself."""


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of a command line (docs/design.md, Exit codes). Only a judged comparison returns 1."""
    stdout = sys.stdout
    try:
        # Not standalone: typer would print errors and exit by itself, with codes that are not ours.
        code = typer.main.get_command(build_app(_choose_commands(arguments))).main(
            list(arguments), prog_name="cachediff", standalone_mode=False
        )
    except SystemExit as end:
        # Typer ends by itself after a completion, and with 1 where nobody reads its help any more: then it has replaced
        # stdout.
        return EXIT_USAGE if end.code and sys.stdout is stdout else 0
    except typer.TyperException as error:
        message = _reword(error.format_message())
        say(f"error: {message}", _suggest(message, arguments))
        return EXIT_USAGE
    except CachediffError as error:
        say(f"error: {error}", error.hint)
        return error.exit_code
    # Typer makes an Abort of an interrupt that comes while a command runs.
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: nothing may look like a verdict
        return _report_failure(error, arguments)
    if code == EXIT_INTERRUPTED:
        return _report_interrupt()
    return _understand(code, arguments)


def _understand(code: object, arguments: Sequence[str]) -> int:
    """Return the exit code for what a command, or typer in its place, has returned."""
    # Typer has a 1 of its own, for the completion of a shell that it does not know.
    if code == 1 and not _GROUP_OPTIONS.isdisjoint(arguments[:1]):
        return EXIT_USAGE
    return code if isinstance(code, int) else 0


def _choose_commands(arguments: Sequence[str]) -> Iterable[str]:
    """Return the one command that the first word asks for, and all for help, completion and groups.

    To import and build all of them takes longer than to compare one package.
    """
    first = arguments[0] if arguments else ""
    name = first if first in _COMMANDS else "diff"
    is_alone = arguments and name not in {"help", *_GROUPS} and first not in _GROUP_OPTIONS and _COMPLETION not in os.environ
    return (name,) if is_alone else _COMMANDS


def _report_interrupt() -> int:
    say("interrupted", "")
    return exit_code()


def _report_failure(error: Exception, arguments: Sequence[str]) -> int:
    """Say what an unexpected error comes from: an interrupt that some library made it of, the system, or else cachediff."""
    if was_interrupted():
        return _report_interrupt()
    if isinstance(error, OSError) and (failure := _find_unwritten(error, arguments)):
        say(f"error: {failure}", failure.hint)
        return failure.exit_code
    if lack := find_lack(error):
        say(f"error: {lack}", lack.hint)
        return lack.exit_code
    return _report_crash(error, arguments)


def _find_unwritten(error: OSError, arguments: Sequence[str]) -> CachediffError | None:
    """Return what typer could not write: help on stdout, or what completes in a shell; None where it was something else."""
    from cachediff.cli.output import check_stdout

    if error.filename and not _GROUP_OPTIONS.isdisjoint(arguments[:1]):
        return InputError(f"{error.filename} cannot be written: {name_failure(error)}")
    try:
        check_stdout()
    except CachediffError as failure:
        return failure
    return None


def _report_crash(error: Exception, arguments: Sequence[str]) -> int:
    """Say in one line that cachediff is at fault, after the traceback when verbose."""
    # By the words themselves: they may not have been parsed yet when it happened.
    is_verbose = not {"-v", "--verbose"}.isdisjoint(arguments)
    if is_verbose:
        from traceback import format_exception

        write_lines("".join(format_exception(error)).splitlines())
    detail = " ".join(f"{type(error).__name__}: {error}".split())
    say(
        f"internal error: {detail} (a bug in cachediff, not a verdict{'' if is_verbose else '; -v shows the traceback'})", ""
    )
    return EXIT_INTERNAL


def _suggest(message: str, arguments: Sequence[str]) -> str:
    """Return what to do about words that typer refuses: of OLD alone, a folder may be one of snapshots."""
    folder = next(filter(_holds_dated, arguments), "") if message == "missing argument 'NEW'" else ""
    if folder:
        return f"cachediff latest {folder} compares the newest two in a folder of snapshots"
    # What a command takes is in its own help alone.
    first = next((word for word in arguments if word != "help"), "")
    return f"see cachediff {first if first in _COMMANDS else 'diff'} --help"


def _holds_dated(folder: str) -> bool:
    """Return whether a word names a folder with something in it that is named by a date, as `latest` chooses from."""
    from cachediff.domain.tags import name_date

    try:
        return any(name_date(name) for name in os.listdir(folder))  # noqa: PTH208
    # A Path, too, would raise for what is no folder, too long for a name, or has a null byte.
    except (OSError, ValueError):
        return False


def _reword(message: str) -> str:
    """Return typer's words as ours are: no capital, no full stop."""
    message = message.replace("Value error, ", "").removesuffix(".")
    return message[:1].lower() + message[1:]
