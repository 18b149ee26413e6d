"""What is Telnyx's own: its events, its calls, what it needs before a number can talk to us."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from textrail.carriers.contract import (
    Answer,
    CallReport,
    CarrierEvent,
    DeliveryReport,
    InboundText,
    NumberWanted,
    Outgoing,
    RecordingReport,
    Webhook,
)
from textrail.carriers.telnyx import form, words
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.tests.adapter import HANDSET, OURS
from textrail.carriers.tests.fake_telnyx import (
    KEYS,
    PUBLIC_KEY,
    TelnyxAdapter,
    event,
    problem,
    received,
)
from textrail.carriers.tests.fake_telnyx import form as texml_form
from textrail.vocabulary.errors import CarryFailure, Malformed, Permanent, Transient, Unknown
from textrail.vocabulary.voice import CallStep, Dial, HangUp, Menu, Play, Record, Reject, Say

BASE = "https://go.example.com/in/telnyx/token"
CALL = {"CallSid": "v3:abc", "From": HANDSET, "To": OURS, "CallStatus": "ringing"}
PHONE = "+14155550131"
DOOR = TelnyxDoor()


@pytest.fixture
def telnyx() -> TelnyxAdapter:
    return TelnyxAdapter()


def verbs(answer: Answer) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(answer.body))  # noqa: S314


def outgoing(reference: str = "ref-1") -> Outgoing:
    return Outgoing(reference, OURS, HANDSET, "Hello", (), f"{BASE}/status")


def parsed(telnyx: TelnyxAdapter, webhook: Webhook) -> list[CarrierEvent]:
    assert telnyx.door.verify(webhook, telnyx.door_secret())
    telnyx.door.check(webhook)
    query = webhook.url.partition("?")[2]
    content_type = webhook.headers["content-type"]
    return list(telnyx.door.parse(webhook.what, content_type, query, webhook.body))


# Signatures


def test_a_webhook_is_good_for_five_minutes_only(telnyx: TelnyxAdapter) -> None:
    webhook = telnyx.text("Hello")
    for seconds, good in ((-301, False), (-300, True), (0, True), (300, True), (301, False)):
        late = replace(webhook, at_ms=webhook.at_ms + seconds * 1000)
        assert telnyx.door.verify(late, telnyx.door_secret()) == good


def test_another_key_or_body_does_not_verify(telnyx: TelnyxAdapter) -> None:
    webhook = telnyx.text("Hello")
    other = base64.b64encode(bytes(range(32))).decode()
    secret = telnyx.door_secret().replace(PUBLIC_KEY, other)
    assert secret != telnyx.door_secret()
    assert not telnyx.door.verify(webhook, secret)
    assert not telnyx.door.verify(replace(webhook, body=webhook.body + b" "), telnyx.door_secret())
    for broken in ("", "{}", "not json", '{"api_key":"k","public_key":"é"}'):
        assert not telnyx.door.verify(webhook, broken)


# Texts


@pytest.mark.parametrize(
    ("said", "meant"),
    [("STOP", "opt_out"), ("START", "opt_in"), ("HELP", "help"), (None, ""), ("OTHER", "")],
)
def test_what_telnyx_answered_by_itself_is_told(
    telnyx: TelnyxAdapter, said: str | None, meant: str
) -> None:
    payload = received("stop all") | {"autoresponse_type": said}
    (text,) = parsed(telnyx, event("message.received", payload, f"{BASE}/message"))
    assert isinstance(text, InboundText)
    assert text.carrier_read == meant


def test_a_receipt_brings_parts_cost_and_the_reason(telnyx: TelnyxAdapter) -> None:
    (report,) = parsed(telnyx, telnyx.receipt(outgoing(), "4038", "undelivered"))
    assert report == DeliveryReport(
        carrier_ref="4038",
        reference="ref-1",
        status="undelivered",
        error_code="40008",
        error="The recipient’s network did not take the text.",
        segments=1,
        price_micros=5100,
        currency="USD",
    )


def test_events_of_texts_are_taken_at_either_address_and_others_say_nothing(
    telnyx: TelnyxAdapter,
) -> None:
    (text,) = parsed(telnyx, event("message.received", received("Hi"), f"{BASE}/status"))
    assert isinstance(text, InboundText)
    assert parsed(telnyx, event("message.link_click", received("Hi"), f"{BASE}/message")) == []


def test_a_text_that_left_is_sent_whatever_stands_beside_it(telnyx: TelnyxAdapter) -> None:
    payload = {"id": "1", "to": [{"phone_number": HANDSET, "status": "queued"}]}
    (report,) = parsed(telnyx, event("message.sent", payload, f"{BASE}/status?ref=a"))
    assert isinstance(report, DeliveryReport)
    assert report.status == "sent"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"id": "1"},
        {"id": "1", "from": {"phone_number": HANDSET}, "to": []},
        {"id": "1", "from": None, "to": [{"phone_number": OURS}]},
        {"id": 7, "from": {"phone_number": HANDSET}, "to": [{"phone_number": OURS}]},
    ],
)
def test_a_text_without_its_ends_is_malformed(
    telnyx: TelnyxAdapter, payload: dict[str, object]
) -> None:
    with pytest.raises(Malformed):
        parsed(telnyx, event("message.received", payload, f"{BASE}/message"))


def test_the_same_text_handed_over_again_is_taken_once(telnyx: TelnyxAdapter) -> None:
    telnyx.misbehave("silent")
    with pytest.raises(Unknown):
        telnyx.client.hand_over(outgoing(), telnyx.credentials)
    again = telnyx.client.hand_over(outgoing(), telnyx.credentials)
    assert again.carrier_ref == telnyx.fake.messages[0]["id"]
    assert len(telnyx.taken()) == 1
    telnyx.client.hand_over(outgoing("ref-2"), telnyx.credentials)
    assert len(telnyx.taken()) == 2


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "40310", Permanent),
        (400, "40010", Permanent),
        (401, "10009", Permanent),
        (422, "99999", Permanent),
        (422, "40318", Transient),
        (409, "10012", Unknown),
        (429, "10011", Transient),
        (503, "10007", Transient),
        (500, "10007", Unknown),
        (504, "10008", Unknown),
    ],
)
def test_each_refusal_says_whether_later_helps(
    telnyx: TelnyxAdapter,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    failure: type[CarryFailure],
) -> None:
    answer = problem(status, code, "Their title.")
    monkeypatch.setattr(telnyx.fake, "_message", lambda *asked: answer)
    with pytest.raises(failure) as raised:
        telnyx.client.hand_over(outgoing(), telnyx.credentials)
    assert raised.value.code == code
    known = words.errors().get(code)
    assert raised.value.sentence == (known.sentence if known else "Telnyx says: Their title.")


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Blocked due to STOP message", "40300"),
        ("Messages cannot be sent due to an existing block rule.", "40300"),
        ("", "40300"),
        ("The 'from' number is not assigned to a messaging profile", "40300-other"),
    ],
)
def test_an_opt_out_at_telnyx_is_told_from_other_refusals_of_the_same_code(
    telnyx: TelnyxAdapter, title: str, code: str
) -> None:
    payload = {
        "id": "1",
        "to": [{"phone_number": HANDSET, "status": "delivery_failed"}],
        "errors": [{"code": "40300", "title": title}],
    }
    (report,) = parsed(telnyx, event("message.finalized", payload, f"{BASE}/status?ref=a"))
    assert isinstance(report, DeliveryReport)
    assert report.error_code == code
    assert report.error


def test_every_error_is_one_sentence() -> None:
    for code, meaning in words.errors().items():
        assert code.isdecimal()
        assert meaning.sentence.endswith(".")


# Calls


def test_a_call_is_told_what_to_do_in_texml(telnyx: TelnyxAdapter) -> None:
    webhook = texml_form(f"{BASE}/call?step=old", CALL)
    answer = DOOR.instruct(
        webhook,
        [
            Say("Hello & <welcome>\x00", "es-MX"),
            Play("https://app.example.com/a.mp3"),
            Dial(
                (HANDSET, PHONE),
                next="after ring",
                ring_seconds=2,
                caller=OURS,
                whisper="A call from the van",
                record=True,
            ),
        ],
    )
    assert answer.content_type.startswith("text/xml")
    say, play, dial = verbs(answer)
    assert (say.text, say.get("language")) == ("Hello & <welcome>", "es-MX")
    assert play.text == "https://app.example.com/a.mp3"
    assert dial.attrib == {
        "action": f"{BASE}/call?step=after+ring",
        "method": "POST",
        "timeout": "5",
        "callerId": OURS,
        "record": "record-from-answer-dual",
        "recordingStatusCallback": f"{BASE}/recording",
        "recordingStatusCallbackMethod": "POST",
    }
    assert [number.text for number in dial] == [HANDSET, PHONE]
    assert dial[0].get("url") == f"{BASE}/call?whisper=A+call+from+the+van"


def test_a_menu_and_a_voicemail_always_come_back(telnyx: TelnyxAdapter) -> None:
    webhook = texml_form(f"{BASE}/call", CALL)
    for instruction in (Menu("Press 1.", "12", "menu", 4), Record("done", 60)):
        answer = DOOR.instruct(webhook, [instruction])
        waiting, redirect = verbs(answer)
        assert redirect.text == waiting.get("action")
        assert redirect.text == f"{BASE}/call?step={instruction.next}"
    assert waiting.get("recordingStatusCallback") == f"{BASE}/recording?voicemail=1"
    assert waiting.get("maxLength") == "60"


def test_a_call_ends_or_is_not_picked_up(telnyx: TelnyxAdapter) -> None:
    webhook = texml_form(f"{BASE}/call", CALL)
    for instruction, name in ((HangUp(), "Hangup"), (Reject(), "Reject")):
        answer = DOOR.instruct(webhook, [instruction])
        (only,) = verbs(answer)
        assert only.tag == name
    assert b"<Reject" in telnyx.door.answer(webhook).body


def test_where_a_call_stands_is_read_from_the_address_and_the_form(
    telnyx: TelnyxAdapter,
) -> None:
    step = DOOR.call_step
    assert step(texml_form(f"{BASE}/call", CALL)) == CallStep("v3:abc", HANDSET, OURS)
    pressed = texml_form(f"{BASE}/call?step=menu", CALL | {"Digits": "2"})
    assert step(pressed) == CallStep("v3:abc", HANDSET, OURS, "menu", "2")
    rung = CALL | {"DialCallStatus": "completed", "DialCallDuration": "31"}
    over = texml_form(f"{BASE}/call?step=rung&rang=%2B14155550131", rung)
    talked = CallStep("v3:abc", HANDSET, OURS, "rung", "", "answered", 31, PHONE)
    assert step(over) == talked
    for said, meant in (("no-answer", "no_answer"), ("busy", "busy"), ("what", "no_answer")):
        ended = step(texml_form(f"{BASE}/call?step=rung", CALL | {"DialCallStatus": said}))
        assert ended is not None
        assert ended.dial == meant


def test_a_report_and_a_whisper_are_no_steps(telnyx: TelnyxAdapter) -> None:
    report = texml_form(f"{BASE}/call?report=1", CALL | {"CallStatus": "completed"})
    assert DOOR.call_step(report) is None
    assert telnyx.door.answer(report).status == 204
    whisper = texml_form(f"{BASE}/call?whisper=From+the+van", CALL)
    assert DOOR.call_step(whisper) is None
    assert b"From the van" in telnyx.door.answer(whisper).body
    assert parsed(telnyx, whisper) == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("in-progress", "ringing"), ("completed", "answered"), ("no-answer", "missed")],
)
def test_a_report_says_what_became_of_a_call(
    telnyx: TelnyxAdapter, said: str, outcome: str
) -> None:
    fields = CALL | {"CallStatus": said, "CallDuration": "12"}
    (report,) = parsed(telnyx, texml_form(f"{BASE}/call?report=1", fields))
    assert isinstance(report, CallReport)
    assert (report.outcome, report.duration_seconds) == (outcome, 12)


def test_a_recording_is_reported_when_it_is_done(telnyx: TelnyxAdapter) -> None:
    fields = {
        "CallSid": "v3:abc",
        "RecordingSid": "35094891",
        "RecordingStatus": "completed",
        "RecordingUrl": "https://recordings.example.com/35094891.mp3",
        "RecordingDuration": "5",
    }
    (report,) = parsed(telnyx, texml_form(f"{BASE}/recording?voicemail=1", fields))
    assert report == RecordingReport(
        "35094891", "v3:abc", "https://recordings.example.com/35094891.mp3", 5, voicemail=True
    )
    begun = {**fields, "RecordingStatus": "in-progress"}
    assert parsed(telnyx, texml_form(f"{BASE}/recording", begun)) == []


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("call", {"From": HANDSET}),
        ("call?report=1", CALL | {"CallStatus": "on the moon"}),
        ("call?report=1", CALL | {"CallStatus": "completed", "CallDuration": "-1"}),
        ("recording", {"CallSid": "v3:abc"}),
    ],
)
def test_a_form_that_cannot_be_read_is_malformed(
    telnyx: TelnyxAdapter, what: str, fields: dict[str, str]
) -> None:
    with pytest.raises(Malformed):
        parsed(telnyx, texml_form(f"{BASE}/{what}", fields))


# Numbers


def test_a_number_is_put_on_a_profile_and_an_application_of_ours(telnyx: TelnyxAdapter) -> None:
    for _ in range(2):
        telnyx.client.connect(OURS, BASE, telnyx.credentials)
    (profile,) = telnyx.fake.kept["messaging_profiles"]
    (application,) = telnyx.fake.kept["texml_applications"]
    (outbound,) = telnyx.fake.kept["outbound_voice_profiles"]
    (number,) = telnyx.fake.kept["phone_numbers"]
    assert (profile["name"], profile["webhook_url"]) == ("Textrail token", f"{BASE}/message")
    assert (application["voice_url"], application["voice_method"]) == (f"{BASE}/call", "post")
    assert application["status_callback"] == f"{BASE}/call?report=1"
    assert application["outbound"] == {"outbound_voice_profile_id": outbound["id"]}
    assert number["messaging_profile_id"] == profile["id"]
    assert number["connection_id"] == application["id"]


def test_an_installation_that_moved_is_found_by_its_name_and_told_the_new_address(
    telnyx: TelnyxAdapter,
) -> None:
    telnyx.client.connect(OURS, BASE, telnyx.credentials)
    moved = "https://new.example.com/in/telnyx/token"
    telnyx.client.connect(OURS, moved, telnyx.credentials)
    (profile,) = telnyx.fake.kept["messaging_profiles"]
    (application,) = telnyx.fake.kept["texml_applications"]
    assert profile["webhook_url"] == f"{moved}/message"
    assert application["voice_url"] == f"{moved}/call"
    assert application["status_callback"] == f"{moved}/call?report=1"


def test_a_number_that_takes_time_is_ordered_once(telnyx: TelnyxAdapter) -> None:
    assert telnyx.desk is not None
    telnyx.fake.slow = True
    for _ in range(2):
        with pytest.raises(Transient) as raised:
            telnyx.desk.buy(PHONE, BASE, telnyx.credentials)
        assert raised.value.retry_after_seconds
    telnyx.fake.deliver()
    telnyx.desk.buy(PHONE, BASE, telnyx.credentials)
    assert len(telnyx.fake.kept["number_orders"]) == 1
    owned = {number.phone: number.points_at for number in telnyx.desk.owned(telnyx.credentials)}
    assert owned[PHONE] == f"{BASE}/message"


def test_an_offer_names_its_price_and_its_place(telnyx: TelnyxAdapter) -> None:
    assert telnyx.desk is not None
    offers = telnyx.desk.search(NumberWanted("US", starts="415"), telnyx.credentials)
    assert (offers[0].place, offers[0].monthly_micros) == ("San Francisco, CA", 1_000_000)
    assert offers[0].currency == "USD"


def test_an_empty_balance_is_told_with_what_to_do(telnyx: TelnyxAdapter) -> None:
    assert telnyx.desk is not None
    telnyx.fake.balance = "0.00"
    health = telnyx.desk.check(telnyx.credentials)
    assert not health.well
    assert health.hint


# The form


def test_both_keys_are_sealed_as_one_secret_under_the_public_key() -> None:
    values = {"api_key": f" {KEYS.api_key} ", "public_key": PUBLIC_KEY}
    credentials = form.FORM.read(values)
    assert credentials.account_ref == PUBLIC_KEY
    assert json.loads(credentials.secret) == {
        "api_key": KEYS.api_key,
        "public_key": PUBLIC_KEY,
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"public_key": PUBLIC_KEY}, "api_key"),
        ({"api_key": "sk_live_0123456789abcdefghij", "public_key": PUBLIC_KEY}, "api_key"),
        ({"api_key": KEYS.api_key}, "public_key"),
        ({"api_key": KEYS.api_key, "public_key": PUBLIC_KEY[:-4]}, "public_key"),
        ({"api_key": KEYS.api_key, "public_key": "é" * 44}, "public_key"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_where_it_stands(
    values: dict[str, str], field: str
) -> None:
    with pytest.raises(Malformed) as raised:
        form.FORM.read(values)
    assert raised.value.field == field
    assert raised.value.hint
