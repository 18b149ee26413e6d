"""Looking at the shops that report by signed webhooks."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import Shop
from textrail.domain.finding import the_one


def shops(business: Business) -> list[Shop]:
    """The shops that are connected, by name."""
    return list(Shop.objects.filter(business=business, ended_at=None).order_by("name", "id"))


def shop(business: Business, shop_id: int) -> Shop:
    rows = Shop.objects.filter(business=business, id=shop_id, ended_at=None)
    return the_one(rows, "There is no such shop.", hint="Choose one from the list.")
