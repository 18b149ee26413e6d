"""A call that the business leads, from the handset: over HTTP, signed, reported as carriers do."""

from __future__ import annotations

import wave
from datetime import timedelta
from io import BytesIO

import httpx
import msgspec
import pytest

from textrail.carriers.contract import CallReport, Credentials, RecordingReport, Webhook
from textrail.carriers.simulator import payloads, talks
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.vocabulary import voice
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.flows import Choice, Flow, Line, Menu, Ring, Voicemail
from textrail.vocabulary.following import Surroundings, follow
from textrail.vocabulary.sounds import sniff_sound

OURS, HANDSET, TOM, MAYA = "+14155550100", "+12125550123", "+14155550171", "+14155550172"
DOOR, SECRET = SimulatorDoor(), "a-secret"
FLOW = Flow(
    first="menu",
    steps=(
        Menu(id="menu", text="Press 1 or 2.", choices=(Choice("1", "", "team"), Choice("2"))),
        Ring(id="team", lines=(Line(TOM), Line(MAYA)), record=True, no_answer="mail"),
        Voicemail(id="mail", text="Leave a message."),
    ),
)


class House(httpx.BaseTransport):
    """A business that leads calls by FLOW, and keeps what is reported to it."""

    def __init__(self) -> None:
        self.flow: Flow | None = FLOW
        self.events: list[object] = []
        self.broken = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        body = request.read()
        webhook = Webhook(str(request.url), what, dict(request.headers), body)
        assert DOOR.verify(webhook, SECRET)
        step = DOOR.call_step(webhook)
        if step is None:
            self.events += DOOR.parse(what, "application/json", "", body)
            return httpx.Response(200, json={"taken": True})
        if self.broken:
            return httpx.Response(500)
        instructions: tuple[voice.Instruction, ...] = (voice.Reject(),)
        if self.flow is not None:
            instructions = follow(self.flow, step, Surroundings()).instructions
        return httpx.Response(200, content=DOOR.instruct(webhook, instructions).body)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def world(tmp_path, house: House, clock: ManualClock):  # type: ignore[no-untyped-def]
    world = World(
        tmp_path / "world.db", clock, 1, httpx.Client(transport=house), "http://phone.test"
    )
    http = httpx.Client(transport=WorldTransport(world))
    client = SimulatorClient(http, "http://phone.test")
    client.connect(OURS, "http://links.test/in/simulator/token", Credentials("SIM", SECRET))
    yield world
    world.close()


def test_a_caller_presses_a_key_and_leaves_a_message(
    world: World, house: House, clock: ManualClock
) -> None:
    ref, talk = world.ring(HANDSET, OURS)
    assert talk is not None
    assert (talk.state, talk.keys, talk.heard) == ("menu", "12", ("Press 1 or 2.",))
    talk = talks.press(world.land, ref, "1")
    assert (talk.state, talk.phones, talk.recorded) == ("ringing", (TOM, MAYA), True)
    talk = talks.let_ring(world.land, ref)
    assert (talk.state, talk.heard[-1]) == ("voicemail", "Leave a message.")
    talk = talks.leave(world.land, ref, "Our air conditioner drips.", 4)
    assert talk.state == "over"
    world.pump()
    ringing, recording, end = house.events
    assert ringing == CallReport(ref, HANDSET, OURS, "ringing")
    assert isinstance(recording, RecordingReport)
    assert (recording.call_ref, recording.voicemail) == (ref, True)
    assert recording.transcript == "Our air conditioner drips."
    assert isinstance(end, CallReport)
    assert end.outcome == "answered"
    data = SimulatorClient(
        httpx.Client(transport=WorldTransport(world)), "http://phone.test"
    ).fetch_media(recording.url, Credentials("SIM", SECRET), limit=10_000_000)
    assert sniff_sound(data) == "audio/wav"
    with wave.open(BytesIO(data)) as sound:
        assert sound.getnframes() / sound.getframerate() == recording.duration_seconds == 4


def test_one_of_the_phones_picks_up_and_the_talk_is_recorded(
    world: World, house: House, clock: ManualClock
) -> None:
    ref, _ = world.ring(HANDSET, OURS)
    talks.press(world.land, ref, "1")
    with pytest.raises(Conflict):
        talks.pick_up(world.land, ref, HANDSET)
    assert talks.pick_up(world.land, ref, MAYA).state == "talking"
    clock.advance(timedelta(seconds=63))
    assert talks.hang_up(world.land, ref).state == "over"
    world.pump()
    [recording] = [each for each in house.events if isinstance(each, RecordingReport)]
    assert (recording.voicemail, recording.duration_seconds) == (False, 63)


def test_who_falls_silent_in_a_menu_is_hung_up(
    world: World, house: House, clock: ManualClock
) -> None:
    ref, _ = world.ring(HANDSET, OURS)
    clock.advance(timedelta(minutes=9))
    talks.press(world.land, ref, "1")  # a sign of life
    clock.advance(timedelta(minutes=9))
    world.pump()
    look = talks.look(world.land, ref)
    assert look is not None
    assert look.state == "ringing"
    clock.advance(timedelta(minutes=1))
    world.pump()
    look = talks.look(world.land, ref)
    assert look is not None
    assert look.state == "over"
    world.pump()
    assert getattr(house.events[-1], "outcome", "") == "answered"  # as any call that was picked up


def test_a_talk_may_be_long(world: World, house: House, clock: ManualClock) -> None:
    ref, _ = world.ring(HANDSET, OURS)
    talks.press(world.land, ref, "1")
    talks.pick_up(world.land, ref, MAYA)
    clock.advance(timedelta(minutes=50))
    world.pump()
    look = talks.look(world.land, ref)
    assert look is not None
    assert look.state == "talking"


def test_a_call_ends_once_whatever_is_pressed_afterwards(world: World, house: House) -> None:
    ref, _ = world.ring(HANDSET, OURS)
    assert talks.hang_up(world.land, ref).state == "over"
    with pytest.raises(Conflict):
        talks.press(world.land, ref, "1")
    talks.hang_up(world.land, ref)
    world.pump()
    ends = [each for each in house.events if getattr(each, "outcome", "ringing") != "ringing"]
    assert len(ends) == 1


@pytest.mark.parametrize("fault", ["nobody picks up", "broken"])
def test_a_call_that_is_not_led_only_rings(world: World, house: House, fault: str) -> None:
    house.flow, house.broken = None, fault == "broken"
    ref, talk = world.ring(HANDSET, OURS)
    assert talk is None
    world.call(HANDSET, OURS, "missed")
    assert talks.look(world.land, ref) is None


def test_instructions_read_back_as_they_were_given() -> None:
    dial = voice.Dial((TOM, MAYA), "team.0.2", 20, HANDSET, "A call", True)
    answer = DOOR.instruct(Webhook("", "call", {}, b""), (voice.Say("Hello", "fr-CA"), dial))
    say, told = msgspec.json.decode(answer.body, type=payloads.Instructions).instructions
    assert (say.do, say.text, say.language) == ("say", "Hello", "fr-CA")
    assert (told.do, told.phones, told.next) == ("dial", (TOM, MAYA), "team.0.2")
    assert (told.ring_seconds, told.caller, told.whisper, told.record) == (
        20,
        HANDSET,
        "A call",
        True,
    )
