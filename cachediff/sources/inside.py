"""Whether a file would lie in a snapshot of the file system: nothing is to be written there."""

from __future__ import annotations

import os
from pathlib import Path

from cachediff.sources.records.names import is_wanted, split_manifest


def is_inside(source: str, path: str) -> bool:
    """Return whether a file at a path is part of a snapshot, or would lie in its directory.

    An environment, an installation or the working directory may be all that somebody has: there only what is read of the
    snapshot counts.
    """
    # Not by Path.resolve, which raises for links in a circle: whoever opens those says what they are.
    snapshot, file = (Path(os.path.realpath(one)) for one in (split_manifest(source)[0], path))
    if not snapshot.is_dir():
        # A hard link is the same file under another name.
        return snapshot == file or (snapshot.is_file() and file.is_file() and snapshot.samefile(file))
    if not file.is_relative_to(snapshot):
        return False
    is_shared = Path.cwd().is_relative_to(snapshot) or any(
        (snapshot / name).exists() for name in ("spack.lock", ".spack-db")
    )
    return not is_shared or file.name == "specs.md" or is_wanted(str(file.relative_to(snapshot)))
