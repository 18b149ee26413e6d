"""Calls that a flow leads: turns, ends and recordings in any order, and what a timeline shows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from textrail.carriers.contract import (
    CallReport,
    CallStanding,
    Credentials,
    DeliveryReport,
    RecordingReport,
)
from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.inbox import actions, queries, tasks
from textrail.domain.inbox.actions.calls import GRACE
from textrail.domain.inbox.models import (
    AnswerTrigger,
    AutoAnswer,
    Call,
    Conversation,
    Message,
    Recording,
)
from textrail.domain.inbox.queries.calls import CallEntry
from textrail.domain.inbox.rules.chasing import FIRST_CALL_LOOK, LONGEST_CALL
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import CallFlow, Connection, TrackingNumber
from textrail.journal.port import Arrival
from textrail.outbox import table
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Lane, Work
from textrail.vocabulary import arrivals
from textrail.vocabulary.arrivals import CallTurn
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.errors import NotFound, Permanent, Transient
from textrail.vocabulary.flows import Flow, Line, Ring

pytestmark = pytest.mark.django_db
OURS, TOM = "+14155550100", "+14155550171"
WAV = (
    b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00"
)
HOME = "https://sim.example/"

Arrive = Callable[..., None]
WorkOff = Callable[[], None]


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {
        "inbox.hand_over": tasks.hand_over,
        "inbox.fetch_recording": tasks.fetch_recording,
        "inbox.settle_call": tasks.settle_call,
        "inbox.look_up_call": tasks.look_up_call,
        "inbox.erase_file": tasks.erase_file,
    }
    monkeypatch.setattr(table, "_wiring", table.Wiring(work=handlers))


@pytest.fixture
def flow(business: Business, number: TrackingNumber, clock: ManualClock) -> CallFlow:
    row = numbers.create_flow(
        business=business,
        name="Office",
        flow=Flow(first="a", steps=(Ring(id="a", lines=(Line(TOM, "Tom"),)),)),
        at=clock.now(),
    )
    numbers.set_call_flow(number=number, call_flow=row, at=clock.now())
    return row


@pytest.fixture
def turned(context: Context, number: TrackingNumber, flow: CallFlow, clock: ManualClock) -> Arrive:
    """The door told the carrier something: the turn arrives, as the intake hands it on."""

    def send(
        count: int, *path: str, waiting: str = "", at: datetime | None = None, **more: object
    ) -> None:
        turn = CallTurn("CA1", DANA, OURS, flow.pk, count, path, waiting, **more)  # type: ignore[arg-type]
        body = arrivals.encode(
            arrivals.CarrierArrival(
                "simulator", number.connection_id, "call", "", "", b"nobody parses this", turn
            )
        )
        tasks.record_carrier(
            context, [Arrival(1, arrivals.CARRIER, to_ms(at or clock.now()), body)]
        )

    return send


def ended(seconds: int = 30, outcome: str = "answered") -> CallReport:
    return CallReport("CA1", DANA, OURS, outcome, seconds)  # type: ignore[arg-type]


def recorded(ref: str = "RE1", *, voicemail: bool = True, words: str = "") -> RecordingReport:
    return RecordingReport(ref, "CA1", f"{HOME}{ref}", 7, voicemail, words)


def text_back(number: TrackingNumber) -> None:
    AutoAnswer.objects.create(
        business=number.business,
        number=number,
        trigger=AnswerTrigger.MISSED_CALL,
        body="Sorry that we missed you.",
    )


def sent() -> int:
    return Message.objects.filter(direction="outbound").count()


def entry(business: Business) -> CallEntry:
    conversation = Conversation.objects.get()
    [found] = [
        each
        for each in queries.timeline(business, conversation).entries
        if isinstance(each, CallEntry)
    ]
    return found


def test_who_answered_and_the_way_there_are_told(
    business: Business, number: TrackingNumber, turned: Arrive, arrive: Arrive, flow: CallFlow
) -> None:
    turned(1, "Open", waiting="menu")
    turned(2, "Pressed 1, Service", waiting="ring")
    turned(3, "Tom answered", connected=True, answered_by=TOM, seconds=63)
    arrive(number.connection_id, ended(90))
    call = Call.objects.get()
    assert (call.status, call.duration_seconds, call.answered_by) == ("answered", 63, TOM)
    assert (call.call_flow, call.ended_at is not None) == (flow, True)
    shown = entry(business)
    assert shown.path == ["Open", "Pressed 1, Service", "Tom answered"]
    assert (shown.lead, shown.detail, shown.flow) == ("Called", "1 min 3 s", "Office")
    assert Conversation.objects.get().unread == 0


def test_a_caller_who_hangs_up_in_the_menu_is_missed_and_texted_back(
    number: TrackingNumber, turned: Arrive, arrive: Arrive
) -> None:
    text_back(number)
    turned(1, "Open", waiting="menu")
    arrive(number.connection_id, ended(5))
    assert Call.objects.get().status == "missed"
    assert sent() == 1
    assert Conversation.objects.get().unread == 1


def test_the_end_may_be_reported_before_who_answered(
    number: TrackingNumber, turned: Arrive, arrive: Arrive, work_off: WorkOff, clock: ManualClock
) -> None:
    text_back(number)
    turned(1, waiting="ring")
    arrive(number.connection_id, ended(60))
    assert Call.objects.get().status == "ringing"
    turned(2, "Tom answered", connected=True, answered_by=TOM, seconds=50)
    clock.advance(GRACE)
    work_off()
    assert Call.objects.get().status == "answered"
    assert sent() == 0


def test_nobody_answered_when_no_word_of_it_comes(
    number: TrackingNumber, turned: Arrive, arrive: Arrive, work_off: WorkOff, clock: ManualClock
) -> None:
    text_back(number)
    turned(1, waiting="ring")
    arrive(number.connection_id, ended(20))
    clock.advance(GRACE)
    work_off()
    assert Call.objects.get().status == "missed"
    assert sent() == 1


def test_every_order_of_the_reports_of_a_voicemail_comes_to_the_same(
    business: Business,
    number: TrackingNumber,
    turned: Arrive,
    arrive: Arrive,
    work_off: WorkOff,
    clock: ManualClock,
    carrier: FakeCarrier,
) -> None:
    carrier.media[f"{HOME}RE1"] = WAV
    reports: list[Callable[[], None]] = [
        lambda: turned(1, "Tom did not answer", "Voicemail", waiting="voicemail"),
        lambda: turned(2),
        lambda: arrive(number.connection_id, recorded(words="Please call back.")),
        lambda: arrive(number.connection_id, ended(40)),
    ]
    for order in itertools.permutations(reports):
        for report in (*order, *order):
            report()
        clock.advance(GRACE)
        work_off()
        call = Call.objects.get()
        if reports.index(order[0]) != 3:
            # An end that comes before anything else is all that is known: somebody picked up.
            assert call.status == "voicemail", [reports.index(each) for each in order]
            assert Conversation.objects.get().unread == 1
        shown = entry(business)
        assert shown.path == ["Tom did not answer", "Voicemail"]
        [heard] = shown.recordings
        assert (heard.what, heard.ready, heard.transcript) == (
            "Voicemail",
            True,
            "Please call back.",
        )
        Conversation.objects.all().delete()
        Recording.objects.all().delete()
        Work.objects.all().delete()


def test_a_call_whose_end_nobody_reports_is_settled_without_a_late_text(
    number: TrackingNumber, turned: Arrive, work_off: WorkOff, clock: ManualClock
) -> None:
    text_back(number)
    turned(1, waiting="menu")
    clock.advance(LONGEST_CALL)
    work_off()
    assert Call.objects.get().status == "missed"
    assert sent() == 0


@dataclass
class Says:
    """The world's edge: what the carrier says of any call, and how often it was asked."""

    standing: CallStanding | Transient | None
    asked: int = 0

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        raise NotImplementedError

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        assert (carrier_ref, credentials.secret) == ("CA1", "simulator-secret")
        self.asked += 1
        if isinstance(self.standing, Transient):
            raise self.standing
        return self.standing


