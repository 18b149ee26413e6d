"""The shop reports each sale with the click that brought it, until it is taken, and only once."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from urllib.parse import quote_plus

import httpx
import pytest

from textrail.carriers.simulator.shop import Shopper
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.conftest import Textrail
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Malformed

LANDING = "utm_source=sms&utm_content=b%26c&x=%2F&trail_click=Zx81kq0P7vN3mT5sWd2A"


@pytest.fixture
def shop(world: World) -> World:
    world.configure_shop("http://links.test/v1/track", "tr_key")
    return world


def test_a_sale_is_reported_with_its_click_until_it_is_taken(
    shop: World, clock: ManualClock, textrail: Textrail
) -> None:
    textrail.status = 503
    ref = shop.buy("smart-thermostat", Shopper("Jo", "jo@example.com", "", LANDING), quantity=2)
    shop.pump()
    textrail.status = 200
    clock.advance(timedelta(minutes=1))
    shop.pump()
    clock.advance(timedelta(hours=2))
    shop.pump()
    first, second = (json.loads(order.content) for order in textrail.orders)
    assert first == second, "a repeated report must carry the same messageId"
    assert second["event"] == "Order Completed"
    assert second["userId"] == "jo@example.com"
    assert second["properties"]["order_id"] == ref
    assert second["properties"]["revenue"] == 298.0
    assert second["properties"]["trail_click"] == "Zx81kq0P7vN3mT5sWd2A"
    assert second["context"]["page"]["url"].endswith(f"?{LANDING}")
    key = base64.b64decode(textrail.orders[0].headers["authorization"].split()[1])
    assert key == b"tr_key:"


def test_a_lead_without_a_way_back_is_refused(shop: World) -> None:
    with pytest.raises(Malformed):
        shop.book("spring-tune-up", Shopper("Jo"))
    assert shop.book("spring-tune-up", Shopper("Jo", phone="+14155550123")).startswith("HL-")


def test_the_landing_goes_through_the_form_unchanged(shop: World, textrail: Textrail) -> None:
    with httpx.Client(transport=WorldTransport(shop), base_url="http://phone.test") as browser:
        page = browser.get(f"/shop/spring-tune-up?{LANDING}").text
        assert "b&amp;c" in page, "the visit panel shows the value itself"
        assert LANDING.replace("&", "&amp;") in page
        body = f"form=buy&name=Jo&email=&phone=&quantity=1&landing={quote_plus(LANDING)}"
        answer = browser.post("/shop/spring-tune-up/buy", content=body)
        assert answer.status_code == 303
        assert answer.headers["location"].endswith(f"?{LANDING}")
        assert browser.get(answer.headers["location"]).status_code == 200
    shop.pump()
    event = json.loads(textrail.orders[0].content)
    assert event["context"]["page"]["url"].endswith(f"?{LANDING}")
    assert event["anonymousId"]
    assert "userId" not in event


@pytest.mark.parametrize(
    "body",
    [
        "name=",
        "name=Jo&quantity=0",
        "name=Jo&quantity=99999",
        "name=Jo&email=nonsense",
        "name=" + "x" * 200,
        "%ff%fe=%00",
    ],
)
def test_a_bad_order_is_shown_again_and_kept_nowhere(
    shop: World, textrail: Textrail, body: str
) -> None:
    with httpx.Client(transport=WorldTransport(shop), base_url="http://phone.test") as browser:
        answer = browser.post("/shop/spring-tune-up/buy", content=body)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    shop.pump()
    assert textrail.orders == []


def test_what_visitors_type_never_becomes_markup(shop: World) -> None:
    evil = "<script>alert(1)</script>"
    with httpx.Client(transport=WorldTransport(shop), base_url="http://phone.test") as browser:
        shown = browser.get("/shop/spring-tune-up", params={"utm_source": evil}).text
        again = browser.post("/shop/spring-tune-up/buy", data={"name": evil, "email": "x"}).text
    assert "<script>" not in shown + again
