"""The simulated carrier's desk and reports as tasks call them: numbers, and how texts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from textrail.carriers.calling import TIMEOUT, calling, read_answer
from textrail.carriers.contract import (
    CallStanding,
    Credentials,
    DeliveryReport,
    Health,
    NumberOffer,
    NumberWanted,
    OwnedNumber,
)
from textrail.carriers.simulator import payloads
from textrail.carriers.simulator.client import CARRIER, failure
from textrail.vocabulary.errors import CarryFailure, Transient, Unknown

Content = TypeVar("Content")


class _Offers(msgspec.Struct, frozen=True):
    offers: list[NumberOffer]


class _Number(msgspec.Struct, frozen=True):
    phone: str
    webhooks_url: str


class _Account(msgspec.Struct, frozen=True):
    numbers: list[_Number]
    balance_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class SimulatorDesk:
    """The Desk and the Reporter of carriers/contract.py."""

    http: httpx.Client
    base_url: str

    def search(self, wanted: NumberWanted, credentials: Credentials) -> Sequence[NumberOffer]:
        asked = {
            "country": wanted.country,
            "starts": wanted.starts,
            "contains": wanted.contains,
            "locality": wanted.locality,
            "toll_free": "true" if wanted.toll_free else "",
            "limit": str(wanted.limit),
        }
        return self._get("/api/offers", credentials, _Offers, asked).offers

    def buy(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        body = {"phone": phone, "webhooks_url": webhooks_url}
        self._send("POST", "/api/orders", credentials, unclear=Unknown, body=body)

    def release(self, phone: str, credentials: Credentials) -> None:
        self._send("DELETE", f"/api/numbers/{quote(phone, safe='')}", credentials)

    def owned(self, credentials: Credentials) -> Sequence[OwnedNumber]:
        account = self._get("/api/account", credentials, _Account)
        return [
            OwnedNumber(number.phone, points_at=number.webhooks_url) for number in account.numbers
        ]

    def check(self, credentials: Credentials) -> Health:
        try:
            account = self._get("/api/account", credentials, _Account)
        except CarryFailure as failure:
            if failure.code != "unauthorized":
                raise
            return Health(
                well=False,
                sentence="The simulated carrier does not accept the account and its secret.",
                hint="Start it again with an empty data folder, or connect another account.",
            )
        return Health(
            well=True,
            sentence="Active. Nothing costs anything here.",
            balance_micros=account.balance_micros,
            currency=account.currency,
        )

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        path = f"/api/messages/{quote(carrier_ref, safe='')}"
        receipt = self._known(path, payloads.Receipt, credentials)
        if receipt is None:
            return None
        return DeliveryReport(
            carrier_ref=receipt.id,
            reference=receipt.reference,
            status=receipt.status,
            error_code=receipt.error_code,
            error=receipt.error,
            segments=receipt.segments,
            price_micros=receipt.price_micros,
            currency=receipt.currency,
        )

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        path = f"/api/calls/{quote(carrier_ref, safe='')}"
        return self._known(path, CallStanding, credentials)

    def _known(self, path: str, kind: type[Content], credentials: Credentials) -> Content | None:
        """What is there, or None."""
        try:
            return self._get(path, credentials, kind)
        except CarryFailure as failure:
            if failure.code == "not_found":
                return None
            raise

    def _get(
        self,
        path: str,
        credentials: Credentials,
        kind: type[Content],
        query: Mapping[str, str] | None = None,
    ) -> Content:
        content = self._send("GET", path, credentials, query=query)
        return read_answer(content, kind, carrier=CARRIER, unclear=Transient)

    def _send(
        self,
        method: str,
        path: str,
        credentials: Credentials,
        *,
        unclear: type[CarryFailure] = Transient,
        body: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        with calling(CARRIER, repeatable=unclear is Transient):
            response = self.http.request(
                method,
                f"{self.base_url}{path}",
                json=body,
                params={name: value for name, value in (query or {}).items() if value},
                auth=httpx.BasicAuth(credentials.account_ref, credentials.secret),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise failure(response, otherwise=unclear)
        return response.content