def look_up(context: Context, says: Says) -> None:
    """Do the looks that are due, as the worker does."""
    asking = replace(context, reporters={"simulator": says})
    for row in Work.objects.filter(kind="inbox.look_up_call", run_at__lte=context.clock.now()):
        tasks.look_up_call(asking, Task(row.pk, row.kind, row.payload, 1))
        row.delete()


@pytest.mark.parametrize(
    ("standing", "led", "status"),
    [
        (CallStanding("answered", 40), True, "missed"),  # by the flow only
        (CallStanding("answered", 40), False, "answered"),
        (CallStanding("missed"), False, "missed"),
        (None, True, "missed"),
    ],
)
def test_a_call_whose_end_was_not_reported_is_asked_for(
    context: Context,
    number: TrackingNumber,
    turned: Arrive,
    arrive: Arrive,
    clock: ManualClock,
    standing: CallStanding | None,
    led: bool,
    status: str,
) -> None:
    text_back(number)
    if led:
        turned(1, waiting="menu")
    else:
        arrive(number.connection_id, ended(0, "ringing"))
    says = Says(standing)
    clock.advance(FIRST_CALL_LOOK)
    look_up(context, says)
    call = Call.objects.get()
    assert (call.status, call.ended_at, says.asked) == (status, clock.now(), 1)
    assert sent() == (status == "missed")
    arrive(number.connection_id, ended(41))  # the report comes after all
    call.refresh_from_db()
    assert call.status == ("missed" if led else "answered")


