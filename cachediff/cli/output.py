"""Where reports go: stdout for the one that was asked for, files written whole or not at all."""

from __future__ import annotations

import codecs
import errno
import os
import select
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.cli.options import Color, Format
from cachediff.errors import InputError, name_failure
from cachediff.render.options import DEFAULT_OPTIONS, Options

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from cachediff.domain.report import Report


_DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


def write_reports(report: Report, format: Format, files: list[tuple[Format, Path]], options: Options) -> None:
    """Write the report to every file, each whole or not at all, and then to stdout.

    Raises InputError where a file cannot be written.
    """
    from msgspec.structs import replace

    from cachediff.library import stream

    # What goes into a pipe or a device is not there to be read. An absolute path is a script's, often on a CI's machine.
    paths = (path for kind, path in files if kind is Format.json)
    written = (str(path) for path in paths if not (path.is_absolute() or _is_passed_on(path)))
    options = replace(options, json_path=next(written, ""))
    # Files first, so that they are there should stdout fail. They are no terminals: no colours, and 80 columns.
    plain = replace(options, width=DEFAULT_OPTIONS.width, color=False, is_ascii=False, is_quiet=False)
    for kind, path in files:
        _write_file(path, stream(report, kind.value, _add_run(plain, kind)))
    _write_stdout(stream(report, format.value, _add_run(options, format)))


def _add_run(options: Options, format: Format) -> Options:
    """Return options by which a page leads to the run of the CI that makes it; other formats are read in the run itself."""
    if format is not Format.html:
        return options
    from msgspec.structs import replace

    from cachediff.cli.links import find_links

    return replace(options, links=find_links(os.environ))


def write_stdout(text: str) -> None:
    """Write to stdout in UTF-8, in which every format is; the text report is ASCII where stdout is not UTF-8.

    That nobody reads any more is no failure. Raises InputError where stdout cannot be written for another reason.
    """
    _write_stdout((text,))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one at any time; a pipe or a device is written to.

    Raises InputError.
    """
    _write_file(path, (text,))


def _write_stdout(pieces: Iterable[str]) -> None:
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        # Past the text layer, which would encode as the locale says; so what it holds was flushed before.
        for piece in pieces:
            _write_all(sys.stdout.buffer, _encode(piece))
        _flush(sys.stdout.buffer)
    except OSError as error:
        _give_up_stdout()
        if not isinstance(error, BrokenPipeError):
            raise _refuse_stdout(error) from error


def _write_all(stream: BinaryIO, data: bytes) -> None:
    """Write all of some bytes, however few the stream takes at a time."""
    left = memoryview(data)
    while left:
        try:
            # Without a buffer (PYTHONUNBUFFERED) a part may be taken, as of a disk that fills up, or None: nothing for now.
            written = stream.write(left) or 0
        except BlockingIOError as full:
            written = full.characters_written
        left = left[written:]
        if left and not written:
            _wait_for(stream)


def _flush(stream: BinaryIO) -> None:
    while True:
        try:
            return stream.flush()
        except BlockingIOError:
            _wait_for(stream)


def _wait_for(stream: BinaryIO) -> None:
    """Wait until whoever reads has taken something: stdout may have been made one that does not wait by itself."""
    select.select((), (stream,), ())


def check_stdout() -> None:
    """Raise InputError where stdout cannot take what others (the command line's library) have written to it."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
            # What has no buffer holds nothing that would tell.
            os.write(sys.stdout.fileno(), b"")
    except OSError as error:
        _give_up_stdout()
        raise _refuse_stdout(error) from error


def _give_up_stdout() -> None:
    """Let what stdout still holds go nowhere, so that the interpreter does not trip over it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_stdout(error: OSError) -> InputError:
    return InputError(f"stdout cannot be written: {_name_failure(error)}", hint=_hint(error))


def _write_file(path: Path, pieces: Iterable[str]) -> None:
    from cachediff.cli.report_files import follow_links

    try:
        if _is_passed_on(path):
            with path.open("wb") as file:
                file.writelines(map(_encode, pieces))
        else:
            # Where a link leads, so that the link stays one.
            _replace(follow_links(path), pieces)
    except (OSError, RuntimeError) as error:
        message = f"{path} cannot be written: {_name_failure(error)}"
        raise InputError(message, hint=_hint(error)) from error


def _is_passed_on(path: Path) -> bool:
    """Return whether a path is a pipe or a device."""
    # /dev/stdout may be a link to a file, which is not ours to replace.
    return path.absolute().parent in _DEVICES or (path.exists() and not path.is_file())


def _replace(path: Path, pieces: Iterable[str]) -> None:
    """Write a file beside the path and put it in the path's place, with the old one's mode or what open() would give."""
    # In the same directory, since only within a file system does one file take another's place at once.
    # Cut, since a name has at most 255 bytes.
    beside = path.with_name(f".{path.name[:40]}.{os.urandom(8).hex()}")
    try:
        # New for certain (x), so that nothing is written through a link that somebody put there.
        with beside.open("xb") as file:
            if path.exists():
                beside.chmod(path.stat().st_mode & 0o777)
            file.writelines(map(_encode, pieces))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)  # never leave half a report, wherever a signal struck
        raise


def report_options(color: Color, *, is_quiet: bool, is_verbose: bool, budget: int, policy: str | None) -> Options:
    """Return how stdout wants the report on two snapshots: `policy` is what was named as such."""
    from msgspec.structs import replace

    from cachediff.sources.git_paths import find_git_path

    options = stdout_options(color, is_quiet=is_quiet, is_verbose=is_verbose)
    # What a revision has nobody can write into; of an absolute path see above.
    is_file = policy is not None and find_git_path(policy) is None and not Path(policy).is_absolute()
    return replace(options, budget=budget, policy=policy if policy and is_file else "")


def stdout_options(color: Color, *, is_quiet: bool, is_verbose: bool) -> Options:
    """Return how stdout wants a text: the terminal's width (80 when piped), colours, and whether it can show arrows."""
    if sys.stdout is None:
        return Options(is_quiet=is_quiet, is_verbose=is_verbose)
    is_terminal = sys.stdout.isatty()
    # NO_COLOR counts where it is not empty, whatever it says (no-color.org).
    takes_color = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    wants_color = color is Color.always or (color is Color.auto and takes_color)
    width = shutil.get_terminal_size().columns if is_terminal else 80
    # By the codec: `utf8`, `UTF-8` and `U8` are one encoding.
    is_ascii = codecs.lookup(sys.stdout.encoding).name != "utf-8"
    return Options(width=width, color=wants_color, is_ascii=is_ascii, is_quiet=is_quiet, is_verbose=is_verbose)


def _encode(text: str) -> bytes:
    """Return text as UTF-8; what cannot be (a file name that is no text) becomes an escape."""
    return text.encode("utf-8", "backslashreplace")


def _hint(error: OSError | RuntimeError) -> str:
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "make room, or write it elsewhere" if is_full else ""


def _name_failure(error: OSError | RuntimeError) -> str:
    if isinstance(error, RuntimeError):
        return "it is a link that leads nowhere"
    return name_failure(error)
