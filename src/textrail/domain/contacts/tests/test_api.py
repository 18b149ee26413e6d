"""Contacts and consent through the API."""

from __future__ import annotations

import threading

import pytest
from conftest import MONDAY
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business
from textrail.domain.contacts import queries
from textrail.domain.contacts.models import ConsentEvent, Contact, Person, Tag, Tagging
from textrail.web.tests.caller import Caller, code

pytestmark = pytest.mark.django_db

DANA = {"phone": "(727) 555-0142", "name": "Dana  Reyes", "email": "Dana@Home.example"}
PHONE = "+17275550142"
PROOF = "Form on harbor.example/join, 2 March 2026, entry 4711"


@pytest.fixture
def shop(business: Business) -> Caller:
    return Caller(business)


def test_a_contact_is_added_once_and_read(shop: Caller) -> None:
    place = {
        "country": "US",
        "region": "Florida",
        "city": "Tampa",
        "latitude": 27.95,
        "longitude": -82.45,
    }
    answer = shop.post("/contacts", DANA | {"tags": ["VIP"], "place": place})
    assert answer.status_code == 201
    made = answer.json()
    assert made == shop.get(f"/contacts/{made['id']}").json()
    assert made == shop.get(f"/contacts/by-phone/{PHONE}").json()
    assert (made["phone"], made["name"], made["email"]) == (
        PHONE,
        "Dana Reyes",
        "dana@home.example",
    )
    assert (made["tags"], made["opted_out"]) == (["VIP"], False)
    assert (made["place"]["region"], made["place"]["latitude"]) == ("FL", 27.95)
    again = shop.post("/contacts", DANA | {"name": "Somebody else"})
    assert code(again) == (409, "contact_known")
    assert Contact.objects.get().name == "Dana Reyes"


def test_a_contact_is_put_under_its_phone(shop: Caller) -> None:
    path = "/contacts/by-phone/727-555-0142"
    assert code(shop.get(path)) == (404, "not_found")
    made = shop.call("PUT", path, {"name": "Dana", "tags": ["VIP"]})
    changed = shop.call("PUT", path, {"email": "d@home.example"})
    assert (made.status_code, changed.status_code) == (201, 200)
    assert changed.json() == made.json() | {"email": "d@home.example"}


def test_only_what_is_sent_changes_and_all_of_it_or_nothing(shop: Caller) -> None:
    made = shop.post("/contacts", DANA | {"tags": ["VIP"], "place": {"city": "Tampa"}}).json()
    path = f"/contacts/{made['id']}"
    refused = shop.patch(path, {"name": "Dan", "email": "no address"})
    assert refused.status_code == 422
    assert code(shop.patch(path, {"place": {"country": "Nowhere"}}))[0] == 422
    assert code(shop.patch(path, {"phone": "+17275550143"}))[0] == 422
    assert shop.get(path).json() == made
    assert shop.patch(path, {"tags": []}).json() == made | {"tags": []}
    assert shop.patch(path, {"place": None}).json()["place"]["city"] == ""


def test_they_are_found_by_name_tag_and_consent(shop: Caller) -> None:
    dana = shop.post("/contacts", DANA | {"tags": ["VIP"]}).json()
    eli = shop.post("/contacts", {"phone": "+17275550143", "name": "Eli"}).json()
    shop.post(f"/consent/{PHONE}/opt-out", {"how": "call"})

    def ids(**query: object) -> list[int]:
        return [row["id"] for row in shop.get("/contacts", **query).json()["contacts"]]

    assert ids() == [eli["id"], dana["id"]]
    assert ids(q="reyes") == ids(tag="vip") == ids(consent="opted_out") == [dana["id"]]
    assert ids(consent="textable") == [eli["id"]]
    assert ids(limit=1, after=eli["id"]) == [dana["id"]]
    assert code(shop.get("/contacts", tag="none")) == (404, "tag_unknown")
    assert shop.get("/contacts", nmae="x").status_code == 422
    tags = shop.get("/tags").json()["tags"]
    assert [(row["name"], row["contacts"]) for row in tags] == [("VIP", 1)]


