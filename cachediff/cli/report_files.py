"""Where reports may go: what cannot be written, or must not be, is refused before anything is compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.cli.options import Format
from cachediff.errors import InputError, UsageError, name_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    ReportFiles = list[tuple[Format, Path]]


def parse_report_files(values: Iterable[str]) -> ReportFiles:
    """Return the formats and paths of `--report FORMAT=PATH`.

    Raises UsageError for what names no file of its own, and InputError for what cannot be written.
    """
    files: ReportFiles = []
    for value in values:
        file = _parse(value)
        _refuse_unwritable(file[1])
        for other in files:
            if _is_one_file(other[1], file[1]):
                message = f"--report {_name(other)} and {_name(file)} name one file"
                raise UsageError(message, hint="give each report a path of its own")
        files.append(file)
    return files


def refuse_inputs(files: ReportFiles, sources: Mapping[str, str], policy: str | None, locks: Iterable[str]) -> None:
    """Raise UsageError where a report would be written into a snapshot, by what messages call it, a lock or the policy."""
    from cachediff.policy.load import find_policy

    rules = policy or find_policy()
    for file in files:
        for name, source in sources.items():
            if _lies_in(source, file[1]):
                message = f"--report {_name(file)} lies in {name}"
                raise UsageError(message, hint="write it beside the snapshot")
        for lock in locks:
            if _lies_in(lock, file[1]):
                message = f"--report {_name(file)} lies in {lock}, which says what is wanted"
                raise UsageError(message, hint="give the report a path of its own")
        if rules and _is_one_file(Path(rules), file[1]):
            message = f"--report {_name(file)} would overwrite the policy"
            raise UsageError(message, hint="give the report a path of its own")


def _parse(value: str) -> tuple[Format, Path]:
    name, _, path = value.partition("=")
    if path and name not in Format.__members__:
        from cachediff.render.formats import refuse_format

        error = refuse_format(name)
        message = f"--report {value!r}: {error}"
        raise UsageError(message, hint=f"{error.hint}, as in --report json=report.json")
    if not path:
        message = f"--report {value!r} is not FORMAT=PATH"
        raise UsageError(message, hint=f"formats are {', '.join(Format.__members__)}, as in --report json=report.json")
    # To many tools that is stdout, so nobody means a file.
    if path == "-":
        message = f"--report {value} names no file"
        raise UsageError(message, hint=f"-f {name} prints the report on stdout; ./- is a file of that name")
    return Format(name), Path(path)


def _refuse_unwritable(path: Path) -> None:
    try:
        why = _find_obstacle(path)
    # A folder on the way that may not be searched, or a name that is too long.
    except OSError as error:
        why = name_failure(error)
    if why:
        message = f"{path} cannot be written: {why}"
        raise InputError(message)


def _find_obstacle(path: Path) -> str:
    """Return in words what stands where a report is to be written, empty for nothing."""
    if not path.absolute().parent.is_dir():
        return "its directory does not exist"
    if path.is_dir():
        return "it is a directory"
    try:
        follow_links(path)
    except (OSError, RuntimeError):
        return "it is a link that leads nowhere"
    return ""


def follow_links(path: Path) -> Path:
    """Return where a path leads, whether anything is there or not.

    Raises RuntimeError for links in a circle, or OSError, as Python has it.
    """
    found = path.resolve()
    # Since Python 3.13 such a link leads to itself.
    if found.is_symlink():
        message = f"links in a circle from {path}"
        raise RuntimeError(message)
    return found


def _lies_in(source: str, path: Path) -> bool:
    """Return whether a report would be written into what is read."""
    from cachediff.sources.inside import is_inside

    try:
        return is_inside(source, str(path))
    # What cannot be looked at is told by whoever opens it.
    except OSError:
        return False


def _is_one_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file; a pipe or a device takes several reports."""
    # Not Path.exists, which raises for a policy in a folder that may not be searched: reading that says so.
    if os.access(one, os.F_OK) and os.access(other, os.F_OK):
        return one.is_file() and one.samefile(other)
    return one.resolve() == other.resolve()


def _name(file: tuple[Format, Path]) -> str:
    return f"{file[0].value}={file[1]}"
