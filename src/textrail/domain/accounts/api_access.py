"""Who may call the API: a key of the business, and nothing else. No cookie is ever read."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest
from ninja.security import HttpBasicAuth, HttpBearer
from ninja.throttling import BaseThrottle

from textrail.domain.accounts import queries
from textrail.domain.accounts.access import now
from textrail.domain.accounts.models import ApiKey, Business
from textrail.vocabulary.errors import Forbidden, TooLarge
from textrail.vocabulary.ids import digest

CALLS_PER_MINUTE = 600
CALLS_AT_ONCE = 100
LARGEST_BODY = 16 * 1024 * 1024
_KEYS_REMEMBERED = 10_000


class KeyRequest(HttpRequest):
    """A request that carried a key of `business`. A key acts for the business as a whole."""

    auth: ApiKey
    business: Business
    now: datetime


class BearerKey(HttpBearer):
    """`Authorization: Bearer tr_…`"""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        return _admit(request, token.strip())


class BasicKey(HttpBasicAuth):
    """The key as the user name of Basic authorization, with an empty password."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> ApiKey | None:
        return _admit(request, username)


class Allowance(BaseThrottle):
    """So many calls at once for each key, filled up again evenly. Kept by each process alone, so an
    installation with several pages processes allows that many times as much."""

    def __init__(
        self,
        *,
        at_once: int = CALLS_AT_ONCE,
        per_minute: int = CALLS_PER_MINUTE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._per_second = per_minute / 60
        self._timer = timer
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allow_request(self, request: HttpRequest) -> bool:
        key = request.auth.key_hash  # type: ignore[attr-defined]
        moment = self._timer()
        with self._lock:
            left, since = self._left.pop(key, (float(self._at_once), moment))
            left = min(self._at_once, left + (moment - since) * self._per_second)
            allowed = left >= 1
            self._left[key] = (left - allowed, moment)
            while len(self._left) > _KEYS_REMEMBERED:
                self._left.popitem(last=False)
        return allowed

    def wait(self) -> float:
        """Seconds until a key that has used everything up may call again."""
        return 1 / self._per_second


def _admit(request: HttpRequest, plain: str) -> ApiKey | None:
    """The key that is `plain`, with its business on the request; Forbidden for one that only
    reports."""
    key = queries.key_in_use(digest(plain)) if plain else None
    if key is None:
        return None
    if not key.opens_api:
        raise Forbidden(
            "This key reports conversions only.",
            hint="Make a key for the API under Settings, API keys.",
            code="key_only_reports",
        )
    request.business = key.business  # type: ignore[attr-defined]
    request.now = now()  # type: ignore[attr-defined]
    _take_body(request)
    return key


def _take_body(request: HttpRequest) -> None:
    """Read the body, now that somebody is known to have sent it, up to a limit that is higher than
    Django's own, which is made for forms."""
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise TooLarge(
            f"The body is larger than {LARGEST_BODY >> 20} MB.", hint="Send it in several calls."
        )
    request._body = body
