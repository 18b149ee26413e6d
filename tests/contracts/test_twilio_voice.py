"""Calls at Twilio: our TwiML beside that of the official package, and what comes back."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from twilio.twiml.voice_response import (  # type: ignore[import-untyped]
    Dial as TheirDial,
)
from twilio.twiml.voice_response import (
    Gather,
    VoiceResponse,
)

from textrail.carriers.contract import CallReport, RecordingReport, Webhook
from textrail.carriers.twilio.door import TwilioDoor
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.voice import (
    CallStep,
    Dial,
    HangUp,
    Instruction,
    Menu,
    Play,
    Record,
    Reject,
    Say,
)

DOOR = TwilioDoor()
FORM = "application/x-www-form-urlencoded"
URL = "https://go.example.com/in/twilio/token/call"
RECORDING = {
    "recordingStatusCallback": "https://go.example.com/in/twilio/token/recording",
    "recordingStatusCallbackMethod": "POST",
    "recordingStatusCallbackEvent": "completed",
}
CALL = {"CallSid": "CA1", "From": "+12125550123", "To": "+14155550100", "CallStatus": "ringing"}


def webhook(fields: dict[str, str], *, query: str = "", what: str = "call") -> Webhook:
    url = URL.replace("/call", f"/{what}") + (f"?{query}" if query else "")
    return Webhook(url, what, {"content-type": FORM}, urlencode(fields).encode())


def twiml(*instructions: Instruction, query: str = "") -> ElementTree.Element:
    answer = DOOR.instruct(webhook(CALL, query=query), instructions)
    assert answer.content_type == "text/xml; charset=utf-8"
    return ElementTree.fromstring(answer.body)  # noqa: S314 - our own


def plain(element: ElementTree.Element) -> object:
    children = [plain(child) for child in element]
    return element.tag, sorted(element.attrib.items()), element.text or "", children


def same(ours: ElementTree.Element, theirs: VoiceResponse) -> None:
    assert plain(ours) == plain(ElementTree.fromstring(str(theirs)))  # noqa: S314


def test_words_and_sounds_are_those_of_the_official_package() -> None:
    theirs = VoiceResponse()
    theirs.say("Grüß Gott & <hello>", language="de-DE")
    theirs.play("https://go.example.com/sounds/1.mp3")
    theirs.hangup()
    sound = Play("https://go.example.com/sounds/1.mp3")
    same(twiml(Say("Grüß Gott & <hello>", "de-DE"), sound, HangUp()), theirs)


def test_several_phones_ring_at_once_and_hear_who_calls() -> None:
    theirs = VoiceResponse()
    dial = TheirDial(
        action=f"{URL}?step=ring%2Fteam",
        method="POST",
        timeout=20,
        answer_on_bridge=True,
        caller_id="+14155550100",
        record="record-from-answer-dual",
        recording_status_callback=RECORDING["recordingStatusCallback"],
        recording_status_callback_method="POST",
        recording_status_callback_event="completed",
    )
    for phone in ("+12125550101", "+12125550102"):
        dial.number(phone, url=f"{URL}?whisper=Billboard%20I-80", method="POST")
    theirs.append(dial)
    ours = Dial(
        ("+12125550101", "+12125550102"),
        next="ring/team",
        ring_seconds=20,
        caller="+14155550100",
        whisper="Billboard I-80",
        record=True,
    )
    same(twiml(ours, query="step=before"), theirs)


def test_a_menu_waits_for_one_key_also_star_and_hash() -> None:
    theirs = VoiceResponse()
    gather = Gather(
        input="dtmf",
        num_digits=1,
        finish_on_key="",
        timeout=6,
        action_on_empty_result=True,
        action=f"{URL}?step=menu",
        method="POST",
    )
    gather.say("One for repairs.", language="en-US")
    theirs.append(gather)
    same(twiml(Menu("One for repairs.", "12*#", next="menu")), theirs)


def test_a_voicemail_comes_back_also_when_nothing_was_heard() -> None:
    theirs = VoiceResponse()
    theirs.record(
        max_length=90,
        play_beep=True,
        finish_on_key="#",
        action=f"{URL}?step=bye",
        method="POST",
        recording_status_callback=RECORDING["recordingStatusCallback"],
        recording_status_callback_method="POST",
        recording_status_callback_event="completed",
    )
    theirs.redirect(f"{URL}?step=bye", method="POST")
    same(twiml(Record(next="bye", longest_seconds=90)), theirs)


def test_a_line_that_is_busy_is_not_picked_up() -> None:
    theirs = VoiceResponse()
    theirs.reject(reason="busy")
    same(twiml(Reject()), theirs)


def test_words_that_no_xml_may_hold_are_left_out() -> None:
    (said,) = twiml(Say("a\x00b\x1b\ud800c" + "d" * 9_000))
    assert (said.text or "").startswith("a b")
    assert len(said.text or "") <= 4_000


def test_no_more_phones_ring_than_twilio_takes() -> None:
    phones = tuple(f"+121255501{n:02d}" for n in range(12))
    (dial,) = twiml(Dial(phones, next="x"))
    assert len(dial) == 10


@pytest.mark.parametrize(
    ("fields", "query", "step"),
    [
        ({}, "", CallStep("CA1", "+12125550123", "+14155550100")),
        (
            {"CallStatus": "in-progress", "Digits": "2"},
            "step=menu%2F1",
            CallStep("CA1", "+12125550123", "+14155550100", "menu/1", "2"),
        ),
        (
            {"CallStatus": "in-progress", "DialCallStatus": "no-answer"},
            "step=ring",
            CallStep("CA1", "+12125550123", "+14155550100", "ring", dial="no_answer"),
        ),
        (
            {
                "CallStatus": "completed",
                "DialCallStatus": "completed",
                "DialCallDuration": "42",
            },
            "step=ring&rang=%2B12125550101",
            CallStep(
                "CA1",
                "+12125550123",
                "+14155550100",
                "ring",
                dial="answered",
                dial_seconds=42,
                dial_phone="+12125550101",
            ),
        ),
        ({"CallStatus": "completed"}, "", None),
        ({"CallStatus": "completed"}, "step=record", None),
        ({"CallStatus": "no-answer"}, "", None),
        ({"CallStatus": "in-progress"}, "whisper=Billboard", None),
        ({"CallStatus": "in-progress", "CallbackSource": "call-progress-events"}, "", None),
    ],
)
def test_where_a_call_stands(fields: dict[str, str], query: str, step: CallStep | None) -> None:
    assert DOOR.call_step(webhook(CALL | fields, query=query)) == step


def test_a_step_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Malformed):
        DOOR.call_step(webhook({"CallSid": "CA1"}))


def test_who_picks_up_hears_the_whisper_and_is_no_call_of_a_contact() -> None:
    fields = CALL | {"CallStatus": "in-progress", "Direction": "outbound-dial"}
    asked = webhook(fields, query="whisper=Billboard%20I-80")
    (said,) = ElementTree.fromstring(DOOR.answer(asked).body)  # noqa: S314
    assert (said.tag, said.text) == ("Say", "Billboard I-80")
    query = "whisper=Billboard%20I-80"
    assert DOOR.parse("call", FORM, query, asked.body) == ()


def test_what_came_of_ringing_says_more_than_that_we_picked_up() -> None:
    fields = CALL | {
        "CallStatus": "in-progress",
        "DialCallStatus": "completed",
        "DialCallDuration": "42",
    }
    (report,) = DOOR.parse("call", FORM, "step=ring", urlencode(fields).encode())
    assert report == CallReport("CA1", "+12125550123", "+14155550100", "answered", 42)


@pytest.mark.parametrize(
    ("more", "voicemail"), [({"RecordingSource": "RecordVerb"}, True), ({}, False)]
)
def test_a_recording_is_reported_as_the_smaller_file(more: dict[str, str], voicemail: bool) -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
    fields = {
        "CallSid": "CA1",
        "RecordingSid": "RE1",
        "RecordingUrl": url,
        "RecordingStatus": "completed",
        "RecordingDuration": "17",
    }
    (report,) = DOOR.parse("recording", FORM, "", urlencode(fields | more).encode())
    assert report == RecordingReport("RE1", "CA1", f"{url}.mp3", 17, voicemail)


@pytest.mark.parametrize("status", ["in-progress", "absent", "failed"])
def test_a_recording_that_is_not_there_is_none(status: str) -> None:
    fields = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "https://x/y"}
    body = urlencode(fields | {"RecordingStatus": status}).encode()
    assert DOOR.parse("recording", FORM, "", body) == ()


def test_what_twilio_understood_of_a_voicemail_is_its_transcript() -> None:
    fields = {
        "CallSid": "CA1",
        "RecordingSid": "RE1",
        "RecordingUrl": "https://api.twilio.com/RE1",
        "TranscriptionSid": "TR1",
        "TranscriptionText": "Please call me back.",
        "TranscriptionStatus": "completed",
    }
    (report,) = DOOR.parse("recording", FORM, "", urlencode(fields).encode())
    assert isinstance(report, RecordingReport)
    assert (report.transcript, report.voicemail) == ("Please call me back.", True)


@pytest.mark.parametrize("missing", ["CallSid", "RecordingSid", "RecordingUrl"])
def test_a_recording_without_what_names_it_is_refused(missing: str) -> None:
    fields = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "https://x/y"}
    del fields[missing]
    with pytest.raises(Malformed) as refused:
        DOOR.check(webhook(fields, what="recording"))
    assert refused.value.field == missing


def test_a_caller_who_is_not_named_is_led_all_the_same() -> None:
    """Calls over SIP trunks may come without a From."""
    hidden = webhook(CALL | {"From": ""})
    DOOR.check(hidden)
    assert DOOR.call_step(hidden) == CallStep("CA1", "", "+14155550100")
