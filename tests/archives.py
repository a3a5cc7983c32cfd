"""Archives as tests make them, of the same members in every format."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMATS = ("tar", "tar.gz", "tgz", "tar.xz", "txz", "zip")
TARS = ("tar", "tar.gz", "tar.xz")
_SYMBOLIC_LINK = 0o120777 << 16


def write_archive(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write regular files to an archive, whose format its name tells, and return its path."""
    return write_members(
        path, [(name, content.encode() if isinstance(content, str) else content, {}) for name, content in files.items()]
    )


def write_members(path: Path, members: Iterable[tuple[str, bytes, dict[str, Any]]]) -> Path:
    """Write members with a name, bytes and, in a tar, whatever else their header says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, _ in members:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return path
    kind = {".gz": "gz", ".tgz": "gz", ".xz": "xz", ".txz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content, header in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in header.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content))
    return path


def add_directory(path: Path, directory: Path, prefix: str = "") -> Path:
    """Write a directory of the file system to an archive, links as links, and return the archive's path."""
    paths = sorted(directory.rglob("*"))
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in paths:
                name = f"{prefix}{one.relative_to(directory)}"
                if one.is_symlink():
                    info = zipfile.ZipInfo(name)
                    info.external_attr = _SYMBOLIC_LINK
                    archive.writestr(info, str(one.readlink()))
                else:
                    archive.write(one, name)
        return path
    kind = {".gz": "gz", ".tgz": "gz", ".xz": "xz", ".txz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{kind}") as tar:  # type: ignore[call-overload]
        for one in paths:
            tar.add(one, f"{prefix}{one.relative_to(directory)}", recursive=False)
    return path
