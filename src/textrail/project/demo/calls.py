"""The calls of the demo that a call flow leads: a menu, a team that is rung, voicemail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from textrail.carriers.simulator import talks
from textrail.domain.accounts.models import Business
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.project.demo import story
from textrail.project.demo.stage import Stage
from textrail.vocabulary.flows import Choice, Flow, Line, Menu, Ring, Voicemail

TEAM = (Line("+13055550181", "Bo"), Line("+13055550182", "Rosa"))
FLOW = Flow(
    first="menu",
    steps=(
        Menu(
            id="menu",
            text=f"Thank you for calling {story.BUSINESS}. For repairs, press 1."
            " For a new unit, press 2.",
            choices=(Choice("1", "Repairs", "team"), Choice("2", "New unit", "rosa")),
            no_key="team",
        ),
        Ring(id="team", label="Repair team", lines=TEAM, record=True, no_answer="mail"),
        Ring(id="rosa", label="Sales", lines=TEAM[1:], no_answer="mail"),
        Voicemail(
            id="mail", text="We are all out on jobs. Please leave your name and what is wrong."
        ),
    ),
)
# Hours before the end of the story, who calls, which key, who picks up after how many seconds of
# talk; without seconds they leave the words.
_CALLS = (
    (50.0, "+17865550117", "1", TEAM[0].phone, 141, ""),
    (29.5, "+13055550134", "2", "", 0, "Hi, this is Lena. We want to replace a ten year old unit."),
    (26.0, "+19045550128", "2", TEAM[1].phone, 322, ""),
    (
        5.5,
        "+17865550143",
        "1",
        "",
        0,
        "Our AC stopped in the night. Two small kids here.",
    ),
    (2.2, "+13055550156", "1", TEAM[0].phone, 88, ""),
    (1.1, "+15615550109", "", "", 0, ""),
)


def set_up(stage: Stage, business: Business, held: Mapping[str, TrackingNumber]) -> None:
    """The flow of the main number, and the calls of the last two days that it leads."""
    at = stage.clock.now()
    number = held[story.MAIN_NUMBER]
    flow = numbers.create_flow(business=business, name="Office line", flow=FLOW, at=at)
    numbers.set_call_flow(number=number, call_flow=flow, at=at)
    for hours, caller, key, answered_by, seconds, words in _CALLS:
        moment = at + story.WEEKS - timedelta(hours=hours)
        stage.plan(moment, _call, stage, caller, number.phone, key, answered_by, seconds, words)


def _call(
    stage: Stage,
    caller: str,
    number: str,
    key: str,
    answered_by: str,
    seconds: int,
    words: str,
) -> None:
    """Somebody without a key to press gives up in the menu."""
    land = stage.world.land
    ref, talk = stage.world.ring(caller, number)
    if talk is None:
        return
    if not key:
        talks.hang_up(land, ref)
        return
    talks.press(land, ref, key)
    if answered_by:
        talks.pick_up(land, ref, answered_by)
        stage.later(timedelta(seconds=seconds), talks.hang_up, land, ref)
    else:
        talks.let_ring(land, ref)
        talks.leave(land, ref, words, 14)
