"""What a carrier is told to do with a call, step by step, and what it says came of a step. Values.

A call is a conversation of requests: the carrier reports where the call stands, and we answer with
instructions, which it follows in their order. One that waits for something (Dial, Menu, Record) is
always the last of an answer and names the step that the carrier comes back with, whether or not
anything came of it; after an answer that does not wait, the call ends. Reject stands alone, and
only in the first answer. docs/reference/call-flows.md says what each carrier makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DialOutcome = Literal["", "answered", "no_answer", "busy", "failed"]


@dataclass(frozen=True, slots=True)
class Say:
    """Words that the carrier's voice speaks; `language` is a BCP 47 tag."""

    text: str
    language: str = "en-US"


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file at a public address."""

    url: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring `phones` (E.164) at once; whoever picks up first has the call.

    `caller` is whom they see calling. `whisper` is said to who picks up, before the caller is put
    through. With `record` both sides are recorded from the moment they are connected. It comes
    back when the talk is over or nobody picked up, also when the caller has hung up by then.
    """

    phones: tuple[str, ...]
    next: str
    ring_seconds: int = 25
    caller: str = ""
    whisper: str = ""
    record: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Say something and wait for one key of `keys`; no key in time comes back as no digits.

    A key counts while the words are still spoken. One that is not among `keys` comes back, too.
    """

    text: str
    keys: str
    next: str
    wait_seconds: int = 6
    language: str = "en-US"


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller after a beep: a voicemail, reported as a RecordingReport of its own.

    It comes back when the caller stops or is silent; who hangs up has ended the call.
    """

    next: str
    longest_seconds: int = 120


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call that was picked up."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not pick up at all: the caller hears that the line is busy, and pays nothing."""


Instruction = Say | Play | Dial | Menu | Record | HangUp | Reject


@dataclass(frozen=True, slots=True)
class CallStep:
    """Where a call stands that waits for instructions.

    `step` is what the last waiting instruction named, empty when the call comes in. `digits` are
    the keys pressed; `dial` is what came of ringing, with the seconds that were spoken then, and
    `dial_phone` who picked up, where the carrier says it.
    """

    carrier_ref: str
    caller: str
    called: str
    step: str = ""
    digits: str = ""
    dial: DialOutcome = ""
    dial_seconds: int = 0
    dial_phone: str = ""
