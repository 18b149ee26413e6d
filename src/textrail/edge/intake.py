"""Reported events: the Segment-compatible calls, from servers and from browsers."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Final

from textrail.edge.asgi import Receive, Response, Scope, as_json, header, read_body, require_method
from textrail.edge.house import ApiKey, House
from textrail.edge.metrics import Metrics
from textrail.edge.pages import refuse_with_json
from textrail.edge.recent import Recent
from textrail.edge.reported import CALLS, LARGEST_BATCH, LARGEST_EVENT, Report, read_report
from textrail.journal.group import GroupCommit
from textrail.journal.port import Entry
from textrail.vocabulary.arrivals import INTAKE, IntakeArrival, encode
from textrail.vocabulary.clock import Clock, to_ms
from textrail.vocabulary.errors import NotFound, Refusal, Unauthorized
from textrail.vocabulary.ids import digest

SECONDS_REMEMBERED: Final = 5
# Pages of any origin may report; no cookie is ever read, so there is nothing for them to borrow.
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_SENT_BY_BROWSERS = b"authorization, content-type, content-encoding, x-strict-mode"
_PREFLIGHT = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        _SENT_BY_BROWSERS,
    ),
    (b"access-control-max-age", b"86400"),
]


class Intake:
    """POST `/v1/{call}`: 200 when everything that is not named as rejected is on disk."""

    def __init__(
        self, *, house: House, journal: GroupCommit, clock: Clock, metrics: Metrics
    ) -> None:
        self._house = house
        self._journal = journal
        self._clock = clock
        self._metrics = metrics
        self._recent: Recent[str, ApiKey] = Recent(seconds=SECONDS_REMEMBERED, most=1_000)

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        try:
            answer = await self._answer(scope, receive)
        except Refusal as refusal:
            self._metrics.intake_rejected.labels(refusal.name).inc()
            answer = refuse_with_json(refusal)
        return answer._replace(headers=[*answer.headers, _ANY_ORIGIN])

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        call = scope["path"].removeprefix("/v1/")
        if call not in CALLS and call != "batch":
            raise NotFound("There is no such call.", hint="Use /v1/batch or /v1/track.")
        if scope["method"] == "OPTIONS":
            return Response(204, _PREFLIGHT)
        require_method(scope, "POST", "OPTIONS")
        plain = _key_in(header(scope["headers"], b"authorization"))
        key = await self._key(plain) if plain else None
        limit = LARGEST_BATCH if call == "batch" else LARGEST_EVENT
        body = await read_body(scope, receive, limit=limit)
        report = read_report(call, body, now=self._clock.now())
        key = key or await self._key(report.write_key)
        await self._keep(key, report)
        self._count(report)
        lenient = header(scope["headers"], b"x-strict-mode") == b"0"
        return _outcome(report, lenient=lenient)

    async def _key(self, plain: str) -> ApiKey:
        """The key, known for some seconds: a revoked one is refused that much later."""
        hashed = digest(plain)
        key = self._recent.get(hashed)
        if key is None:
            key = await self._house.api_key(hashed) if plain else None
            if key is None:
                raise Unauthorized(
                    "This write key is not known here.",
                    hint="Send a key from Settings as the user of Basic authentication.",
                    code="unknown_key",
                )
            self._recent.keep(hashed, key)
        return key

    async def _keep(self, key: ApiKey, report: Report) -> None:
        at = to_ms(self._clock.now())
        entries = [
            Entry(INTAKE, at, encode(IntakeArrival(key.business_id, key.id, *event)))
            for event in report.events
        ]
        if entries:
            await self._journal.append_many(entries)

    def _count(self, report: Report) -> None:
        for event in report.events:
            self._metrics.intake_accepted.labels(event.call).inc()
        for _, refusal in report.rejected:
            self._metrics.intake_rejected.labels(refusal.name).inc()


def _outcome(report: Report, *, lenient: bool) -> Response:
    """200 when anything was kept, with what was refused by name; else the first refusal.

    Segment's libraries drop a batch on 4xx, telling their `on_error`, and send it again on 5xx: a
    4xx for a batch of which a part was kept would report its good events as lost.
    """
    rejected = [
        {"index": position, **refusal.as_dict()["error"]} for position, refusal in report.rejected
    ]
    if rejected and not report.events and not lenient:
        first = report.rejected[0].refusal
        return as_json(first.status, {**first.as_dict(), "rejected": rejected})
    return as_json(200, {"success": True, "accepted": len(report.events), "rejected": rejected})


def _key_in(authorization: bytes) -> str:
    """The write key in an Authorization header: Basic's user, or a Bearer token."""
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip().decode("latin-1")
    if scheme.lower() != b"basic":
        return ""
    try:
        return b64decode(value, validate=True).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthorized("The Authorization header cannot be read.") from error
