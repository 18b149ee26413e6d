"""Flow: a conversion, from the shop's report to the person who made it."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlsplit

import httpx
import pytest

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import audience, link_of, send
from textrail.carriers.simulator.shop import Shopper
from textrail.domain.conversions.models import Conversion
from textrail.outbox.models import ParkedArrival

pytestmark = pytest.mark.django_db(transaction=True)


def report(house: House, event: dict[str, object], key: str = "") -> httpx.Response:
    authorization = "Basic " + b64encode(f"{key or house.write_key}:".encode()).decode()
    return house.stage.http.post(
        f"{house.config.links_url}/v1/track", json=event, headers={"authorization": authorization}
    )


ORDER: dict[str, object] = {
    "messageId": "m1",
    "userId": "42",
    "event": "Order Completed",
    "properties": {"order_id": "1001", "revenue": 49.9, "currency": "USD"},
}


def test_a_sale_elsewhere_is_the_persons_once_they_say_who_they_are(house: House) -> None:
    """A tap on the phone, an order on a laptop with an e-mail that an earlier order named."""
    send(house, audience(house, 2))
    landing = house.stage.world.tap(MAYA, link_of(house))
    shopper = Shopper(name="Maya", email="maya@example.com", landing=urlsplit(landing).query)
    house.stage.world.buy("spring-tune-up", shopper)
    house.stage.world.buy("furnace-filters", Shopper(name="M.", email="Maya@example.com"))
    house.settle()
    sales = list(Conversion.objects.order_by("id"))
    assert [sale.value_minor for sale in sales] == [8900, 5400]
    assert {sale.person.merged_into_id or sale.person_id for sale in sales} == {
        house.maya.person_id
    }


def test_a_report_that_comes_again_counts_once_for_ever(house: House) -> None:
    for message in ("m1", "m1", "m2"):  # a retry of the library, then a retry of the shop
        assert report(house, {**ORDER, "messageId": message}).status_code == 200
        house.settle()
    assert [sale.value_minor for sale in Conversion.objects.all()] == [4990]


def test_an_unknown_key_is_refused_and_nothing_is_kept(house: House) -> None:
    answer = report(house, ORDER, key="tr_not-a-key")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unknown_key"
    house.settle()
    assert not Conversion.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"properties": {"revenue": "ten dollars"}},
        {"properties": {"revenue": "NaN"}},
        {"properties": {"revenue": 1e30}},
        {"properties": {"revenue": True}},
        {"properties": {"revenue": 1, "currency": "12"}},
        {"timestamp": "yesterday"},
        {"timestamp": "1970-01-01T00:00:00Z"},
        {"event": "x" * 500},
    ],
)
def test_what_could_never_count_is_refused_while_the_sender_listens(
    house: House, bad: dict[str, object]
) -> None:
    answer = report(house, {**ORDER, **bad})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    house.settle()
    assert not Conversion.objects.exists()
    assert not ParkedArrival.objects.exists()
