from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import escape

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.api_access import LARGEST_BODY, Allowance
from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts.models import Contact, Person, Suppression
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Click, Code, Domain, Link
from textrail.domain.links.rules import Utm

pytestmark = pytest.mark.django_db

SALE = {"name": "Spring sale", "destination": "https://shop.example/sale"}
BASE = "http://127.0.0.1:8001"


class Caller:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self._client = Client(raise_request_exception=False)
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        return self._client.generic(
            method,
            f"/api/v1{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers=self.headers,
            query_params=query or None,
        )

    def post(self, path: str, body: object = None) -> Any:
        return self.call("POST", path, body)


@pytest.fixture
def key(business: Business, ada: User) -> str:
    made = accounts.create_api_key(
        business=business, name="Web shop", at=MONDAY, actor=ada, opens_api=True
    )
    return made.plain


@pytest.fixture
def shop(key: str) -> Caller:
    return Caller(key)


@pytest.fixture
def domain(business: Business) -> Domain:
    return Domain.objects.create(
        business=business,
        host="go.harbor.example",
        created_at=MONDAY,
        checked_at=MONDAY,
        is_default=True,
        code_length=6,
    )


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/sale",
        utm=Utm("sms", "text"),
        at=MONDAY,
        shared=True,
    )


def click(link: Link, number: int, at: datetime, *, verdict: str = "human", **more: str) -> Click:
    return Click.objects.create(
        business=link.business,
        link=link,
        code=link.share_code,
        click_id=f"click{number}",
        at=at,
        person=Person.objects.create(business=link.business, created_at=at),
        method="GET",
        address="203.0.113.9",
        verdict=verdict,
        reasons=["phone_browser"],
        ruleset=1,
        **more,
    )


def test_a_link_is_made_and_read(shop: Caller) -> None:
    given = SALE | {"utm_source": "sms", "expires_at": "2027-01-01T00:00:00Z", "click_limit": 5}
    answer = shop.post("/links", given)
    assert answer.status_code == 201
    made = answer.json()
    link = Link.objects.get()
    assert made == shop.call("GET", f"/links/{link.pk}").json()
    assert made["short_url"] == f"{BASE}/{link.share_code}"
    assert made["landing"] == "https://shop.example/sale?utm_source=sms"
    assert (made["id"], made["domain"], made["click_limit"]) == (link.pk, "", 5)
    assert made["expires_at"] == "2027-01-01T00:00:00Z"
    assert made["taps"] == {"people": 0, "requests": 0}
    assert link.route  # the door is told of the end
    assert Code.objects.get(code=link.share_code).link == link


def test_what_a_key_does_is_in_the_audit_trail_under_its_name(shop: Caller, as_ada: Client) -> None:
    shop.post("/links", SALE)
    entry = AuditEntry.objects.get(action="link.created")
    assert (entry.actor, entry.key_name, entry.subject) == (None, "Web shop", "Spring sale")
    assert "Key Web shop" in as_ada.get("/b/harbor-hvac/settings/audit/").text


def test_a_link_is_on_the_default_domain_with_its_length_of_codes(
    shop: Caller, domain: Domain
) -> None:
    made = shop.post("/links", SALE).json()
    host, code = made["short_url"].rsplit("/", 1)
    assert host == "http://go.harbor.example:8001"
    assert len(code) == 6
    assert made["domain"] == "go.harbor.example"


def test_a_key_makes_a_link_once(shop: Caller) -> None:
    given = SALE | {"external_key": "p/1 é"}
    first, again = shop.post("/links", given), shop.post("/links", given)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = shop.post("/links", given | {"destination": "https://shop.example/other"})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "key_taken"
    assert shop.call("GET", "/links/by-key/p/1%20%C3%A9").json() == first.json()
    assert Link.objects.count() == 1


