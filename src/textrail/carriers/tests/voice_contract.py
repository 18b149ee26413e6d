"""How carriers before the voice suite play their half of a call: they do what they are told.

`Markup` serves those that speak TwiML or what is like it; others bring a half of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import msgspec

from textrail.carriers.contract import Answer, Door, VoiceDoor, Webhook
from textrail.carriers.simulator import payloads
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.tests.adapter import HANDSET, OURS

BASE = "https://go.example/in/carrier/token"
FORM = "application/x-www-form-urlencoded"


class CallingDoor(Door, VoiceDoor, Protocol):
    """A door that also talks during calls."""


class Caller(Protocol):
    """A carrier during one call from HANDSET to OURS, whose id is CA1."""

    door: CallingDoor

    def rings(self) -> Webhook:
        """The call comes in."""
        ...

    def comes_back(
        self, answer: Answer, *, digits: str = "", dial: str = "", seconds: int = 0, phone: str = ""
    ) -> Webhook | None:
        """What the carrier asks next, having done what the answer said; None: the call is over.

        `dial` is what came of ringing, in our words, and `phone` who picked up.
        """
        ...

    def said(self, answer: Answer) -> list[str]:
        """What the caller hears of the answer: words, and addresses of sounds."""
        ...

    def rung(self, answer: Answer) -> list[str]:
        """The phones that the answer rings."""
        ...


class Simulated:
    """The simulated carrier's JSON."""

    def __init__(self) -> None:
        self.door: CallingDoor = SimulatorDoor()

    def rings(self) -> Webhook:
        return self._asking(payloads.Asking("CA1", HANDSET, OURS))

    def comes_back(
        self, answer: Answer, *, digits: str = "", dial: str = "", seconds: int = 0, phone: str = ""
    ) -> Webhook | None:
        last = self._told(answer)[-1]
        if not last.next:
            return None
        return self._asking(
            payloads.Asking("CA1", HANDSET, OURS, last.next, digits, dial, seconds, phone)  # type: ignore[arg-type]
        )

    def said(self, answer: Answer) -> list[str]:
        heard = (each.text or each.url for each in self._told(answer) if each.do != "dial")
        return [words for words in heard if words]

    def rung(self, answer: Answer) -> list[str]:
        return [phone for each in self._told(answer) for phone in each.phones]

    def _told(self, answer: Answer) -> list[payloads.Told]:
        return msgspec.json.decode(answer.body, type=payloads.Instructions).instructions

    def _asking(self, payload: payloads.Asking) -> Webhook:
        headers = {"content-type": "application/json"}
        return Webhook(f"{BASE}/call", "call", headers, msgspec.json.encode(payload))


class Markup:
    """TwiML, and TeXML, which is like it: verbs in order, and the address that each comes back to
    in `action`, or in the Redirect behind it."""

    _ENDS: Mapping[str, str] = {
        "answered": "completed",
        "no_answer": "no-answer",
        "busy": "busy",
        "failed": "failed",
    }

    def __init__(self, door: CallingDoor) -> None:
        self.door = door

    def rings(self) -> Webhook:
        return self._form(f"{BASE}/call", {"CallStatus": "ringing"})

    def comes_back(
        self, answer: Answer, *, digits: str = "", dial: str = "", seconds: int = 0, phone: str = ""
    ) -> Webhook | None:
        for verb in self._verbs(answer):
            if "action" in verb.attrib:
                fields = {"CallStatus": "in-progress"}
                if verb.tag == "Gather":
                    fields["Digits"] = digits
                elif verb.tag == "Dial":
                    fields |= {"DialCallStatus": self._ENDS[dial], "DialCallDuration": str(seconds)}
                else:
                    fields |= {"RecordingDuration": "4", "Digits": "hangup"}
                return self._form(verb.attrib["action"], fields)
        return None

    def said(self, answer: Answer) -> list[str]:
        spoken = self._root(answer).iter()
        return [verb.text or "" for verb in spoken if verb.tag in ("Say", "Play")]

    def rung(self, answer: Answer) -> list[str]:
        return [number.text or "" for number in self._root(answer).iter("Number")]

    def _root(self, answer: Answer) -> ElementTree.Element:
        return ElementTree.fromstring(answer.body)  # noqa: S314 our own words

    def _verbs(self, answer: Answer) -> list[ElementTree.Element]:
        return list(self._root(answer))

    def _form(self, url: str, fields: Mapping[str, str]) -> Webhook:
        whole = {"CallSid": "CA1", "AccountSid": "AC1", "From": HANDSET, "To": OURS, **fields}
        url = url if urlsplit(url).netloc else f"{BASE}/{url}"
        return Webhook(url, "call", {"content-type": FORM}, urlencode(whole).encode())
