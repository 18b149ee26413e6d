"""Twilio's desk: numbers for sale, buying and giving back, and how the account is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

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
from textrail.carriers.twilio import numbers, words
from textrail.carriers.twilio.api import BASE_URL, TwilioApi
from textrail.vocabulary.errors import CarryFailure, Permanent, Unknown

_NOT_THERE = {"20404", "404"}
_NOT_LET_IN = {"20003", "401", "403"}


class _Offer(msgspec.Struct, frozen=True):
    phone_number: str
    locality: str | None = None
    region: str | None = None
    capabilities: numbers.Capabilities = numbers.Capabilities()


class _Offers(msgspec.Struct, frozen=True):
    available_phone_numbers: list[_Offer]


class _Account(msgspec.Struct, frozen=True):
    status: str
    type: str | None = None
    friendly_name: str | None = None


class _Balance(msgspec.Struct, frozen=True):
    balance: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TwilioDesk:
    """The Desk of carriers/contract.py."""

    http: httpx.Client
    base_url: str = BASE_URL

    def search(self, wanted: NumberWanted, credentials: Credentials) -> Sequence[NumberOffer]:
        """Local numbers, and mobile ones where a country has no local numbers that text.

        The price is Twilio's list price where we know it; Twilio does not send it along.
        """
        api = self._api(credentials)
        for kind in ("TollFree",) if wanted.toll_free else ("Local", "Mobile"):
            if offers := _offers(api, kind, wanted):
                return offers
        return ()

    def buy(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        api = self._api(credentials)
        sid = numbers.find_sid(api, phone)
        if sid is not None:
            numbers.point(api, sid, webhooks_url)
            return
        fields = {"PhoneNumber": phone, **numbers.webhook_fields(webhooks_url)}
        api.post(numbers.PATH, fields, unclear=Unknown)

    def release(self, phone: str, credentials: Credentials) -> None:
        api = self._api(credentials)
        sid = numbers.find_sid(api, phone)
        if sid is not None:
            api.delete(f"/IncomingPhoneNumbers/{sid}.json")

    def owned(self, credentials: Credentials) -> Sequence[OwnedNumber]:
        return [
            OwnedNumber(
                phone=number.phone_number,
                sms=number.capabilities.texts(),
                mms=number.capabilities.pictures(),
                voice=bool(number.capabilities.voice),
                points_at=number.sms_url or "",
            )
            for number in numbers.owned(self._api(credentials))
        ]

    def check(self, credentials: Credentials) -> Health:
        api = self._api(credentials)
        try:
            account = api.get(".json", _Account)
            balance = _balance(api)
        except Permanent as failure:
            if failure.code in _NOT_LET_IN | _NOT_THERE:
                return Health(
                    well=False,
                    sentence="Twilio does not accept the account SID and its auth token.",
                    hint="Copy both again from the first page of the Twilio console.",
                )
            raise
        return _health(account, balance)

    def _api(self, credentials: Credentials) -> TwilioApi:
        return TwilioApi(self.http, credentials, self.base_url)


def _offers(api: TwilioApi, kind: str, wanted: NumberWanted) -> list[NumberOffer]:
    path = f"/AvailablePhoneNumbers/{quote(wanted.country, safe='')}/{kind}.json"
    try:
        found = api.get(path, _Offers, dict(_asked(wanted)))
    except Permanent as failure:
        if failure.code in _NOT_THERE:
            return []
        raise
    micros = words.list_price_micros(wanted.country, kind)
    offers = (_offer(offer, micros) for offer in found.available_phone_numbers)
    return [offer for offer in offers if wanted.has_digits_of(offer.phone)][: wanted.limit]


def _asked(wanted: NumberWanted) -> Iterator[tuple[str, str]]:
    """Area codes and towns are known for North America only; elsewhere digits must do."""
    in_north_america = wanted.in_north_america
    if wanted.sms:
        yield "SmsEnabled", "true"
    if wanted.voice:
        yield "VoiceEnabled", "true"
    if in_north_america and len(wanted.starts) >= 3:
        yield "AreaCode", wanted.starts[:3]
    if digits := wanted.contains or _beyond_area(wanted):
        yield "Contains", digits
    if wanted.locality and in_north_america and not wanted.toll_free:
        yield "InLocality", wanted.locality
    yield "PageSize", str(min(100, wanted.limit * 2))


def _beyond_area(wanted: NumberWanted) -> str:
    """The wanted beginning as a pattern: `*` is any digit."""
    is_area = wanted.in_north_america and len(wanted.starts) <= 3
    if is_area or len(wanted.starts) < 2:
        return ""
    rest = 10 - len(wanted.starts) if wanted.in_north_america else 0
    return wanted.starts + "*" * rest


def _offer(offer: _Offer, monthly_micros: int | None) -> NumberOffer:
    return NumberOffer(
        phone=offer.phone_number,
        place=", ".join(part for part in (offer.locality, offer.region) if part),
        sms=offer.capabilities.texts(),
        mms=offer.capabilities.pictures(),
        voice=bool(offer.capabilities.voice),
        monthly_micros=monthly_micros,
        currency="USD" if monthly_micros is not None else "",
    )


def _balance(api: TwilioApi) -> _Balance:
    """What is left on the account. A subaccount has none of its own."""
    try:
        return api.get("/Balance.json", _Balance)
    except CarryFailure as failure:
        if isinstance(failure, Permanent) and failure.code not in _NOT_LET_IN:
            return _Balance()
        raise


def _health(account: _Account, balance: _Balance) -> Health:
    micros, currency = read_micros(balance.balance), (balance.currency or "").upper()[:3]
    if account.status != "active":
        return Health(
            well=False,
            sentence=f"Twilio says that this account is {account.status}.",
            hint="Open the Twilio console; it says why, and how to open the account again.",
            balance_micros=micros,
            currency=currency,
        )
    if micros is not None and micros <= 0:
        return Health(
            well=False,
            sentence="The balance at Twilio is used up, so texts and calls stop.",
            hint="Add funds under Billing in the Twilio console.",
            balance_micros=micros,
            currency=currency,
        )
    is_trial = account.type == "Trial"
    return Health(
        well=True,
        sentence="A trial account of Twilio, and active." if is_trial else "Active.",
        hint="It texts verified numbers only. Upgrade it in the Twilio console." * is_trial,
        balance_micros=micros,
        currency=currency,
    )