@pytest.mark.parametrize("standing", [CallStanding("ringing"), Transient("Down.")])
def test_a_call_that_goes_on_is_asked_about_again_for_as_long_as_a_call_may_last(
    context: Context, turned: Arrive, clock: ManualClock, standing: CallStanding | Transient
) -> None:
    turned(1, waiting="ring")
    says = Says(standing)
    waited = []
    while Call.objects.get().status == "ringing":
        due = Work.objects.get(kind="inbox.look_up_call").run_at
        waited.append(int((due - clock.now()).total_seconds()) // 60)
        clock.advance(due - clock.now())
        look_up(context, says)
    assert waited == [5, 5, 10, 20, 40, 80, 80]
    assert Call.objects.get().status == "missed"


def test_no_look_and_no_end_of_waiting_outruns_reports_that_came_during_an_outage(
    context: Context,
    number: TrackingNumber,
    turned: Arrive,
    arrive: Arrive,
    work_off: WorkOff,
    clock: ManualClock,
) -> None:
    """All came half an hour ago and are taken one after the other, with the worker in between."""
    text_back(number)
    came = clock.now()
    clock.advance(timedelta(minutes=30))
    says = Says(CallStanding("answered", 240))
    reports: list[Callable[[], None]] = [
        lambda: turned(1, "Open", waiting="menu", at=came),
        lambda: turned(2, "Pressed 1", waiting="ring", at=came),
        lambda: arrive(number.connection_id, ended(240), at=came),
        lambda: turned(3, "Tom answered", connected=True, answered_by=TOM, seconds=200, at=came),
    ]
    for report in reports:
        report()
        # Neither runs while a worker that starts is behind: the lane of texts is closed then.
        assert set(Work.objects.values_list("lane", flat=True)) == {Lane.SOON}
        look_up(context, says)
        work_off()
    call = Call.objects.get()
    assert (call.status, call.at, says.asked, sent()) == ("answered", came, 0, 0)
    due = Work.objects.get(kind="inbox.look_up_call").run_at
    assert due == clock.now() + FIRST_CALL_LOOK


def test_calls_that_rang_before_there_were_looks_get_one(
    number: TrackingNumber, turned: Arrive, arrive: Arrive
) -> None:
    migration = import_module("textrail.domain.inbox.migrations.0012_looks_at_ringing_calls")
    turned(1, waiting="menu")
    arrive(number.connection_id, replace(ended(), carrier_ref="CA2"))
    looks = Work.objects.filter(kind="inbox.look_up_call")
    looks.delete()
    for _ in range(2):  # who has a look gets no second one
        migration.enqueue_looks(apps, None)
    [look] = looks
    assert look.payload == {"call_id": Call.objects.get(carrier_ref="CA1").pk}


def test_nobody_is_asked_about_a_call_that_is_over(
    context: Context, number: TrackingNumber, turned: Arrive, arrive: Arrive, clock: ManualClock
) -> None:
    turned(1, waiting="ring")
    arrive(number.connection_id, ended(40))  # who answered may be said any moment
    says = Says(CallStanding("ringing"))
    clock.advance(FIRST_CALL_LOOK)
    Work.objects.filter(kind="inbox.settle_call").delete()
    look_up(context, says)
    assert not Work.objects.filter(kind="inbox.look_up_call").exists()
    turned(2, connected=True, seconds=33, answered_by=TOM)
    assert Call.objects.get().status == "answered"


def test_without_a_flow_the_carriers_word_is_all_there_is(
    number: TrackingNumber, arrive: Arrive
) -> None:
    arrive(number.connection_id, ended(0, "ringing"), ended(33))
    call = Call.objects.get()
    assert (call.status, call.duration_seconds) == ("answered", 33)


def test_a_turn_at_a_number_that_nobody_holds_is_unclaimed(
    number: TrackingNumber, turned: Arrive, clock: ManualClock
) -> None:
    numbers.release_number(number=number, at=clock.now())
    turned(1, waiting="menu")
    assert Call.objects.count() == 0
    assert queries.unclaimed().rows[0].sender == DANA


def test_a_transcript_may_come_after_the_recording(
    business: Business, number: TrackingNumber, turned: Arrive, arrive: Arrive
) -> None:
    turned(1, waiting="voicemail")
    arrive(number.connection_id, recorded())
    arrive(number.connection_id, recorded(words="Hello\0 there"))
    arrive(number.connection_id, recorded())
    [heard] = entry(business).recordings
    assert (heard.transcript, heard.ready, heard.problem) == ("Hello there", False, "")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<html>log in</html>", "What the carrier sent is not a sound."),
        (Permanent("The media is not there."), "The media is not there."),
    ],
)
def test_a_recording_that_cannot_be_had_says_why(
    business: Business,
    number: TrackingNumber,
    turned: Arrive,
    arrive: Arrive,
    work_off: WorkOff,
    carrier: FakeCarrier,
    data: bytes | Permanent,
    problem: str,
) -> None:
    carrier.media[f"{HOME}RE1"] = data
    turned(1, waiting="voicemail")
    arrive(number.connection_id, recorded())
    work_off()
    [heard] = entry(business).recordings
    assert (heard.ready, heard.problem) == (False, problem)


