"""Whether a tap comes before or behind the reports that name it, the same people are one."""

from __future__ import annotations

from itertools import permutations

import pytest
from conftest import MONDAY
from django.db.models import F

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.actions import (
    Listed,
    load_contacts,
    resolve_person,
    set_limits,
    split_people,
)
from textrail.domain.contacts.models import Contact, Contradiction, Identity, PersonMerge
from textrail.domain.contacts.rules import Key, Limits
from textrail.domain.conversions.models import Conversion
from textrail.domain.links.actions import NewCode, store_codes
from textrail.domain.links.models import Link
from textrail.domain.links.tasks import record_clicks
from textrail.domain.links.tests.conftest import Door
from textrail.domain.links.tests.test_awaiting import EMAIL, LATER, life, others, sell, tap, types
from textrail.outbox.contract import Context
from textrail.vocabulary.phone import PhoneNumber

__all__ = ["others", "types"]  # fixtures
pytestmark = [
    pytest.mark.usefixtures("wiring"),
    pytest.mark.parametrize("is_late", [False, True], ids=["timely", "late"]),
]
Others = list[tuple[Contact, str]]
OFFICE: dict[str, object] = {"traits": {"email": EMAIL}}


def lives(recipients: Others) -> int:
    return len({life(contact) for contact, _ in recipients})


def owner(key: str) -> int:
    return contacts.surviving_id(Conversion.objects.get(sender_key=key).person)


def part(contact: Contact) -> None:
    """Take back whatever joined a recipient with somebody."""
    for merge in PersonMerge.objects.exclude(key=None):
        if contact.person_id in (merge.survivor_id, merge.absorbed_id):
            split_people(business=merge.business, merge=merge, why="two", at=LATER, actor=None)


def test_recipients_with_browsers_of_their_own_share_an_address(
    context: Context, door: Door, business: Business, others: Others, is_late: bool
) -> None:
    for number, (_, code) in enumerate(others):
        first = tap()
        record_clicks(context, [door.click(code, click_id=first)])
        sell(business, first, f"a{number}", anonymousId=f"browser-{number}")
    ids = [tap() for _ in others]
    taps = [
        door.click(code, click_id=one, seconds=600)
        for (_, code), one in zip(others, ids, strict=True)
    ]
    if not is_late:
        record_clicks(context, taps)
    for number, one in enumerate(ids):
        sell(business, one, f"b{number}", anonymousId=f"browser-{number}", context=OFFICE)
    if is_late:
        record_clicks(context, taps)
    address = Identity.objects.get(kind="email")
    assert (address.standing, address.phones, lives(others)) == ("shared", 6, 6)


@pytest.mark.parametrize("is_named", [False, True])
def test_whoever_buys_twice_is_one_phone(
    context: Context, door: Door, business: Business, others: Others, is_late: bool, is_named: bool
) -> None:
    """Also where the shop tells the phone, before or after, of who tapped."""
    family = others[:4]
    for number, (contact, code) in enumerate(family):
        named = {"context": {"traits": {"email": EMAIL, "phone": contact.phone}}}
        if is_named and number % 2:
            sell(business, "", f"first{number}", **named)
        click_id = tap()
        taps = [door.click(code, click_id=click_id, seconds=60 * number)]
        if not is_late:
            record_clicks(context, taps)
        sell(business, click_id, f"a{number}", context=OFFICE)
        if is_late:
            record_clicks(context, taps)
        sell(business, click_id, f"b{number}", context=OFFICE)
        if is_named:
            sell(business, "", f"last{number}", **named)
    address = Identity.objects.get(kind="email")
    assert (address.standing, address.phones, lives(family)) == ("", 4, 1)


def test_several_late_taps_of_one_recipient_are_one_phone(
    context: Context, door: Door, business: Business, others: Others, is_late: bool
) -> None:
    set_limits(business=business, limits=Limits(email=1), at=MONDAY)
    (_, code), ids = others[0], [tap() for _ in range(3)]
    taps = [door.click(code, click_id=one, seconds=60 * n) for n, one in enumerate(ids)]
    if not is_late:
        record_clicks(context, taps)
    for number, one in enumerate(ids):
        sell(business, one, str(number), context=OFFICE)
    if is_late:
        for came in reversed(taps):
            record_clicks(context, [came])
    address = Identity.objects.get(kind="email")
    assert (address.standing, address.phones) == ("", 1)


