"""Taps that come behind the reports which name them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.overlapping import overlap

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.actions import set_limits, split_people
from textrail.domain.contacts.models import (
    Contact,
    Contradiction,
    Identity,
    KeyRuling,
    Person,
    PersonMerge,
)
from textrail.domain.contacts.rules import Limits
from textrail.domain.conversions import actions as conversions
from textrail.domain.conversions.models import Conversion
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.links.actions import NewCode, awaiting, store_codes
from textrail.domain.links.models import AwaitedClick, Click, Link
from textrail.domain.links.tasks import record_clicks, sweep_handouts
from textrail.domain.links.tests.conftest import Door
from textrail.domain.links.tests.test_judging import PREVIEWS
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.ids import new_click_ids

pytestmark = pytest.mark.usefixtures("wiring")
LATER = MONDAY + timedelta(hours=3)
EMAIL = "office@harbor.example"


@pytest.fixture(autouse=True)
def types(business: Business) -> None:
    conversions.add_default_types(business=business, at=MONDAY)


def tap() -> str:
    return new_click_ids(1)[0]


def sale(click_id: str, key: str, **told: object) -> dict[str, object]:
    return {
        "event": "Order Completed",
        "properties": {"revenue": 49.9, "order_id": key, "trail_click": click_id},
        **told,
    }


def sell(business: Business, click_id: str, key: str = "1", **told: object) -> conversions.Outcome:
    sent = conversions.SentEvent("track", key, sale(click_id, key, **told), MONDAY, "api")
    return conversions.record_reports(business=business, events=[sent], listening=True)[0]


def buyers() -> set[int]:
    """Who bought, as they are known by now."""
    rows = Conversion.objects.select_related("person")
    return {contacts.surviving_id(row.person) for row in rows}


def life(contact: Contact) -> int:
    return contacts.surviving_id(Person.objects.get(pk=contact.person_id))


@pytest.fixture
def others(business: Business, link: Link) -> list[tuple[Contact, str]]:
    """Six more recipients, each with their code."""
    made = []
    for number in range(6):
        person = Person.objects.create(business=business, created_at=MONDAY)
        phone = f"+1415555020{number}"
        Identity.objects.create(
            business=business, kind="phone", value=phone, person=person, first_seen_at=MONDAY
        )
        contact = Contact.objects.create(
            business=business, person=person, phone=phone, created_at=MONDAY
        )
        code = f"wxyz234{number}"
        store_codes([NewCode(code, link.pk, contact.pk, 80 + number)])
        made.append((contact, code))
    return made


@pytest.mark.parametrize("told", [{}, {"userId": "42"}])
def test_a_sale_before_its_tap_is_of_who_tapped(
    context: Context, door: Door, business: Business, code: str, contact: Contact, told: object
) -> None:
    click_id = tap()
    assert sell(business, click_id, **told).fate == "recorded"  # type: ignore[arg-type]
    assert buyers() != {life(contact)}
    record_clicks(context, [door.click(code, click_id=click_id)])
    assert buyers() == {life(contact)}
    assert "click in track 1" in set(PersonMerge.objects.values_list("evidence", flat=True))
    assert not AwaitedClick.objects.exists()


def test_several_sales_before_their_taps_are_of_who_tapped(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    first, second = new_click_ids(2)
    sell(business, first, "1")
    sell(business, first, "2", userId="42")
    sell(business, second, "3", userId="43")
    assert len(buyers()) == 2
    taps = [door.click(code, click_id=first), door.click(code, click_id=second, seconds=60)]
    record_clicks(context, taps)
    assert buyers() == {life(contact)}


def test_a_report_sent_again_awaits_the_tap_once(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    click_id = tap()
    assert [sell(business, click_id).fate for _ in range(2)] == ["recorded", "repeated"]
    people = Person.objects.count()
    assert AwaitedClick.objects.count() == 1
    arrival = door.click(code, click_id=click_id)
    for _ in range(3):  # the journal is read again
        record_clicks(context, [arrival, arrival])
    assert sell(business, click_id).fate == "repeated"
    assert (PersonMerge.objects.count(), Person.objects.count()) == (1, people)
    assert (Click.objects.count(), buyers()) == (1, {life(contact)})


def test_a_tap_for_another_business_joins_nobody(
    context: Context, door: Door, other_business: Business, code: str, contact: Contact
) -> None:
    conversions.add_default_types(business=other_business, at=MONDAY)
    click_id = tap()
    sell(other_business, click_id, userId="42")
    merges = PersonMerge.objects.count()
    record_clicks(context, [door.click(code, click_id=click_id)])
    assert PersonMerge.objects.count() == merges
    assert buyers() != {life(contact)}


def test_a_machines_tap_says_whose_the_report_is_as_if_it_had_come_before(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    click_id = tap()
    sell(business, click_id)
    preview = PREVIEWS["imessage"]
    record_clicks(context, [door.click(code, agent=preview, click_id=click_id)])
    assert Click.objects.get().verdict == "preview"
    assert buyers() == {life(contact)}


def test_a_strangers_tap_is_of_who_reported(
    context: Context, door: Door, business: Business, link: Link
) -> None:
    click_id = tap()
    sell(business, click_id, userId="42")
    record_clicks(context, [door.click(link.share_code, click_id=click_id)])
    person = Click.objects.select_related("person").get().person
    assert buyers() == {contacts.surviving_id(person)}


def test_a_tap_that_came_in_time_stays_as_it_was(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    click_id = tap()
    record_clicks(context, [door.click(code, click_id=click_id)])
    people = Person.objects.count()
    sell(business, click_id)
    assert Conversion.objects.get().person_id == contact.person_id
    assert (Person.objects.count(), AwaitedClick.objects.count()) == (people, 0)


def test_what_is_no_click_id_of_ours_awaits_nothing(business: Business) -> None:
    sell(business, "click-1")
    sell(business, "x" * 19 + "!", "2")
    assert not AwaitedClick.objects.exists()


def test_a_tap_that_never_came_is_forgotten_after_90_days(
    context: Context,
    clock: ManualClock,
    door: Door,
    business: Business,
    code: str,
    contact: Contact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(awaiting, "_AT_ONCE", 2)
    made_up = [tap() for _ in range(5)]
    for click_id in made_up:
        sell(business, click_id, click_id)
    people, late = Person.objects.count(), tap()
    sent = conversions.SentEvent("track", "late", sale(late, "late"), LATER, "api")
    conversions.record_reports(business=business, events=[sent], listening=True)
    sweep = Task(1, "links.sweep_handouts", {}, 1)
    clock.move_to(MONDAY + timedelta(days=90))
    sweep_handouts(context, sweep)
    assert AwaitedClick.objects.count() == 6
    clock.move_to(LATER + timedelta(days=90))
    sweep_handouts(context, sweep)
    assert AwaitedClick.objects.get().click_id == late
    assert Person.objects.count() == people + 1
    record_clicks(context, [door.click(code, click_id=late)])
    rows = Conversion.objects.filter(received_at=LATER).select_related("person")
    assert [contacts.surviving_id(row.person) for row in rows] == [life(contact)]
    sell(business, made_up[0], "again")  # as the first time
    assert AwaitedClick.objects.get().click_id == made_up[0]


def test_who_is_reported_once_per_person_is_one_when_the_tap_is_there(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    form = TypeDraft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    conversions.add_type(business=business, form=form, at=MONDAY)
    ids = new_click_ids(2)
    for click_id in ids:
        assert sell(business, click_id, click_id, event="Booked").fate == "recorded"
    taps = [door.click(code, click_id=one, seconds=60 * n) for n, one in enumerate(ids)]
    record_clicks(context, taps)
    rows = Conversion.objects.filter(once_per="person")
    assert {contacts.surviving_id(row.person) for row in rows} == {life(contact)}
    assert sell(business, ids[0], "again", event="Booked").fate == "repeated"


@pytest.mark.parametrize("is_late", [False, True])
def test_an_address_of_too_many_recipients_parts_them_whenever_their_taps_came(
    context: Context,
    door: Door,
    business: Business,
    others: list[tuple[Contact, str]],
    is_late: bool,
) -> None:
    set_limits(business=business, limits=Limits(email=3), at=MONDAY)
    ids = new_click_ids(len(others))
    taps = [door.click(code, click_id=one) for (_, code), one in zip(others, ids, strict=True)]
    if not is_late:
        record_clicks(context, taps)
    for number, click_id in enumerate(ids):
        sell(business, click_id, f"{number}", context={"traits": {"email": EMAIL}})
    for arrival in taps if is_late else ():
        record_clicks(context, [arrival])
    ruling = KeyRuling.objects.get()
    assert (ruling.standing, ruling.people, ruling.why[:5]) == ("shared", 4, "click")
    rows = Conversion.objects.select_related("person").order_by("id")
    bought = [contacts.surviving_id(row.person) for row in rows]
    assert bought == [life(contact) for contact, _ in others]
    assert len({*bought}) == len(others)


def test_one_recipient_who_taps_often_shares_nothing(
    context: Context, door: Door, business: Business, others: list[tuple[Contact, str]]
) -> None:
    set_limits(business=business, limits=Limits(customer_id=2), at=MONDAY)
    contact, code = others[0]
    ids = new_click_ids(5)
    for number, click_id in enumerate(ids):
        sell(business, click_id, f"{number}", userId="42")
    taps = [door.click(code, click_id=one, seconds=60 * n) for n, one in enumerate(ids)]
    record_clicks(context, taps)
    assert Identity.objects.get(kind="customer_id").phones == 1
    assert buyers() == {life(contact)}
    assert not KeyRuling.objects.exists()


def test_who_was_split_before_the_tap_came_stays_apart(
    context: Context, door: Door, business: Business, code: str, contact: Contact
) -> None:
    """A member has said that the report is of somebody else than who turns out to have tapped."""
    first, second = new_click_ids(2)
    record_clicks(context, [door.click(code, click_id=first)])
    sell(business, first, "1", userId="42")
    sell(business, second, "2", userId="42")
    wrong = PersonMerge.objects.get(key__kind="customer_id")
    split_people(business=business, merge=wrong, why="two people", at=LATER, actor=None)
    record_clicks(context, [door.click(code, click_id=second, seconds=60)])
    apart = contacts.surviving_id(Conversion.objects.get(sender_key="2").person)
    assert apart != life(contact)
    told = Contradiction.objects.get(business=business)
    assert {told.person_id, told.other_id} == {apart, life(contact)}


def test_taps_that_nobody_awaits_take_one_look(
    context: Context, door: Door, business: Business, code: str
) -> None:
    with CaptureQueriesContext(connection) as captured:
        record_clicks(context, [door.click(code, seconds=n) for n in range(50)])
    asked = [query["sql"] for query in captured if "awaitedclick" in query["sql"]]
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_tap_and_its_report_that_come_at_once_find_each_other(
    context: Context, door: Door, business: Business, code: str, contact: Contact, is_late: bool
) -> None:
    """Either is done and not yet committed when the other begins."""
    click_id = tap()
    arrival = door.click(code, click_id=click_id)
    works: list[Callable[[], object]] = [
        lambda: record_clicks(context, [arrival]),
        lambda: sell(business, click_id, userId="42"),
    ]
    overlap(*(reversed(works) if is_late else works))
    assert buyers() == {life(contact)}