def test_putting_a_key_makes_and_then_changes_the_whole_link(shop: Caller) -> None:
    made = shop.call("PUT", "/links/by-key/p1", SALE | {"utm_source": "sms", "click_limit": 3})
    assert made.status_code == 201
    changed = shop.call("PUT", "/links/by-key/p1", SALE | {"name": "Sale", "back_half": "Sale"})
    assert changed.status_code == 200
    body = changed.json()
    assert body["id"] == made.json()["id"]
    assert (body["name"], body["utm_source"], body["click_limit"]) == ("Sale", "", None)
    assert body["short_url"] == f"{BASE}/sale"
    kept = shop.call("PUT", "/links/by-key/p1", SALE).json()
    assert kept["short_url"] == f"{BASE}/sale"
    link = Link.objects.get()
    assert link.route == ""
    assert link.codes.count() == 2  # the first code goes on working


def test_a_link_stays_on_its_domain(shop: Caller, domain: Domain) -> None:
    shop.call("PUT", "/links/by-key/p1", SALE)
    other = Domain.objects.create(
        business=domain.business, host="go2.harbor.example", created_at=MONDAY, checked_at=MONDAY
    )
    answer = shop.call("PUT", "/links/by-key/p1", SALE | {"domain": other.host})
    assert answer.status_code == 409
    assert answer.json()["error"]["field"] == "domain"
    assert shop.call("PUT", "/links/by-key/p1", SALE | {"domain": domain.host}).status_code == 200


def test_a_domain_is_the_same_in_any_spelling(shop: Caller, domain: Domain) -> None:
    given = SALE | {"domain": "Go.Harbor.Example"}
    assert shop.call("PUT", "/links/by-key/p1", given).status_code == 201
    assert shop.call("PUT", "/links/by-key/p1", given).status_code == 200


def test_a_changed_parameter_leaves_what_somebody_else_changed_meanwhile(
    business: Business, link: Link
) -> None:
    actions.edit_link(business=business, link=link, parameters={"utm_source": "flyer"}, at=MONDAY)
    stale = link  # as it was read before
    actions.edit_link(business=business, link=stale, parameters={"utm_term": "x"}, at=MONDAY)
    link.refresh_from_db()
    assert (link.utm_source, link.utm_medium, link.utm_term) == ("flyer", "text", "x")


def test_only_the_fields_that_are_sent_change(shop: Caller, link: Link) -> None:
    answer = shop.call("PATCH", f"/links/{link.pk}", {"utm_campaign": "spring"})
    assert answer.status_code == 200
    link.refresh_from_db()
    assert link.landing == (
        "https://shop.example/sale?utm_source=sms&utm_medium=text&utm_campaign=spring"
    )
    assert link.name == "Spring sale"
    shop.call("PATCH", f"/links/{link.pk}", {"expires_at": "2027-01-01T00:00:00+01:00"})
    link.refresh_from_db()
    assert link.route
    shop.call("PATCH", f"/links/{link.pk}", {"expires_at": None})
    link.refresh_from_db()
    assert link.route == ""


@pytest.mark.parametrize("change", [{"destination": "javascript:alert(1)"}, {"name": ""}])
def test_a_refused_change_changes_nothing(shop: Caller, link: Link, change: dict[str, str]) -> None:
    answer = shop.call("PATCH", f"/links/{link.pk}", {"utm_source": "x", **change})
    assert answer.status_code == 422
    link.refresh_from_db()
    assert (link.utm_source, link.name) == ("sms", "Spring sale")


def test_archived_links_leave_the_list_and_come_back(shop: Caller, link: Link) -> None:
    archived = shop.post(f"/links/{link.pk}/archive").json()
    assert archived["archived_at"]
    assert shop.call("GET", "/links").json() == {"links": [], "next": None}
    listed = shop.call("GET", "/links", archived="true").json()["links"]
    assert [each["id"] for each in listed] == [link.pk]
    assert shop.post(f"/links/{link.pk}/unarchive").json()["archived_at"] is None
    assert len(shop.call("GET", "/links").json()["links"]) == 1


def test_the_list_pages_by_key_and_takes_the_same_statements_for_many(
    shop: Caller, business: Business, domain: Domain, django_assert_num_queries: Any
) -> None:
    rows = [SALE | {"name": f"Link {number}"} for number in range(30)]
    assert shop.post("/links/bulk", {"links": rows}).status_code == 201
    with django_assert_num_queries(3):
        first = shop.call("GET", "/links", limit=20).json()
    second = shop.call("GET", "/links", limit=20, after=first["next"]).json()
    names = [each["name"] for each in first["links"] + second["links"]]
    assert names == [f"Link {number}" for number in reversed(range(30))]
    assert second["next"] is None


