"""TeXML: our instructions for a call in Telnyx's words, and its forms in ours. Pure.

Source: developers.telnyx.com, “TeXML verbs”. It follows TwiML, but a Gather without a key and a
Record without a word go on with what follows them, so a Redirect to the same address does. What is
whispered travels in the query of an address: the query is not signed, but nobody else can sign a
request to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from textrail.carriers.contract import Answer, Webhook
from textrail.vocabulary.lines import one_line
from textrail.vocabulary.voice import (
    Dial,
    HangUp,
    Instruction,
    Menu,
    Play,
    Record,
    Reject,
    Say,
)

CONTENT_TYPE = "text/xml; charset=utf-8"
VOICE = "alice"
# What our own addresses carry in their query; Telnyx calls them back unchanged.
STEP, RANG, WHISPER, REPORT, VOICEMAIL = "step", "rang", "whisper", "report", "voicemail"
RING_SECONDS = (5, 120)
LONGEST_SAID = 3_000
LONGEST_WHISPER = 200


def answer(webhook: Webhook, instructions: Sequence[Instruction]) -> Answer:
    """The instructions as a document; steps come back to the webhook's own address."""
    here = webhook.url.partition("?")[0]
    response = Element("Response")
    for instruction in instructions:
        _write(response, instruction, here)
    return document(response)


def document(response: Element) -> Answer:
    content = tostring(response, encoding="utf-8", xml_declaration=True)
    return Answer(CONTENT_TYPE, content)


def asked(webhook_url: str, name: str) -> str:
    """A value that we put into the query of an address."""
    query = parse_qs(urlsplit(webhook_url).query, keep_blank_values=True)
    return query.get(name, [""])[0]


def whispered(webhook: Webhook) -> Answer:
    """What is said to who picks up, before the caller is put through."""
    response = Element("Response")
    _say(response, asked(webhook.url, WHISPER), "en-US")
    return document(response)


def _write(response: Element, instruction: Instruction, here: str) -> None:
    match instruction:
        case Say(text, language):
            _say(response, text, language)
        case Play(url):
            SubElement(response, "Play").text = url
        case Dial():
            _dial(response, instruction, here)
        case Menu():
            _menu(response, instruction, here)
        case Record():
            _record(response, instruction, here)
        case HangUp():
            SubElement(response, "Hangup")
        case Reject():
            SubElement(response, "Reject", reason="busy")


def _say(parent: Element, text: str, language: str) -> None:
    words = one_line(text)[:LONGEST_SAID]
    SubElement(parent, "Say", voice=VOICE, language=language).text = words


def _dial(response: Element, dial: Dial, here: str) -> None:
    """Telnyx does not say who of several picked up; when only one was rung, RANG does."""
    shortest, longest = RING_SECONDS
    back = {STEP: dial.next} | ({RANG: dial.phones[0]} if len(dial.phones) == 1 else {})
    dialling = SubElement(
        response,
        "Dial",
        action=_with(here, back),
        method="POST",
        timeout=str(min(max(dial.ring_seconds, shortest), longest)),
    )
    if dial.caller:
        dialling.set("callerId", dial.caller)
    if dial.record:
        dialling.set("record", "record-from-answer-dual")
        dialling.set("recordingStatusCallback", _recording(here))
        dialling.set("recordingStatusCallbackMethod", "POST")
    words = one_line(dial.whisper)[:LONGEST_WHISPER]
    for phone in dial.phones:
        number = SubElement(dialling, "Number")
        number.text = phone
        if words:
            number.set("url", _with(here, {WHISPER: words}))
            number.set("method", "POST")


def _menu(response: Element, menu: Menu, here: str) -> None:
    gather = SubElement(
        response,
        "Gather",
        action=_with(here, {STEP: menu.next}),
        method="POST",
        input="dtmf",
        numDigits="1",
        finishOnKey="",
        timeout=str(menu.wait_seconds),
    )
    _say(gather, menu.text, menu.language)
    _redirect(response, gather)


def _record(response: Element, record: Record, here: str) -> None:
    recorded = SubElement(
        response,
        "Record",
        action=_with(here, {STEP: record.next}),
        method="POST",
        maxLength=str(record.longest_seconds),
        playBeep="true",
        finishOnKey="#",
        recordingStatusCallback=_with(_recording(here), {VOICEMAIL: "1"}),
        recordingStatusCallbackMethod="POST",
    )
    _redirect(response, recorded)


def _redirect(response: Element, waiting: Element) -> None:
    SubElement(response, "Redirect", method="POST").text = waiting.get("action")


def _recording(here: str) -> str:
    return here.rpartition("/")[0] + "/recording"


def _with(url: str, values: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(values)}"
