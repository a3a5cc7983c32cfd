"""A server that answers as no API should: without end, byte by byte, or packed so that it grows."""

from __future__ import annotations

import gzip
import socket
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

MEGABYTE = b"x" * (1 << 20)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _body_without_end() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    while True:
        yield MEGABYTE


def _trickle(start: bytes) -> Iterator[bytes]:
    yield start
    while True:
        time.sleep(0.05)
        yield b" "


def headers_without_end() -> Iterator[bytes]:
    while True:
        yield HEAD + b"X: y\r\n" * 10


def _interim_answers() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000


def chunk_without_end() -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield MEGABYTE.replace(b"x", b"0")


def _trailers_without_end() -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"
    while True:
        yield b"X: y\r\n" * 100_000


def _bomb() -> Iterator[bytes]:
    packed = gzip.compress(b" " * (200 << 20), 9)
    yield HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed


BIG: dict[str, Callable[[], Iterator[bytes]]] = {
    "body without end": _body_without_end,
    "interim answers without end": _interim_answers,
    "trailers without end": _trailers_without_end,
    "body that unpacks to 200 MB": _bomb,
}
SLOW: dict[str, Callable[[], Iterator[bytes]]] = {
    "status that trickles": lambda: _trickle(b"HTTP/1.1 "),
    "header that trickles": lambda: _trickle(HEAD + b"X: "),
    "body that trickles": lambda: _trickle(HEAD + b"Content-Length: 1000000\r\n\r\n"),
    "chunk that trickles": lambda: _trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n00000"),
    "silence": lambda: _trickle(b""),
}


class EndlessServer:
    """Gives every connection the same answer, for as long as it listens. Use it as a context."""

    def __init__(self, answer: Callable[[], Iterator[bytes]]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def origin(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Serve until the context ends."""
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            connection.recv(1 << 16)
            for piece in self._answer():
                connection.sendall(piece)
