"""Where reports go: stdout for the one that was asked for, files written whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.cli.options import Color, Format
from cachediff.errors import InputError, UsageError
from cachediff.render.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.model import Report


def parse_targets(values: Iterable[str]) -> list[tuple[Format, Path]]:
    """Return the formats and paths of `--report FORMAT=PATH`. Raises UsageError for what cannot be written, before anything is compared."""
    targets = []
    for value in values:
        name, _, path = value.partition("=")
        if name not in Format.__members__ or not path:
            known = ", ".join(Format.__members__)
            message = f"--report {value!r} is not FORMAT=PATH"
            raise UsageError(message, hint=f"formats are {known}, as in --report json=report.json")
        target = Path(path)
        if not target.absolute().parent.is_dir() or target.is_dir():
            message = f"--report cannot write {path}: {'it is a directory' if target.is_dir() else 'its directory does not exist'}"
            raise UsageError(message)
        targets.append((Format(name), target))
    return targets


def write_reports(report: Report, format: Format, targets: list[tuple[Format, Path]], options: Options) -> None:
    """Write the report to every file, each whole or not at all, and then to stdout. Raises InputError where a file cannot be written."""
    from cachediff.render.formats import render

    for kind, path in targets:
        write_whole(path, render(report, kind.value, Options(is_verbose=options.is_verbose)))
    sys.stdout.write(render(report, format.value, options))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one at any time. Raises InputError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())  # noqa: PTH101 - as open() would
            os.replace(name, path)  # noqa: PTH105 - both names are in one directory
        except BaseException:
            os.unlink(name)  # noqa: PTH108 - never leave half a report
            raise
    except OSError as error:
        message = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
        raise InputError(message, hint="nothing was changed") from error


def stdout_options(color: Color, *, is_quiet: bool, is_verbose: bool) -> Options:
    """Return how stdout wants the report: the terminal's width (80 when piped), its colours, and whether it can show an arrow."""
    is_terminal = sys.stdout.isatty()
    wants_color = color is Color.always or (color is Color.auto and is_terminal and not os.environ.get("NO_COLOR"))
    width = shutil.get_terminal_size().columns if is_terminal else 80
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return Options(width, wants_color, encoding != "utf8", is_quiet, is_verbose)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
