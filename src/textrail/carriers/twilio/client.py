"""Twilio's REST API as the one mouth needs it: hand over, find, connect, fetch media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from textrail.carriers import media
from textrail.carriers.calling import TIMEOUT, calling, pause_asked_for
from textrail.carriers.contract import Credentials, HandedOver, Outgoing
from textrail.carriers.twilio import words
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown

CARRIER = "Twilio"
PAGE_SIZE = 100
MOST_PAGES = 5
# 500, 502 and 504 can come after Twilio took the text, so only these two count as "not taken".
_NOT_TAKEN = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}

Content = TypeVar("Content")


class _Message(msgspec.Struct, frozen=True):
    sid: str
    body: str | None = None
    direction: str | None = None
    num_segments: str | None = None
    num_media: str | None = None
    price: str | None = None
    price_unit: str | None = None
    date_created: str | None = None


class _Messages(msgspec.Struct, frozen=True):
    messages: list[_Message]
    next_page_uri: str | None = None


class _Number(msgspec.Struct, frozen=True):
    sid: str
    phone_number: str


class _Numbers(msgspec.Struct, frozen=True):
    incoming_phone_numbers: list[_Number]


class _Problem(msgspec.Struct, frozen=True):
    code: int | None = None


@dataclass(frozen=True, slots=True)
class TwilioClient:
    """The Client of carriers/contract.py. `look_up` resolves the hosts that media redirects to."""

    http: httpx.Client
    base_url: str = "https://api.twilio.com"
    look_up: media.Resolve = media.resolve

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        fields = {
            "To": message.recipient,
            "From": message.sender,
            "Body": message.body,
            "StatusCallback": status_callback(message),
            "MediaUrl": list(message.media_urls),
        }
        with calling(CARRIER, repeatable=False):
            response = self.http.post(
                self._address(credentials, "Messages.json"),
                data={name: value for name, value in fields.items() if value},
                auth=_auth(credentials),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise _failure(response, otherwise=Unknown)
        try:
            return _handed_over(msgspec.json.decode(response.content, type=_Message))
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

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        numbers = self._address(credentials, "IncomingPhoneNumbers.json")
        listed = self._get(f"{numbers}?{urlencode({'PhoneNumber': phone})}", credentials, _Numbers)
        ours = [found for found in listed.incoming_phone_numbers if found.phone_number == phone]
        if not ours:
            raise Permanent(f"The Twilio account does not have {phone}.", code="number_not_ours")
        with calling(CARRIER, repeatable=True):
            response = self.http.post(
                self._address(credentials, f"IncomingPhoneNumbers/{ours[0].sid}.json"),
                data={
                    "SmsUrl": f"{webhooks_url}/message",
                    "SmsMethod": "POST",
                    "VoiceUrl": f"{webhooks_url}/call",
                    "VoiceMethod": "POST",
                    "StatusCallback": f"{webhooks_url}/call",
                    "StatusCallbackMethod": "POST",
                },
                auth=_auth(credentials),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise _failure(response, otherwise=Transient)

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        return media.fetch(
            self.http,
            url,
            limit=limit,
            home=self.base_url,
            auth=(credentials.account_ref, credentials.secret),
            look_up=self.look_up,
        )

    def _sent(self, message: Outgoing, credentials: Credentials) -> Iterator[_Message]:
        asked = {"To": message.recipient, "From": message.sender, "PageSize": PAGE_SIZE}
        url = self._address(credentials, "Messages.json") + "?" + urlencode(asked)
        for _ in range(MOST_PAGES):
            page = self._get(url, credentials, _Messages)
            yield from page.messages
            if not page.next_page_uri:
                return
            url = self.base_url + page.next_page_uri

    def _get(self, url: str, credentials: Credentials, kind: type[Content]) -> Content:
        with calling(CARRIER, repeatable=True):
            response = self.http.get(url, auth=_auth(credentials), timeout=TIMEOUT)
        if not response.is_success:
            raise _failure(response, otherwise=Transient)
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as error:
            raise Transient("Twilio answered with something that cannot be read.") from error

    def _address(self, credentials: Credentials, path: str) -> str:
        account = quote(credentials.account_ref, safe="")
        return f"{self.base_url}/2010-04-01/Accounts/{account}/{path}"


def status_callback(message: Outgoing) -> str:
    """The receipt address with our reference, which Twilio carries back in its query."""
    joint = "&" if "?" in message.status_url else "?"
    return f"{message.status_url}{joint}ref={quote(message.reference, safe='')}"


def _auth(credentials: Credentials) -> httpx.BasicAuth:
    return httpx.BasicAuth(credentials.account_ref, credentials.secret)


def _failure(response: httpx.Response, *, otherwise: type[CarryFailure]) -> CarryFailure:
    """What an unsuccessful answer means; `otherwise` is for what may have happened anyway."""
    code = _problem_code(response)
    known = words.errors().get(code)
    sentence = known.sentence if known else f"Twilio answered {response.status_code}."
    is_refusal = not response.is_server_error
    if response.status_code in _NOT_TAKEN or (is_refusal and known and known.kind == "transient"):
        return Transient(sentence, code=code, retry_after_seconds=pause_asked_for(response))
    return Permanent(sentence, code=code) if is_refusal else otherwise(sentence, code=code)


def _problem_code(response: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return str(response.status_code)
    return str(problem.code or response.status_code)


def _handed_over(message: _Message) -> HandedOver:
    count = message.num_segments or ""
    segments = int(count) if count.isdecimal() else 0
    return HandedOver(
        carrier_ref=message.sid,
        segments=segments or None,
        price_micros=_price_micros(message.price),
        currency=(message.price_unit or "").upper() if message.price else "",
    )


def _price_micros(price: str | None) -> int | None:
    """Twilio writes what it charges as a negative decimal, or nothing before it knows."""
    try:
        return int(abs(Decimal(price or "")) * 1_000_000)
    except (InvalidOperation, OverflowError):
        return None


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
