"""Twilio as the one mouth needs it: hand over, find, look up, connect, fetch media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, TypeVar
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
from textrail.carriers.twilio import numbers, words
from textrail.carriers.twilio.api import BASE_URL, TwilioApi
from textrail.vocabulary.errors import Permanent, Unknown

Content = TypeVar("Content")

PAGE_SIZE = 100
MOST_PAGES = 5


class _Message(msgspec.Struct, frozen=True):
    sid: str
    status: str | None = None
    error_code: int | None = None
    body: str | None = None
    direction: str | None = None
    num_segments: str | None = None
    num_media: str | None = None
    price: str | None = None
    price_unit: str | None = None
    date_created: str | None = None


class _Call(msgspec.Struct, frozen=True):
    status: str | None = None
    duration: str | None = None


class _Messages(msgspec.Struct, frozen=True):
    messages: list[_Message]
    next_page_uri: str | None = None


@dataclass(frozen=True, slots=True)
class TwilioClient:
    """The Client and the Reporter of carriers/contract.py. `look_up_host` resolves the hosts that
    media redirects to."""

    http: httpx.Client
    base_url: str = BASE_URL
    look_up_host: media.Resolve = media.resolve
    can_find: ClassVar[bool] = True

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        fields = {
            "To": message.recipient,
            "From": message.sender,
            "Body": message.body,
            "StatusCallback": status_callback(message),
            "MediaUrl": list(message.media_urls),
        }
        answer = self._api(credentials).post("/Messages.json", fields, unclear=Unknown)
        try:
            return _handed_over(msgspec.json.decode(answer, type=_Message))
        except msgspec.DecodeError as error:
            raise Unknown("Twilio took the text but its answer cannot be read.") from error

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        """The newest text to the recipient since `since` with the same words and pictures.

        Twilio keeps no reference of ours, so two equal texts to one person cannot be told apart
        here; their receipts can, since those carry `ref`. None says that no such text was found
        among the newest 500 between the two numbers. `DateSent` is not asked for: it is empty
        while a text is queued, which is when we ask.
        """
        for candidate in self._sent(message, credentials):
            if _created(candidate) < since.replace(microsecond=0):
                return None
            if _is_same(candidate, message):
                return _handed_over(candidate)
        return None

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        """What Twilio says of a text now. One that it does not know, or that was inbound, is
        None."""
        found = self._known(f"/Messages/{quote(carrier_ref, safe='')}.json", _Message, credentials)
        if found is None:
            return None
        status = words.statuses().messages.get((found.status or "").lower())
        if status is None:
            return None
        code = str(found.error_code or "")
        handed = _handed_over(found)
        return DeliveryReport(
            carrier_ref=found.sid,
            reference="",
            status=status,
            error_code=code,
            error=words.error_sentence(code),
            segments=handed.segments,
            price_micros=handed.price_micros,
            currency=handed.currency,
        )

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        """What Twilio says of a call now: it keeps calls for over a year."""
        found = self._known(f"/Calls/{quote(carrier_ref, safe='')}.json", _Call, credentials)
        if found is None:
            return None
        outcome = words.statuses().calls.get((found.status or "").lower(), "ringing")
        seconds = found.duration or ""
        return CallStanding(outcome, int(seconds) if seconds.isdecimal() else 0)

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        api = self._api(credentials)
        sid = numbers.find_sid(api, phone)
        if sid is None:
            raise Permanent(f"The Twilio account does not have {phone}.", code="number_not_ours")
        numbers.point(api, sid, webhooks_url)

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        return media.fetch(
            self.http,
            url,
            limit=limit,
            home=self.base_url,
            auth=(credentials.account_ref, credentials.secret),
            look_up=self.look_up_host,
        )

    def _sent(self, message: Outgoing, credentials: Credentials) -> Iterator[_Message]:
        asked = {"To": message.recipient, "From": message.sender, "PageSize": str(PAGE_SIZE)}
        api = self._api(credentials)
        for page in api.pages("/Messages.json", _Messages, asked, most=MOST_PAGES):
            yield from page.messages

    def _known(self, path: str, kind: type[Content], credentials: Credentials) -> Content | None:
        """What is there, or None."""
        try:
            return self._api(credentials).get(path, kind)
        except Permanent as failure:
            if failure.code in {"20404", "404"}:
                return None
            raise

    def _api(self, credentials: Credentials) -> TwilioApi:
        return TwilioApi(self.http, credentials, self.base_url)


def _handed_over(message: _Message) -> HandedOver:
    count = message.num_segments or ""
    segments = int(count) if count.isdecimal() else 0
    price = read_micros(message.price)  # negative, or nothing before Twilio knows
    return HandedOver(
        carrier_ref=message.sid,
        segments=segments or None,
        price_micros=None if price is None else abs(price),
        currency=(message.price_unit or "").upper() if message.price else "",
    )


def _is_same(candidate: _Message, message: Outgoing) -> bool:
    return (
        (candidate.direction or "").startswith("outbound")
        and (candidate.body or "").strip() == message.body.strip()
        and (candidate.num_media or "0") == str(len(message.media_urls))
    )


def _created(message: _Message) -> datetime:
    try:
        moment = parsedate_to_datetime(message.date_created or "")
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
