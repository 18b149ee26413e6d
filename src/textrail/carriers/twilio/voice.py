"""Calls at Twilio: where one stands, and what happens next, in TwiML. Pure.

Source: twilio.com/docs/voice/twiml. Steps come back to the address of the call with `step` in the
query; what is whispered to who picks up travels in `whisper` of the same address, because Twilio
signs the whole address and nobody else can write one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from textrail.vocabulary.lines import one_line
from textrail.vocabulary.voice import (
    CallStep,
    Dial,
    DialOutcome,
    HangUp,
    Instruction,
    Menu,
    Play,
    Record,
    Reject,
    Say,
)

XML_TYPE = "text/xml; charset=utf-8"
MOST_PHONES = 10  # Twilio rings no more at once
LONGEST_SAID = 4_000
_WAITING = {"queued", "ringing", "in-progress"}
_DIALED: Mapping[str, DialOutcome] = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "no_answer",
    "failed": "failed",
}


def document(instructions: Sequence[Instruction], url: str) -> bytes:
    """The TwiML of these instructions; `url` is the address that Twilio called."""
    response = Element("Response")
    for instruction in instructions:
        _append(response, instruction, url.partition("?")[0])
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{tostring(response, encoding="unicode")}'.encode()
    )


def whispered(query: str) -> str:
    """The words for who picks up, when Twilio asks for them; else empty."""
    return parse_qs(query).get("whisper", [""])[0]


def step(fields: Mapping[str, str], query: str) -> CallStep | None:
    """Where the call stands, or None when Twilio only reports. What came of ringing is a step also
    when the caller has hung up by then."""
    asked = parse_qs(query)
    is_waiting = fields["CallStatus"].lower() in _WAITING and "CallbackSource" not in fields
    has_rung = "step" in asked and "DialCallStatus" in fields
    if "whisper" in asked or not (is_waiting or has_rung):
        return None
    outcome = dialed(fields)
    return CallStep(
        carrier_ref=fields["CallSid"],
        caller=fields.get("From", ""),
        called=fields["To"],
        step=asked.get("step", [""])[0],
        digits=fields.get("Digits", ""),
        dial=outcome,
        dial_seconds=_seconds(fields.get("DialCallDuration", "")),
        dial_phone=asked.get("rang", [""])[0] if outcome == "answered" else "",
    )


def dialed(fields: Mapping[str, str]) -> DialOutcome:
    """What came of ringing; a status that we do not know counts as nobody there."""
    said = fields.get("DialCallStatus", "").lower()
    return _DIALED.get(said, "no_answer") if said else ""


def _append(parent: Element, instruction: Instruction, url: str) -> None:
    match instruction:
        case Say():
            _say(parent, instruction.text, instruction.language)
        case Play():
            SubElement(parent, "Play").text = instruction.url
        case Dial():
            _dial(parent, instruction, url)
        case Menu():
            _menu(parent, instruction, url)
        case Record():
            _record(parent, instruction, url)
        case HangUp():
            SubElement(parent, "Hangup")
        case Reject():
            SubElement(parent, "Reject", {"reason": "busy"})


def _say(parent: Element, text: str, language: str) -> None:
    SubElement(parent, "Say", {"language": language}).text = one_line(text)[:LONGEST_SAID]


def _dial(parent: Element, dial: Dial, url: str) -> None:
    attributes = {
        **_comes_back(url, dial.next, rang=dial.phones[0] if len(dial.phones) == 1 else ""),
        "timeout": str(dial.ring_seconds),
        "answerOnBridge": "true",
    }
    if dial.caller:
        attributes["callerId"] = dial.caller
    if dial.record:
        attributes |= {"record": "record-from-answer-dual", **_reports_recording(url)}
    ringing = SubElement(parent, "Dial", attributes)
    words = one_line(dial.whisper)[:200]
    asks = {"url": f"{url}?whisper={quote(words, safe='')}", "method": "POST"} if words else {}
    for phone in dial.phones[:MOST_PHONES]:
        SubElement(ringing, "Number", asks).text = phone


def _menu(parent: Element, menu: Menu, url: str) -> None:
    attributes = {
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": str(menu.wait_seconds),
        "actionOnEmptyResult": "true",
        **_comes_back(url, menu.next),
    }
    _say(SubElement(parent, "Gather", attributes), menu.text, menu.language)


def _record(parent: Element, record: Record, url: str) -> None:
    attributes = {
        "maxLength": str(record.longest_seconds),
        "playBeep": "true",
        "finishOnKey": "#",
        **_comes_back(url, record.next),
        **_reports_recording(url),
    }
    SubElement(parent, "Record", attributes)
    # Twilio goes on here, instead of to `action`, when it heard nothing at all.
    SubElement(parent, "Redirect", {"method": "POST"}).text = attributes["action"]


def _comes_back(url: str, step: str, *, rang: str = "") -> dict[str, str]:
    """Twilio does not say who of several picked up; when only one was rung, `rang` does."""
    action = f"{url}?step={quote(step, safe='')}"
    return {"action": action + f"&rang={quote(rang, safe='')}" * bool(rang), "method": "POST"}


def _reports_recording(url: str) -> dict[str, str]:
    beside = urlsplit(url)._replace(path=urlsplit(url).path.rpartition("/")[0] + "/recording")
    return {
        "recordingStatusCallback": beside.geturl(),
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed",
    }


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
