"""Following a call flow: where a call stands and what came of it in, what it is told next out.

Pure. All that a call remembers travels in the step's name (`menu.1.4`: which step, which try or
phone of it, how many answers so far), which is held against the flow as it is now. A call whose
step is gone begins the flow anew. After MOST_ANSWERS every call ends, whatever the flow says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from textrail.vocabulary import flows, voice
from textrail.vocabulary.phone import format_national, is_e164
from textrail.vocabulary.voice import CallStep, Instruction

MOST_ANSWERS: Final = 40
_STATE = re.compile(r"([a-z0-9]{1,16})\.([0-9]{1,2})\.([0-9]{1,2})\Z")

# What a call waits for after an answer; empty when it is over.
Waiting = Literal["", "ring", "menu", "voicemail"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer to a carrier.

    `path` says in words what the call went through since the last answer. `count` numbers the
    answers of a call from 1. With `connected` somebody talked: who (`answered_by`, E.164, where it
    is known), and for how many seconds.
    """

    instructions: tuple[Instruction, ...]
    path: tuple[str, ...]
    waiting: Waiting
    count: int
    connected: bool = False
    answered_by: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow needs to know of the house: whether hours (by id) are open now, and where sound
    files are served: the token is put behind `sounds_url`."""

    is_open: Callable[[int], bool] = lambda hours_id: True
    sounds_url: str = ""


class _State(NamedTuple):
    step: str
    nth: int
    turns: int


@dataclass(slots=True)
class _Answer:
    """An answer while it is put together."""

    flow: flows.Flow
    call: CallStep
    house: Surroundings
    count: int
    said: list[Instruction] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        if text.strip():
            self.said.append(voice.Say(text.strip(), self.flow.language))

    def hear(self, text: str, sound: str) -> None:
        if sound:
            self.said.append(voice.Play(self.house.sounds_url + sound))
        else:
            self.say(text)

    def turn(self, waiting: Waiting) -> Turn:
        return Turn(tuple(self.said), tuple(self.path), waiting, self.count)


def follow(flow: flows.Flow, call: CallStep, house: Surroundings) -> Turn:
    """What the call is told now. Ends for every flow and whatever is answered."""
    state = _read(call.step)
    answer = _Answer(flow, call, house, min(state.turns + 1, MOST_ANSWERS))
    if call.dial == "answered":
        return _talked(answer, state)
    step = flow.step(state.step)
    if state.turns >= MOST_ANSWERS:
        answer.path.append("Went round too often")
        return _over(answer)
    if step is None:
        return _walk(answer, flow.first)
    match step:
        case flows.Menu():
            return _pressed(answer, step, state.nth)
        case flows.Ring():
            return _not_answered(answer, step, state.nth)
        case flows.Voicemail():
            return _over(answer)
        case _:
            return _walk(answer, step.id)


def sorry(language: str = "en-US") -> tuple[Instruction, ...]:
    """What a caller hears when we cannot say what the flow says."""
    text = "We are sorry, this call cannot be taken right now. Please try again later."
    return (voice.Say(text, language), voice.HangUp())


def _walk(answer: _Answer, target: str) -> Turn:
    """Through steps that do not wait, to one that does or to the end."""
    passed: set[str] = set()
    while (step := answer.flow.step(target)) is not None and step.id not in passed:
        passed.add(step.id)
        match step:
            case flows.Greeting():
                answer.hear(step.text, step.sound)
                target = step.next
            case flows.HoursSwitch():
                is_open = answer.house.is_open(step.hours_id)
                answer.path.append("Open" if is_open else "Closed")
                target = step.open if is_open else step.closed
            case flows.Menu():
                return _ask(answer, step, nth=0)
            case flows.Ring():
                return _ring(answer, step, nth=0)
            case flows.Voicemail():
                return _take_message(answer, step)
            case flows.Goodbye():
                answer.say(step.text)
                break
    return _over(answer)


def _ask(answer: _Answer, step: flows.Menu, *, nth: int) -> Turn:
    keys = "".join(choice.key for choice in step.choices)
    back = _name(step, nth, answer)
    language = answer.flow.language
    answer.said.append(voice.Menu(step.text.strip(), keys, back, step.wait_seconds, language))
    return answer.turn("menu")


def _pressed(answer: _Answer, step: flows.Menu, nth: int) -> Turn:
    choice = _choice(step, answer.call.digits)
    if choice is not None:
        answer.path.append(f"Pressed {choice.key}" + (f", {choice.label}" if choice.label else ""))
        return _walk(answer, choice.next)
    if nth + 1 < step.tries:
        return _ask(answer, step, nth=nth + 1)
    answer.path.append(f"Pressed nothing in “{flows.title(step)}”")
    return _walk(answer, step.no_key)


def _choice(step: flows.Menu, digits: str) -> flows.Choice | None:
    return next((choice for choice in step.choices if choice.key == digits[:1]), None)


def _ring(answer: _Answer, step: flows.Ring, *, nth: int) -> Turn:
    """All lines, or the `nth` of them; none is left when the flow lost some during the call."""
    lines = step.lines[nth : nth + 1] if step.in_turn else step.lines
    if not lines:
        return _walk(answer, step.no_answer)
    if step.record and nth == 0:
        answer.say(step.notice or flows.RECORDING_NOTICE)
    shown = answer.call.caller if step.shows == "caller" else answer.call.called
    dial = voice.Dial(
        tuple(line.phone for line in lines),
        _name(step, nth, answer),
        step.seconds,
        shown if is_e164(shown) else answer.call.called,
        step.whisper.strip(),
        step.record,
    )
    answer.said.append(dial)
    return answer.turn("ring")


def _not_answered(answer: _Answer, step: flows.Ring, nth: int) -> Turn:
    tried = step.lines[nth : nth + 1] if step.in_turn else step.lines
    if tried:
        answer.path.append(f"{_who(tried)} did not answer")
    if step.in_turn and nth + 1 < len(step.lines):
        return _ring(answer, step, nth=nth + 1)
    return _walk(answer, step.no_answer)


def _talked(answer: _Answer, state: _State) -> Turn:
    """Whoever picked up has talked with the caller; then the call is over, whatever the flow."""
    step = answer.flow.step(state.step)
    phone = answer.call.dial_phone
    lines: tuple[flows.Line, ...] = ()
    if isinstance(step, flows.Ring):
        lines = step.lines[state.nth : state.nth + 1] if step.in_turn else step.lines
    if not phone and len(lines) == 1:
        phone = lines[0].phone
    by = next((line for line in lines if line.phone == phone), flows.Line(phone) if phone else None)
    answer.path.append(f"{_who((by,)) if by else 'Somebody'} answered")
    answer.said.append(voice.HangUp())
    return Turn(
        tuple(answer.said),
        tuple(answer.path),
        "",
        answer.count,
        connected=True,
        answered_by=phone,
        seconds=answer.call.dial_seconds,
    )


def _take_message(answer: _Answer, step: flows.Voicemail) -> Turn:
    answer.path.append("Voicemail")
    answer.hear(step.text, step.sound)
    answer.said.append(voice.Record(_name(step, 0, answer), step.longest_seconds))
    return answer.turn("voicemail")


def _over(answer: _Answer) -> Turn:
    answer.said.append(voice.HangUp())
    return answer.turn("")


def _who(lines: tuple[flows.Line, ...]) -> str:
    names = [line.name or format_national(line.phone) for line in lines]
    if len(names) > 3:
        return f"{len(names)} phones"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _name(step: flows.Step, nth: int, answer: _Answer) -> str:
    return f"{step.id}.{nth}.{answer.count}"


def _read(text: str) -> _State:
    """Where a call stands; at its beginning for a name that is none of ours."""
    match = _STATE.match(text)
    return _State(match[1], int(match[2]), int(match[3])) if match else _State("", 0, 0)
