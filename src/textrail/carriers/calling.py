"""How a call to a carrier fails, in our three words. The order of blame is what keeps a text from
being sent twice: only what certainly never left counts as Transient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown

Content = TypeVar("Content")

TIMEOUT = httpx.Timeout(20.0, connect=5.0, write=10.0, pool=5.0)
LONGEST_PAUSE_SECONDS = 3600.0

# 500, 502 and 504 can come after a carrier did what we asked, so only these two mean "not done".
NOT_DONE = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_CAN = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@contextmanager
def calling(carrier: str, *, repeatable: bool) -> Iterator[None]:
    """Turn a failed call into Permanent, Transient or Unknown.

    `repeatable` says that doing it twice is harmless, so that an unclear end may be Transient.
    """
    try:
        yield
    except _NEVER_LEFT as error:
        raise Transient(f"{carrier} cannot be reached.", code="unreachable") from error
    except (*_NEVER_CAN, httpx.InvalidURL) as error:
        raise Permanent(f"{carrier} has an address that cannot be called.") from error
    except httpx.RequestError as error:
        if repeatable:
            raise Transient(f"{carrier} did not finish its answer.", code="cut_off") from error
        raise Unknown(f"{carrier} did not say whether it took the call.", code="cut_off") from error


def refused(
    response: httpx.Response,
    sentence: str,
    code: str,
    *,
    otherwise: type[CarryFailure],
    passes: bool = False,
) -> CarryFailure:
    """What an unsuccessful answer means. `otherwise` is for what may have happened anyway; `passes`
    says that the carrier's code names something that may be over soon."""
    is_refusal = not response.is_server_error
    if response.status_code in NOT_DONE or (is_refusal and passes):
        return Transient(sentence, code=code, retry_after_seconds=pause_asked_for(response))
    return Permanent(sentence, code=code) if is_refusal else otherwise(sentence, code=code)


def read_answer(
    content: bytes, kind: type[Content], *, carrier: str, unclear: type[CarryFailure]
) -> Content:
    """What a carrier answered, or `unclear` for what cannot be read as `kind`."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise unclear(f"{carrier} answered with something that cannot be read.") from error


def pause_asked_for(response: httpx.Response) -> float | None:
    """The seconds of `Retry-After`, at most an hour; None without one. A moment counts from when
    the answer was written by the carrier's own clock (`Date`), else it says nothing."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_PAUSE_SECONDS)
    until, now = _moment(text), _moment(response.headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), LONGEST_PAUSE_SECONDS)


def _moment(text: str) -> datetime | None:
    """A date as HTTP writes it (RFC 9110, 5.6.7), which is always in GMT."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC)
    except ValueError:
        return None
