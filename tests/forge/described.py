"""GitHub as its published description has it.

Prism, a server, validates every request by the description and answers from it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

from tests.forge.github import GithubServer
from tests.forge.server import Answer
from tests.processes import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.forge.server import RatedObservation

SECONDS_TO_START = 180


@contextmanager
def serve_description(prism: str, description: str) -> Iterator[str]:
    """Run Prism on a description of an API, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [prism, "mock", "--host", "127.0.0.1", "--port", str(port), description]
    with start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS_TO_START * 5):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, "Prism ended before it listened"
        time.sleep(0.2)
    message = f"Prism does not listen after {SECONDS_TO_START} seconds"
    raise TimeoutError(message)


class Told(NamedTuple):
    """What Prism makes of a request."""

    request: str
    status: int
    violations: list[dict[str, Any]]


class DescribedGithub(GithubServer):
    """GitHub on this machine, whose every REST request is shown to Prism first. `told` is what Prism answered to each."""

    def __init__(self, prism: str, *, answers: bool = False) -> None:
        super().__init__()
        self._prism, self._answers = prism, answers
        self.listed: list[Told] = []

    def answer(self, seen: RatedObservation) -> Answer:
        """Return this server's answer to what is allowed; with `answers`, what Prism makes of the description's examples."""
        if seen.path == "/graphql":
            return super().answer(seen)
        kept = {name: value for name, value in seen.headers.items() if name in ("authorization", "content-type", "accept")}
        reply = requests.request(seen.method, f"{self._prism}{seen.target}", data=seen.raw, headers=kept, timeout=60)
        # Some examples of the description are not what it describes: what a request gets is no fault of ours.
        violations = [one for one in json.loads(reply.headers.get("sl-violations", "[]")) if one["location"][0] == "request"]
        self.listed.append(Told(f"{seen.method} {seen.path}", reply.status_code, violations))
        # The example of a page leads to a next one, without end and on api.github.com: its headers stay behind.
        theirs = Answer(reply.status_code, reply.text)
        return theirs if self._answers or reply.status_code >= 400 else super().answer(seen)

    @property
    def refused(self) -> list[Told]:
        """The requests that the description does not allow."""
        return [one for one in self.listed if one.status not in (200, 201) or one.violations]
