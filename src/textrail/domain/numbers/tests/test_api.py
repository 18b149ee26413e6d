"""Numbers through the API: held, changed, bought by a task, given up."""

from __future__ import annotations

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries

from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.domain.accounts.models import AuditEntry, Business
from textrail.domain.numbers import actions
from textrail.domain.numbers.models import (
    CallFlow,
    Connection,
    NumberOrder,
    Source,
    TrackingNumber,
)
from textrail.outbox.models import Work
from textrail.vocabulary.flow_presets import preset
from textrail.web.tests.caller import Caller, code

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(business: Business, number: TrackingNumber) -> Caller:
    return Caller(business)


@pytest.fixture
def flow(business: Business) -> CallFlow:
    voicemail = preset("voicemail", business=business.name, lines=())
    return actions.create_flow(business=business, name="Office", flow=voicemail, at=MONDAY)


def test_a_number_is_listed_and_read(shop: Caller, number: TrackingNumber) -> None:
    row = shop.get(f"/numbers/{number.pk}").json()
    assert shop.get("/numbers").json() == {"numbers": [row], "next": None}
    assert (row["phone"], row["carrier"], row["sms"]) == ("+14155550100", "simulator", True)
    assert row["source"]["name"] == "Billboard"
    assert shop.get("/sources").json() == {"sources": [row["source"]]}
    assert shop.get("/numbers", q="i-80").json()["numbers"] == [row]
    assert shop.get("/numbers", q="555-0100").json()["numbers"] == [row]
    assert shop.get("/numbers", q="Van").json()["numbers"] == []
    assert shop.get("/numbers", released="true").json()["numbers"] == []


def test_a_number_is_changed_whole_or_not_at_all(shop: Caller, number: TrackingNumber) -> None:
    path = f"/numbers/{number.pk}"
    before = shop.get(path).json()
    TrackingNumber.objects.update(sms_capable=False)
    TrackingNumber.objects.update(sms_enabled=False)
    refused = shop.patch(path, {"name": "Vans", "sms": True})
    assert code(refused) == (409, "number_without_sms")
    assert shop.patch(path, {"name": " "}).status_code == 422
    assert shop.patch(path, {"phone": "+1"}).status_code == 422
    assert shop.patch(path, {"sms": "yes"}).status_code == 422
    assert shop.patch(path, {"source": {"name": "X", "channel": "tv"}}).status_code == 422
    assert code(shop.patch(path, {"name": "Vans", "call_flow_id": 99})) == (404, "not_found")
    assert shop.get(path).json()["name"] == before["name"]
    changed = shop.patch(path, {"name": "Vans", "source": {"name": "Vans", "medium": "van"}}).json()
    assert (changed["name"], changed["source"]["medium"], changed["sms"]) == ("Vans", "van", False)
    assert Source.objects.filter(business=number.business).count() == 2
    entry = AuditEntry.objects.get(action="number.renamed")
    assert (entry.actor, entry.key_name) == (None, "Web shop")


def test_a_call_flow_is_given_and_taken_away(
    shop: Caller, number: TrackingNumber, flow: CallFlow
) -> None:
    path = f"/numbers/{number.pk}"
    changed = shop.patch(path, {"call_flow_id": flow.pk})
    assert changed.json()["call_flow_id"] == flow.pk
    listed = shop.get("/call-flows").json()["call_flows"]
    assert listed == [{"id": flow.pk, "name": "Office", "number_ids": [number.pk]}]
    assert shop.patch(path, {"name": "Vans"}).json()["call_flow_id"] == flow.pk
    assert shop.patch(path, {"call_flow_id": None}).json()["call_flow_id"] is None


