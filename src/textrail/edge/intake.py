"""Reported events, from servers and from browsers, in the words of several libraries."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Final

from textrail.edge.asgi import Receive, Response, Scope, header, read_body, require_method
from textrail.edge.dialects import Dialect, Report
from textrail.edge.house import ApiKey, ClickedLink, House
from textrail.edge.metrics import Metrics
from textrail.edge.recent import Recent
from textrail.edge.reported import as_refused
from textrail.journal.group import GroupCommit
from textrail.journal.port import Entry
from textrail.vocabulary.arrivals import INTAKE, IntakeArrival, encode
from textrail.vocabulary.clock import Clock, to_ms
from textrail.vocabulary.errors import NotFound, Refusal, Unauthorized, Unavailable
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
# What a lenient answer calls a plain 400, as Segment does: a body that cannot be taken at all.
_OF_THE_BODY = frozenset((400, 413, 422))


class Keys:
    """Write keys, each known for some seconds: a revoked one is refused that much later."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._recent: Recent[str, ApiKey] = Recent(seconds=SECONDS_REMEMBERED, most=1_000)

    async def known(self, plain: str) -> ApiKey:
        """The key, or Unauthorized."""
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


class Intake:
    """POST to an address of a dialect: 200 when everything that is not named as rejected is on
    disk.

    Strict unless the key says otherwise, and for one call by `X-Strict-Mode: 0` or `1`: a call of
    which nothing could be kept is answered with the first refusal. Lenient, it is 200 all the same,
    and 400 only for a body that cannot be read.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        keys: Keys,
        journal: GroupCommit,
        clock: Clock,
        metrics: Metrics,
        house: House,
        links_url: str,
    ) -> None:
        self._dialect = dialect
        self._house = house
        self._links_url = links_url
        self._keys = keys
        self._journal = journal
        self._clock = clock
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        try:
            answer = await self._answer(scope, receive)
        except Refusal as refusal:
            self._metrics.intake_rejected.labels(refusal.name).inc()
            answer = self._dialect.refuse(refusal, ())
        return answer._replace(headers=[*answer.headers, _ANY_ORIGIN])

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        limit = self._dialect.limits.get(scope["path"])
        if limit is None:
            raise NotFound("There is no such call.", hint=self._dialect.hint)
        if scope["method"] == "OPTIONS":
            return Response(204, _PREFLIGHT)
        require_method(scope, "POST", "OPTIONS")
        plain = _key_in(header(scope["headers"], b"authorization"))
        key = await self._keys.known(plain) if plain else None
        try:
            body = await read_body(scope, receive, limit=limit)
            # Whoever has no key is refused before their events cost anything.
            key = key or await self._keys.known(self._dialect.write_key(body))
            report = self._dialect.read(scope["path"], body, self._clock.now())
        except Unauthorized:
            raise
        except Refusal as refusal:
            if _is_lenient(scope, key):
                raise _plain(refusal) from refusal
            raise
        lenient = _is_lenient(scope, key)
        await self._keep(key, report, lenient=lenient)
        self._count(report)
        # Libraries drop a batch on 4xx, telling their `on_error`, and send it again on 5xx: a 4xx
        # for a batch of which a part was kept would report its good events as lost.
        if report.rejected and not report.events and not lenient:
            return self._dialect.refuse(report.rejected[0].refusal, report.rejected)
        return self._dialect.answer(await self._completed(key, report))

    async def _completed(self, key: ApiKey, report: Report) -> Report:
        async def look(click_id: str) -> ClickedLink | None:
            try:
                return await self._house.clicked(click_id, key.business_id)
            except Unavailable:
                return None  # what was told is on disk all the same

        complete = self._dialect.complete
        return await complete(report, look, self._links_url) if complete else report

    async def _keep(self, key: ApiKey, report: Report, *, lenient: bool) -> None:
        """Write down what counts; of a `lenient` call also what was refused, of which its sender
        does not hear."""
        now, sender = self._clock.now(), self._dialect.sender
        kept = [
            IntakeArrival(key.business_id, key.id, *event, sender=sender) for event in report.events
        ]
        if lenient:
            kept += [
                IntakeArrival(
                    key.business_id,
                    key.id,
                    *as_refused(raw, now),
                    sender=sender,
                    refused=refusal.sentence,
                    hint=refusal.hint,
                )
                for _, refusal, raw in report.rejected
            ]
        entries = [Entry(INTAKE, to_ms(now), encode(arrival)) for arrival in kept]
        if entries:
            await self._journal.append_many(entries)

    def _count(self, report: Report) -> None:
        for event in report.events:
            self._metrics.intake_accepted.labels(event.call).inc()
        for _, refusal, _raw in report.rejected:
            self._metrics.intake_rejected.labels(refusal.name).inc()


def _is_lenient(scope: Scope, key: ApiKey | None) -> bool:
    """What the call asks for; else what its key is set to."""
    asked = header(scope["headers"], b"x-strict-mode")
    return asked == b"0" or (asked != b"1" and key is not None and key.lenient)


def _plain(refusal: Refusal) -> Refusal:
    """The refusal as a plain 400, where it is about the body."""
    if refusal.status not in _OF_THE_BODY:
        return refusal
    return Refusal(refusal.sentence, hint=refusal.hint, field=refusal.field, code=refusal.name)


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
