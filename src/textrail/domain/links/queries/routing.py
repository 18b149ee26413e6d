"""Looking at where links lead at the click: stores, the links that use them, one recorded click."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.finding import the_one
from textrail.domain.links.models import Click, Link, PastVerdict, Store
from textrail.domain.links.rules.routing import StorePlace, read_rules


def stores(business: Business) -> list[Store]:
    """The stores by name."""
    return list(Store.objects.filter(business=business).order_by("name", "id"))


def store(business: Business, store_id: int) -> Store:
    rows = Store.objects.filter(business=business, id=store_id)
    return the_one(rows, "There is no such store.", hint="Go back to the list of stores.")


def store_places(business: Business) -> tuple[StorePlace, ...]:
    """The stores as rules see them, oldest first."""
    rows = Store.objects.filter(business=business).order_by("id")
    fields = rows.values_list("id", "name", "latitude", "longitude", "destination")
    return tuple(StorePlace(*row) for row in fields)


def links_with_stores(business: Business, *, lock: bool = False) -> list[Link]:
    """The links with a rule that leads to the nearest store, archived ones too: they go on.

    `lock` holds them until the caller's transaction ends.
    """
    rows = Link.objects.filter(business=business).exclude(rules=[]).order_by("id")
    rows = rows.select_for_update() if lock else rows
    return [link for link in rows if any(rule.nearest for rule in read_rules(link.rules))]


def click(business: Business, link: Link, click_id: int) -> Click:
    """One recorded click on `link` with everything that was kept of it."""
    rows = Click.objects.filter(business=business, link=link, id=click_id)
    rows = rows.select_related("contact", "link")
    return the_one(rows, "There is no such click.", hint="Go back to the link.")


def past_verdicts(business: Business, click: Click) -> list[PastVerdict]:
    """What the click was judged before, newest first."""
    rows = PastVerdict.objects.filter(click__business=business, click=click)
    return list(rows.order_by("-id"))