def test_a_number_is_found_and_bought_by_a_task(
    shop: Caller, desk: SimulatorDesk, connection: Connection, business: Business
) -> None:
    found = shop.get("/numbers/for-sale", country="US", near="415").json()
    assert found["carrier"] == "simulator"
    offer = found["numbers"][0]
    given = {"offer": offer["offer"], "name": "Vans", "channel": "offline"}
    made = shop.post("/numbers/orders", given)
    assert made.status_code == 202
    order = made.json()
    assert (order["phone"], order["state"], order["number_id"]) == (offer["phone"], "buying", None)
    assert Work.objects.filter(kind=actions.BUY).count() == 1
    assert code(shop.post("/numbers/orders", given)) == (409, "number_ordered")
    row = NumberOrder.objects.get()
    assert row.ordered_by is None
    actions.fail_order(order=row, problem="The carrier said no.")
    failed = shop.get(f"/numbers/orders/{order['id']}").json()
    assert (failed["state"], failed["problem"]) == ("failed", "The carrier said no.")
    assert shop.post(f"/numbers/orders/{order['id']}/again").json()["state"] == "buying"
    number = actions.complete_order(order=NumberOrder.objects.get(), at=MONDAY)
    assert number is not None
    bought = shop.get(f"/numbers/orders/{order['id']}").json()
    assert (bought["state"], bought["number_id"]) == ("bought", number.pk)


def test_an_offer_is_of_one_business_and_cannot_be_made_up(
    shop: Caller, desk: SimulatorDesk, other_business: Business, connection: Connection
) -> None:
    offer = shop.get("/numbers/for-sale").json()["numbers"][0]["offer"]
    for token in (f"{offer}x", "", "a:b:c"):
        given = {"offer": token, "name": "Vans"}
        assert code(shop.post("/numbers/orders", given)) == (422, "offer_stale")
    stolen = Caller(other_business).post("/numbers/orders", {"offer": offer, "name": "Vans"})
    assert code(stolen) == (422, "offer_stale")
    theirs = Caller(other_business)
    assert code(theirs.get("/numbers/for-sale")) == (409, "no_seller")
    assert theirs.get("/numbers/for-sale", connection_id=connection.pk).status_code == 404
    assert code(shop.get("/numbers/for-sale", digits="abc")) == (422, "malformed")


def test_a_number_is_given_up_with_its_state(
    shop: Caller, number: TrackingNumber, desk: SimulatorDesk
) -> None:
    path = f"/numbers/{number.pk}/release"
    assert shop.post(path, {}).status_code == 422
    given = shop.post(path, {"at_carrier": "give_back"}).json()
    assert given["released_at"]
    assert given["at_carrier"] == "asked"
    assert Work.objects.filter(kind=actions.GIVE_BACK).count() == 1
    assert shop.get("/numbers").json()["numbers"] == []
    assert shop.get("/numbers", released="true").json()["numbers"] == [given]
    assert shop.post(path, {"at_carrier": "keep"}).status_code == 409
    assert shop.patch(f"/numbers/{number.pk}", {"name": "New"}).status_code == 409


def test_ten_thousand_numbers_are_listed_in_a_bounded_number_of_statements(
    shop: Caller,
    number: TrackingNumber,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    TrackingNumber.objects.bulk_create(
        TrackingNumber(
            business=number.business,
            connection=number.connection,
            source=number.source,
            phone=f"+1212{n:07}",
            name=f"Number {n}",
            created_at=MONDAY,
        )
        for n in range(10_000)
    )
    with django_assert_max_num_queries(3):
        page = shop.get("/numbers", limit=200).json()
    assert len(page["numbers"]) == 200
    rest = shop.get("/numbers", limit=200, after=page["next"]).json()["numbers"]
    assert rest[0]["id"] < page["numbers"][-1]["id"]


def test_another_businesss_key_finds_none_of_it(
    shop: Caller, number: TrackingNumber, other_business: Business, flow: CallFlow
) -> None:
    theirs = Caller(other_business)
    order = NumberOrder.objects.create(
        business=number.business,
        connection=number.connection,
        phone="+14155550177",
        name="Vans",
        source_name="Vans",
        channel="offline",
        sms_enabled=True,
        sms_capable=True,
        mms_capable=True,
        voice_capable=True,
        ordered_at=MONDAY,
    )
    path = f"/numbers/{number.pk}"
    assert theirs.get(path).status_code == 404
    assert theirs.patch(path, {"name": "x"}).status_code == 404
    assert theirs.post(f"{path}/release", {"at_carrier": "keep"}).status_code == 404
    assert theirs.get(f"/numbers/orders/{order.pk}").status_code == 404
    assert theirs.post(f"/numbers/orders/{order.pk}/again").status_code == 404
    assert theirs.get("/numbers").json()["numbers"] == []
    assert theirs.get("/sources").json() == {"sources": []}
    assert theirs.get("/call-flows").json() == {"call_flows": []}
    assert TrackingNumber.objects.get().released_at is None
