from __future__ import annotations

import pytest
from conftest import MONDAY
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.actions import find_or_add_contact
from textrail.domain.conversions import actions
from textrail.domain.conversions.models import ConversionType
from textrail.vocabulary.phone import PhoneNumber

LIST = "/b/harbor-hvac/conversions/"


def reported(business: Business, count: int, event: str = "Order Completed") -> None:
    find_or_add_contact(
        business=business, phone=PhoneNumber("+14155550123"), at=MONDAY, name="Ann Lee"
    )
    events = [
        actions.SentEvent(
            "track",
            f"{event}-{n}",
            {
                "event": event,
                "properties": {"revenue": 49.9, "phone": "4155550123"} if n % 2 else {},
                "anonymousId": f"v-{n}",
            },
            MONDAY,
        )
        for n in range(count)
    ]
    actions.record_events(business=business, events=events)


@pytest.fixture
def types(business: Business) -> None:
    actions.add_default_types(business=business, at=MONDAY)


def test_an_empty_list_says_how_to_begin(as_ada: Client) -> None:
    page = as_ada.get(LIST).content.decode()
    assert "No conversions yet" in page
    assert f"{LIST}send/" in page


@pytest.mark.usefixtures("types")
def test_the_list_shows_who_and_how_much_in_few_statements(
    as_ada: Client, business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reported(business, 55)
    with django_assert_max_num_queries(11):
        page = as_ada.get(LIST).content.decode()
    assert "Ann Lee" in page
    assert "Unknown person" in page
    assert "$49.90" in page
    assert "after=" in page
    assert "None of this type" in as_ada.get(LIST, {"type": "99"}).content.decode()


def test_an_event_that_does_not_count_becomes_a_type(as_ada: Client, business: Business) -> None:
    reported(business, 3, "Quote & Visit")
    page = as_ada.get(LIST).content.decode()
    assert "Quote &amp; Visit" in page
    assert "?event=Quote%20%26%20Visit" in page
    form = as_ada.get(f"{LIST}types/new/", {"event": "Quote & Visit"}).content.decode()
    assert 'value="Quote &amp; Visit"' in form
    given = {"name": "Quote", "kind": "lead", "event": "Quote & Visit", "window_days": "14"}
    assert as_ada.post(f"{LIST}types/new/", given).status_code == 302
    again = as_ada.post(f"{LIST}types/new/", given)
    assert again.status_code == 409
    assert "counts already" in again.content.decode()


@pytest.mark.usefixtures("types")
def test_a_type_is_changed_or_refused_with_what_was_typed(as_ada: Client) -> None:
    row = ConversionType.objects.get(event="Lead Submitted")
    given = {"name": "Lead", "kind": "lead", "event": "Lead Submitted", "window_days": "7"}
    assert as_ada.post(f"{LIST}types/{row.pk}/", given).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.window_days) == ("Lead", 7)
    refused = as_ada.post(f"{LIST}types/{row.pk}/", given | {"window_days": "many"})
    assert refused.status_code == 422
    taken = as_ada.post(f"{LIST}types/{row.pk}/", given | {"event": "Order Completed"})
    assert taken.status_code == 409
    assert "Lead" in as_ada.get(f"{LIST}types/").content.decode()


def test_the_way_to_send_conversions_is_shown(as_ada: Client) -> None:
    page = as_ada.get(f"{LIST}send/").content.decode()
    assert "http://127.0.0.1:8001/v1/track" in page
    assert "analytics.write_key" in page


@pytest.mark.usefixtures("types")
def test_roles_and_businesses_are_kept_apart(
    client: Client, vi: User, max_: User, cy: User
) -> None:
    row = ConversionType.objects.get(event="Lead Submitted")
    for user, look, change in ((vi, 200, 403), (max_, 200, 200), (cy, 404, 404)):
        client.force_login(user)
        for path in ("", "types/", "send/"):
            assert client.get(LIST + path).status_code == look
        for path in ("types/new/", f"types/{row.pk}/"):
            assert client.get(LIST + path).status_code == change
    client.force_login(cy)
    assert client.get(f"/b/cys-cycles/conversions/types/{row.pk}/").status_code == 404
