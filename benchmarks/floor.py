"""The least that any comparison must do: `python -m benchmarks.floor OLD NEW`.

One process reads the bytes of both sides and decodes the JSON of the `meta` and `spec_details` lines, untyped, page by page.
It validates, compares and keeps nothing, so what a tool takes beyond this is its own work.
"""

from __future__ import annotations

import os
import sys

import msgspec

_META, _SPECS = b"\nmeta: ", b"\nspec_details: "


def decode_snapshot(directory: str) -> int:
    """Decode every page of a snapshot; gives back the number of specs."""
    specs = 0
    decode = msgspec.json.Decoder().decode
    with os.scandir(directory) as packages:
        for package in packages:
            page = _read(f"{package.path}/specs.md")
            decode(_line(page, _META))
            specs += len(decode(_line(page, _SPECS)))
    return specs


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _line(page: bytes, start: bytes) -> memoryview:
    begin = page.index(start) + len(start)
    return memoryview(page)[begin : page.index(b"\n", begin)]


def main() -> None:
    """Run the command line."""
    old, new = sys.argv[1:]
    sys.stdout.write(f'{{"old": {decode_snapshot(old)}, "new": {decode_snapshot(new)}}}\n')


if __name__ == "__main__":
    main()
