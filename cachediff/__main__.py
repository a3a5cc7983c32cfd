"""`python -m cachediff` is `cachediff`: the command line, behind a guard for what goes wrong before it runs."""

from __future__ import annotations

import gc
import sys

from cachediff.signals import exit_code, handle_signals


def main() -> None:
    """Run the command line and exit. An installation that does not import ends with 70: Python's own 1 would look like a verdict."""
    gc.set_threshold(100_000)  # what a run makes, it nearly always keeps: looking for garbage at every turn costs a tenth of it
    handle_signals()
    try:
        _run()
    except KeyboardInterrupt:  # before the command line could take it, or after
        sys.exit(exit_code())


def _run() -> None:
    try:
        from cachediff.cli.main import run
    except Exception as error:  # noqa: BLE001 - as cachediff.cli.main.run does for what happens later
        detail = " ".join(f"{type(error).__name__}: {error}".split())
        sys.stderr.write(f"internal error: {detail} (cachediff is not installed as a whole; this is not a verdict)\n")
        sys.exit(70)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
