"""The door's side of ASGI: requests are read with limits, answers are small values."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from textrail.vocabulary.errors import Refusal, TooLarge

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

SECONDS_FOR_A_BODY: Final = 10
NO_STORE: Final = (b"cache-control", b"no-store")


class Response(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


Handler: TypeAlias = Callable[[Scope, Receive], Awaitable[Response]]


class ClientGone(Exception):
    """Whoever asked closed the connection before the request was complete."""


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"This address answers to {self.allowed} only.")


class TooSlow(Refusal):
    status = 408
    code = "too_slow"


class UnsupportedEncoding(Refusal):
    status = 415
    code = "unsupported_encoding"


def require_method(scope: Scope, *allowed: str) -> None:
    if scope["method"] not in allowed:
        raise MethodNotAllowed(allowed)


def header(headers: Headers, name: bytes) -> bytes:
    """The first header of that (lower-case) name, or nothing."""
    return next((value for key, value in headers if key == name), b"")


def as_json(status: int, content: object) -> Response:
    body = msgspec.json.encode(content)
    return Response(status, [(b"content-type", b"application/json"), NO_STORE], body)


async def read_body(scope: Scope, receive: Receive, *, limit: int) -> bytes:
    """The body, at most `limit` bytes of it after decompression.

    Raises TooLarge as soon as that is certain, TooSlow, UnsupportedEncoding, or a 400.
    """
    announced = header(scope["headers"], b"content-length")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(SECONDS_FOR_A_BODY):
            body = await _collect(receive, limit)
    except TimeoutError as error:
        raise TooSlow("The body of the request did not arrive in time.") from error
    encoding = header(scope["headers"], b"content-encoding").strip().lower()
    if encoding in {b"", b"identity"}:
        return body
    if encoding in _WINDOWS:
        return _unpack(body, limit, encoding)
    raise UnsupportedEncoding(
        "The body is compressed in a way we do not read.", hint="Use gzip or deflate."
    )


# How zlib is told of them. PostHog's library calls zlib's own form deflate, as HTTP does.
_WINDOWS = {b"gzip": zlib.MAX_WBITS + 16, b"deflate": zlib.MAX_WBITS}


async def _collect(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _unpack(body: bytes, limit: int, encoding: bytes) -> bytes:
    """What `body` holds; never more than `limit` + 1 bytes are unpacked to find out."""
    unpacker = zlib.decompressobj(wbits=_WINDOWS[encoding])
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise _malformed(encoding) from error
    if len(plain) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise _malformed(encoding)
    return plain


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // 1024} kB.", hint="Send less at a time.")


def _malformed(encoding: bytes) -> Refusal:
    name = encoding.decode()
    return Refusal(f"The body is not valid {name}.", code=f"malformed_{name}")