def test_links_are_found_by_their_back_half(shop: Caller) -> None:
    made = shop.post("/links", SALE | {"back_half": "Sale-24"}).json()
    shop.post("/links", SALE)
    found = shop.call("GET", "/links", q=made["short_url"]).json()["links"]
    assert [each["id"] for each in found] == [made["id"]]


def test_links_are_found_by_their_key_and_by_the_address_that_one_recipient_got(
    shop: Caller, link: Link, other_business: Business
) -> None:
    keyed = shop.post("/links", SALE | {"external_key": "product/47"}).json()
    given = {"recipients": [{"phone": "+17275550142"}]}
    theirs = shop.post(f"/links/{link.pk}/codes", given).json()["recipients"][0]["short_url"]
    foreign = Link.objects.create(business=other_business, name="Foreign", created_at=MONDAY)
    Code.objects.create(code="abcdefgh", link=foreign)
    for words, found in (("product/47", [keyed["id"]]), (theirs, [link.pk]), ("abcdefgh", [])):
        listed = shop.call("GET", "/links", q=words).json()["links"]
        assert [each["id"] for each in listed] == found


def test_ten_thousand_links_in_one_call(
    shop: Caller, business: Business, django_assert_max_num_queries: Any
) -> None:
    rows = [
        {
            "name": f"Product {number}",
            "destination": f"https://shop.example/products/{number}?color=red#top",
            "utm_source": "sms",
            "external_key": f"product-{number}",
            "click_limit": 100 if number < 50 else None,
        }
        for number in range(10_000)
    ]
    with django_assert_max_num_queries(400):
        answer = shop.post("/links/bulk", {"links": rows})
    assert answer.status_code == 201
    body = answer.json()
    assert body["created"] == 10_000
    assert [each["name"] for each in body["links"]] == [row["name"] for row in rows]
    assert len({each["short_url"] for each in body["links"]}) == 10_000
    assert Link.objects.exclude(route="").count() == 50
    assert Code.objects.count() == 10_000
    assert AuditEntry.objects.filter(action="links.created").count() == 1
    again = shop.post("/links/bulk", {"links": rows})
    assert again.json()["created"] == 0
    assert again.json()["links"] == body["links"]
    assert Link.objects.count() == 10_000


def test_every_bad_row_is_named_and_nothing_is_half_written(shop: Caller, domain: Domain) -> None:
    shop.post("/links", SALE | {"back_half": "taken"})
    good = [SALE | {"name": f"Good {number}"} for number in range(3)]
    rows = [
        good[0],
        SALE | {"destination": "data:text/html,x"},
        SALE | {"colour": "red"},
        good[1],
        {"name": "No destination"},
        SALE | {"back_half": "Taken"},
        SALE | {"back_half": "mine"},
        SALE | {"back_half": "MINE"},
        SALE | {"domain": "go.other.example"},
        SALE | {"external_key": "k"},
        SALE | {"external_key": "k"},
        "nonsense",
        SALE | {"fallback": "ftp://x"},
        SALE | {"destination": f"https://{domain.host}/abc"},
        good[2],
    ]
    answer = shop.post("/links/bulk", {"links": rows})
    assert answer.status_code == 422
    body = answer.json()
    assert body["error"]["code"] == "rows_refused"
    assert body["error"]["message"] == "10 of 15 rows cannot be taken, so none was."
    found = [(row["index"], row.get("field", "")) for row in body["rejected"]]
    assert found == [
        (1, "destination"),
        (2, "colour"),
        (4, "destination"),
        (5, "back_half"),
        (7, "back_half"),
        (8, "domain"),
        (10, "external_key"),
        (11, ""),
        (12, "fallback"),
        (13, "destination"),
    ]
    assert body["rejected"][3]["hint"] == "Taken-2 is free."
    assert Link.objects.count() == 1
    assert Code.objects.count() == 1


