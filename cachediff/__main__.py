"""`python -m cachediff` is `cachediff`: the command line, behind a guard for what goes wrong before it runs.

Nothing is imported up here but what the interpreter has already: whatever happens during an import happens within the guard.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import gc
import sys

_SIGNALLED = 128
"""Above it, exit codes are those of interrupted runs."""

_reserve = [bytes(4 << 20)]
"""Memory that nothing has touched, given back for the last words of a run that has no more of it."""


def main() -> None:
    """Run the command line and exit. What cannot start ends with 3 or 70: Python's own 1 would look like a verdict."""
    # What a run makes, it nearly always keeps: looking for garbage at every turn costs a tenth of it.
    gc.set_threshold(100_000)
    try:
        code = _run()
    except KeyboardInterrupt:  # before the command line could take it, or after
        from cachediff.engine.signals import exit_code

        code = exit_code()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - nothing may look like a verdict
        _reserve.clear()
        code = _give_up(error)
        _end_at_once(code)
    if code > _SIGNALLED:
        _end_at_once(code)
    gc.freeze()  # the process ends: there is nothing to gain by looking for garbage once more, as Python would
    sys.exit(code)


def _end_at_once(code: int) -> None:
    """Exit, all being cleaned up.

    An interrupt that went through some kinds of code makes Python end by the signal, whatever the code, and want of
    memory makes it end with 1.
    """
    import os
    from contextlib import suppress

    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    os._exit(code)


def _run() -> int:
    waiting = _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP))
    try:
        from cachediff.engine.signals import handle_signals, raise_signals, release_signals

        handle_signals()
    finally:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, waiting)
    from cachediff.cli.main import run

    raise_signals()
    code = run(sys.argv[1:])
    release_signals()
    return code


def _give_up(error: BaseException) -> int:
    """Say in one line what went wrong, with as little as may be left to say it with."""
    code, hint, words = (
        70,
        "",
        f"internal error: {type(error).__name__}: {error} (cachediff is not installed as a whole; this is not a verdict)",
    )
    try:
        from cachediff.errors import find_lack

        if lack := find_lack(error):
            code, words, hint = lack.exit_code, f"error: {lack}", f"hint: {lack.hint}\n"
    except (MemoryError, SystemError, OSError):  # not even that
        code, words = 3, f"error: the system has too little of something: {type(error).__name__}"
    if sys.stderr:
        sys.stderr.write(f"{' '.join(words.split())}\n{hint}")
    return code


if __name__ == "__main__":
    main()
