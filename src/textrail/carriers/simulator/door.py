"""The simulated carrier at the door. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec

from textrail.carriers.contract import (
    POST_ONLY,
    Answer,
    CallReport,
    CarrierEvent,
    DeliveryReport,
    InboundText,
    Media,
    RecordingReport,
    Webhook,
)
from textrail.carriers.simulator import payloads
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.voice import CallStep, Instruction

_THANKS = Answer("application/json", b'{"taken":true}')


class SimulatorDoor:
    """The Door of carriers/contract.py for the simulated carrier's JSON posts."""

    methods = POST_ONLY

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

    def call_step(self, webhook: Webhook) -> CallStep | None:
        payload = _read(webhook.what, webhook.body)
        if not isinstance(payload, payloads.Asking):
            return None
        return CallStep(
            carrier_ref=payload.id,
            caller=payload.caller,
            called=payload.called,
            step=payload.step,
            digits=payload.digits,
            dial=payload.dial,
            dial_seconds=payload.dial_seconds,
            dial_phone=payload.dial_phone,
        )

    def instruct(self, webhook: Webhook, instructions: Sequence[Instruction]) -> Answer:
        """Steps come back in the body, which is signed; the address stays the same."""
        return Answer("application/json", payloads.told(instructions))


def _read(what: str, body: bytes) -> payloads.Payload:
    kind = payloads.KINDS.get(what)
    if kind is None:
        raise Malformed("Its webhooks end in message, status, call or recording.", field="what")
    try:
        payload: payloads.Payload = msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not a {what} webhook: {error}.") from error
    return payload


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
        case payloads.Asking():
            return CallReport(payload.id, payload.caller, payload.called, "ringing")
        case payloads.Recorded():
            return RecordingReport(
                carrier_ref=payload.id,
                call_ref=payload.call,
                url=payload.url,
                duration_seconds=payload.seconds,
                voicemail=payload.voicemail,
                transcript=payload.transcript,
            )