def test_a_failure_half_way_leaves_nothing(shop: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("textrail.domain.links.actions.making.store_codes", full_disk)
    answer = shop.post("/links/bulk", {"links": [SALE, SALE]})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "failed"
    assert "space" not in answer.text
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    ("count", "path", "row"),
    [
        (10_001, "/links/bulk", SALE),
        (10_001, "/links/{id}/codes", {"phone": "+17275550142"}),
    ],
)
def test_more_than_ten_thousand_rows_are_too_many(
    shop: Caller, link: Link, count: int, path: str, row: dict[str, str]
) -> None:
    name = "links" if "bulk" in path else "recipients"
    answer = shop.post(path.format(id=link.pk), {name: [row] * count})
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == (
        "A call takes at most 10,000 rows; this one has 10,001."
    )
    assert Link.objects.count() == 1


def test_a_body_beyond_the_limit_is_refused(shop: Caller) -> None:
    answer = shop.post("/links", SALE | {"fallback": "x" * LARGEST_BODY})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"name": "Sale"}, "destination", "“destination” is missing."),
        (SALE | {"color": "red"}, "color", "There is no field “color” here."),
        (SALE | {"name": 5}, "name", "“name” must be a text."),
        (SALE | {"click_limit": "5"}, "click_limit", "“click_limit” must be a whole number."),
        (
            SALE | {"expires_at": "tomorrow"},
            "expires_at",
            "“expires_at” must be a moment, such as 2026-06-01T00:00:00Z.",
        ),
        (
            SALE | {"expires_at": "2027-01-01T00:00:00"},
            "expires_at",
            "The moment of expiry has no time zone.",
        ),
        ([], None, "The body is no object."),
        (None, None, "The call needs a body, a JSON object."),
        (SALE | {"back_half": "a b"}, "back_half", None),
        (SALE | {"back_half": "healthz"}, "back_half", "“healthz” is taken by Textrail itself."),
        (SALE | {"back_half": "é"}, "back_half", None),
        (SALE | {"external_key": "a\0"}, "external_key", None),
        (SALE | {"external_key": "k" * 256}, "external_key", None),
        (SALE | {"destination": "https://user:pw@shop.example"}, "destination", None),
        (SALE | {"destination": "https://shop.example/?n={first_name}"}, "destination", None),
        (SALE | {"click_limit": 0}, "click_limit", None),
        (SALE | {"click_limit": 2**70}, "click_limit", None),
        # In another time zone these are no days that a database or Python could tell.
        (SALE | {"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at", None),
        (SALE | {"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at", None),
        (SALE | {"domain": "go\0.example"}, "domain", None),
    ],
)
def test_a_bad_call_is_refused_in_one_sentence(
    shop: Caller, body: object, field: str | None, message: str | None
) -> None:
    answer = shop.post("/links", body)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error.get("field") == field
    assert message is None or error["message"] == message
    assert error["message"].endswith(".")
    assert not Link.objects.exists()


def test_a_body_that_is_not_json_is_refused(shop: Caller) -> None:
    for raw in (b"{", b"\xff", b"[" * 100_000):
        answer = Client().generic(
            "POST", "/api/v1/links", raw, "application/json", headers=shop.headers
        )
        assert answer.status_code == 422
        assert answer.json()["error"]["message"] == "The body is not JSON."


@pytest.mark.parametrize(
    "query", [{"archvied": "true"}, {"limit": "0"}, {"limit": "1000"}, {"after": "x"}]
)
def test_a_bad_parameter_is_refused(shop: Caller, query: dict[str, str]) -> None:
    answer = shop.call("GET", "/links", **query)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == next(iter(query))


@pytest.mark.parametrize(
    "destination",
    ["javascript:alert(1)", "shop.example", "https://a@b.example", "https://x.example/{name}", ""],
)
def test_the_page_and_the_api_say_the_same(shop: Caller, as_ada: Client, destination: str) -> None:
    given = {"name": "Sale", "destination": destination}
    error = shop.post("/links", given).json()["error"]
    page = as_ada.post("/b/harbor-hvac/links/new/", given)
    assert page.status_code == 422
    assert escape(error["message"]) in page.text
    assert escape(error["hint"]) in page.text


