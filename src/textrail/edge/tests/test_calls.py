"""A carrier that asks what to do with a call is told what the number's flow says, at once."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from django.db import connection as database

from textrail.carriers.simulator import payloads
from textrail.domain.accounts.models import Business
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import CallFlow, Hours, TrackingNumber
from textrail.edge.tests.conftest import Caller, Disk, counted
from textrail.vocabulary import arrivals
from textrail.vocabulary.flows import (
    Choice,
    Flow,
    Greeting,
    HoursSwitch,
    Line,
    Menu,
    Ring,
    Voicemail,
    encode_flow,
)
from textrail.vocabulary.opening import Hours as Opening
from textrail.vocabulary.opening import Span, encode_hours

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "simulator-secret"
CALLER, OURS, TOM = "+12125550123", "+14155550100", "+14155550171"
SORRY = "We are sorry, this call cannot be taken right now. Please try again later."

Ask = Callable[..., list[payloads.Told]]


@pytest.fixture
def number(transactional_db: None, number: TrackingNumber) -> TrackingNumber:
    return number


@pytest.fixture
def ask(call: Caller, number: TrackingNumber) -> Ask:
    """The simulated carrier asks about a call; what it is told."""

    def send(**came: object) -> list[payloads.Told]:
        answer = post(call, number, payloads.Asking("CA1", CALLER, OURS, **came))  # type: ignore[arg-type]
        assert answer.status_code == 200
        return msgspec.json.decode(answer.content, type=payloads.Instructions).instructions

    return send


def post(call: Caller, number: TrackingNumber, payload: object, what: str = "call"):  # type: ignore[no-untyped-def]
    body = msgspec.json.encode(payload)
    headers = {
        "content-type": "application/json",
        payloads.TIMESTAMP_HEADER: "1772463600",
        payloads.SIGNATURE_HEADER: payloads.sign(SECRET, "1772463600", body),
    }
    path = f"/in/simulator/{number.connection.token}/{what}"
    return call("POST", path, content=body, headers=headers)


def give(number: TrackingNumber, flow: Flow) -> CallFlow:
    row = numbers.create_flow(
        business=number.business, name="Office", flow=flow, at=number.created_at
    )
    numbers.set_call_flow(number=number, call_flow=row, at=number.created_at)
    return row


MAIL = Flow(first="a", steps=(Voicemail(id="a", text="Leave a message."),))


def test_without_a_flow_nobody_picks_up(ask: Ask, disk: Disk) -> None:
    assert [told.do for told in ask()] == ["reject"]
    [arrival] = disk.read(after=0, limit=10)
    turn = arrivals.decode_carrier(arrival.body).turn
    assert turn == arrivals.CallTurn("CA1", CALLER, OURS)


def test_a_flow_answers_each_step_and_each_is_on_disk(
    ask: Ask, disk: Disk, number: TrackingNumber
) -> None:
    flow = Flow(
        first="hello",
        steps=(
            Greeting(id="hello", text="Harbor HVAC.", next="menu"),
            Menu(id="menu", text="Press 1.", choices=(Choice("1", "Service", "tom"),)),
            Ring(id="tom", lines=(Line(TOM, "Tom"),)),
        ),
    )
    row = give(number, flow)
    hello, menu = ask()
    assert (hello.text, menu.text, menu.keys) == ("Harbor HVAC.", "Press 1.", "1")
    [dial] = ask(step=menu.next, digits="1")
    assert (dial.do, dial.phones, dial.caller) == ("dial", (TOM,), CALLER)
    [end] = ask(step=dial.next, dial="answered", dial_seconds=63)
    assert end.do == "hang_up"
    kept = [arrivals.decode_carrier(each.body).turn for each in disk.read(after=0, limit=10)]
    assert [(turn.flow_id, turn.count, turn.path, turn.waiting) for turn in kept if turn] == [
        (row.pk, 1, (), "menu"),
        (row.pk, 2, ("Pressed 1, Service",), "ring"),
        (row.pk, 3, ("Tom answered",), ""),
    ]
    assert (kept[-1].connected, kept[-1].answered_by, kept[-1].seconds) == (True, TOM, 63)  # type: ignore[union-attr]


def test_a_change_of_the_flow_is_heard_by_the_next_call(ask: Ask, number: TrackingNumber) -> None:
    row = give(number, MAIL)
    assert [told.do for told in ask()] == ["say", "record"]
    later = Flow(first="a", steps=(Ring(id="a", lines=(Line(TOM),)),))
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(later).decode())
    assert [told.do for told in ask()] == ["dial"]
    numbers.set_call_flow(number=number, call_flow=None, at=number.created_at)
    assert [told.do for told in ask()] == ["reject"]
    assert [told.do for told in ask(step="a.0.1")] == ["hang_up"]


@pytest.mark.parametrize(("closes", "does"), [(12, "dial"), (9, "record")])
def test_opening_hours_decide_by_the_clock_of_the_business(
    ask: Ask, number: TrackingNumber, closes: int, does: str
) -> None:
    """It is Monday, 10:00 in New York."""
    week = ((Span(8 * 60, closes * 60),),) * 7
    opening = encode_hours(Opening(time_zone="America/New_York", week=week)).decode()
    hours = Hours.objects.create(
        business=number.business, name="Office", opening=opening, created_at=number.created_at
    )
    flow = Flow(
        first="when",
        steps=(
            HoursSwitch(id="when", hours_id=hours.pk, open="tom", closed="mail"),
            Ring(id="tom", lines=(Line(TOM),)),
            Voicemail(id="mail", text="We are closed."),
        ),
    )
    give(number, flow)
    assert ask()[-1].do == does


def test_hours_of_another_business_are_not_asked(
    ask: Ask, number: TrackingNumber, other_business: Business
) -> None:
    closed = encode_hours(Opening(time_zone="UTC", week=((),) * 7)).decode()
    theirs = Hours.objects.create(
        business=other_business, name="Theirs", opening=closed, created_at=number.created_at
    )
    row = give(number, MAIL)
    switch = HoursSwitch(id="when", hours_id=theirs.pk, open="a", closed="")
    flow = Flow(first="when", steps=(switch, *MAIL.steps))
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(flow).decode())
    assert ask()[-1].do == "record"


def test_sound_files_are_played_from_the_pages(ask: Ask, number: TrackingNumber) -> None:
    row = give(number, MAIL)
    flow = Flow(first="a", steps=(Greeting(id="a", sound="s" * 32),))
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(flow).decode())
    assert ask()[0].url.endswith("/sounds/" + "s" * 32)


def test_a_flow_that_cannot_be_read_says_sorry(
    ask: Ask, scraper: Caller, disk: Disk, number: TrackingNumber
) -> None:
    row = give(number, MAIL)
    CallFlow.objects.filter(id=row.pk).update(flow='{"first":"a"}')
    assert [told.text for told in ask()] == [SORRY, ""]
    assert counted(scraper, "textrail_call_failures_total") == 1
    assert len(disk.read(after=0, limit=10)) == 1


def test_a_full_disk_does_not_leave_a_caller_alone(
    ask: Ask, scraper: Caller, disk: Disk, number: TrackingNumber, call: Caller
) -> None:
    give(number, MAIL)
    disk.full = True
    assert [told.do for told in ask()] == ["say", "record"]
    assert counted(scraper, "textrail_calls_unrecorded_total") == 1
    report = payloads.Call("CA1", CALLER, OURS, "answered", 9)
    assert post(call, number, report).status_code == 503


def test_when_the_house_cannot_be_read_the_caller_hears_sorry(
    call: Caller, number: TrackingNumber
) -> None:
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE numbers_connection RENAME TO hidden")
    try:
        answer = post(call, number, payloads.Asking("CA1", CALLER, OURS))
        report = post(call, number, payloads.Call("CA1", CALLER, OURS, "answered", 9))
    finally:
        with database.cursor() as cursor:
            cursor.execute("ALTER TABLE hidden RENAME TO numbers_connection")
    told = msgspec.json.decode(answer.content, type=payloads.Instructions).instructions
    assert (answer.status_code, told[0].text) == (200, SORRY)
    assert report.status_code == 503


def test_a_question_that_the_carrier_did_not_sign_is_refused(
    call: Caller, number: TrackingNumber, disk: Disk
) -> None:
    give(number, MAIL)
    path = f"/in/simulator/{number.connection.token}/call"
    answer = call("POST", path, json={"event": "asking", "id": "C", "caller": "x", "called": OURS})
    assert answer.status_code == 403
    assert disk.read(after=0, limit=10) == []


def test_a_recording_is_on_disk_before_it_is_answered(
    call: Caller, number: TrackingNumber, disk: Disk
) -> None:
    payload = payloads.Recorded("RE1", "CA1", "http://phone.test/media/ME1", 9, voicemail=True)
    assert post(call, number, payload, "recording").status_code == 200
    [arrival] = disk.read(after=0, limit=10)
    kept = arrivals.decode_carrier(arrival.body)
    assert (kept.what, kept.turn) == ("recording", None)
