from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.actions import find_or_add_contact, resolve_person
from textrail.domain.contacts.models import Person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, queries, tasks
from textrail.domain.conversions.actions import unmatched
from textrail.domain.conversions.models import Conversion, ParkedReport, UnmatchedEvent
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.tests.conftest import Send, order
from textrail.domain.links.models import Click, Link
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import INTAKE, IntakeArrival, IntakeCall, encode
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

ANN = PhoneNumber("+14155550123")


@pytest.fixture
def world(clock: ManualClock, seal: Seal, tmp_path: Path) -> Context:
    return Context(clock, {}, {}, seal, "http://127.0.0.1:8001", "http://127.0.0.1:8000", tmp_path)


def arrival(
    business: Business,
    event: Mapping[str, object],
    *,
    call: IntakeCall = "track",
    message_id: str = "m-1",
    position: int = 1,
) -> Arrival:
    body = encode(IntakeArrival(business.pk, 1, call, message_id, dict(event)))
    return Arrival(position, INTAKE, to_ms(MONDAY), body)


def bought(revenue: object = 49.9, **event: object) -> dict[str, object]:
    properties = {"revenue": revenue, **event.pop("properties", {})}  # type: ignore[dict-item]
    return {"event": "Order Completed", "userId": "42", "properties": properties, **event}


def tapped(business: Business, person: Person, click_id: str) -> Click:
    link = Link.objects.create(
        business=business,
        name="Spring sale",
        destination="https://shop.example",
        landing="https://shop.example",
        created_at=MONDAY,
    )
    return Click.objects.create(
        business=business,
        link=link,
        code="abc",
        click_id=click_id,
        at=MONDAY,
        person=person,
        method="GET",
        address="203.0.113.7",
        verdict="human",
        ruleset=1,
    )


@pytest.mark.usefixtures("types")
def test_an_order_is_recorded_once_however_often_it_comes(
    business: Business, world: Context
) -> None:
    tasks.record_intake(world, [arrival(business, bought()), arrival(business, bought())])
    tasks.record_intake(world, [arrival(business, bought())])
    conversion = Conversion.objects.get()
    assert (conversion.value_minor, conversion.currency) == (4990, "USD")
    assert (conversion.sender, conversion.sender_key) == ("segment", "m-1")


@pytest.mark.usefixtures("types")
def test_one_order_reported_by_shop_and_page_counts_once(
    business: Business, world: Context
) -> None:
    by_shop = bought(properties={"order_id": "7"})
    by_page = bought(properties={"order_id": 7}, anonymousId="v-1")
    tasks.record_intake(
        world,
        [arrival(business, by_shop), arrival(business, by_page, message_id="m-2")],
    )
    tasks.record_intake(world, [arrival(business, by_page, message_id="m-3")])
    assert Conversion.objects.count() == 1
    person = Conversion.objects.get().person
    kinds = {key.kind for key in contacts.identities(business, person)}
    assert kinds == {"customer_id", "visitor_id"}  # what the second report knew is not lost


@pytest.mark.usefixtures("types")
def test_the_click_says_who_bought(business: Business, world: Context) -> None:
    ann = find_or_add_contact(business=business, phone=ANN, at=MONDAY, name="Ann")
    tapped(business, ann.person, "click-1")
    event = bought(context={"page": {"url": "https://shop.example/?trail_click=click-1"}})
    tasks.record_intake(world, [arrival(business, event)])
    conversion = Conversion.objects.get()
    assert conversion.person == ann.person
    row = queries.conversion_page(business).rows[0]
    assert (row.contact, row.contact_id, row.link) == ("Ann", ann.pk, "Spring sale")


def test_a_click_alone_tells_who_was_counted_before(business: Business) -> None:
    form = TypeDraft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    actions.add_type(business=business, form=form, at=MONDAY)
    first = resolve_person(business=business, keys=[Key("customer_id", "42")], at=MONDAY)
    ann = find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    tapped(business, ann.person, "click-1")
    keys = [Key("customer_id", "42"), Key("phone", ANN)]
    assert resolve_person(business=business, keys=keys, at=MONDAY) == first

    def book(key: str, **told: object) -> str:
        sent = actions.SentEvent("track", key, {"event": "Booked", **told}, MONDAY)
        (outcome,) = actions.record_reports(business=business, events=[sent], listening=True)
        return str(outcome.fate)

    assert book("1", userId="42") == "recorded"
    assert book("2", properties={"trail_click": "click-1"}) == "repeated"