def test_whoever_taps_and_tells_their_own_address_is_not_merged_with_themselves(
    context: Context, door: Door, business: Business, link: Link, is_late: bool
) -> None:
    listed = [Listed(phone=PhoneNumber("+14155550299"), email=EMAIL, name="Maya")]
    load_contacts(business=business, listed=listed, at=MONDAY)
    maya, click_id = Contact.objects.get(), tap()
    store_codes([NewCode("wxyz9999", link.pk, maya.pk, 99)])
    address = Identity.objects.get(kind="email")
    assert address.person_id == maya.person_id
    taps = [door.click("wxyz9999", click_id=click_id)]
    if not is_late:
        record_clicks(context, taps)
    sell(business, click_id, context=OFFICE)
    if is_late:
        record_clicks(context, taps)
    counted = address.phones
    address.refresh_from_db()
    assert (address.phones, owner("1")) == (counted, life(maya))
    assert not PersonMerge.objects.filter(survivor=F("absorbed")).exists()


@pytest.mark.parametrize("drawn", list(permutations(range(3))))
def test_taps_of_one_batch_join_in_their_order_whatever_their_ids(
    context: Context,
    door: Door,
    business: Business,
    others: Others,
    is_late: bool,
    drawn: tuple[int, ...],
) -> None:
    set_limits(business=business, limits=Limits(email=1), at=MONDAY)
    ids = sorted(tap() for _ in drawn)
    (first, firsts), (second, seconds) = others[:2]
    address: dict[str, object] = {"email": EMAIL}
    told: list[tuple[str, dict[str, object]]] = [
        (seconds, {"context": {"traits": address}, "userId": "u1"}),
        (firsts, {"context": {"traits": {**address, "phone": second.phone}}}),
        (firsts, {"context": {"traits": address}}),
    ]
    taps = [
        door.click(code, click_id=ids[place], seconds=600 * number)
        for number, (place, (code, _)) in enumerate(zip(drawn, told, strict=True))
    ]
    if not is_late:
        record_clicks(context, taps)
    for number, (place, (_, said)) in enumerate(zip(drawn, told, strict=True)):
        sell(business, ids[place], str(number), **said)
    if is_late:
        record_clicks(context, taps)
    row = Identity.objects.get(kind="email")
    assert (row.standing, row.phones, life(first) == life(second)) == ("", 1, True)


def test_who_was_split_keeps_what_they_tapped(
    context: Context, door: Door, business: Business, others: Others, is_late: bool
) -> None:
    (maya, mayas), (tom, toms) = others[:2]
    first, second = tap(), tap()
    both = [door.click(mayas, click_id=first), door.click(toms, click_id=second)]
    record_clicks(context, both)
    sell(business, first, "a", userId="acct")
    sell(business, second, "b", userId="acct")
    assert life(maya) == life(tom)
    part(tom)
    assert life(maya) != life(tom)
    third, fourth = tap(), tap()
    taps = [
        door.click(mayas, click_id=third, seconds=60),
        door.click(toms, click_id=fourth, seconds=60),
    ]
    if not is_late:
        record_clicks(context, taps)
    sell(business, third, "c", userId="acct")
    sell(business, fourth, "d", userId="acct")
    if is_late:
        record_clicks(context, taps)
    owners = [owner(key) for key in "abcd"]
    assert owners == [life(maya), life(tom), life(maya), life(tom)]
    assert life(maya) != life(tom)
    assert not Contradiction.objects.exists()


def test_who_was_split_from_a_stranger_keeps_what_they_tapped(
    context: Context, door: Door, business: Business, others: Others, is_late: bool
) -> None:
    contact, code = others[0]
    first, second = tap(), tap()
    record_clicks(context, [door.click(code, click_id=first)])
    stranger = resolve_person(business=business, keys=[Key("customer_id", "42")], at=MONDAY)
    sell(business, first, "1", userId="42")
    part(contact)
    again = [door.click(code, click_id=second, seconds=60)]
    if not is_late:
        record_clicks(context, again)
    sell(business, second, "2", userId="42")
    if is_late:
        record_clicks(context, again)
    stranger.refresh_from_db()
    assert owner("2") == life(contact) != contacts.surviving_id(stranger)


def test_what_was_written_of_who_stood_in_is_written_of_who_tapped(
    context: Context, door: Door, business: Business, others: Others, is_late: bool
) -> None:
    contact, code = others[0]
    known = resolve_person(business=business, keys=[Key("email", EMAIL)], at=MONDAY)
    click_id = tap()
    taps = [door.click(code, click_id=click_id)]
    if not is_late:
        record_clicks(context, taps)
    sell(business, click_id, "1", context=OFFICE)
    if is_late:
        record_clicks(context, taps)
    pair = {contact.person_id, known.pk}
    merges = PersonMerge.objects.filter(survivor__in=pair, absorbed__in=pair)
    assert [merge.key and merge.key.kind for merge in merges] == ["email"]
