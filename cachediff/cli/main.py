"""The command `cachediff`: its commands, and the one place where whatever happens becomes an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cachediff.cli import diff, rules, schema, show, validate
from cachediff.errors import CachediffError, UsageError
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_INTERNAL = 70
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
_GROUP_OPTIONS = {"--help", "--version", "--install-completion", "--show-completion"}


class DefaultGroup(TyperGroup):
    """A group whose first word is a command, or else it is `diff`: `cachediff OLD NEW` is `cachediff diff OLD NEW`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `diff` where the first word is no command, and read the words. Raises UsageError where there is none."""
        if not args:
            message = "OLD and NEW are missing"
            raise UsageError(message, hint="cachediff OLD NEW compares two snapshots, cachediff --help tells the rest")
        if args[0] not in self.commands and args[0] not in _GROUP_OPTIONS:
            args = ["diff", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=DefaultGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Compare two snapshots of the Spack build cache, and fail when coverage is lost.",
    epilog="`cachediff OLD NEW` is short for `cachediff diff OLD NEW`. Exit codes: 0 pass, 1 fail, 2 bad command line, "
    "3 input unusable, 70 internal error.",
)
app.command("diff", help="Compare two snapshots, report, decide.")(diff.run)
app.command("validate", help="Check the pages of a snapshot one by one.")(validate.run)
app.command("show", help="Show one package in full: every spec, its pair, what differs.")(show.run)
app.command("rules", help="List the rules, or explain one.")(rules.run)
app.command("schema", help="Print a JSON Schema: of a page, or of the JSON report.")(schema.run)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"cachediff {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Take the options of the command itself."""


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of a command line (DESIGN section 8). Only a judged comparison returns 1."""
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="cachediff", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has read enough: that is no failure, and the interpreter must not trip over it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.TyperException as error:
        _say(f"error: {error.format_message()}", "see cachediff --help")
        return EXIT_USAGE
    except CachediffError as error:
        _say(f"error: {error}", error.hint)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted", "")
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: nothing may look like a verdict
        return _report_crash(error, arguments)
    return code if isinstance(code, int) else 0


def _report_crash(error: Exception, arguments: Sequence[str]) -> int:
    """Say in one line that cachediff is at fault, with the traceback when verbose."""
    if {"-v", "--verbose"} & set(arguments):
        import traceback

        traceback.print_exception(error)
    detail = " ".join(f"{type(error).__name__}: {error}".split())
    _say(f"internal error: {detail}", "this is a bug in cachediff, not a verdict; run again with -v for the traceback and report it")
    return EXIT_INTERNAL


def _say(message: str, hint: str) -> None:
    """Write one line, and perhaps a hint, to stderr; page text in it cannot command a terminal or a CI runner."""
    from cachediff.render.text import escape

    lines = [message, f"hint: {hint}"] if hint else [message]
    sys.stderr.write("".join(f"{escape(line)}\n" for line in lines))


if __name__ == "__main__":
    main()
