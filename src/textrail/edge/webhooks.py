"""Carriers' webhooks: verified, checked, on disk, and only then answered."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Final

from textrail.carriers.contract import Answer, Door, Webhook
from textrail.edge.asgi import Receive, Response, Scope, read_body, require_method
from textrail.edge.calls import Calls
from textrail.edge.house import CarrierConnection
from textrail.edge.means import Means
from textrail.vocabulary.arrivals import CARRIER, CarrierArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Forbidden, NotFound, Refusal, Unavailable
from textrail.vocabulary.sealing import Seal

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 256 * 1024
WHATS: Final = frozenset({"message", "status", "call", "recording"})
_is_token = re.compile(r"[0-9A-Za-z_-]{1,40}\Z").match


class Webhooks:
    """POST `/in/{carrier}/{token}/{what}`: the token finds the connection, the signature proves."""

    def __init__(
        self,
        means: Means,
        *,
        doors: Mapping[str, Door],
        calls: Calls,
        seal: Seal,
        links_url: str,
    ) -> None:
        self._house, self._journal, self._clock, self._metrics = means
        self._doors = doors
        self._calls = calls
        self._seal = seal
        self._links_url = links_url.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        carrier = scope["path"].split("/")[2]
        try:
            return await self._take(scope, receive)
        except Refusal as refusal:
            label = carrier if carrier in self._doors else "unknown"
            self._metrics.webhooks_refused.labels(label, refusal.name).inc()
            raise

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        carrier, token, what = _address(scope["path"])
        try:
            connection = await self._connection(carrier, token)
        except Unavailable:
            webhook = await self._read(scope, receive, what)
            answer = self._calls.sorry(self._doors[carrier], webhook)
            if answer is None:
                raise
            return _response(answer)
        require_method(scope, *sorted(self._doors[carrier].methods))
        webhook = await self._read(scope, receive, what)
        door = self._doors[carrier]
        if not door.verify(webhook, self._seal.open(connection.secret)):
            raise Forbidden(
                "The signature of this webhook is not right.",
                hint="Check the carrier's secret, and that TEXTRAIL_LINKS_URL is the address that"
                " the carrier calls.",
                code="wrong_signature",
            )
        door.check(webhook)
        told = await self._calls.answer(door, connection.id, webhook)
        arrival = CarrierArrival(
            carrier=carrier,
            connection_id=connection.id,
            what=what,
            content_type=webhook.headers.get("content-type", ""),
            query=scope["query_string"].decode("latin-1"),
            body=webhook.body,
            turn=None if told is None else told.kept,
        )
        await self._keep(arrival, webhook.at_ms)
        return _response(door.answer(webhook) if told is None else told.answer)

    async def _keep(self, arrival: CarrierArrival, at_ms: int) -> None:
        """On disk, or Unavailable; but a caller who waits for an answer is led on all the same."""
        try:
            await self._journal.append(CARRIER, at_ms, encode(arrival))
        except Unavailable:
            if arrival.turn is None:
                raise
            log.exception("a step of a call could not be written down")
            self._metrics.calls_unrecorded.inc()
        else:
            self._metrics.webhooks.labels(arrival.carrier).inc()

    async def _read(self, scope: Scope, receive: Receive, what: str) -> Webhook:
        body = await read_body(scope, receive, limit=LARGEST_BODY)
        at_ms = to_ms(self._clock.now())
        return Webhook(self._public_url(scope), what, _readable(scope), body, at_ms)

    async def _connection(self, carrier: str, token: str) -> CarrierConnection:
        found = await self._house.connection(token) if carrier in self._doors else None
        if found is None or found.carrier != carrier:
            raise _nothing_here()
        return found

    def _public_url(self, scope: Scope) -> str:
        """The address as the carrier called it and signed it, whatever proxies made of it."""
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        return self._links_url + (path + b"?" + query if query else path).decode("latin-1")


def _address(path: str) -> tuple[str, str, str]:
    parts = path.split("/")[2:]
    if len(parts) != 3 or parts[2] not in WHATS or not _is_token(parts[1]):
        raise _nothing_here()
    return parts[0], parts[1], parts[2]


def _response(answer: Answer) -> Response:
    return Response(answer.status, [(b"content-type", answer.content_type.encode())], answer.body)


def _nothing_here() -> NotFound:
    return NotFound(
        "No carrier connection is at this address.",
        hint="Copy the webhook address from the number's page again.",
        code="unknown_connection",
    )


def _readable(scope: Scope) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
