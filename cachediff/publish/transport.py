"""What both forges' libraries send and receive through: whatever an API does, the requests, bytes and seconds are bounded.

Bytes and seconds are counted where they come from the socket. There they hold for headers, for lines and chunks without end,
and for an answer that comes byte by byte, which the timeouts of the libraries do not: each of those begins anew with every
byte.
"""

from __future__ import annotations

import io
import time
import zlib
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError, ContentDecodingError, RequestException
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from cachediff.errors import PublishError
from cachediff.limits import too_large
from cachediff.publish.forge import RefusedError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from requests import PreparedRequest, Response
    from urllib3 import BaseHTTPResponse

    from cachediff.limits import PublishLimits

_AT_A_TIME = 1 << 16
_ANY_HEADER = 32 + zlib.MAX_WBITS
"""Makes zlib take both gzip and deflate."""


class BoundError(PublishError):
    """An API made publishing cost more than it may; it would again."""


class Meter:
    """What one run may still ask and receive.

    `wait` are the seconds that it may also spend waiting for a forge that is busy.
    """

    def __init__(
        self, forge: str, limits: PublishLimits, wait: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._forge, self._limits, self._clock = forge, limits, clock
        self._requests = self._received = 0
        self._end = clock() + limits.seconds + wait

    def begin(self) -> None:
        """Count a request. Raises BoundError for one too many."""
        self._requests += 1
        self._received = 0
        if self._requests > self._limits.requests:
            message = f"{self._forge} takes more than {self._limits.requests:,} requests (limit requests)"
            raise BoundError(message)
        self.seconds_left()

    def seconds_left(self) -> float:
        """Return how many seconds are left. Raises BoundError where none is."""
        left = self._end - self._clock()
        if left <= 0:
            message = f"{self._forge} takes longer than {self._limits.seconds:,} seconds (limit seconds)"
            raise BoundError(message)
        return left

    def receive(self, size: int) -> None:
        """Count bytes of the answer to the last request. Raises BoundError for one too many."""
        self._received += size
        self.check_size(self._received)

    def check_size(self, size: int) -> None:
        """Raise BoundError for an answer, as it came or unpacked, of more bytes than one may have."""
        if size > self._limits.answer_bytes:
            message = f"{self._forge} answers with {too_large('answer-bytes', self._limits.answer_bytes)}"
            raise BoundError(message)

    def check_pages(self, pages: int) -> None:
        """Raise BoundError for one more page of comments than a pull request may have."""
        if pages > self._limits.comment_pages:
            message = f"{self._forge} lists more than {self._limits.comment_pages:,} pages of comments (limit comment-pages)"
            raise BoundError(message)

    def refuse_redirection(self) -> RefusedError:
        """Return what is said of an answer that sends elsewhere: the token goes nowhere else."""
        return RefusedError(
            f"{self._forge} sends on to another address",
            hint="--repository takes the name that a repository has now, --api-url the address of the API",
        )

    def refuse_certificates(self, error: OSError) -> RefusedError:
        """Return what is said where no request can be sent: by the library's words, which name the file."""
        message = f"{self._forge} cannot be reached: {str(error)[:1].lower()}{str(error)[1:]}"
        return RefusedError(message, hint="REQUESTS_CA_BUNDLE names a file of certificates that are trusted")

    @property
    def most_bytes(self) -> int:
        """How many bytes an answer may have."""
        return self._limits.answer_bytes


class MeteredAdapter(HTTPAdapter):
    """Sends the requests of a session and receives their answers, as far as a meter allows."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        # Retries are ours (post.py), and each counts.
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pool whose connections are metered."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._meter)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the same for a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _pools(self._meter)
        return manager

    def send(
        self, request: PreparedRequest, stream: bool = False, timeout: Any = None, *arguments: Any, **options: Any
    ) -> Response:
        """Return the answer, with its whole body in memory and without the token, should it be repeated there.

        Raises BoundError, RefusedError for a redirection, and what the adapter of requests raises.
        """
        del stream
        self._meter.begin()
        # What is not packed cannot grow.
        request.headers["Accept-Encoding"] = "identity"
        # Streamed, so that the body is read below, counted, and not by requests.
        try:
            response = super().send(request, True, min(timeout, self._meter.seconds_left()), *arguments, **options)
        except OSError as error:
            # The library's own are told apart by whoever asked; of a file of certificates that is not there it has none.
            if isinstance(error, RequestException):
                raise
            raise self._meter.refuse_certificates(error) from error
        raw: BaseHTTPResponse = response.raw
        try:
            # Not decoded on the way: a few bytes may unpack to gigabytes before anybody counts them.
            data = b"".join(raw.stream(_AT_A_TIME, decode_content=False))
        except HTTPError as error:
            raise ConnectionError(error, request=request) from error
        raw.release_conn()
        # Not followed by anybody: a library would take the token along, drop the query or repeat a POST as a GET.
        if response.is_redirect:
            raise self._meter.refuse_redirection()
        body = _unpack(data, response.headers.get("Content-Encoding", ""), self._meter)
        response.raw = io.BytesIO(_hide_token(body, request))
        return response


def _hide_token(body: bytes, request: PreparedRequest) -> bytes:
    """Return an answer in which the token of its request does not stand: what a forge says may be shown in a log."""
    said = request.headers.get("Authorization") or request.headers.get("PRIVATE-TOKEN") or ""
    token = (said if isinstance(said, bytes) else said.encode()).rpartition(b" ")[2]
    return body.replace(token, b"***") if token else body


def _unpack(data: bytes, encoding: str, meter: Meter) -> bytes:
    """Return the body of an answer that is packed though nobody asked for that, never more than one may have."""
    if encoding.strip().lower() in ("", "identity") or not data:
        return data
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        # One byte more than allowed tells that there is too much; the rest is never unpacked.
        unpacked = unpacker.decompress(data, meter.most_bytes + 1)
    except zlib.error as error:
        raise ContentDecodingError(error) from error
    meter.check_size(len(unpacked))
    return unpacked


def _pools(meter: Meter) -> dict[str, type[HTTPConnectionPool]]:
    """Return the classes of pools whose connections count what they receive."""

    class Metered(HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            # In place of the file that http.client reads all of an answer from, so that headers count, too.
            self.fp: Any = io.BufferedReader(_MeteredSocket(self.fp, sock, meter))

    # Classes, as urllib3 makes pools and connections by itself and hands them no meter.
    def pool_of(kind: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        connection = type("MeteredConnection", (kind.ConnectionCls,), {"response_class": Metered})
        return type("MeteredPool", (kind,), {"ConnectionCls": connection})

    return {"http": pool_of(HTTPConnectionPool), "https": pool_of(HTTPSConnectionPool)}


class _MeteredSocket(io.RawIOBase):
    """The bytes of a socket, counted as they come."""

    def __init__(self, file: Any, sock: socket.socket, meter: Meter) -> None:
        self._file, self._sock, self._meter = file, sock, meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._meter.seconds_left()
        # Anew before each read: what is left of the run is less each time.
        self._sock.settimeout(min(left, self._sock.gettimeout() or left))
        try:
            # The raw file, as the buffered one would wait until all that was asked for has come.
            size = int(self._file.raw.readinto(buffer))
        # If the run's own time is over, that is said; else the forge is silent, which may pass.
        except TimeoutError:
            self._meter.seconds_left()
            raise
        self._meter.receive(size)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()