@pytest.mark.usefixtures("types")
def test_a_click_on_the_landing_page_reaches_a_later_order_without_it(
    business: Business, world: Context
) -> None:
    ann = find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    tapped(business, ann.person, "click-1")
    landed = {"anonymousId": "v-1", "properties": {"url": "https://x.example/?trail_click=click-1"}}
    signed_up = {"anonymousId": "v-1", "userId": "42"}
    tasks.record_intake(
        world,
        [
            arrival(business, landed, call="page", message_id="m-1"),
            arrival(business, signed_up, call="identify", message_id="m-2"),
            arrival(business, bought(), message_id="m-3"),
        ],
    )
    assert contacts.surviving_id(Conversion.objects.get().person) == ann.person.pk


@pytest.mark.usefixtures("types")
def test_who_identifies_late_takes_the_earlier_order_along(
    business: Business, world: Context
) -> None:
    ann = find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    tasks.record_intake(world, [arrival(business, bought())])
    assert queries.timeline_entries(business, [ann.person.pk]) == []
    known = {"userId": "42", "traits": {"phone": "415 555 0123"}}
    tasks.record_intake(world, [arrival(business, known, call="identify", message_id="m-2")])
    entry = queries.timeline_entries(business, [ann.person.pk])[0]
    assert (entry.name, entry.money) == ("Order Completed", Money(4990, "USD"))


@pytest.mark.usefixtures("types")
def test_a_click_that_we_do_not_know_is_kept(business: Business, world: Context) -> None:
    event = bought(properties={"trail_click": "click-9"})
    tasks.record_intake(world, [arrival(business, event)])
    assert Conversion.objects.get().click_id == "click-9"
    assert queries.conversion_page(business).rows[0].contact_id is None


@pytest.mark.usefixtures("types")
def test_the_click_of_another_business_says_nothing(
    business: Business, other_business: Business, world: Context
) -> None:
    theirs = resolve_person(business=other_business, keys=[], at=MONDAY)
    tapped(other_business, theirs, "click-1")
    event = bought(properties={"trail_click": "click-1"})
    tasks.record_intake(world, [arrival(business, event)])
    assert Conversion.objects.get().person != theirs
    assert queries.conversion_page(other_business).rows == ()


def test_an_event_without_a_type_is_counted_until_one_is_made(
    business: Business, world: Context
) -> None:
    seen = {"event": "Quote Asked", "anonymousId": "v-1", "properties": {"value": "n/a"}}
    tasks.record_intake(
        world,
        [arrival(business, seen, message_id=f"m-{n}", position=n) for n in range(3)],
    )
    assert [(row.event, row.count) for row in queries.unmatched_events(business)] == [
        ("Quote Asked", 3)
    ]
    assert not Conversion.objects.exists()
    form = TypeDraft("Quote", "lead", "Quote Asked", 14)
    actions.add_type(business=business, form=form, at=MONDAY)
    assert queries.unmatched_events(business) == []
    asked = {"event": "Quote Asked", "anonymousId": "v-1"}
    tasks.record_intake(world, [arrival(business, asked, message_id="m-9")])
    assert Conversion.objects.get().type.name == "Quote"


def test_made_up_events_do_not_fill_the_table(
    business: Business, world: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmatched, "MOST_UNMATCHED", 3)
    made_up = [
        arrival(business, {"event": f"e{n}", "userId": "4"}, message_id=f"m{n}") for n in range(6)
    ]
    tasks.record_intake(world, made_up)
    assert UnmatchedEvent.objects.count() == 3


@pytest.mark.usefixtures("types")
def test_one_bad_event_is_parked_with_why_and_holds_nothing_up(
    business: Business, world: Context
) -> None:
    bad = arrival(business, bought(revenue="a lot"), message_id="m-2")
    tasks.record_intake(world, [bad, arrival(business, bought(), message_id="m-3"), bad])
    assert Conversion.objects.get().sender_key == "m-3"
    parked = ParkedReport.objects.get()
    assert (parked.reason, parked.name) == ("unreadable", "Order Completed")
    assert "a lot" in parked.sentence


@pytest.mark.usefixtures("types")
def test_what_the_door_refused_leniently_is_parked_with_its_reason(
    business: Business, world: Context
) -> None:
    refused = IntakeArrival(
        business.pk, 1, "track", "m-2", bought("12,50"), refused="That is no amount.", hint="Mend."
    )
    told = [arrival(business, bought(), message_id="m-1")]
    told += [Arrival(2, INTAKE, to_ms(MONDAY), encode(refused))] * 2
    tasks.record_intake(world, told)
    assert Conversion.objects.get().sender_key == "m-1"
    row = ParkedReport.objects.get()
    assert (row.reason, row.sentence, row.hint) == ("unreadable", "That is no amount.", "Mend.")
    assert row.event["properties"] == {"revenue": "12,50"}
    assert actions.retry_one(business=business, parked=row, at=MONDAY).fate == "parked"


