"""The door must take what the world signs, whole, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from textrail.carriers.contract import CallReport, DeliveryReport, InboundText, Media, Webhook
from textrail.carriers.simulator import payloads
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.vocabulary.errors import Malformed

DOOR = SimulatorDoor()
TEXT = payloads.Text("SM1", "+1", "+2", "Hé 🙂", [payloads.Picture("http://p/1", "image/png")])
BODY = msgspec.json.encode(TEXT)


def webhook(headers: dict[str, str] | None = None, *, body: bytes = BODY) -> Webhook:
    signed = {
        payloads.TIMESTAMP_HEADER: "1772463600",
        payloads.SIGNATURE_HEADER: payloads.sign("secret", "1772463600", BODY),
    }
    return Webhook(
        "http://l/in/simulator/t/message", "message", {**signed, **(headers or {})}, body
    )


def test_a_signed_webhook_is_known_and_a_changed_one_is_not() -> None:
    assert DOOR.verify(webhook(), "secret")
    assert not DOOR.verify(webhook(), "another")
    assert not DOOR.verify(webhook(body=BODY + b" "), "secret")
    assert not DOOR.verify(webhook({payloads.TIMESTAMP_HEADER: "1772463601"}), "secret")
    assert not DOOR.verify(webhook({payloads.SIGNATURE_HEADER: ""}), "secret")
    assert not DOOR.verify(webhook({payloads.SIGNATURE_HEADER: "é"}), "secret")
    assert not DOOR.verify(Webhook("http://l/", "message", {}, BODY), "secret")


def test_each_kind_of_webhook_is_read_in_our_words() -> None:
    assert DOOR.parse("message", "", "", BODY) == (
        InboundText("SM1", "+1", "+2", "Hé 🙂", (Media("http://p/1", "image/png"),)),
    )
    receipt = payloads.Receipt("SM1", "r", "failed", "30006", "A landline.", 2, 15_800, "USD")
    assert DOOR.parse("status", "", "", msgspec.json.encode(receipt)) == (
        DeliveryReport("SM1", "r", "failed", "30006", "A landline.", 2, 15_800, "USD"),
    )
    call = payloads.Call("CA1", "+1", "+2", "voicemail", 9, "Call me")
    assert DOOR.parse("call", "", "", msgspec.json.encode(call)) == (
        CallReport("CA1", "+1", "+2", "voicemail", 9, "Call me"),
    )


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("message", b""),
        ("message", b"{"),
        ("message", b'{"event":"text","id":1,"sender":"","recipient":"","body":""}'),
        ("message", b"\xff"),
        ("status", BODY),
        ("status", b'{"event":"receipt","id":"a","reference":"b","status":"vanished"}'),
        ("elsewhere", BODY),
    ],
)
def test_what_can_never_be_read_is_refused_before_it_is_stored(what: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        DOOR.check(Webhook("http://l/", what, {}, body))
