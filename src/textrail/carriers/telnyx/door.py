"""Telnyx at the door: is it signed, can it be read, what does it say. Pure.

Texts come as JSON events, calls and recordings as the forms of TeXML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import msgspec

from textrail.carriers.contract import (
    POST_ONLY,
    Answer,
    CallReport,
    CarrierEvent,
    RecordingReport,
    Webhook,
)
from textrail.carriers.forms import fields_of, whole
from textrail.carriers.telnyx import payloads, signature, texml, words
from textrail.carriers.telnyx.keys import read_keys
from textrail.vocabulary.errors import Malformed, Permanent
from textrail.vocabulary.voice import CallStep, DialOutcome, Instruction, Reject

_NOTED = Answer("text/plain; charset=utf-8", b"", status=204)
_NEEDED = {
    "call": ("CallSid",),
    "recording": ("RecordingSid", "CallSid"),
}
_OUTBOUND = {"message.sent", "message.finalized"}


class TelnyxDoor:
    """The Door and the VoiceDoor of carriers/contract.py."""

    methods = POST_ONLY

    def verify(self, webhook: Webhook, secret: str) -> bool:
        try:
            public_key = read_keys(secret).public_key
        except Permanent:
            return False
        return signature.is_signed(webhook, public_key)

    def check(self, webhook: Webhook) -> None:
        if webhook.what in _NEEDED:
            _form(webhook.what, webhook.headers.get("content-type", ""), webhook.body)
        else:
            _event(webhook.what, webhook.body)

    def answer(self, webhook: Webhook) -> Answer:
        if webhook.what != "call" or texml.asked(webhook.url, texml.REPORT):
            return _NOTED
        if texml.asked(webhook.url, texml.WHISPER):
            return texml.whispered(webhook)
        # Without a call flow nobody picks up: the caller hears that, and the call counts as missed.
        return texml.answer(webhook, [Reject()])

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        if what == "recording":
            return _recording(_form(what, content_type, body), query)
        if what == "call":
            return _call(_form(what, content_type, body), query)
        event = _event(what, body)
        if event.event_type == "message.received":
            return (payloads.inbound(event.payload),)
        if event.event_type in _OUTBOUND:
            has_left = event.event_type == "message.sent"
            return (payloads.report(event.payload, query=query, has_left=has_left),)
        return ()

    def call_step(self, webhook: Webhook) -> CallStep | None:
        if webhook.what != "call":
            return None
        fields = _form(webhook.what, webhook.headers.get("content-type", ""), webhook.body)
        if texml.asked(webhook.url, texml.REPORT) or texml.asked(webhook.url, texml.WHISPER):
            return None
        dial = _dialed(fields)
        return CallStep(
            carrier_ref=fields["CallSid"],
            caller=fields.get("From", ""),
            called=fields.get("To", ""),
            step=texml.asked(webhook.url, texml.STEP),
            digits=fields.get("Digits", ""),
            dial=dial,
            dial_seconds=whole(fields, "DialCallDuration"),
            dial_phone=texml.asked(webhook.url, texml.RANG) if dial == "answered" else "",
        )

    def instruct(self, webhook: Webhook, instructions: Sequence[Instruction]) -> Answer:
        return texml.answer(webhook, instructions)


def _event(what: str, body: bytes) -> payloads.Event:
    if what not in {"message", "status"}:
        raise Malformed(
            "The webhooks of Telnyx end in message, status, call or recording.", field="what"
        )
    try:
        return msgspec.json.decode(body, type=payloads.Envelope).data
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not an event of Telnyx: {error}.") from error


def _form(what: str, content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of a form that has at least what `what` cannot do without, or Malformed."""
    return fields_of(body, content_type, needed=_NEEDED[what], senders="The calls of Telnyx")


def _call(fields: Mapping[str, str], query: str) -> Sequence[CallReport]:
    """A whispering leg says nothing of the call itself."""
    if texml.WHISPER in parse_qs(query, keep_blank_values=True):
        return ()
    said = fields.get("CallStatus", "").lower()
    outcome = words.statuses().calls.get(said)
    if outcome is None:
        raise Malformed(f"“{said[:40]}” is no call status that we know.", field="CallStatus")
    return (
        CallReport(
            carrier_ref=fields["CallSid"],
            caller=fields.get("From", ""),
            called=fields.get("To", ""),
            outcome=outcome,
            duration_seconds=whole(fields, "CallDuration"),
        ),
    )


def _dialed(fields: Mapping[str, str]) -> DialOutcome:
    """What came of ringing; a status that we do not know counts as nobody there."""
    said = fields.get("DialCallStatus", "").lower()
    return words.statuses().dials.get(said, "no_answer") if said else ""


def _recording(fields: Mapping[str, str], query: str) -> Sequence[RecordingReport]:
    """A recording that is done. Telnyx keeps its address open for ten minutes."""
    is_done = fields.get("RecordingStatus", "completed").lower() == "completed"
    if not is_done or not fields.get("RecordingUrl"):
        return ()
    return (
        RecordingReport(
            carrier_ref=fields["RecordingSid"],
            call_ref=fields["CallSid"],
            url=fields["RecordingUrl"],
            duration_seconds=whole(fields, "RecordingDuration"),
            voicemail=texml.VOICEMAIL in parse_qs(query),
        ),
    )