@pytest.mark.usefixtures("types")
def test_an_arrival_that_is_no_report_is_refused_whole(business: Business, world: Context) -> None:
    with pytest.raises(Malformed):
        tasks.record_intake(world, [arrival(business, bought(), message_id="x" * 256)])
    with pytest.raises(msgspec.DecodeError):
        tasks.record_intake(world, [Arrival(1, INTAKE, 0, b"\xff")])
    assert not Conversion.objects.exists()


@pytest.mark.usefixtures("types")
def test_events_of_many_people_take_few_statements(
    business: Business, world: Context, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def batch(start: int) -> list[Arrival]:
        return [
            arrival(
                business,
                bought(userId=f"u-{n}", anonymousId=f"v-{n}", properties={"order_id": f"o-{n}"}),
                message_id=f"m-{n}",
                position=n,
            )
            for n in range(start, start + 50)
        ]

    with django_assert_max_num_queries(50 * 4 + 20):
        tasks.record_intake(world, batch(0))
    with django_assert_max_num_queries(10):
        tasks.record_intake(world, batch(0))
    assert Conversion.objects.count() == 50


@pytest.mark.usefixtures("types")
def test_another_sender_records_once_too(business: Business) -> None:
    event = bought(properties={"order_id": "7"})
    fates = [
        actions.record_reports(
            business=business,
            events=[actions.SentEvent("track", key, event, MONDAY, "csv")],
            listening=True,
        )[0].fate
        for key in ("row 1", "row 1", "row 2")
    ]
    assert fates == ["recorded", "repeated", "repeated"]


@pytest.mark.usefixtures("types")
def test_the_list_is_paged_and_adds_up(
    business: Business, world: Context, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    events = [arrival(business, bought(n, userId=f"u{n}"), message_id=f"m{n}") for n in range(1, 8)]
    tasks.record_intake(world, events)
    with django_assert_max_num_queries(4):
        first = queries.conversion_page(business, limit=4)
    rest = queries.conversion_page(business, limit=4, after=first.after)
    values = [row.value.minor for row in (*first.rows, *rest.rows)]
    assert values == [700, 600, 500, 400, 300, 200, 100]
    assert rest.after == ""
    for strange in ("x", "2026~1", "~", "2026-03-02T15:00:00+00:00~" + "9" * 40):
        assert len(queries.conversion_page(business, after=strange).rows) == 7


@pytest.mark.parametrize(
    "form",
    [
        TypeDraft("", "lead", "X", 14),
        TypeDraft("X", "lead", " ", 14),
        TypeDraft("X", "other", "X", 14),
        TypeDraft("X", "lead", "X", 0),
        TypeDraft("X", "lead", "X", 366),
    ],
)
def test_a_type_that_cannot_count_is_refused(business: Business, form: TypeDraft) -> None:
    with pytest.raises(Malformed):
        actions.add_type(business=business, form=form, at=MONDAY)


@pytest.mark.usefixtures("types")
def test_names_are_found_again_whatever_is_in_them(business: Business, send: Send) -> None:
    """Also what has a meaning in a list of values of the database."""
    for place, name in enumerate(('a"b', "a'b", "{a,b}", "a\\b", "NULL", "%s", "{values}")):
        assert send(order(name), key=name).fate == "recorded"
        assert send(order(f"other {place}"), key=name).fate == "repeated"
        assert send(order(name), key=f"other {place}").fate == "repeated"
    assert Conversion.objects.filter(business=business).count() == 7


@pytest.mark.usefixtures("types")
def test_what_an_order_says_is_kept_as_it_was_said(send: Send) -> None:
    said = order(name="Zoë 👍", big=2**70, small=-0.5, parts=[None, True, {"a": []}])
    send(said)
    assert Conversion.objects.get().properties == said["properties"]


@pytest.mark.usefixtures("types")
def test_a_click_of_another_business_says_nothing(
    business: Business, other_business: Business, send: Send
) -> None:
    cyrus = find_or_add_contact(business=other_business, phone=ANN, at=MONDAY)
    tapped(other_business, cyrus.person, "click-1")
    send(order(trail_click="click-1"))
    row = Conversion.objects.get(business=business)
    assert row.person != cyrus.person
    assert row.person.business == business


@pytest.mark.usefixtures("types")
def test_conversions_written_in_bulk_and_one_by_one_have_ids_of_their_own(
    business: Business, send: Send
) -> None:
    sold = [send(order(str(number))).conversion for number in range(3)]
    row = Conversion.objects.get(sender_key="key 1")
    row.pk = None
    row.sender_key, row.order_ref = "by hand", "by hand"
    row.save(force_insert=True)
    sold.append(send(order("3")).conversion)
    told = {each.sender_key: each.id for each in sold if each} | {"by hand": row.pk}
    assert dict(Conversion.objects.values_list("sender_key", "id")) == told
