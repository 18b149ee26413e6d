"""Carriers' webhooks: verified, checked, on disk, and only then answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from textrail.carriers.contract import Door, Webhook
from textrail.edge.asgi import Receive, Response, Scope, read_body, require_method
from textrail.edge.house import CarrierConnection, House
from textrail.edge.metrics import Metrics
from textrail.journal.group import GroupCommit
from textrail.vocabulary.arrivals import CARRIER, CarrierArrival, encode
from textrail.vocabulary.clock import Clock, to_ms
from textrail.vocabulary.errors import Forbidden, NotFound, Refusal
from textrail.vocabulary.sealing import Seal

LARGEST_BODY: Final = 256 * 1024
WHATS: Final = frozenset({"message", "status", "call"})
_is_token = re.compile(r"[0-9A-Za-z_-]{1,40}\Z").match


class Webhooks:
    """POST `/in/{carrier}/{token}/{what}`: the token finds the connection, the signature proves."""

    def __init__(
        self,
        *,
        house: House,
        journal: GroupCommit,
        clock: Clock,
        metrics: Metrics,
        doors: Mapping[str, Door],
        seal: Seal,
        links_url: str,
    ) -> None:
        self._house = house
        self._journal = journal
        self._clock = clock
        self._metrics = metrics
        self._doors = doors
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
        require_method(scope, "POST")
        connection = await self._connection(carrier, token)
        body = await read_body(scope, receive, limit=LARGEST_BODY)
        webhook = Webhook(self._public_url(scope), what, _readable(scope), body)
        door = self._doors[carrier]
        if not door.verify(webhook, self._seal.open(connection.secret)):
            raise Forbidden(
                "The signature of this webhook is not right.",
                hint="Check the carrier's secret, and that TEXTRAIL_LINKS_URL is the address that"
                " the carrier calls.",
                code="wrong_signature",
            )
        door.check(webhook)
        arrival = CarrierArrival(
            carrier=carrier,
            connection_id=connection.id,
            what=what,
            content_type=webhook.headers.get("content-type", ""),
            query=scope["query_string"].decode("latin-1"),
            body=body,
        )
        await self._journal.append(CARRIER, to_ms(self._clock.now()), encode(arrival))
        self._metrics.webhooks.labels(carrier).inc()
        answer = door.answer(webhook)
        return Response(
            answer.status, [(b"content-type", answer.content_type.encode())], answer.body
        )

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


def _nothing_here() -> NotFound:
    return NotFound(
        "No carrier connection is at this address.",
        hint="Copy the webhook address from the number's page again.",
        code="unknown_connection",
    )


def _readable(scope: Scope) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
