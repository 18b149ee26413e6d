"""Opening hours of a business: kept, shown, changed by those who may."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import Hours, TrackingNumber
from textrail.vocabulary import opening
from textrail.vocabulary.errors import Conflict, Malformed, NotFound
from textrail.vocabulary.opening import Span, SpecialDay

pytestmark = pytest.mark.django_db

OFFICE = opening.Hours(
    time_zone="America/New_York", week=((Span(540, 1020),),) * 5 + ((), ()), country="US"
)
LIST = "/b/harbor-hvac/numbers/hours/"


def form(**changed: object) -> dict[str, object]:
    days = {f"day-{index}": "9-17" if index < 5 else "" for index in range(7)}
    base = {"name": "Office", "time_zone": "America/New_York", "country": "US", "region": ""}
    return {**base, **days, **changed}


@pytest.fixture
def office(business: Business) -> Hours:
    return actions.save_hours(
        business=business, hours_id=None, name="Office", wanted=OFFICE, at=MONDAY
    )


def test_a_number_without_hours_of_its_own_has_the_oldest(
    business: Business, office: Hours, number: TrackingNumber
) -> None:
    late = opening.Hours(time_zone="America/New_York", week=((Span(1200, 120),),) * 7)
    assert queries.opening_of(number) == OFFICE
    row = actions.save_hours(
        business=business,
        hours_id=None,
        name="Bar",
        wanted=late,
        number_ids=[number.id],
        at=MONDAY,
    )
    number.refresh_from_db()
    assert queries.opening_of(number) == late
    actions.remove_hours(business=business, hours_id=row.id, at=MONDAY)
    number.refresh_from_db()
    assert queries.opening_of(number) == OFFICE


def test_hours_of_others_are_out_of_reach(
    office: Hours, other_business: Business, number: TrackingNumber
) -> None:
    with pytest.raises(NotFound):
        queries.hours(other_business, office.id)
    actions.save_hours(
        business=other_business,
        hours_id=None,
        name="Ours",
        wanted=OFFICE,
        number_ids=[number.id],
        at=MONDAY,
    )
    number.refresh_from_db()
    assert number.hours is None


def test_two_hours_of_one_name_are_refused(business: Business, office: Hours) -> None:
    with pytest.raises(Conflict):
        actions.save_hours(
            business=business, hours_id=None, name="Office", wanted=OFFICE, at=MONDAY
        )


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (opening.Hours(time_zone="Mars/Olympus", week=OFFICE.week), "time_zone"),
        (opening.Hours(time_zone="UTC", week=OFFICE.week, country="ZZ"), "country"),
    ],
)
def test_a_zone_or_country_that_there_is_not_is_refused(
    business: Business, wanted: opening.Hours, field: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        actions.save_hours(business=business, hours_id=None, name="X", wanted=wanted, at=MONDAY)
    assert refusal.value.field == field


def test_a_special_day_is_set_changed_and_taken_away(business: Business, office: Hours) -> None:
    day = date(2026, 3, 4)
    for special in (SpecialDay("2026-03-04"), SpecialDay("2026-03-04", "Late", (Span(0, 60),))):
        actions.set_special_day(
            business=business, hours_id=office.id, day=day, special=special, at=MONDAY
        )
        kept = opening.decode_hours(queries.hours(business, office.id).opening)
        assert kept.special == (special,)
    actions.set_special_day(business=business, hours_id=office.id, day=day, special=None, at=MONDAY)
    assert opening.decode_hours(queries.hours(business, office.id).opening) == OFFICE


def test_the_page_keeps_what_was_typed(as_ada: Client, number: TrackingNumber) -> None:
    given = form(**{"day-5": "10:00-14:00, 20-2", "open_on": ["Labor Day"]}, numbers=[number.id])
    answer = as_ada.post(LIST + "new/", given)
    assert answer.status_code == 302
    row = Hours.objects.get()
    kept = opening.decode_hours(row.opening)
    assert kept.week[5] == (Span(600, 840), Span(1200, 120))
    assert kept.open_on == ("Labor Day",)
    number.refresh_from_db()
    assert number.hours == row
    page = as_ada.get(answer["Location"]).content.decode()
    assert "10 AM–2 PM, 8 PM–2 AM" in page
    assert "Labor Day" in page
    assert "California" in page


def test_a_day_that_cannot_be_read_is_named(as_ada: Client) -> None:
    answer = as_ada.post(LIST + "new/", form(**{"day-2": "whenever"}))
    assert answer.status_code == 422
    assert "“whenever” are not opening hours." in answer.content.decode()
    assert not Hours.objects.exists()


def test_saving_the_week_keeps_the_special_days(as_ada: Client, office: Hours) -> None:
    special = f"{LIST}{office.id}/special/"
    as_ada.post(special, {"day": "2026-12-24", "day_spans": "9-12", "day_name": "Christmas Eve"})
    as_ada.post(f"{LIST}{office.id}/edit/", form(**{"day-0": "8-12"}))
    kept = opening.decode_hours(Hours.objects.get().opening)
    assert kept.week[0] == (Span(480, 720),)
    assert kept.special == (SpecialDay("2026-12-24", "Christmas Eve", (Span(540, 720),)),)
    assert as_ada.post(special, {"day": "soon"}).status_code == 422


def test_an_agent_looks_and_does_not_touch(client: Client, bo: User, office: Hours) -> None:
    client.force_login(bo)
    page = client.get(f"{LIST}{office.id}/")
    assert page.status_code == 200
    assert "Save" not in page.content.decode()
    assert client.post(f"{LIST}{office.id}/edit/", form()).status_code == 403
    assert "Mon–Fri" in client.get(LIST).content.decode()
