"""Twilio's webhooks, in the fields that it documents, in our words."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from textrail.carriers.contract import (
    CallReport,
    CarrierEvent,
    DeliveryReport,
    InboundText,
    Media,
    Webhook,
)
from textrail.carriers.twilio.door import TwilioDoor
from textrail.vocabulary.errors import Malformed

DOOR = TwilioDoor()
FORM = "application/x-www-form-urlencoded"
ACCOUNT = "AC00000000000000000000000000000000"
TEXT = {
    "ToCountry": "US",
    "SmsMessageSid": "SM1f0e8ae6ade43cb3c0ce4525424e404f",
    "NumMedia": "0",
    "FromZip": "",
    "SmsSid": "SM1f0e8ae6ade43cb3c0ce4525424e404f",
    "SmsStatus": "received",
    "Body": "Do you fix heat pumps? é+&=",
    "To": "+14155550100",
    "NumSegments": "1",
    "MessageSid": "SM1f0e8ae6ade43cb3c0ce4525424e404f",
    "AccountSid": ACCOUNT,
    "From": "+12125550123",
    "ApiVersion": "2010-04-01",
}
STATUS = {
    "SmsSid": "SM2",
    "SmsStatus": "undelivered",
    "MessageStatus": "undelivered",
    "ErrorCode": "30006",
    "To": "+12125550123",
    "From": "+14155550100",
    "MessageSid": "SM2",
    "AccountSid": ACCOUNT,
}
CALL = {
    "CallSid": "CA3",
    "AccountSid": ACCOUNT,
    "From": "+12125550123",
    "To": "+14155550100",
    "CallStatus": "completed",
    "Direction": "inbound",
    "CallDuration": "73",
}


def read(what: str, fields: dict[str, str], query: str = "") -> list[CarrierEvent]:
    return list(DOOR.parse(what, FORM, query, urlencode(fields).encode()))


def test_a_text_and_its_pictures() -> None:
    assert read("message", TEXT) == [
        InboundText(TEXT["MessageSid"], TEXT["From"], TEXT["To"], TEXT["Body"])
    ]
    media = {
        "NumMedia": "2",
        "MediaUrl0": "https://api.twilio.com/m/0",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.twilio.com/m/1",
        "MediaContentType1": "audio/amr",
        "Body": "",
    }
    (event,) = read("message", TEXT | media)
    assert isinstance(event, InboundText)
    assert event.media == (
        Media("https://api.twilio.com/m/0", "image/jpeg"),
        Media("https://api.twilio.com/m/1", "audio/amr"),
    )


def test_a_receipt_carries_our_reference_back() -> None:
    assert read("status", STATUS, "ref=abc-_9%2B") == [
        DeliveryReport(
            "SM2",
            "abc-_9+",
            "undelivered",
            "30006",
            "The number is a landline or its network takes no texts.",
        )
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("queued", "accepted"),
        ("sending", "accepted"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
def test_each_status_has_a_rung_of_ours(said: str, status: str) -> None:
    (event,) = read("status", {"MessageSid": "SM1", "MessageStatus": said})
    assert isinstance(event, DeliveryReport)
    assert event.status == status


def test_a_status_that_says_nothing_about_delivery_is_no_event() -> None:
    assert read("status", {"MessageSid": "SM1", "MessageStatus": "received"}) == []


def test_a_new_status_is_stored_at_the_door_and_shown_as_a_problem_later() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "teleported"}
    DOOR.check(Webhook("", "status", {"content-type": FORM}, urlencode(fields).encode()))
    with pytest.raises(Malformed):
        read("status", fields)


def test_an_unknown_error_code_is_still_named() -> None:
    (event,) = read("status", STATUS | {"ErrorCode": "39999"})
    assert isinstance(event, DeliveryReport)
    assert event.error == "Twilio reported error 39999."


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("ringing", "ringing"),
        ("completed", "answered"),
        ("no-answer", "missed"),
        ("busy", "missed"),
        ("failed", "failed"),
    ],
)
def test_a_call(said: str, outcome: str) -> None:
    (event,) = read("call", CALL | {"CallStatus": said})
    assert isinstance(event, CallReport)
    assert (event.caller, event.called) == ("+12125550123", "+14155550100")
    assert (event.outcome, event.duration_seconds) == (outcome, 73)


@pytest.mark.parametrize("what", ["message", "call"])
def test_an_answer_to_twilio_is_valid_twiml(what: str) -> None:
    answer = DOOR.answer(Webhook("", what, {}, b""))
    assert answer.content_type.startswith("text/xml")
    assert ElementTree.fromstring(answer.body).tag == "Response"  # noqa: S314 our own words


def test_a_status_is_answered_with_nothing() -> None:
    answer = DOOR.answer(Webhook("", "status", {}, b""))
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    ("what", "content_type", "body"),
    [
        ("message", FORM, b""),
        ("message", FORM, b"MessageSid=SM1&From=%2B1"),
        ("message", FORM, b"\xff\xfe"),
        ("message", FORM, b"MessageSid=%ff&From=%2B1&To=%2B2"),
        ("message", FORM, b"&".join(b"a%d=1" % n for n in range(600))),
        ("message", "application/json", b"{}"),
        ("status", FORM, b"MessageSid=SM1"),
        ("call", FORM, b"CallSid=CA1&From=a&To=b"),
        ("elsewhere", FORM, b"MessageSid=SM1&From=a&To=b"),
    ],
)
def test_what_can_never_be_read_is_refused(what: str, content_type: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        DOOR.check(Webhook("", what, {"content-type": content_type}, body))
