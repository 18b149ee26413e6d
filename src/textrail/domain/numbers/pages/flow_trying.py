"""Walking through a call flow on a page: what the caller hears, and what you do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import queries
from textrail.domain.numbers.pages.flows import edited_flow, live_flow
from textrail.vocabulary import voice
from textrail.vocabulary.flows import Flow, problem
from textrail.vocabulary.following import MOST_ANSWERS, Surroundings, Turn, follow
from textrail.vocabulary.opening import decode_hours, is_open
from textrail.web.formats import phone_text

_CALL: Final = voice.CallStep("test", "+12025550123", "+12025550100")
_WHENS: Final = (("now", "Now"), ("open", "While open"), ("closed", "While closed"))


@dataclass(frozen=True, slots=True)
class Heard:
    """A line of the walk: what the caller hears, what happens, or what you did."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A button: what you do, and the walk that follows."""

    words: str
    query: str


@require_GET
@member_page(Permission.LOOK)
def try_flow(request: MemberRequest, flow_id: int) -> HttpResponse:
    """`a` holds what was done so far, one letter and a key each; `when` the time of the call."""
    row = queries.call_flow(request.business, flow_id)
    flow = live_flow(row) if request.GET.get("of") == "live" else edited_flow(row)
    when = request.GET.get("when", "now")
    done = [each for each in request.GET.getlist("a") if each][:MOST_ANSWERS]
    house = Surroundings(_Opening(request, when), "")
    wrong = problem(flow)
    sounds = {sound.token: sound.name for sound in queries.sounds(request.business)}
    heard, turn = _walk(flow, house, done, sounds) if not wrong else ([], None)
    context = {
        "flow": row,
        "heard": heard,
        "answers": _answers(turn, when, done) if turn else [],
        "is_over": turn is not None and not turn.waiting,
        "whens": _WHENS,
        "when": when,
        "problem": wrong,
    }
    return render(request, "numbers/flow_try.html", context)


class _Opening:
    """Whether hours are open in the walk: by the clock, or as it was asked for."""

    def __init__(self, request: MemberRequest, when: str) -> None:
        self._when = when
        self._now = request.now
        self._hours = {row.pk: row.opening for row in queries.all_hours(request.business)}

    def __call__(self, hours_id: int) -> bool:
        if self._when != "now":
            return self._when == "open"
        text = self._hours.get(hours_id)
        return text is None or is_open(decode_hours(text), self._now)


def _walk(
    flow: Flow, house: Surroundings, done: Sequence[str], sounds: dict[str, str]
) -> tuple[list[Heard], Turn]:
    turn = follow(flow, _CALL, house)
    heard = _lines(turn, sounds)
    for deed in done:
        if not turn.waiting:
            break
        step = getattr(turn.instructions[-1], "next", "")
        heard.append(Heard("you", _deed_words(deed, turn)))
        turn = follow(flow, _came(deed, step, turn), house)
        heard += _lines(turn, sounds)
    return heard, turn


def _came(deed: str, step: str, turn: Turn) -> voice.CallStep:
    call = replace(_CALL, step=step)
    if turn.waiting == "menu":
        return replace(call, digits=deed[1:])
    if turn.waiting == "ring":
        if deed.startswith("y"):
            return replace(call, dial="answered", dial_seconds=60, dial_phone=deed[1:])
        return replace(call, dial="no_answer")
    return call


def _deed_words(deed: str, turn: Turn) -> str:
    if turn.waiting == "menu":
        return f"You press {deed[1:]}" if deed[1:] else "You press nothing"
    if turn.waiting == "ring":
        who = phone_text(deed[1:]) if deed[1:] else "Somebody"
        return f"{who} picks up" if deed.startswith("y") else "Nobody picks up"
    return "You leave a message"


def _lines(turn: Turn, sounds: dict[str, str]) -> list[Heard]:
    path = [Heard("path", words) for words in turn.path]
    return [*path, *(_line(each, sounds) for each in turn.instructions)]


def _line(instruction: voice.Instruction, sounds: dict[str, str]) -> Heard:
    match instruction:
        case voice.Say():
            return Heard("say", instruction.text)
        case voice.Play():
            return Heard("say", f"♪ {sounds.get(instruction.url, 'A sound file')}")
        case voice.Menu():
            return Heard("say", instruction.text)
        case voice.Dial():
            who = ", ".join(map(phone_text, instruction.phones))
            return Heard("ring", f"{who} · {instruction.ring_seconds} seconds")
        case voice.Record():
            return Heard("beep", f"Beep. Up to {instruction.longest_seconds} seconds are recorded.")
        case _:
            return Heard("end", "The call ends.")


def _answers(turn: Turn, when: str, done: Sequence[str]) -> list[Answer]:
    last = turn.instructions[-1]
    match last:
        case voice.Menu():
            deeds = [(f"k{key}", f"Press {key}") for key in last.keys]
            deeds.append(("k", "Press nothing"))
        case voice.Dial():
            deeds = [(f"y{phone}", f"{phone_text(phone)} picks up") for phone in last.phones]
            deeds.append(("n", "Nobody picks up"))
        case voice.Record():
            deeds = [("m", "Leave a message")]
        case _:
            deeds = []
    return [
        Answer(words, urlencode([("when", when), *(("a", each) for each in (*done, deed))]))
        for deed, words in deeds
    ]
