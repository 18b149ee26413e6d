"""Twilio at the door: is it signed, can it be read, what does it say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from textrail.carriers.contract import (
    POST_ONLY,
    Answer,
    CallReport,
    CarrierEvent,
    CarrierReading,
    DeliveryReport,
    InboundText,
    Media,
    RecordingReport,
    Webhook,
)
from textrail.carriers.forms import fields_of, whole
from textrail.carriers.receipts import reference
from textrail.carriers.twilio import signature, voice, words
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.voice import CallStep, Instruction, Say

MOST_MEDIA = 20
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
# Inbound texts are answered later, by the one mouth; Twilio only has to hear that we have it.
_SILENCE = Answer("text/xml; charset=utf-8", f"{_XML}<Response/>".encode())
# Without a call flow nobody picks up: the caller hears that, and the call counts as missed.
_NOBODY_HOME = Answer(
    "text/xml; charset=utf-8", f'{_XML}<Response><Reject reason="busy"/></Response>'.encode()
)
_NOTED = Answer("text/plain; charset=utf-8", b"", status=204)
_ANSWERS = {"message": _SILENCE, "call": _NOBODY_HOME, "status": _NOTED}
_OPT_OUT_TYPES: Mapping[str, CarrierReading] = {
    "STOP": "opt_out",
    "START": "opt_in",
    "HELP": "help",
}
_NEEDED = {
    "message": ("MessageSid", "From", "To"),
    "status": ("MessageSid", "MessageStatus"),
    "call": ("CallSid", "To", "CallStatus"),  # who hides their number may have no From
    "recording": ("CallSid", "RecordingSid", "RecordingUrl"),
}


class TwilioDoor:
    """The Door and the VoiceDoor of carriers/contract.py for Twilio's form posts."""

    methods = POST_ONLY

    def verify(self, webhook: Webhook, secret: str) -> bool:
        return signature.is_signed(webhook, secret)

    def check(self, webhook: Webhook) -> None:
        _read(webhook.what, webhook.headers.get("content-type", ""), webhook.body)

    def answer(self, webhook: Webhook) -> Answer:
        words = voice.whispered(urlsplit(webhook.url).query) if webhook.what == "call" else ""
        if words:
            return self.instruct(webhook, [Say(words)])
        return _ANSWERS.get(webhook.what, _NOTED)

    def call_step(self, webhook: Webhook) -> CallStep | None:
        if webhook.what != "call":
            return None
        fields = _read("call", webhook.headers.get("content-type", ""), webhook.body)
        return voice.step(fields, urlsplit(webhook.url).query)

    def instruct(self, webhook: Webhook, instructions: Sequence[Instruction]) -> Answer:
        return Answer(voice.XML_TYPE, voice.document(instructions, webhook.url))

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        fields = _read(what, content_type, body)
        event = _PARSERS[what](fields, query)
        return () if event is None else (event,)


def _read(what: str, content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of a form that has at least what `what` cannot do without, or Malformed."""
    if what not in _NEEDED:
        raise Malformed(
            "The webhooks of Twilio end in message, status, call or recording.", field="what"
        )
    return fields_of(body, content_type, needed=_NEEDED[what], senders="The webhooks of Twilio")


def _text(fields: Mapping[str, str], query: str) -> InboundText:
    count = whole(fields, "NumMedia")
    media = [
        Media(fields[f"MediaUrl{n}"], fields.get(f"MediaContentType{n}", ""))
        for n in range(min(count, MOST_MEDIA))
        if fields.get(f"MediaUrl{n}")
    ]
    return InboundText(
        carrier_ref=fields["MessageSid"],
        sender=fields["From"],
        recipient=fields["To"],
        body=fields.get("Body", ""),
        media=tuple(media),
        carrier_read=_OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper(), ""),
    )


def _receipt(fields: Mapping[str, str], query: str) -> DeliveryReport | None:
    said = fields["MessageStatus"].lower()
    if said not in words.statuses().messages:
        raise Malformed(f"“{said[:40]}” is no status that we know.", field="MessageStatus")
    status = words.statuses().messages[said]
    if status is None:
        return None
    code = fields.get("ErrorCode", "")
    return DeliveryReport(
        carrier_ref=fields["MessageSid"],
        reference=reference(query),
        status=status,
        error_code=code,
        error=words.error_sentence(code),
    )


def _call(fields: Mapping[str, str], query: str) -> CallReport | None:
    """How the call stands. What came of ringing somebody says more than that we picked up; the leg
    to who was rung, which asks for its whisper, is no call of a contact."""
    if voice.whispered(query):
        return None
    said = fields["CallStatus"].lower()
    outcome = words.statuses().calls.get(said)
    if outcome is None:
        raise Malformed(f"“{said[:40]}” is no call status that we know.", field="CallStatus")
    seconds = whole(fields, "CallDuration")
    if voice.dialed(fields) == "answered":
        outcome, seconds = "answered", whole(fields, "DialCallDuration")
    return CallReport(
        carrier_ref=fields["CallSid"],
        caller=fields.get("From", ""),
        called=fields["To"],
        outcome=outcome,
        duration_seconds=seconds,
    )


def _recording(fields: Mapping[str, str], query: str) -> RecordingReport | None:
    """A recording that is ready, or what was understood of one. `.mp3` is a tenth of the WAV that
    the bare address gives."""
    if fields.get("RecordingStatus", "completed").lower() != "completed":
        return None
    by_caller = fields.get("RecordingSource", "") == "RecordVerb"
    return RecordingReport(
        carrier_ref=fields["RecordingSid"],
        call_ref=fields["CallSid"],
        url=fields["RecordingUrl"].removesuffix(".mp3").removesuffix(".wav") + ".mp3",
        duration_seconds=whole(fields, "RecordingDuration"),
        voicemail=by_caller or "TranscriptionSid" in fields,
        transcript=fields.get("TranscriptionText", ""),
    )


_PARSERS: Mapping[str, Callable[[Mapping[str, str], str], CarrierEvent | None]] = {
    "message": _text,
    "status": _receipt,
    "call": _call,
    "recording": _recording,
}
