"""Every saved flow ends, whatever callers press and whoever picks up; what cannot be is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary import voice
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.flows import (
    KEYS,
    Choice,
    Flow,
    Goodbye,
    Greeting,
    HoursSwitch,
    Line,
    Menu,
    Ring,
    Step,
    Voicemail,
    check,
    decode_flow,
    encode_flow,
    in_order,
    lead,
)
from textrail.vocabulary.following import MOST_ANSWERS, Surroundings, Turn, follow

TOM, MAYA = Line("+14155550171", "Tom"), Line("+14155550172", "Maya")
CALL = voice.CallStep("CA1", "+17275550142", "+14155550100")
HOUSE = Surroundings(lambda hours_id: True, "https://house.example/sounds/")
FLOW = Flow(
    first="hello",
    steps=(
        Greeting(id="hello", text="Harbor HVAC.", next="when"),
        HoursSwitch(id="when", hours_id=7, open="menu", closed="mail"),
        Menu(
            id="menu",
            text="Press 1 for service, 2 for sales.",
            choices=(Choice("1", "Service", "team"), Choice("2", "Sales", "tom")),
            no_key="team",
        ),
        Ring(id="team", lines=(TOM, MAYA), no_answer="mail", record=True, whisper="Billboard"),
        Ring(id="tom", lines=(TOM, MAYA), in_turn=True, seconds=15, no_answer="mail"),
        Voicemail(id="mail", text="Leave a message."),
    ),
)


def after(turn: Turn, **came: object) -> Turn:
    """What the call is told when it comes back from the last instruction of `turn`."""
    step = getattr(turn.instructions[-1], "next", "")
    return follow(FLOW, replace(CALL, step=step, **came), HOUSE)  # type: ignore[arg-type]


def test_a_call_is_greeted_asked_rung_and_taken_a_message_of() -> None:
    menu = follow(FLOW, CALL, HOUSE)
    assert menu.instructions == (
        voice.Say("Harbor HVAC."),
        voice.Menu("Press 1 for service, 2 for sales.", "12", "menu.0.1"),
    )
    assert (menu.path, menu.waiting) == (("Open",), "menu")
    ring = after(menu, digits="1")
    assert ring.instructions == (
        voice.Say("This call may be recorded."),
        voice.Dial(
            (TOM.phone, MAYA.phone), "team.0.2", 20, CALL.caller, whisper="Billboard", record=True
        ),
    )
    assert ring.path == ("Pressed 1, Service",)
    mail = after(ring, dial="no_answer")
    assert mail.instructions == (voice.Say("Leave a message."), voice.Record("mail.0.3", 120))
    assert mail.path == ("Tom and Maya did not answer", "Voicemail")
    end = after(mail)
    assert (end.instructions, end.waiting, end.connected) == ((voice.HangUp(),), "", False)


def test_phones_in_turn_ring_one_after_the_other() -> None:
    first = after(follow(FLOW, CALL, HOUSE), digits="2")
    assert first.instructions == (voice.Dial((TOM.phone,), "tom.0.2", 15, CALL.caller),)
    second = after(first, dial="busy")
    assert second.instructions == (voice.Dial((MAYA.phone,), "tom.1.3", 15, CALL.caller),)
    assert second.path == ("Tom did not answer",)
    end = after(second, dial="answered", dial_seconds=63)
    assert (end.connected, end.answered_by, end.seconds) == (True, MAYA.phone, 63)
    assert (end.path, end.instructions) == (("Maya answered",), (voice.HangUp(),))


def test_who_of_several_picked_up_is_told_where_the_carrier_says_it() -> None:
    ring = after(follow(FLOW, CALL, HOUSE), digits="1")
    assert after(ring, dial="answered").path == ("Somebody answered",)
    told = after(ring, dial="answered", dial_phone=MAYA.phone)
    assert (told.path, told.answered_by) == (("Maya answered",), MAYA.phone)


def test_a_menu_asks_again_and_then_goes_on_without_a_key() -> None:
    again = after(follow(FLOW, CALL, HOUSE), digits="9")
    assert again.instructions[-1].next == "menu.1.2"  # type: ignore[union-attr]
    assert after(again).path == ("Pressed nothing in “Menu”",)
    assert isinstance(after(again).instructions[-1], voice.Dial)


def test_after_hours_the_caller_goes_another_way() -> None:
    asked: list[int] = []

    def is_open(hours_id: int) -> bool:
        asked.append(hours_id)
        return False

    turn = follow(FLOW, CALL, replace(HOUSE, is_open=is_open))
    assert (turn.path, asked) == (("Closed", "Voicemail"), [7])


def test_sound_files_are_played_from_their_address() -> None:
    flow = Flow(first="a", steps=(Greeting(id="a", sound="s" * 32),))
    turn = follow(flow, CALL, HOUSE)
    assert turn.instructions[0] == voice.Play("https://house.example/sounds/" + "s" * 32)


@pytest.mark.parametrize("caller", ["", "anonymous", "+266696687", "Restricted"])
def test_a_caller_without_a_number_is_shown_as_our_number(caller: str) -> None:
    flow = Flow(first="a", steps=(Ring(id="a", lines=(TOM,)),))
    dial = follow(flow, replace(CALL, caller=caller), HOUSE).instructions[0]
    assert isinstance(dial, voice.Dial)
    assert dial.caller == (caller if caller.startswith("+") else CALL.called)


@pytest.mark.parametrize("step", ["gone.0.3", "menu", "menu.0", "../..", "menu.999.1", "hello.0.0"])
def test_a_call_whose_step_is_not_there_begins_anew(step: str) -> None:
    turn = follow(FLOW, replace(CALL, step=step), HOUSE)
    assert isinstance(turn.instructions[-1], voice.Menu)


def test_a_talk_counts_even_when_its_step_was_removed_meanwhile() -> None:
    call = replace(CALL, step="gone.0.3", dial="answered", dial_seconds=9)
    turn = follow(FLOW, call, HOUSE)
    assert (turn.connected, turn.seconds, turn.waiting) == (True, 9, "")


def test_a_phone_that_was_removed_during_its_turn_is_passed_over() -> None:
    turn = follow(FLOW, replace(CALL, step="tom.7.3", dial="no_answer"), HOUSE)
    assert turn.path == ("Voicemail",)


def test_a_flow_reads_back_as_it_was_written() -> None:
    assert decode_flow(encode_flow(FLOW)) == FLOW


def test_steps_are_listed_as_a_caller_meets_them() -> None:
    loose = Goodbye(id="z")
    flow = Flow(first=FLOW.first, steps=(loose, *reversed(FLOW.steps)))
    assert [step.id for step in in_order(flow)] == [
        "hello",
        "when",
        "menu",
        "team",
        "tom",
        "mail",
        "z",
    ]


def test_a_way_out_can_be_led_elsewhere() -> None:
    menu = FLOW.steps[2]
    led = lead(lead(menu, "key-2", "mail"), "no_key", "")
    assert isinstance(led, Menu)
    assert [choice.next for choice in led.choices] == ["team", "mail"]
    assert led.no_key == ""


RING = Ring(id="a", lines=(TOM,))
MENU = Menu(id="a", text="Press 1.", choices=(Choice("1"),))


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (Greeting(id="a", text=" "), "text"),
        (Greeting(id="a", text="x" * 601), "text"),
        (Greeting(id="a", text="bell\a"), "text"),
        (Greeting(id="a", sound="../secret.key-----"), "sound"),
        (Greeting(id="a", text="x", label="x" * 41), "label"),
        (Greeting(id="a", text="x", next="b"), "next"),
        (Greeting(id="a", text="x", next="a"), "next"),
        (HoursSwitch(id="a", hours_id=1, closed="a"), "next"),
        (Menu(id="a", text="x", choices=()), "choices"),
        (Menu(id="a", text="x", choices=(Choice("1"), Choice("1"))), "choices"),
        (Menu(id="a", text="x", choices=(Choice("12"),)), "choices"),
        (Menu(id="a", text="x", choices=(Choice("1"),), tries=0), "tries"),
        (Menu(id="a", text="x", choices=(Choice("1", next="b"),)), "key-1"),
        (Ring(id="a", lines=()), "lines"),
        (Ring(id="a", lines=(Line("415 555"),)), "lines"),
        (Ring(id="a", lines=(TOM, TOM)), "lines"),
        (Ring(id="a", lines=(TOM,), seconds=400), "seconds"),
        (Voicemail(id="a"), "text"),
        (Voicemail(id="a", text="x", longest_seconds=4000), "longest_seconds"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_field(step: Step, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check(Flow(first="a", steps=(step,)))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "flow",
    [
        Flow(first="a", steps=()),
        Flow(first="b", steps=(RING,)),
        Flow(first="a", steps=(RING, MENU)),
        Flow(first="a", steps=(RING,), language="tlh"),
        Flow(first="A.1", steps=(Ring(id="A.1", lines=(TOM,)),)),
        Flow(first="a", steps=tuple(Ring(id=f"a{n}", lines=(TOM,)) for n in range(31))),
    ],
)
def test_a_flow_that_cannot_be_is_refused(flow: Flow) -> None:
    with pytest.raises(Malformed):
        check(flow)


def test_a_circle_through_a_menu_is_a_flow() -> None:
    steps = (
        Greeting(id="a", text="x", next="b"),
        Menu(id="b", text="Press 1.", choices=(Choice("1", next="a"),), no_key="a"),
    )
    check(Flow(first="a", steps=steps))


_IDS = ("a", "b", "c", "d", "e")
_targets = st.sampled_from(("", *_IDS))
_lines = st.sampled_from(((TOM,), (MAYA,), (TOM, MAYA)))


def _step(name: str) -> st.SearchStrategy[Step]:
    choices = st.lists(
        st.builds(Choice, st.sampled_from(KEYS), st.just(""), _targets),
        min_size=1,
        max_size=4,
        unique_by=lambda choice: choice.key,
    ).map(tuple)
    return st.one_of(
        st.builds(Greeting, id=st.just(name), text=st.just("x"), next=_targets),
        st.builds(
            HoursSwitch,
            id=st.just(name),
            hours_id=st.integers(1, 3),
            open=_targets,
            closed=_targets,
        ),
        st.builds(
            Menu,
            id=st.just(name),
            text=st.just("x"),
            choices=choices,
            tries=st.integers(1, 5),
            no_key=_targets,
        ),
        st.builds(Ring, id=st.just(name), lines=_lines, in_turn=st.booleans(), no_answer=_targets),
        st.builds(Voicemail, id=st.just(name), text=st.just("x")),
        st.builds(Goodbye, id=st.just(name)),
    )


def _is_sound(flow: Flow) -> bool:
    try:
        check(flow)
    except Malformed:
        return False
    return True


_flows = (
    st.tuples(*map(_step, _IDS)).map(lambda steps: Flow(first="a", steps=steps)).filter(_is_sound)
)
_came = st.fixed_dictionaries(
    {},
    optional={
        "digits": st.sampled_from((*KEYS, "", "99")),
        "dial": st.sampled_from(("", "answered", "no_answer", "busy", "failed")),
    },
)
_WAITING = {"menu": voice.Menu, "ring": voice.Dial, "voicemail": voice.Record, "": voice.HangUp}


@given(
    flow=_flows,
    came=st.lists(_came, max_size=MOST_ANSWERS),
    is_open=st.lists(st.booleans(), min_size=3, max_size=3),
    later=_flows,
    changed_at=st.integers(0, 50),
)
def test_every_flow_ends_for_every_caller_even_when_it_changes_meanwhile(
    flow: Flow,
    came: Sequence[dict[str, object]],
    is_open: list[bool],
    later: Flow,
    changed_at: int,
) -> None:
    house = Surroundings(lambda hours_id: is_open[hours_id - 1], "https://x.example/")
    turn = follow(flow, CALL, house)
    for nth in range(MOST_ANSWERS + 1):
        assert turn.instructions, "a caller is never left in silence"
        *said, last = turn.instructions
        assert isinstance(last, _WAITING[turn.waiting])
        assert all(isinstance(each, voice.Say | voice.Play) for each in said)
        if not turn.waiting:
            return
        now = later if nth >= changed_at else flow
        answer = came[nth] if nth < len(came) else {}
        step = last.next  # type: ignore[union-attr]
        turn = follow(now, replace(CALL, step=step, **answer), house)  # type: ignore[arg-type]
    raise AssertionError("the call goes on and on")
