"""Harbor Supply, the shop at the end of the links: what it sells, and what it reports of a sale.

It reports as a real shop's server would: a Segment `track` call with the write key, repeated until
it is taken. What the landing address carried comes along in the form, without a cookie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import resources
from urllib.parse import parse_qsl

import httpx
import msgspec

from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Malformed, NotFound
from textrail.vocabulary.money import Money

CURRENCY = "USD"
SALE = "Order Completed"
LEAD = "Lead Submitted"
CLICK_PARAMETER = "trail_click"
LONGEST_FIELD = 120
LONGEST_LANDING = 4000
TIMEOUT = httpx.Timeout(15.0, connect=5.0)


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    name: str
    price_minor: int
    unit: str
    blurb: str
    points: list[str]

    @property
    def price(self) -> Money:
        return Money(self.price_minor, CURRENCY)


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who buys or asks, as far as they say. `landing` is the query string that they came with."""

    name: str
    email: str = ""
    phone: str = ""
    landing: str = ""


class Track(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A Segment `track` call."""

    message_id: str
    event: str
    timestamp: str
    properties: dict[str, object]
    context: dict[str, object]
    user_id: str = ""
    anonymous_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A sale, or a request for a visit, which costs nothing."""

    ref: str
    is_sale: bool
    total: Money


@dataclass(frozen=True, slots=True)
class Visit:
    """What the shop was handed by a landing address."""

    utm: tuple[tuple[str, str], ...] = field(default=())
    click_id: str = ""


@cache
def products() -> dict[str, Product]:
    content = resources.files(__package__).joinpath("data", "shop.json").read_bytes()
    return {entry.slug: entry for entry in msgspec.json.decode(content, type=list[Product])}


def product(slug: str) -> Product:
    found = products().get(slug)
    if found is None:
        raise NotFound("Harbor Supply does not sell that.", hint="Look at what it does sell.")
    return found


def visit(landing: str) -> Visit:
    """The UTM parameters and the click id of a query string."""
    pairs = parse_qsl(landing[:LONGEST_LANDING], keep_blank_values=True)
    clicks = [value for name, value in pairs if name == CLICK_PARAMETER]
    utm = tuple((name, value) for name, value in pairs if name.startswith("utm_"))
    return Visit(utm, clicks[0] if clicks else "")


def configure(land: Land, intake_url: str, write_key: str) -> None:
    """Tell the shop's server where to report sales: the address of a `track` call, and its key."""
    if not intake_url.startswith(("http://", "https://")) or not write_key:
        raise Malformed("The shop reports to an http address with a write key.")
    land.store.keep_setting("intake_url", intake_url)
    land.store.keep_setting("write_key", write_key)


def configure_pages(land: Land, script_url: str, site_key: str) -> None:
    """Have the shop's pages carry a script that reports visits."""
    if not script_url.startswith(("http://", "https://")) or not site_key:
        raise Malformed("The shop's pages carry a script of an http address with a site's key.")
    land.store.keep_setting("script_url", script_url)
    land.store.keep_setting("site_key", site_key)


def script_of(land: Land) -> tuple[str, str]:
    """The script's address and the site's key; both empty while no script was given."""
    return land.store.setting("script_url"), land.store.setting("site_key")


def is_configured(land: Land) -> bool:
    return bool(land.store.setting("intake_url"))


def buy(land: Land, slug: str, shopper: Shopper, *, quantity: int = 1) -> str:
    """Buy a product; the order's number. The sale is reported at the next pump."""
    item = product(slug)
    if not 1 <= quantity <= 20:
        raise Malformed("Order between 1 and 20.", field="quantity")
    price = item.price_minor / 100
    sold = {
        "product_id": item.slug,
        "sku": item.slug,
        "name": item.name,
        "price": price,
        "quantity": quantity,
    }
    total = item.price_minor * quantity / 100
    facts = {"revenue": total, "total": total, "currency": CURRENCY, "products": [sold]}
    return _record(land, SALE, "HS", item, shopper, facts)


def book(land: Land, slug: str, shopper: Shopper) -> str:
    """Ask for a visit; the request's number. The lead is reported at the next pump."""
    item = product(slug)
    if not shopper.phone and not shopper.email:
        raise Malformed("Leave a phone number or an email address.", field="phone")
    return _record(land, LEAD, "HL", item, shopper, {"product_id": item.slug})


def order(land: Land, ref: str) -> Order:
    found = land.store.row("select event from orders where order_ref = ?", ref)
    if found is None:
        raise NotFound("There is no such order.")
    event = msgspec.json.decode(found["event"], type=Track)
    total = Decimal(str(event.properties.get("total", 0)))
    return Order(ref, event.event == SALE, Money(int(total.scaleb(2)), CURRENCY))


def report(land: Land, event: bytes) -> bool:
    """Post one event to the intake; whether it was taken."""
    response = land.http.post(
        land.store.setting("intake_url"),
        content=event,
        headers={"content-type": "application/json"},
        auth=httpx.BasicAuth(land.store.setting("write_key"), ""),
        timeout=TIMEOUT,
    )
    return response.is_success


def _record(
    land: Land,
    event: str,
    prefix: str,
    item: Product,
    shopper: Shopper,
    facts: dict[str, object],
) -> str:
    _check(shopper)
    with land.store.writing() as db:
        count = db.execute("select count(*) from orders").fetchone()[0]
        ref = f"{prefix}-{1001 + count}"
        track = _track(land, event, ref, item, shopper, facts)
        body = msgspec.json.encode(track)
        values = (ref, body.decode(), land.now())
        db.execute("insert into orders (order_ref, event, at) values (?, ?, ?)", values)
        if is_configured(land):
            db.execute(
                "insert into errands (kind, due_at, url, body) values ('order', ?, '', ?)",
                (land.now(), body),
            )
    return ref


def _track(
    land: Land, event: str, ref: str, item: Product, shopper: Shopper, facts: dict[str, object]
) -> Track:
    page = f"{land.home}/shop/{item.slug}" + (f"?{shopper.landing}" if shopper.landing else "")
    click_id = visit(shopper.landing).click_id
    traits = {"name": shopper.name, "email": shopper.email, "phone": shopper.phone}
    properties = {"order_id": ref, **facts}
    if click_id:
        properties[CLICK_PARAMETER] = click_id
    return Track(
        message_id=f"harbor-{ref}-{land.new_ref('', ref)[:8]}",
        event=event,
        timestamp=land.clock.now().isoformat(),
        properties=properties,
        context={
            "page": {"url": page},
            "traits": {name: value for name, value in traits.items() if value},
        },
        user_id=shopper.email,
        anonymous_id="" if shopper.email else land.new_ref("visitor-", ref)[:24],
    )


def _check(shopper: Shopper) -> None:
    if not shopper.name.strip():
        raise Malformed("Tell us your name.", field="name")
    for value in (shopper.name, shopper.email, shopper.phone):
        if len(value) > LONGEST_FIELD:
            raise Malformed(f"Keep each field under {LONGEST_FIELD} characters.")
    if shopper.email and "@" not in shopper.email[1:-1]:
        raise Malformed("That email address has no @ in it.", field="email")
    if len(shopper.landing) > LONGEST_LANDING:
        raise Malformed("The address of the landing page is too long.")