def test_stats_count_people_by_the_days_of_the_business(shop: Caller, link: Link) -> None:
    late = MONDAY.replace(hour=3)  # still Sunday in New York
    click(link, 1, late, device="iPhone", os="iOS 18", country="US", region="FL", city="Tampa")
    click(link, 2, MONDAY, device="iPhone", os="iOS 18")
    click(link, 3, MONDAY, verdict="scanner", device="Spider")
    click(link, 4, MONDAY + timedelta(days=1), device="Pixel 8")
    stats = shop.call("GET", f"/links/{link.pk}/stats").json()
    assert stats["taps"] == {"people": 3, "requests": 4}
    assert stats["days"] == [
        {"day": "2026-03-01", "people": 1, "requests": 1},
        {"day": "2026-03-02", "people": 1, "requests": 2},
        {"day": "2026-03-03", "people": 1, "requests": 1},
    ]
    assert stats["devices"] == [{"name": "iPhone", "people": 2}, {"name": "Pixel 8", "people": 1}]
    assert stats["places"] == [{"country": "US", "region": "FL", "city": "Tampa", "people": 1}]
    assert stats["verdicts"][0] == {"verdict": "human", "requests": 3}
    assert stats["time_zone"] == "America/New_York"
    one = shop.call("GET", f"/links/{link.pk}/stats", since="2026-03-01", until="2026-03-01").json()
    assert one["taps"] == {"people": 1, "requests": 1}


@pytest.mark.parametrize(
    "days",
    [
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"since": "yesterday"},
    ],
)
def test_days_that_cannot_be_are_refused(shop: Caller, link: Link, days: dict[str, str]) -> None:
    assert shop.call("GET", f"/links/{link.pk}/stats", **days).status_code == 422


def test_clicks_are_listed_with_whose_they_were(shop: Caller, link: Link) -> None:
    for number in range(3):
        click(link, number, MONDAY, verdict="human" if number else "preview")
    first = shop.call("GET", f"/links/{link.pk}/clicks", limit=2).json()
    assert [each["click_id"] for each in first["clicks"]] == ["click2", "click1"]
    assert first["clicks"][0]["short_url"] == f"{BASE}/{link.share_code}"
    assert first["clicks"][0]["reasons"] == ["phone_browser"]
    second = shop.call("GET", f"/links/{link.pk}/clicks", limit=2, after=first["next"]).json()
    assert [each["verdict"] for each in second["clicks"]] == ["preview"]
    people = shop.call("GET", f"/links/{link.pk}/clicks", people="true").json()["clicks"]
    assert len(people) == 2


def test_each_recipient_gets_an_address_of_their_own(shop: Caller, link: Link) -> None:
    given = [
        {"phone": "+1 727 555 0142", "reference": "a"},
        {"phone": "(727) 555-0143", "reference": "b"},
        {"phone": "+17275550142", "reference": "c"},
    ]
    answer = shop.post(f"/links/{link.pk}/codes", {"recipients": given})
    assert answer.status_code == 201
    rows = answer.json()["recipients"]
    assert [row["reference"] for row in rows] == ["a", "b", "c"]
    assert [row["phone"] for row in rows] == ["+17275550142", "+17275550143", "+17275550142"]
    assert len({row["short_url"] for row in rows}) == 3
    maya = Contact.objects.get(phone="+17275550142")
    assert Code.objects.filter(link=link, contact_id=maya.pk).count() == 2
    assert Contact.objects.count() == 2
    assert all("727" not in row["short_url"] for row in rows)


def test_who_opted_out_gets_no_address(shop: Caller, link: Link, business: Business) -> None:
    Suppression.objects.create(business=business, phone="+17275550143", since=MONDAY)
    given = [{"phone": "+17275550142"}, {"phone": "+17275550143"}, {"phone": "+17275550144"}]
    rows = shop.post(f"/links/{link.pk}/codes", {"recipients": given}).json()["recipients"]
    assert [row["opted_out"] for row in rows] == [False, True, False]
    assert [bool(row["short_url"]) for row in rows] == [True, False, True]
    assert not Contact.objects.filter(phone="+17275550143").exists()
    assert Code.objects.filter(link=link).exclude(contact_id=None).count() == 2