@pytest.fixture
def kept(
    number: TrackingNumber,
    turned: Arrive,
    arrive: Arrive,
    work_off: WorkOff,
    carrier: FakeCarrier,
    settings: object,
    tmp_path: Path,
) -> Recording:
    """A recording whose bytes are here."""
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    carrier.media[f"{HOME}RE1"] = WAV + bytes(range(200))
    turned(1, waiting="voicemail")
    arrive(number.connection_id, recorded(words="Please call back."))
    work_off()
    return Recording.objects.get()


def address(recording: Recording, rest: str = "") -> str:
    return f"/b/harbor-hvac/conversations/recordings/{recording.pk}/{rest}"


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-", 206, (0, None)),
        ("bytes=4-7", 206, (4, 8)),
        ("bytes=-10", 206, (-10, None)),
        ("bytes=8-9999", 206, (8, None)),
        ("bytes=9999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=-9999", 206, (0, None)),
        ("bytes=7-4", 200, (0, None)),
        ("bytes=-", 200, (0, None)),
        ("Bytes=4-7", 206, (4, 8)),
        ("bytes=0-1,4-5", 200, (0, None)),
        ("", 200, (0, None)),
    ],
)
def test_a_player_gets_the_stretch_that_it_asks_for(
    as_ada: Client, kept: Recording, asked: str, status: int, span: tuple[int, int | None] | None
) -> None:
    whole = WAV + bytes(range(200))
    answer = as_ada.get(address(kept), headers={"range": asked} if asked else {})
    assert answer.status_code == status
    if span is None:
        assert answer["Content-Range"] == f"bytes */{len(whole)}"
        return
    assert answer.content == whole[span[0] : span[1]]
    assert (answer["Content-Type"], answer["Accept-Ranges"]) == ("audio/wav", "bytes")
    assert "sandbox" in answer["Content-Security-Policy"]
    if status == 206:
        assert answer["Content-Range"].endswith(f"/{len(whole)}")


