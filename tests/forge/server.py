"""A forge on this machine: real HTTP, comments that stay, and faults to order.

How GitHub and GitLab differ is told beside it.
"""

from __future__ import annotations

import json
import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from cachediff.publish.place import ForgeName

US = "cachediff-bot"


@dataclass
class RatedObservation:
    """One request: its path without the query, and what it asks for."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: dict[str, Any]
    target: str
    raw: bytes


@dataclass
class Answer:
    """What a request gets: text as it is, all else as JSON. `None` as status: the connection is cut instead."""

    status: int | None
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """An answer that the next request of a method gets instead of its own; `is_done`: it has its effect all the same."""

    method: str
    answer: Answer
    is_done: bool = False


@dataclass
class Said:
    """One comment."""

    id: int
    author: str
    body: str


class Forge(ABC):
    """A server with one pull request, number 3 of `spack/cache`. Use it as a context."""

    name: ClassVar[ForgeName]
    repository = "spack/cache"
    number = 3
    most_characters: ClassVar[int]

    def __init__(self) -> None:
        self.comments: list[Said] = []
        self.seen: list[RatedObservation] = []
        self.faults: list[Fault] = []
        self.routes: list[tuple[str, str, Callable[..., Answer]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._proxies = patch.dict(os.environ, NO_PROXY="*")

    def __enter__(self) -> Self:
        """Serve until the context ends, to clients that ask for no proxy."""
        self._proxies.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self._proxies.stop()

    def stop(self) -> None:
        """Stop serving; from then on nobody listens there."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    @abstractmethod
    def api_url(self) -> str:
        """The address of the API."""

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What the forge's CI would set in a job about the pull request, but for the event."""

    @abstractmethod
    def limit(self, method: str, seconds: int) -> Fault:
        """Return the answer to too many requests, which says when to come back."""

    @abstractmethod
    def refuse(self, method: str) -> Fault:
        """Return the answer to a token that may only read."""

    def add(self, author: str, body: str) -> int:
        """Add a comment and return its id."""
        self.comments.append(Said(100 + len(self.comments), author, body))
        return self.comments[-1].id

    @property
    def bodies(self) -> list[str]:
        """What the comments say, in order."""
        return [said.body for said in self.comments]

    @property
    def writes(self) -> list[str]:
        """The methods of the requests that were to change something, in order."""
        return [seen.method for seen in self.seen if seen.method != "GET" and seen.path != "/graphql"]

    def answer(self, seen: RatedObservation) -> Answer:
        """Return what a request gets: the first fault that is due for its method, or what its route says."""
        self.seen.append(seen)
        fault = next((one for one in self.faults if one.method == seen.method and seen.path != "/graphql"), None)
        if fault:
            self.faults.remove(fault)
            if fault.is_done:
                self._follow(seen)
            return fault.answer
        return self._follow(seen)

    def _follow(self, seen: RatedObservation) -> Answer:
        for method, pattern, route in self.routes:
            if method == seen.method and (found := re.fullmatch(pattern, seen.path)):
                return route(seen, *found.groups())
        return Answer(404, {"message": "Not Found"})

    def page(self, seen: RatedObservation) -> tuple[list[Said], dict[str, str]]:
        """Return one page of comments, and the headers that lead to the next."""
        size, number = int(seen.query.get("per_page", "30")), int(seen.query.get("page", "1"))
        last = max(1, -(-len(self.comments) // size))
        links = {"next": number + 1, "last": last} if number < last else {}
        link = ", ".join(f'<{self.origin}{seen.path}?per_page={size}&page={to}>; rel="{name}"' for name, to in links.items())
        headers = {
            "X-Page": str(number),
            "X-Next-Page": str(links.get("next", "")),
            "X-Total-Pages": str(last),
            "X-Per-Page": str(size),
        }
        return self.comments[(number - 1) * size : number * size], headers | ({"Link": link} if link else {})


def _handler_of(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            content = json.loads(raw) if raw else {}
            answer = forge.answer(
                RatedObservation(self.command, url.path, dict(parse_qsl(url.query)), headers, content, self.path, raw)
            )
            if answer.status is None:
                self.close_connection = True
                return
            data = answer.content.encode() if isinstance(answer.content, str) else json.dumps(answer.content).encode()
            self.send_response(answer.status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server looks for these names

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