def test_a_bad_phone_among_recipients_is_named_and_nobody_is_added(
    shop: Caller, link: Link
) -> None:
    given = [{"phone": "+17275550142"}, {"phone": "12"}, {"phone": "x"}]
    answer = shop.post(f"/links/{link.pk}/codes", {"recipients": given})
    assert answer.status_code == 422
    assert [row["index"] for row in answer.json()["rejected"]] == [1, 2]
    assert not Contact.objects.exists()
    assert Code.objects.filter(link=link).count() == 1


def test_a_key_may_also_be_the_user_of_basic_authorization(key: str) -> None:
    basic = b64encode(f"{key}:".encode()).decode()
    answer = Client().get("/api/v1/links", headers={"authorization": f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer tr_wrong", "Basic !!", "Basic dA==", "x"]
)
def test_nobody_gets_in_without_a_key(as_ada: Client, link: Link, header: str) -> None:
    """A session alone never opens the API, whatever it may do on the pages."""
    answer = as_ada.get("/api/v1/links", headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["hint"].startswith("Send “Authorization: Bearer")


def test_a_call_with_a_key_needs_no_token_of_a_form(key: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    headers = {"authorization": f"Bearer {key}"}
    answer = strict.post("/api/v1/links", SALE, "application/json", headers=headers)
    assert answer.status_code == 201
    assert strict.post("/api/v1/nothing", SALE, "application/json").status_code == 404


def test_a_key_that_only_reports_is_told_so(business: Business, ada: User) -> None:
    made = accounts.create_api_key(business=business, name="Page", at=MONDAY, actor=ada)
    answer = Caller(made.plain).call("GET", "/links")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "This key reports conversions only."


def test_a_key_that_opens_the_api_is_made_under_settings(
    business: Business, as_ada: Client
) -> None:
    page = as_ada.post("/b/harbor-hvac/settings/keys/", {"name": "ERP", "may": "api"}).text
    key = business.api_keys.get()
    assert key.opens_api
    assert "Report, and use the API" in page


def test_a_key_that_cannot_be_is_not_there(shop: Caller) -> None:
    assert shop.call("GET", "/links/by-key/a%00b").status_code == 404


def test_what_is_not_there_is_refused_as_json(shop: Caller) -> None:
    for method, path, status in (
        ("GET", "/links/999999", 404),
        ("GET", f"/links/{2**70}", 404),
        ("GET", "/links/by-key/none", 404),
        ("GET", "/nothing", 404),
        ("POST", "/links/", 404),
        ("GET", "/links/x", 404),
        ("GET", "/", 404),
        ("DELETE", "/links", 405),
    ):
        answer = shop.call(method, path)
        assert answer.status_code == status, path
        assert answer["Content-Type"] == "application/json", path
        assert answer.json()["error"]["message"], path
    assert shop.call("DELETE", "/links")["Allow"] == "GET, POST"


def test_a_key_calls_only_so_often(link: Link) -> None:
    moment = [0.0]
    allowance = Allowance(at_once=2, per_minute=60, timer=lambda: moment[0])

    class Request:
        auth = type("Key", (), {"key_hash": "abc"})

    asked = [allowance.allow_request(Request()) for _ in range(3)]  # type: ignore[arg-type]
    assert asked == [True, True, False]
    moment[0] = 1.0
    assert allowance.allow_request(Request())  # type: ignore[arg-type]
    assert not allowance.allow_request(Request())  # type: ignore[arg-type]
    assert allowance.wait() == 1


def test_too_many_calls_are_told_when_to_come_again(shop: Caller, link: Link) -> None:
    answers = (shop.call("GET", "/links/0") for _ in range(1000))
    late = next(answer for answer in answers if answer.status_code == 429)
    assert int(late["Retry-After"]) >= 1
    assert late.json()["error"]["code"] == "rate_limited"


def test_the_answer_says_what_the_page_shows(shop: Caller, link: Link) -> None:
    click(link, 1, MONDAY)
    click(link, 2, MONDAY, verdict="scanner")
    assert shop.call("GET", f"/links/{link.pk}").json()["taps"] == {"people": 1, "requests": 2}
    assert queries.taps_by_link(link.business, [link.pk])[link.pk] == queries.Taps(1, 2)
