"""An HTTP client for addresses that users give: it cannot be led into a private network.

A name is looked up once, every address it has is judged, and exactly one that passed is called, so
that a second look-up cannot answer differently. That happens where the socket is opened: no
redirect and no other path through the client gets around it.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
import httpx

from textrail.outside.addresses import may_call

Resolve = Callable[[str, int], Sequence[str]]

TIMEOUT = httpx.Timeout(8.0, connect=5.0)
SECONDS = 8.0
AGENT = "Mozilla/5.0 (compatible; Textrail/1.0; link and webhook checks)"
_MOST_ADDRESSES = 3  # of one name that are tried in turn


class PrivateAddressError(httpx.ConnectError):
    """The name leads to an address that must not be called; nothing was sent."""


class UnknownNameError(httpx.ConnectError):
    """Nobody knows the name; nothing was sent."""


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, as the operating system knows them; none when it knows none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def open_public_client(
    *,
    allow_private: bool = False,
    seconds: float = SECONDS,
    tls: ssl.SSLContext | None = None,
    look_up: Resolve = resolve,
) -> httpx.Client:
    """A client for the open web: no cookies, no proxy, no redirect unless the caller asks for it.

    `allow_private` lets it call this machine and private networks too, as in a trial. A request
    that takes longer than `seconds` altogether is cut off, however slowly the answer drips in.
    Raises httpx's errors; PrivateAddressError and UnknownNameError are among the ConnectErrors.
    """
    transport = PublicTransport(
        allow_private=allow_private, seconds=seconds, tls=tls, look_up=look_up
    )
    return httpx.Client(
        transport=transport,
        timeout=TIMEOUT,
        trust_env=False,
        max_redirects=5,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"user-agent": AGENT},
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that browsers trust; reading them takes longer than most visits."""
    return httpx.create_ssl_context(trust_env=False)


class PublicTransport(httpx.BaseTransport):
    """httpx's way to the network, through sockets that are judged before they are opened."""

    def __init__(
        self,
        *,
        allow_private: bool,
        seconds: float,
        tls: ssl.SSLContext | None = None,
        look_up: Resolve = resolve,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or _trusted(),
            max_keepalive_connections=0,
            network_backend=_JudgingBackend(allow_private, seconds, look_up),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx(request):
            answer = self._pool.handle_request(sent)
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, request),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    """httpcore's errors by the names that httpx gives them."""
    try:
        yield
    except httpx.TransportError as error:
        error.request = request
        raise
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error), request=request) from error


class _JudgingBackend(httpcore.NetworkBackend):
    """Opens sockets to judged addresses only, and lets each live for so many seconds."""

    def __init__(self, allow_private: bool, seconds: float, look_up: Resolve) -> None:
        self._allow_private = allow_private
        self._seconds = seconds
        self._look_up = look_up
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = _Deadline(self._seconds)
        addresses = _in_time(self._look_up, host, port, deadline.cap(timeout))
        if not addresses:
            raise UnknownNameError(f"nobody knows {host[:80]}")
        if not all(may_call(each, allow_private=self._allow_private) for each in addresses):
            raise PrivateAddressError(f"{host[:80]} is inside a private network")
        *others, last = addresses[:_MOST_ADDRESSES]
        for address in others:
            try:
                return self._connect(address, port, timeout, deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(last, port, timeout, deadline)

    def _connect(
        self, address: str, port: int, timeout: float | None, deadline: _Deadline
    ) -> httpcore.NetworkStream:
        stream = self._sockets.connect_tcp(address, port, timeout=deadline.cap(timeout))
        return _TimedStream(stream, deadline)

    def sleep(self, seconds: float) -> None:
        self._sockets.sleep(seconds)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def cap(self, timeout: float | None) -> float:
        """The seconds that one more step may take; ReadTimeout when there are none left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore.NetworkStream):
    """A socket that is read and written within one deadline, and not only step by step."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cap(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cap(timeout))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _in_time(look_up: Resolve, host: str, port: int, seconds: float) -> Sequence[str]:
    """What `look_up` answers; ConnectTimeout when it takes longer, for it knows no time limit."""
    answers: SimpleQueue[Sequence[str]] = SimpleQueue()
    asking = threading.Thread(
        target=lambda: answers.put(look_up(host, port)), daemon=True, name="look-up"
    )
    asking.start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout(f"looking up {host[:80]} took too long") from None
