"""The job summary: where the report goes when it cannot be a comment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.errors import name_failure

if TYPE_CHECKING:
    from cachediff.domain.report import Report

MAX_BYTES = 1 << 20
"""What GitHub shows of one step's summary: of a longer one, nothing.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
"""


def append_summary(path: str, report: Report) -> str:
    """Append a report to a file, all of it or nothing, as short as a comment if need be.

    Returns in words where it is, or why it is not.
    """
    if not path:
        return "there is no job summary to write to (--summary FILE names a file)"
    try:
        return _append(Path(path), report)
    except (OSError, ValueError) as error:
        return f"{path} cannot be written: {name_failure(error)}"


def _append(path: Path, report: Report) -> str:
    from cachediff.library import render

    had = path.stat().st_size if path.exists() else 0
    # The summary has more room than the comment; where earlier text of the step took that, the comment may still fit.
    for format in ("summary", "markdown"):
        text = render(report, format).encode("utf-8", "backslashreplace")
        if had + len(text) < MAX_BYTES:
            # An empty line apart, or a fold of an earlier command, which is HTML, would take ours in.
            _write(path, b"\n" + text if had else text, had)
            return f"the report is in {path}"
    return f"{path} is full: {had:,} of {MAX_BYTES:,} bytes"


def _write(path: Path, content: bytes, had: int) -> None:
    """Append to a file, or leave it as it was."""
    # Unbuffered, so that a full disk is noticed here, where half a report can be taken back.
    with path.open("ab", buffering=0) as file:
        try:
            # Such a write may take a part.
            while content:
                content = content[file.write(content) :]
        except OSError:
            os.truncate(path, had)
            raise