def test_consent_is_written_down_and_never_deleted(shop: Caller, business: Business) -> None:
    out = shop.post(f"/consent/{PHONE}/opt-out", {"how": "call", "words": "Please stop"})
    assert out.json() == {"phone": PHONE, "opted_out": True, "held": False}
    unproved = shop.post(f"/consent/{PHONE}/opt-in", {"how": "form", "proof": "yes"})
    assert (unproved.status_code, unproved.json()["error"]["field"]) == (422, "proof")
    assert shop.post(f"/consent/{PHONE}/opt-in", {"how": "form"}).status_code == 422
    assert (
        shop.post(f"/consent/{PHONE}/opt-in", {"how": "magic", "proof": PROOF}).status_code == 422
    )
    assert shop.get(f"/consent/{PHONE}").json()["opted_out"]
    back = shop.post(f"/consent/{PHONE}/opt-in", {"how": "form", "proof": PROOF})
    assert not back.json()["opted_out"]
    told = shop.get("/consent", phone="727 555 0142").json()
    assert [row["kind"] for row in told["events"]] == ["opt_in", "opt_out"]
    newest, oldest = told["events"]
    assert (oldest["words"], oldest["by"], newest["proof"]) == (
        "Please stop",
        "Key Web shop",
        PROOF,
    )
    assert newest["previous"] == oldest["hash"]
    assert (told["chain_length"], told["chain_hash"]) == (2, newest["hash"])
    assert queries.verify(business).broken is None
    assert shop.call("DELETE", "/consent").status_code == 405
    audit = AuditEntry.objects.order_by("id").values_list("action", "key_name")
    assert list(audit)[-2:] == [
        ("consent.out_recorded", "Web shop"),
        ("consent.in_recorded", "Web shop"),
    ]


def test_pages_of_the_ledger_are_stable_while_it_grows(shop: Caller) -> None:
    seen: list[int] = []
    for n in range(7):
        shop.post(f"/consent/+172755501{n:02}/opt-out", {"how": "paper"})
    after: int | None = None
    while True:
        page = shop.get("/consent", limit=3, **({"after": after} if after else {})).json()
        seen += [row["sequence"] for row in page["events"]]
        shop.post(f"/consent/+1727555019{len(seen)}/opt-out", {"how": "paper"})
        after = page["next"]
        if after is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_ten_thousand_contacts_are_listed_in_a_bounded_number_of_statements(
    shop: Caller, business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    person = Person.objects.create(business=business, created_at=MONDAY)
    rows = Contact.objects.bulk_create(
        Contact(business=business, person=person, phone=f"+1212{n:07}", created_at=MONDAY)
        for n in range(10_000)
    )
    tag = Tag.objects.create(business=business, name="All")
    Tagging.objects.bulk_create(Tagging(contact_id=row.pk, tag_id=tag.pk) for row in rows)
    with django_assert_max_num_queries(4):
        page = shop.get("/contacts", limit=200).json()
    assert len(page["contacts"]) == 200


def test_another_businesss_key_finds_none_of_it(shop: Caller, other_business: Business) -> None:
    made = shop.post("/contacts", DANA | {"tags": ["VIP"]}).json()
    shop.post(f"/consent/{PHONE}/opt-out", {"how": "call"})
    theirs = Caller(other_business)
    path = f"/contacts/{made['id']}"
    assert theirs.get(path).status_code == theirs.patch(path, {"name": "x"}).status_code == 404
    assert theirs.get(f"/contacts/by-phone/{PHONE}").status_code == 404
    assert theirs.get("/contacts").json()["contacts"] == []
    assert theirs.get("/tags").json() == {"tags": []}
    assert theirs.get("/consent").json()["events"] == []
    assert not theirs.get(f"/consent/{PHONE}").json()["opted_out"]
    assert theirs.post("/contacts", DANA).status_code == 201
    assert ConsentEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_contact_that_is_put_by_many_at_once_is_made_once(business: Business) -> None:
    shop = Caller(business)
    answers: list[int] = []

    def put() -> None:
        try:
            path = f"/contacts/by-phone/{PHONE}"
            answers.append(shop.call("PUT", path, {"name": "Dana", "tags": ["VIP"]}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=put) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 4 + [201]
    assert Contact.objects.get().tags.get().name == "VIP"
