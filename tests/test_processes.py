"""The tests' own processes: none ignores a signal because the tests do, and none can hang."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import SIGNALS, execute

TESTS = Path(__file__).parent
TOOLS = {"processes.py", "test_processes.py", "crater.py", "fuzz/run.py", "mutate.py"}
"""The one place, this test, and what somebody runs by hand and stops by hand."""

BARE = re.compile(
    r"subprocess\.(run|Popen|call|check_call|check_output)\(|os\.(system|popen|spawn\w*)\(|\.(wait|communicate)\(\)"
)


def test_processes_are_started_in_one_place_and_waited_for_with_a_timeout() -> None:
    bare = [
        f"{path.relative_to(TESTS)}:{number}: {line.strip()}"
        for path in sorted(TESTS.rglob("*.py"))
        if str(path.relative_to(TESTS)) not in TOOLS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if BARE.search(line)
    ]
    assert bare == []


def test_a_process_has_the_signals_of_a_shell_though_the_tests_ignore_them() -> None:
    """As under `nohup`, and in the background of a script."""
    ignored = f"signal.getsignal(number).__name__ for number in {[*map(int, SIGNALS)]} if signal.getsignal(number) == 1"
    code = f"import signal; print(*({ignored}))"
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        assert execute([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stdout == "\n"
        assert [signal.getsignal(number) for number in SIGNALS] == [signal.SIG_IGN] * 3
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_process_that_hangs_is_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        execute([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
