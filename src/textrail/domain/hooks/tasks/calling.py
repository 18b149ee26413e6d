"""One call of a receiver: what it answered, or why there is no answer. Never raises for either."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

import httpx

from textrail.domain.hooks.actions import Tried
from textrail.domain.hooks.models import Delivery
from textrail.domain.hooks.rules.endpoints import is_trial
from textrail.outbox.contract import Context
from textrail.outside.fetching import (
    PrivateAddressError,
    UnknownNameError,
    open_public_client,
)

SECONDS = 10.0
EXCERPT = 500
_READ_AT_MOST = 4096
_GONE = 410
_LONGEST_WAIT = 3600.0


class Caller:
    """A client that cannot be led into a private network and follows no redirect."""

    def __init__(self, context: Context) -> None:
        self.http = open_public_client(allow_private=is_trial(context.links_url), seconds=SECONDS)

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()


def call(caller: Caller, url: str, delivery: Delivery, signed: Mapping[str, str]) -> Tried:
    """POST a delivery. Only an answer of 2xx means that it arrived; a redirect is none."""
    headers = {
        **signed,
        "content-type": "application/json",
        "user-agent": "Textrail/1.0 (webhooks)",
        # What is not packed cannot be a small package with a gigabyte in it.
        "accept-encoding": "identity",
    }
    began = time.monotonic()
    try:
        with caller.http.stream(
            "POST", url, content=delivery.payload.encode(), headers=headers, follow_redirects=False
        ) as answer:
            excerpt = _excerpt(answer)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Tried(delivery, None, _why(error), _since(began))
    return Tried(
        delivery,
        answer.status_code,
        _problem(answer),
        _since(began),
        response=excerpt,
        retry_after=_retry_after(answer),
        gone=answer.status_code == _GONE,
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _excerpt(answer: httpx.Response) -> str:
    """The start of the answer as it came, which may be packed after all. What a receiver says
    beyond that, never ends saying or breaks off is left: its status is said already."""
    content = bytearray()
    try:
        for block in answer.iter_raw():
            content += block
            if len(content) >= _READ_AT_MOST:
                break
    except httpx.TransportError:
        pass
    return content.decode("utf-8", errors="replace")[:EXCERPT]


def _problem(answer: httpx.Response) -> str:
    if answer.is_success:
        return ""
    if answer.status_code == _GONE:
        return "It answered 410: it wants no more events."
    if answer.is_redirect:
        return f"It answered {answer.status_code}, a redirect, which is not followed."
    return f"It answered {answer.status_code}."


def _why(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    if isinstance(error, PrivateAddressError):
        return "Its name leads into a private network, so it was not called."
    if isinstance(error, UnknownNameError):
        return "Nobody knows a site of this name."
    if isinstance(error, httpx.TimeoutException):
        return f"It did not answer within {SECONDS:.0f} seconds."
    if isinstance(error, httpx.ConnectError):
        secured = "certificate" in str(error).lower() or "ssl" in str(error).lower()
        return "Its certificate is not valid." if secured else "Nothing answers at this address."
    return "It broke off in the middle."


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds that a busy receiver asks for; a date is left to our own patience."""
    given = answer.headers.get("retry-after", "")
    if answer.is_success or not (given.isascii() and given.isdecimal()):
        return None
    return min(float(given[:6]), _LONGEST_WAIT)
