"""Flow: a question, from the dashboard's figure down to the path behind one conversion."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import audience, link_of, send
from textrail.carriers.simulator.shop import Shopper
from textrail.domain.conversions.actions import SentEvent, record_reports
from textrail.domain.conversions.models import Conversion
from textrail.project.runtime import rebuild

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold(house: House) -> House:
    """Maya was texted, tapped, and bought for $89; somebody unknown bought for $54."""
    send(house, audience(house, 3))
    landing = house.stage.world.tap(MAYA, link_of(house))
    house.settle(timedelta(minutes=30))
    shopper = Shopper(name="Maya", email="maya@example.com", landing=urlsplit(landing).query)
    house.stage.world.buy("spring-tune-up", shopper)
    house.stage.world.buy("furnace-filters", Shopper(name="Walk-in", email="w@example.com"))
    house.settle()
    return house


def read(client: Client, house: House, path: str) -> str:
    """A page as Ada reads it at the journey's own time; its tags taken away."""
    client.force_login(house.owner)
    with time_machine.travel(house.stage.clock.now(), tick=False):
        answer = client.get(f"/b/{house.business.slug}/reports/{path}")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_sale_is_credited_to_the_message_under_every_model(sold: House, client: Client) -> None:
    for model in ("last", "first", "linear", "position", "decay"):
        text = read(client, sold, f"?period=7&model={model}")
        assert "Credited revenue $89.00" in text, model
        assert "of $143.00 in all" in text, model
        assert re.search(r"Spring tune-up \$89\.00 1 ", text), model
        assert "$54.00 from 1 conversion" in text, model


def test_the_path_behind_the_number_can_be_read(sold: House, client: Client) -> None:
    sale = Conversion.objects.get(value_minor=8900)
    text = read(client, sold, f"conversions/{sale.pk}/")
    assert text.index("We texted") < text.index("Tapped") < text.rindex("Order Completed")
    assert text.rindex("$89.00") > text.rindex("Order Completed")


def test_rebuilt_columns_give_the_same_answer(sold: House, client: Client) -> None:
    before = read(client, sold, "?period=7&model=position")
    rebuild(sold.config, sold.stage.clock)
    after = read(client, sold, "?period=7&model=position")
    assert after == before


def test_a_window_that_is_too_short_leaves_the_sale_uncredited(
    house: House, client: Client
) -> None:
    send(house, audience(house, 2))
    landing = house.stage.world.tap(MAYA, link_of(house))
    house.settle(timedelta(days=2))
    shopper = Shopper(name="Maya", email="m@example.com", landing=urlsplit(landing).query)
    house.stage.world.buy("spring-tune-up", shopper)
    house.settle()
    assert "Credited revenue $89.00" in read(client, house, "?period=7&model=last&window=7")
    assert "Credited revenue $0.00" in read(client, house, "?period=7&model=last&window=1")


def test_a_sale_that_the_api_told_before_its_tap_was_recorded_is_credited(
    house: House, client: Client
) -> None:
    send(house, audience(house, 2))
    landing = house.stage.world.tap(MAYA, link_of(house))
    [click_id] = parse_qs(urlsplit(landing).query)["trail_click"]
    event = {
        "event": "Order Completed",
        "userId": "42",
        "properties": {"order_id": "7", "revenue": 89, "trail_click": click_id},
    }
    sent = SentEvent("track", "7", event, house.stage.clock.now(), "api")
    record_reports(business=house.business, events=[sent], listening=True)
    house.settle()
    assert "Credited revenue $89.00" in read(client, house, "?period=7&model=last")
