"""Telnyx as the one mouth needs it: hand over, find, look up, connect, fetch media."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

import httpx
import msgspec

from textrail.carriers import media
from textrail.carriers.amounts import read_micros
from textrail.carriers.contract import (
    CallStanding,
    Credentials,
    DeliveryReport,
    HandedOver,
    Outgoing,
)
from textrail.carriers.receipts import status_callback
from textrail.carriers.telnyx import payloads, setup
from textrail.carriers.telnyx.api import BASE_URL, TelnyxApi
from textrail.vocabulary.errors import Malformed, Permanent, Transient, Unknown

MOST_PAGES = 3


class _Record(msgspec.Struct, frozen=True):
    """A text in the list of what was billed. It keeps the address that its receipts go to."""

    uuid: str | None = None
    delivery_status_webhook_url: str | None = None
    parts: int | None = None
    cost: str | float | None = None
    currency: str | None = None


class _Call(msgspec.Struct, frozen=True):
    is_alive: bool
    call_duration: int | None = None


@dataclass(frozen=True, slots=True)
class TelnyxClient:
    """The Client and the Reporter of carriers/contract.py. `look_up_host` resolves the hosts that
    media lies on."""

    http: httpx.Client
    base_url: str = BASE_URL
    look_up_host: media.Resolve = media.resolve
    can_find: ClassVar[bool] = True

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        """Under a key made of our reference: Telnyx takes a text once a day under the same one."""
        body: dict[str, object] = {"from": message.sender, "to": message.recipient}
        if message.body:
            body["text"] = message.body
        if message.media_urls:
            body["media_urls"] = list(message.media_urls)
        body["type"] = "MMS" if message.media_urls else "SMS"
        body["webhook_url"] = status_callback(message)
        sent = self._api(credentials).post(
            "/messages", body, payloads.Message, unclear=Unknown, once=_once(message)
        )
        return payloads.handed_over(sent)

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        """The text whose receipts go to our address with our reference.

        Telnyx lists a text some time after it took it, so None is not certain for itself; but the
        same text handed over again has the same key, and Telnyx answers what it answered first.
        """
        asked = {
            "filter[record_type]": "messaging",
            "filter[date_range]": "last_3_days",
            "filter[cld]": message.recipient,
            "sort": "-created_at",
        }
        address = status_callback(message)
        try:
            listed = self._api(credentials).rows(
                "/detail_records", _Record, asked, most_pages=MOST_PAGES
            )
            for record in listed:
                if record.uuid and record.delivery_status_webhook_url == address:
                    return _billed(record.uuid, record)
        except Permanent as failure:
            raise Transient(failure.sentence, code=failure.code) from failure
        return None

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        """What Telnyx says of a text now; None for one that it does not know or that came in."""
        path = f"/messages/{quote(carrier_ref, safe='')}"
        found = self._api(credentials).find(path, payloads.Message)
        if found is None or found.direction == "inbound":
            return None
        try:
            return payloads.report(found)
        except Malformed:
            return None

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        """Whether a call goes on. Telnyx forgets it ten minutes after its end, and picks every call
        up before it asks us what to do with it."""
        path = f"/calls/{quote(carrier_ref, safe='')}"
        found = self._api(credentials).find(path, _Call)
        if found is None:
            return None
        return CallStanding("ringing" if found.is_alive else "answered", found.call_duration or 0)

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        api = self._api(credentials)
        number = setup.our_number(api, phone)
        setup.point(api, number.id, setup.prepare(api, webhooks_url))

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        """Pictures and recordings lie at open addresses that nobody can guess."""
        return media.fetch(self.http, url, limit=limit, look_up=self.look_up_host)

    def _api(self, credentials: Credentials) -> TelnyxApi:
        return TelnyxApi(self.http, credentials, self.base_url)


def _once(message: Outgoing) -> str:
    """Telnyx takes letters and digits for a key, and our reference may be anything."""
    return hashlib.sha256(message.reference.encode()).hexdigest()


def _billed(uuid: str, record: _Record) -> HandedOver:
    price_micros = read_micros(record.cost)
    return HandedOver(
        carrier_ref=uuid,
        segments=record.parts or None,
        price_micros=price_micros,
        currency=(record.currency or "").upper()[:3] if price_micros is not None else "",
    )