def test_members_alone_listen_and_only_managers_delete(
    client: Client, kept: Recording, vi: User, bo: User, cy: User, max_: User, tmp_path: Path
) -> None:
    assert client.get(address(kept)).status_code == 302
    for user, listening, deleting in ((cy, 404, 404), (vi, 200, 403), (bo, 200, 403)):
        client.force_login(user)
        assert client.get(address(kept)).status_code == listening
        assert client.post(address(kept, "delete/")).status_code == deleting
    assert (tmp_path / kept.path).is_file()
    client.force_login(max_)
    assert client.post(address(kept, "delete/")).status_code == 302
    assert client.get(address(kept)).status_code == 404
    assert AuditEntry.objects.filter(action="recording.deleted", actor=max_).count() == 1


def test_a_deleted_recording_is_gone_and_does_not_come_again(
    business: Business,
    number: TrackingNumber,
    kept: Recording,
    arrive: Arrive,
    work_off: WorkOff,
    clock: ManualClock,
    ada: User,
    tmp_path: Path,
) -> None:
    file = tmp_path / kept.path
    assert file.is_file()
    actions.delete_recording(business=business, recording_id=kept.pk, actor=ada, at=clock.now())
    arrive(number.connection_id, recorded(words="Please call back."))
    work_off()
    assert not file.exists()
    assert entry(business).recordings == ()
    assert Recording.objects.get().transcript == ""
    with pytest.raises(NotFound):
        actions.delete_recording(business=business, recording_id=kept.pk, actor=ada, at=clock.now())


def test_a_recording_of_another_connection_does_not_find_the_call(
    business: Business, number: TrackingNumber, turned: Arrive, arrive: Arrive, clock: ManualClock
) -> None:
    other = Connection.objects.create(
        business=business, carrier="simulator", secret="", created_at=clock.now()
    )
    turned(1, waiting="voicemail")
    arrive(other.pk, recorded())
    assert Recording.objects.get().call is None
    assert Call.objects.get().status == "ringing"


def test_the_timeline_shows_a_player_and_the_words(
    as_ada: Client, kept: Recording, clock: ManualClock
) -> None:
    thread = Conversation.objects.get()
    page = as_ada.get(f"/b/harbor-hvac/conversations/{thread.pk}/").content.decode()
    assert f'src="{address(kept)}"' in page
    assert "Please call back." in page
    assert "0:07" in page


def test_a_call_that_no_flow_takes_is_missed_though_nobody_reports_its_end(
    number: TrackingNumber, work_off: WorkOff, clock: ManualClock
) -> None:
    turn = CallTurn("CA1", DANA, OURS)
    connection_id = number.connection_id
    actions.record_turn(connection_id=connection_id, carrier="simulator", turn=turn, at=clock.now())
    assert Call.objects.get().status == "ringing"
    clock.advance(GRACE)
    work_off()
    assert Call.objects.get().status == "missed"
