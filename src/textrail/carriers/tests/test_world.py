"""The simulated world: it repeats, it ends what it begins, and it behaves like a carrier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from textrail.carriers.contract import (
    CallReport,
    CarrierEvent,
    Credentials,
    DeliveryReport,
    InboundText,
)
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.handset import Photo
from textrail.carriers.simulator.network import PRICE_PER_SEGMENT_MICROS, Chaos, weakness
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.conftest import (
    CREDENTIALS,
    HANDSET,
    NUMBER,
    WEBHOOKS,
    Textrail,
    let_pass,
    outgoing,
)
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Forbidden, NotFound, Permanent, Transient, Unknown

RANK = {"sent": 1, "delivered": 2, "undelivered": 2, "failed": 2}


def live_through(folder: Path, references: list[str]) -> list[CarrierEvent]:
    """Everything that Textrail hears when these texts are handed over in this order."""
    clock = ManualClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    textrail = Textrail()
    with httpx.Client(transport=httpx.MockTransport(textrail)) as http:
        world = World(folder / "world.db", clock, 7, http, "http://phone.test")
        with httpx.Client(transport=WorldTransport(world)) as api:
            client = SimulatorClient(api, "http://phone.test")
            client.connect(NUMBER, WEBHOOKS, CREDENTIALS)
            for reference in references:
                to = f"+1212555{int(reference):04}"
                client.hand_over(outgoing(reference, to=to), CREDENTIALS)
        let_pass(world, clock)
        world.close()
    return textrail.events


def test_two_worlds_with_one_seed_are_the_same_whatever_the_order(tmp_path: Path) -> None:
    references = [str(number) for number in range(60)]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = live_through(tmp_path / "one", references)
    two = live_through(tmp_path / "two", references[::-1])
    assert sorted(map(repr, one)) == sorted(map(repr, two))
    assert len({event.reference for event in one if isinstance(event, DeliveryReport)}) == 60


def test_every_text_ends_in_one_terminal_status(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    for number in range(150):
        to = f"+1305555{number:04}"
        client.hand_over(outgoing(f"ref-{number}", to=to), CREDENTIALS)
    let_pass(world, clock)
    ends: dict[str, set[str]] = {}
    for event in textrail.events:
        assert isinstance(event, DeliveryReport)
        if RANK[event.status] == 2:
            ends.setdefault(event.reference, set()).add(event.status)
    assert len(ends) == 150
    assert all(len(statuses) == 1 for statuses in ends.values())
    assert world.next_due_at() is None


def test_segments_are_billed(client: SimulatorClient) -> None:
    short = client.hand_over(outgoing("a", body="x" * 160), CREDENTIALS)
    long = client.hand_over(outgoing("b", body="x" * 160 + "🙂"), CREDENTIALS)
    assert (short.segments, short.price_micros) == (1, PRICE_PER_SEGMENT_MICROS)
    assert (long.segments, long.price_micros) == (3, 3 * PRICE_PER_SEGMENT_MICROS)


def test_handing_over_twice_sends_twice_and_the_reference_finds_the_first(
    client: SimulatorClient, clock: ManualClock
) -> None:
    first = client.hand_over(outgoing(), CREDENTIALS)
    second = client.hand_over(outgoing(), CREDENTIALS)
    assert first.carrier_ref != second.carrier_ref
    assert client.find(outgoing(), CREDENTIALS, since=clock.now()) == first
    assert client.find(outgoing("never"), CREDENTIALS, since=clock.now()) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (outgoing(to="12"), "21211"),
        (outgoing(body=""), "21602"),
        (outgoing(body="x" * 1601), "21617"),
    ],
)
def test_what_the_carrier_will_never_take_is_permanent(
    client: SimulatorClient, text: object, code: str
) -> None:
    with pytest.raises(Permanent) as failure:
        client.hand_over(text, CREDENTIALS)  # type: ignore[arg-type]
    assert failure.value.code == code


def test_only_the_account_that_holds_a_number_may_use_it(client: SimulatorClient) -> None:
    for wrong in (Credentials("SIM", "guess"), Credentials("OTHER", "a-secret")):
        with pytest.raises(Permanent):
            client.hand_over(outgoing(), wrong)
    with pytest.raises(Permanent):
        client.connect(NUMBER, WEBHOOKS, Credentials("OTHER", "b"))
    client.connect(NUMBER, WEBHOOKS, CREDENTIALS)


def test_each_mishap_says_whether_the_text_may_be_sent_again(
    world: World, client: SimulatorClient, clock: ManualClock
) -> None:
    for chaos, failure in (
        (Chaos(refused=1.0), Transient),
        (Chaos(unavailable=1.0), Transient),
        (Chaos(broken=1.0), Unknown),
        (Chaos(cut_off=1.0), Unknown),
    ):
        world.misbehave(chaos)
        with pytest.raises(failure):
            client.hand_over(outgoing(repr(chaos)[:60]), CREDENTIALS)
    reference = repr(Chaos(cut_off=1.0))[:60]
    assert client.find(outgoing(reference), CREDENTIALS, since=clock.now()) is not None
    reference = repr(Chaos(refused=1.0))[:60]
    assert client.find(outgoing(reference), CREDENTIALS, since=clock.now()) is None


def test_a_webhook_waits_for_a_door_that_is_down_and_is_then_posted_once(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    textrail.status = 503
    world.text(HANDSET, NUMBER, "Anyone there?")
    assert world.pump() == 0
    assert world.pump() == 0, "a failed webhook must not be tried again at once"
    textrail.status = 200
    clock.advance(timedelta(seconds=2))
    assert world.pump() == 1
    assert [event.body for event in textrail.events if isinstance(event, InboundText)] == [
        "Anyone there?"
    ]
    clock.advance(timedelta(hours=1))
    assert world.pump() == 0


def test_a_text_to_a_number_that_was_never_connected_is_answered_by_the_network(
    world: World, client: SimulatorClient, textrail: Textrail
) -> None:
    world.text(HANDSET, "+14155559999", "Hello?")
    world.call(HANDSET, "+14155559999", "answered", 5)
    assert world.pump() == 0
    assert textrail.events == []


def test_a_picture_travels_to_the_business_and_can_be_fetched(
    world: World, client: SimulatorClient, textrail: Textrail
) -> None:
    world.text(HANDSET, NUMBER, "", [Photo("image/png", b"\x89PNG-bytes")])
    world.pump()
    (event,) = textrail.events
    assert isinstance(event, InboundText)
    (media,) = event.media
    assert media.content_type == "image/png"
    assert client.fetch_media(media.url, CREDENTIALS, limit=100) == b"\x89PNG-bytes"
    with pytest.raises(Permanent):
        client.fetch_media(media.url, CREDENTIALS, limit=5)


@pytest.mark.parametrize(
    ("outcome", "seconds", "voicemail", "kept"),
    [
        ("answered", 65, "ignored", (65, "")),
        ("missed", 12, "", (0, "")),
        ("voicemail", 9, "Call me back", (9, "Call me back")),
    ],
)
def test_a_call_rings_and_ends_as_it_went(
    world: World,
    client: SimulatorClient,
    textrail: Textrail,
    outcome: str,
    seconds: int,
    voicemail: str,
    kept: tuple[int, str],
) -> None:
    ref = world.call(HANDSET, NUMBER, outcome, seconds, voicemail)  # type: ignore[arg-type]
    world.pump()
    assert textrail.events == [
        CallReport(ref, HANDSET, NUMBER, "ringing"),
        CallReport(ref, HANDSET, NUMBER, outcome, *kept),  # type: ignore[arg-type]
    ]


def receive_link(world: World, client: SimulatorClient, clock: ManualClock, body: str) -> None:
    world.switch_on(HANDSET, previews=True)
    client.hand_over(outgoing(body=body), CREDENTIALS)
    let_pass(world, clock)


def test_a_tap_opens_the_received_link_as_a_mobile_browser(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    receive_link(world, client, clock, "Look: http://links.test/Ab3dEf9h. Bye")
    assert world.tap(HANDSET, "http://links.test/Ab3dEf9h") == textrail.landing
    (look,) = textrail.looks
    assert "Mobile" in look.headers["user-agent"]
    assert look.headers["sec-fetch-mode"] == "navigate"


def test_a_tap_opens_no_other_host_and_no_link_that_was_not_received(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    receive_link(world, client, clock, "http://evil.test/x and http://links.test/Ab3dEf9h ok")
    for url in (
        "http://evil.test/x",
        "http://links.test:81/Ab3dEf9h",
        "https://links.test/Ab3dEf9h",
        "http://links.test@evil.test/",
        "http://x@links.test/Ab3dEf9h",
        "file:///etc/passwd",
        "http://[",
    ):
        with pytest.raises(Forbidden):
            world.tap(HANDSET, url)
    for url in ("http://links.test/", "http://links.test/Ab3dEf9", "http://links.test/Ab3dEf9h?x"):
        with pytest.raises(NotFound):
            world.tap(HANDSET, url)
    with pytest.raises(NotFound):
        world.tap("+13055550199", "http://links.test/Ab3dEf9h")
    assert textrail.looks == []


def test_a_link_at_an_end_is_previewed_and_one_in_mid_sentence_is_not(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    receive_link(world, client, clock, "Now: http://links.test/Ab3dEf9h is open")
    assert textrail.looks == []
    client.hand_over(outgoing("end", body="Now: http://links.test/Zz3dEf9h"), CREDENTIALS)
    let_pass(world, clock)
    (look,) = textrail.looks
    assert look.url.path == "/Zz3dEf9h"
    world.switch_on(HANDSET, previews=False)
    client.hand_over(outgoing("off", body="Now: http://links.test/Yy3dEf9h"), CREDENTIALS)
    let_pass(world, clock)
    assert len(textrail.looks) == 1


def test_the_inbox_holds_what_has_arrived_by_now(
    world: World, client: SimulatorClient, clock: ManualClock
) -> None:
    world.switch_on(HANDSET)
    client.hand_over(outgoing(), CREDENTIALS)
    assert world.inbox(HANDSET) == []
    let_pass(world, clock)
    assert [text.body for text in world.inbox(HANDSET)] == ["Hello"]


def test_only_a_handset_that_somebody_holds_is_sure_to_be_reached(
    world: World, client: SimulatorClient, clock: ManualClock, textrail: Textrail
) -> None:
    dead = next(
        phone
        for phone in (f"+1305555{number:04}" for number in range(500))
        if weakness(world.land.chance("number", phone))
    )
    world.set_previews(dead, previews=True)
    client.hand_over(outgoing("before", to=dead), CREDENTIALS)
    let_pass(world, clock)
    assert world.inbox(dead) == []
    world.switch_on(dead)
    client.hand_over(outgoing("after", to=dead), CREDENTIALS)
    let_pass(world, clock)
    assert len(world.inbox(dead)) == 1
