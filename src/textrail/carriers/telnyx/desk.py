"""Telnyx's desk: numbers for sale, buying and giving back, and how the account is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx
import msgspec

from textrail.carriers.amounts import read_micros
from textrail.carriers.contract import (
    Credentials,
    Health,
    NumberOffer,
    NumberWanted,
    OwnedNumber,
)
from textrail.carriers.telnyx import setup
from textrail.carriers.telnyx.api import BASE_URL, TelnyxApi
from textrail.carriers.telnyx.keys import UNREADABLE
from textrail.vocabulary.errors import Permanent, Transient, Unknown

_NOT_LET_IN = {"10009", "10010", "401", "403", UNREADABLE}
_NO_NUMBERS = {"10031", "10005", "404"}
ORDER_PAUSE_SECONDS = 10.0


class _Named(msgspec.Struct, frozen=True):
    name: str | None = None


class _Cost(msgspec.Struct, frozen=True):
    monthly_cost: str | float | None = None
    currency: str | None = None


class _Region(msgspec.Struct, frozen=True):
    region_name: str | None = None
    region_type: str | None = None


class _Offer(msgspec.Struct, frozen=True):
    phone_number: str
    features: list[_Named] = []
    cost_information: _Cost | None = None
    region_information: list[_Region] = []


class _Order(msgspec.Struct, frozen=True):
    id: str
    status: str | None = None


class _Balance(msgspec.Struct, frozen=True):
    balance: str | None = None
    available_credit: str | None = None
    currency: str | None = None


class _Features(msgspec.Struct, frozen=True):
    sms: dict[str, object] | None = None
    mms: dict[str, object] | None = None


class _Texting(msgspec.Struct, frozen=True):
    phone_number: str
    messaging_profile_id: str | None = None
    features: _Features | None = None


class _Profile(msgspec.Struct, frozen=True):
    id: str
    webhook_url: str | None = None


@dataclass(frozen=True, slots=True)
class TelnyxDesk:
    """The Desk of carriers/contract.py."""

    http: httpx.Client
    base_url: str = BASE_URL

    def search(self, wanted: NumberWanted, credentials: Credentials) -> Sequence[NumberOffer]:
        api = self._api(credentials)
        try:
            found = list(
                api.rows("/available_phone_numbers", _Offer, dict(_asked(wanted)), most_pages=1)
            )
        except Permanent as failure:
            if failure.code in _NO_NUMBERS:
                return ()
            raise
        offers = (_offer(offer) for offer in found)
        return [offer for offer in offers if _fits(offer, wanted)][: wanted.limit]

    def buy(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        """Telnyx hands a number over a little after it was ordered. Until then this is Transient,
        and asking again finds the order instead of making another."""
        api = self._api(credentials)
        prepared = setup.prepare(api, webhooks_url)
        number = setup.find_number(api, phone)
        if number is None:
            self._order(api, phone, prepared)
            number = setup.find_number(api, phone)
        if number is None:
            raise Transient(
                f"Telnyx is still getting {phone} ready.",
                code="order_pending",
                retry_after_seconds=ORDER_PAUSE_SECONDS,
            )
        setup.point(api, number.id, prepared)

    def release(self, phone: str, credentials: Credentials) -> None:
        api = self._api(credentials)
        number = setup.find_number(api, phone)
        if number is not None:
            api.delete(f"/phone_numbers/{number.id}")

    def owned(self, credentials: Credentials) -> Sequence[OwnedNumber]:
        api = self._api(credentials)
        texting = {row.phone_number: row for row in api.rows("/phone_numbers/messaging", _Texting)}
        points = {
            row.id: row.webhook_url or "" for row in api.rows("/messaging_profiles", _Profile)
        }
        numbers = api.rows("/phone_numbers", setup.Number)
        return [_owned(number.phone_number, texting, points) for number in numbers]

    def check(self, credentials: Credentials) -> Health:
        try:
            balance = self._api(credentials).get("/balance", _Balance)
        except Permanent as failure:
            if failure.code in _NOT_LET_IN:
                return Health(
                    well=False,
                    sentence="Telnyx does not accept the API key.",
                    hint="Make a new one under Keys & Credentials at Telnyx, and connect again.",
                )
            raise
        return _health(balance)

    def _order(self, api: TelnyxApi, phone: str, prepared: setup.SetUp) -> None:
        """Order a number, but for one that an earlier call has ordered already."""
        ours = f"textrail {phone}"
        asked = {"filter[customer_reference]": ours, "filter[status]": "pending"}
        if any(api.rows("/number_orders", _Order, asked, most_pages=1)):
            return
        body = {
            "phone_numbers": [{"phone_number": phone}],
            "messaging_profile_id": prepared.messaging_profile_id,
            "connection_id": prepared.application_id,
            "customer_reference": ours,
        }
        order = api.post("/number_orders", body, _Order, unclear=Unknown)
        if order.status == "failure":
            raise Permanent(f"Telnyx could not deliver {phone}.", code="order_failed")

    def _api(self, credentials: Credentials) -> TelnyxApi:
        return TelnyxApi(self.http, credentials, self.base_url)


def _asked(wanted: NumberWanted) -> Iterator[tuple[str, str]]:
    yield "filter[country_code]", wanted.country
    yield "filter[best_effort]", "false"
    yield "filter[limit]", str(min(100, wanted.limit * 2))
    for feature in ("sms", "voice"):
        if getattr(wanted, feature):
            yield f"filter[features][{feature}]", feature
    if wanted.toll_free:
        yield "filter[phone_number_type]", "toll_free"
    elif wanted.in_north_america:
        yield "filter[phone_number_type]", "local"
    if wanted.starts:
        yield from _beginning(wanted)
    if wanted.contains:
        yield "filter[phone_number][contains]", wanted.contains
    if wanted.locality:
        yield "filter[locality]", wanted.locality


def _beginning(wanted: NumberWanted) -> Iterator[tuple[str, str]]:
    """The area code is a filter of its own, and what follows it begins the rest."""
    if not wanted.in_north_america:
        yield "filter[phone_number][starts_with]", wanted.starts
        return
    if len(wanted.starts) >= 3:
        yield "filter[national_destination_code]", wanted.starts[:3]
    if len(wanted.starts) > 3:
        yield "filter[phone_number][starts_with]", wanted.starts[3:]


def _fits(offer: NumberOffer, wanted: NumberWanted) -> bool:
    able = (offer.sms or not wanted.sms) and (offer.voice or not wanted.voice)
    return able and wanted.has_digits_of(offer.phone)


def _offer(offer: _Offer) -> NumberOffer:
    features = {feature.name for feature in offer.features}
    cost = offer.cost_information or _Cost()
    monthly = read_micros(cost.monthly_cost)
    return NumberOffer(
        phone=offer.phone_number,
        place=_place(offer.region_information),
        sms="sms" in features,
        mms="mms" in features,
        voice="voice" in features,
        monthly_micros=monthly,
        currency=(cost.currency or "").upper()[:3] if monthly is not None else "",
    )


def _place(regions: Sequence[_Region]) -> str:
    """Town and state, as far as Telnyx names them."""
    names = {region.region_type: (region.region_name or "").strip() for region in regions}
    town = names.get("location") or names.get("rate_center") or ""
    town = town.title() if town.isupper() else town
    return ", ".join(part for part in (town, names.get("state", "")) if part)


def _owned(phone: str, texting: dict[str, _Texting], points: dict[str, str]) -> OwnedNumber:
    row = texting.get(phone)
    features = (row.features if row else None) or _Features()
    return OwnedNumber(
        phone=phone,
        sms=features.sms is not None,
        mms=features.mms is not None,
        voice=True,
        points_at=points.get(row.messaging_profile_id or "", "") if row else "",
    )


def _health(balance: _Balance) -> Health:
    left, currency = read_micros(balance.balance), (balance.currency or "").upper()[:3]
    spendable = read_micros(balance.available_credit)
    spendable = left if spendable is None else spendable
    if spendable is not None and spendable <= 0:
        return Health(
            well=False,
            sentence="The balance at Telnyx is used up, so texts and calls stop.",
            hint="Add funds under Billing at portal.telnyx.com.",
            balance_micros=left,
            currency=currency,
        )
    return Health(well=True, sentence="Active.", balance_micros=left, currency=currency)
