"""Where a contact is: what is understood, what is refused, and who may say it."""

from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions, rules
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import ContactPlace, check_place, read_list
from textrail.vocabulary.clock import Clock
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber

TAMPA = ContactPlace("US", "FL", "Tampa", 27.95, -82.46, "America/New_York")


def test_names_and_codes_of_a_place_are_understood() -> None:
    typed = {
        "country": "united states",
        "region": "florida",
        "city": " Tampa ",
        "latitude": "27.95",
    }
    typed |= {"longitude": "-82.46", "time_zone": "America/New_York"}
    assert check_place(typed, country="CA") == TAMPA
    assert check_place({"region": "FL"}, country="US") == ContactPlace("US", "FL")
    assert check_place({}, country="US") == rules.NOWHERE


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"country": "Atlantis"}, "country"),
        ({"country": "US", "region": "Ontario"}, "region"),
        ({"latitude": "91", "longitude": "0"}, "latitude"),
        ({"latitude": "1e1", "longitude": "0"}, "latitude"),
        ({"latitude": "nan", "longitude": "0"}, "latitude"),
        ({"latitude": "10"}, "longitude"),
        ({"time_zone": "Florida"}, "time_zone"),
        ({"city": "x" * 81}, "city"),
    ],
)
def test_a_place_that_cannot_be_is_refused_at_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_place(typed, country="US")
    assert refused.value.field == field


def test_a_list_may_say_where_people_are(business: Business, clock: Clock) -> None:
    text = "phone,name,state,city,lat,lng,time zone\n"
    text += "+18135550101,Ann,FL,Tampa,27.95,-82.46,America/New_York\n+18135550102,Ben,,,,,\n"
    read = read_list(text, country="US")
    assert not read.errors
    actions.add_contacts(business=business, rows=read.contacts, at=clock.now())
    ann, ben = Contact.objects.filter(business=business).order_by("phone")
    assert (ann.country, ann.region, ann.city, ann.time_zone) == (
        "US",
        "FL",
        "Tampa",
        TAMPA.time_zone,
    )
    assert (ben.country, ben.latitude) == ("", None)
    again = read_list("phone,city\n+18135550102,Miami\n", country="US")
    actions.add_contacts(business=business, rows=again.contacts, at=clock.now())
    ben.refresh_from_db()
    assert ben.city == "Miami"
    (error,) = read_list("phone,state\n+18135550102,Mars\n", country="US").errors
    assert "Mars" in error.sentence


def test_the_page_keeps_a_place_and_shows_what_was_wrong(
    as_ada: Client, business: Business, clock: Clock
) -> None:
    contact = actions.find_or_add_contact(
        business=business, phone=PhoneNumber("+18135550101"), at=clock.now(), name="Ann"
    )
    page = f"/b/{business.slug}/contacts/{contact.pk}/"
    saved = as_ada.post(f"{page}place/", {"region": "FL", "city": "Tampa"})
    assert saved.status_code == 302
    contact.refresh_from_db()
    assert (contact.country, contact.region, contact.city) == ("US", "FL", "Tampa")
    refused = as_ada.post(f"{page}place/", {"region": "FL", "city": "Tampa", "latitude": "200"})
    assert refused.status_code == 422
    assert b"is no latitude" in refused.content
    contact.refresh_from_db()
    assert contact.latitude is None
