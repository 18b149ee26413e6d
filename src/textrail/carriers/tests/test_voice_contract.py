"""Every carrier leads a caller the same way: what is said, rung and pressed, to the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from textrail.carriers.contract import Answer, Webhook
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.tests.adapter import HANDSET, OURS
from textrail.carriers.tests.voice_contract import Caller, Markup, Simulated
from textrail.carriers.twilio.door import TwilioDoor
from textrail.vocabulary import voice
from textrail.vocabulary.flows import Choice, Flow, Greeting, Line, Menu, Ring, Voicemail
from textrail.vocabulary.following import Surroundings, Turn, follow
from textrail.vocabulary.voice import CallStep

TOM, MAYA = "+14155550171", "+14155550172"
SOUND = "https://house.example/sounds/"
FLOW = Flow(
    first="hello",
    steps=(
        Greeting(id="hello", sound="s" * 32, next="menu"),
        Menu(id="menu", text="Press 1 & wait.", choices=(Choice("1", "Team", "team"),), tries=2),
        Ring(id="team", lines=(Line(TOM), Line(MAYA)), record=True, no_answer="tom"),
        Ring(
            id="tom", lines=(Line(TOM),), in_turn=True, whisper="From <the> van", no_answer="mail"
        ),
        Voicemail(id="mail", text="Leave a message."),
    ),
)
CARRIERS: Mapping[str, Callable[[], Caller]] = {
    "simulator": Simulated,
    "twilio": lambda: Markup(TwilioDoor()),
    "telnyx": lambda: Markup(TelnyxDoor()),
}


@pytest.fixture(params=CARRIERS)
def caller(request: pytest.FixtureRequest) -> Caller:
    return CARRIERS[request.param]()


def told(caller: Caller, webhook: Webhook | None) -> tuple[Answer, Turn]:
    """What the door answers, and the turn behind it."""
    assert webhook is not None, "the carrier did not come back"
    caller.door.check(webhook)
    step = caller.door.call_step(webhook)
    assert step is not None, "the carrier waits for instructions"
    assert (step.carrier_ref, step.caller, step.called) == ("CA1", HANDSET, OURS)
    turn = follow(FLOW, step, Surroundings(sounds_url=SOUND))
    return caller.door.instruct(webhook, turn.instructions), turn


def test_a_call_that_comes_in_is_at_no_step(caller: Caller) -> None:
    assert caller.door.call_step(caller.rings()) == CallStep("CA1", HANDSET, OURS)


def test_a_caller_who_nobody_answers_leaves_a_message(caller: Caller) -> None:
    answer, turn = told(caller, caller.rings())
    assert caller.said(answer) == [SOUND + "s" * 32, "Press 1 & wait."]
    answer, turn = told(caller, caller.comes_back(answer))
    assert turn.waiting == "menu"
    answer, turn = told(caller, caller.comes_back(answer, digits="1"))
    assert caller.rung(answer) == [TOM, MAYA]
    assert caller.said(answer) == ["This call may be recorded."]
    answer, turn = told(caller, caller.comes_back(answer, dial="no_answer"))
    assert (caller.rung(answer), turn.waiting) == ([TOM], "ring")
    answer, turn = told(caller, caller.comes_back(answer, dial="busy"))
    assert (caller.said(answer), turn.waiting) == (["Leave a message."], "voicemail")
    answer, turn = told(caller, caller.comes_back(answer))
    assert turn.waiting == ""
    assert caller.comes_back(answer) is None


def test_a_talk_ends_the_call_with_its_seconds(caller: Caller) -> None:
    answer, _ = told(caller, caller.rings())
    answer, _ = told(caller, caller.comes_back(answer, digits="1"))
    came = caller.comes_back(answer, dial="answered", seconds=63, phone=MAYA)
    answer, turn = told(caller, came)
    assert (turn.connected, turn.seconds, turn.waiting) == (True, 63, "")
    assert caller.comes_back(answer) is None


def test_a_phone_that_rang_alone_is_known_to_have_answered(caller: Caller) -> None:
    answer, _ = told(caller, caller.rings())
    answer, _ = told(caller, caller.comes_back(answer, digits="1"))
    answer, _ = told(caller, caller.comes_back(answer, dial="failed"))
    _, turn = told(caller, caller.comes_back(answer, dial="answered", seconds=9, phone=TOM))
    assert turn.answered_by == TOM


@pytest.mark.parametrize("instructions", [(voice.Reject(),), (voice.HangUp(),)])
def test_a_call_can_be_ended_at_once(
    caller: Caller, instructions: tuple[voice.Instruction, ...]
) -> None:
    answer = caller.door.instruct(caller.rings(), instructions)
    assert answer.status == 200
    assert caller.comes_back(answer) is None
    assert caller.said(answer) == []


def test_what_a_step_is_told_is_no_report(caller: Caller) -> None:
    """Who asks is answered by `instruct`; `parse` of the same webhook makes no end of the call."""
    webhook = caller.rings()
    query = webhook.url.partition("?")[2]
    events = caller.door.parse("call", webhook.headers["content-type"], query, webhook.body)
    assert all(getattr(event, "outcome", "ringing") == "ringing" for event in events)
