from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.models import Connection, TrackingNumber

BASE = "/b/harbor-hvac"
NEW = {"picked": "+14155550123", "name": "Van", "source_name": "", "channel": "offline", "sms": "1"}


def test_the_list_shows_the_number_as_people_write_it(
    as_ada: Client, number: TrackingNumber
) -> None:
    page = as_ada.get(f"{BASE}/numbers/").content.decode()
    assert "(415) 555-0100" in page
    assert "Billboard I-80" in page


def test_an_empty_list_offers_the_first_number(as_ada: Client) -> None:
    page = as_ada.get(f"{BASE}/numbers/").content.decode()
    assert "No numbers yet" in page
    assert f"{BASE}/numbers/find/" in page


def test_without_a_carrier_the_form_leads_to_one(as_ada: Client) -> None:
    assert "Connect a carrier first" in as_ada.get(f"{BASE}/numbers/new/").content.decode()


def test_a_number_is_added_and_then_shown(as_ada: Client, connection: Connection) -> None:
    assert "555-01" in as_ada.get(f"{BASE}/numbers/new/").content.decode()
    answer = as_ada.post(f"{BASE}/numbers/new/", NEW)
    number = TrackingNumber.objects.get()
    assert answer["Location"] == f"{BASE}/numbers/{number.pk}/"
    assert number.source.name == "Van"
    assert "We are asking the carrier" in as_ada.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"picked": ""}, 422, "Which number?"),
        ({"phone": "12"}, 422, "is not a phone number"),
        ({"name": ""}, 422, "A name is missing."),
        ({"channel": "x"}, 422, "is not a channel"),
        ({"phone": "+14155550100"}, 409, "is one of your numbers already"),
    ],
)
def test_a_refused_number_says_why_on_the_form(
    as_ada: Client, number: TrackingNumber, change: dict[str, str], status: int, sentence: str
) -> None:
    answer = as_ada.post(f"{BASE}/numbers/new/", NEW | change)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert TrackingNumber.objects.count() == 1


def test_a_number_is_edited_tried_again_and_given_up(
    as_ada: Client, number: TrackingNumber
) -> None:
    page = f"{BASE}/numbers/{number.pk}/"
    given = {"name": "Van", "sms": "", "source_name": "Radio", "channel": "paid", "medium": "spot"}
    assert as_ada.post(f"{page}edit/", given)["Location"] == page
    number.refresh_from_db()
    assert (number.name, number.sms_enabled) == ("Van", False)
    assert (number.source.name, number.source.medium) == ("Radio", "spot")
    refused = as_ada.post(f"{page}edit/", given | {"name": " "})
    assert refused.status_code == 422
    assert "A name is missing." in refused.content.decode()
    assert as_ada.post(f"{page}connect/").status_code == 302
    assert as_ada.post(f"{page}release/")["Location"] == f"{BASE}/numbers/"
    assert "Given up" in as_ada.get(page).content.decode()


def test_a_carrier_secret_is_never_shown_again(as_ada: Client) -> None:
    account = {"carrier": "twilio", "account_ref": "AC" + "1" * 32, "secret": "very-secret-token"}
    assert as_ada.post(f"{BASE}/numbers/connections/", account).status_code == 302
    page = as_ada.get(f"{BASE}/numbers/connections/").content.decode()
    assert account["account_ref"] in page
    assert "/in/twilio/" in page
    assert "very-secret-token" not in page
    refused = as_ada.post(f"{BASE}/numbers/connections/", account | {"account_ref": "AC1"})
    assert refused.status_code == 422
    assert "not a Twilio account SID" in refused.content.decode()
    assert "very-secret-token" not in refused.content.decode()


@pytest.mark.parametrize(
    ("name", "reads", "writes"),
    [("max_", 200, True), ("bo", 200, False), ("vi", 200, False), ("cy", 404, False)],
)
def test_who_may_look_and_who_may_change(
    client: Client,
    request: pytest.FixtureRequest,
    number: TrackingNumber,
    name: str,
    reads: int,
    writes: bool,
) -> None:
    user: User = request.getfixturevalue(name)
    client.force_login(user)
    page = f"{BASE}/numbers/{number.pk}/"
    assert client.get(f"{BASE}/numbers/").status_code == reads
    assert client.get(page).status_code == reads
    refused = 403 if reads == 200 else 404
    assert client.get(f"{BASE}/numbers/new/").status_code == (200 if writes else refused)
    assert client.get(f"{BASE}/numbers/connections/").status_code == (200 if writes else refused)
    for write in ("edit/", "connect/", "release/"):
        if not writes:
            assert client.post(page + write).status_code == refused
    number.refresh_from_db()
    assert number.released_at is None


def test_nobody_is_asked_to_sign_in(client: Client, business: Business) -> None:
    assert client.get(f"{BASE}/numbers/").status_code == 302


def test_numbers_of_another_business_do_not_exist(
    as_ada: Client, number: TrackingNumber, other_business: Business
) -> None:
    TrackingNumber.objects.filter(pk=number.pk).update(business=other_business)
    assert as_ada.get(f"{BASE}/numbers/{number.pk}/").status_code == 404
    assert as_ada.post(f"{BASE}/numbers/{number.pk}/release/").status_code == 404
