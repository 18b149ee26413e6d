"""What the tests of this room share: reports in Segment's form, sent by whoever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import MONDAY
from pytest_django import Settings

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions
from textrail.domain.conversions.models import ExchangeRate
from textrail.outbox.contract import Context

Send = Callable[..., actions.Outcome]


def order(
    order_id: object = "7",
    revenue: object = 49.9,
    *,
    event: str = "Order Completed",
    **more: object,
) -> dict[str, object]:
    """An order of customer 42; `more` are properties, and None takes one out."""
    properties = {"order_id": order_id, "revenue": revenue, **more}
    told = {name: value for name, value in properties.items() if value is not None}
    return {"event": event, "userId": "42", "properties": told}


def refund(order_id: str = "7", revenue: object = None, **more: object) -> dict[str, object]:
    return order(order_id, revenue, event="Order Refunded", **more)


@pytest.fixture
def folder(settings: Settings, context: Context) -> Path:
    """Pages and worker share one folder of files."""
    context.media_folder.mkdir(parents=True, exist_ok=True)

    class Config:
        media_folder = context.media_folder

        def __getattr__(self, name: str) -> object:
            return getattr(before, name)

    before = settings.CONFIG
    settings.CONFIG = Config()
    return context.media_folder


@pytest.fixture
def types(business: Business) -> None:
    actions.add_default_types(business=business, at=MONDAY)


@pytest.fixture
def send(business: Business) -> Send:
    """Report one event; each has a key of its own unless it is given."""
    count = 0

    def send(
        event: Mapping[str, object],
        *,
        key: str = "",
        sender: str = "segment",
        listening: bool = True,
        at: datetime = MONDAY,
    ) -> actions.Outcome:
        nonlocal count
        count += 1
        sent = actions.SentEvent("track", key or f"key {count}", event, at, sender)
        return actions.record_reports(business=business, events=[sent], listening=listening)[0]

    return send


def rate(day: date, **per_euro: str) -> None:
    """What one euro cost on a day."""
    ExchangeRate.objects.bulk_create(
        ExchangeRate(day=day, currency=currency, per_euro=Decimal(value))
        for currency, value in per_euro.items()
    )
