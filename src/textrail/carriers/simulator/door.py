"""The simulated carrier at the door. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec

from textrail.carriers.contract import (
    Answer,
    CallReport,
    CarrierEvent,
    DeliveryReport,
    InboundText,
    Media,
    Webhook,
)
from textrail.carriers.simulator import payloads
from textrail.vocabulary.errors import Malformed

_THANKS = Answer("application/json", b'{"taken":true}')


class SimulatorDoor:
    """The Door of carriers/contract.py for the simulated carrier's JSON posts."""

    def verify(self, webhook: Webhook, secret: str) -> bool:
        timestamp = webhook.headers.get(payloads.TIMESTAMP_HEADER, "")
        given = webhook.headers.get(payloads.SIGNATURE_HEADER, "")
        expected = payloads.sign(secret, timestamp, webhook.body)
        return hmac.compare_digest(expected.encode(), given.encode())

    def check(self, webhook: Webhook) -> None:
        _read(webhook.what, webhook.body)

    def answer(self, webhook: Webhook) -> Answer:
        return _THANKS

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        return (_event(_read(what, body)),)


def _read(what: str, body: bytes) -> payloads.Payload:
    kind = payloads.KINDS.get(what)
    if kind is None:
        raise Malformed("Its webhooks end in message, status or call.", field="what")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not a {what} webhook: {error}.") from error


def _event(payload: payloads.Payload) -> CarrierEvent:
    match payload:
        case payloads.Text():
            media = tuple(Media(picture.url, picture.content_type) for picture in payload.media)
            return InboundText(payload.id, payload.sender, payload.recipient, payload.body, media)
        case payloads.Receipt():
            return DeliveryReport(
                carrier_ref=payload.id,
                reference=payload.reference,
                status=payload.status,
                error_code=payload.error_code,
                error=payload.error,
                segments=payload.segments,
                price_micros=payload.price_micros,
                currency=payload.currency,
            )
        case payloads.Call():
            return CallReport(
                carrier_ref=payload.id,
                caller=payload.caller,
                called=payload.called,
                outcome=payload.outcome,
                duration_seconds=payload.seconds,
                voicemail=payload.voicemail,
            )
