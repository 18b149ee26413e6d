"""A small Twilio in this process: its API in its own shapes, and its signed webhooks.

Every request is held against Twilio's own description first.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlencode

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from textrail.carriers.contract import (
    Client,
    Credentials,
    DeliveryStatus,
    Desk,
    Door,
    Media,
    Outgoing,
    Reporter,
    Webhook,
)
from textrail.carriers.receipts import status_callback
from textrail.carriers.tests import described
from textrail.carriers.tests.adapter import HANDSET, OURS, PAUSE, Mishap, Taken
from textrail.carriers.twilio.client import TwilioClient
from textrail.carriers.twilio.desk import TwilioDesk
from textrail.carriers.twilio.door import TwilioDoor

ACCOUNT = Credentials("AC" + "0" * 32, "the-auth-token")
FOR_SALE = ("+14155550131", "+14155550132", "+16465550133", "+18885550134")
NEEDS_ADDRESS = "+14155550139"
FORM = "application/x-www-form-urlencoded"
_FINAL = {"delivered", "undelivered", "failed"}

Fields = dict[str, list[str]]


@dataclass
class FakeTwilio:
    """Twilio with one account. `status` and `balance` are how the account is."""

    status: str = "active"
    balance: str = "12.34"
    kind: str = "Full"
    mishap: Mishap | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hold(OURS, {})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        described.check(request)
        self.requests.append(request)
        if not self._is_let_in(request):
            return _problem(401, 20003, "Authenticate")
        parts = request.url.path.removeprefix("/2010-04-01/Accounts/").split("/")
        fields = parse_qs(request.content.decode(), keep_blank_values=True)
        rooms: Mapping[str, Callable[[httpx.Request, Sequence[str], Fields], httpx.Response]] = {
            "Messages.json": self._message_list,
            "Messages": self._message,
            "Calls": self._call,
            "IncomingPhoneNumbers.json": self._number_list,
            "IncomingPhoneNumbers": self._number,
            "AvailablePhoneNumbers": self._offers,
        }
        if len(parts) == 1:
            return httpx.Response(
                200,
                json={"sid": ACCOUNT.account_ref, "status": self.status}
                | {"type": self.kind, "friendly_name": "Harbor"},
            )
        if parts[1] == "Balance.json":
            return httpx.Response(200, json={"balance": self.balance, "currency": "USD"})
        return rooms[parts[1]](request, parts[2:], fields)

    def _is_let_in(self, request: httpx.Request) -> bool:
        known = f"{ACCOUNT.account_ref}:{ACCOUNT.secret}".encode()
        proof = f"Basic {base64.b64encode(known).decode()}"
        return bool(request.headers.get("authorization") == proof)

    def _message_list(
        self, request: httpx.Request, rest: Sequence[str], fields: Fields
    ) -> httpx.Response:
        if request.method == "GET":
            asked = request.url.params
            found = [
                message
                for message in reversed(self.messages)
                if message["to"] == asked["To"] and message["from"] == asked["From"]
            ]
            return httpx.Response(200, json={"messages": found, "next_page_uri": None})
        mishap, self.mishap = self.mishap, None
        if mishap == "busy":
            answer = _problem(429, 20429, "Too Many Requests")
            answer.headers["retry-after"] = str(PAUSE)
            return answer
        if mishap == "refused":
            return _problem(400, 21211, "Invalid 'To' Phone Number")
        message = self._take(fields)
        if mishap == "broken":
            return _problem(500, 20500, "Internal Server Error")
        if mishap == "silent":
            raise httpx.ReadTimeout("silence", request=request)
        return httpx.Response(201, json=message)

    def _take(self, fields: Fields) -> dict[str, Any]:
        media = fields.get("MediaUrl", [])
        message = {
            "sid": f"{'MM' if media else 'SM'}{len(self.messages):032x}",
            "account_sid": ACCOUNT.account_ref,
            "status": "queued",
            "error_code": None,
            "body": fields.get("Body", [""])[0],
            "from": fields["From"][0],
            "to": fields["To"][0],
            "direction": "outbound-api",
            "num_segments": "1",
            "num_media": str(len(media)),
            "price": None,
            "price_unit": "USD",
            "date_created": format_datetime(datetime(2026, 3, 2, 15, 0, 1, tzinfo=UTC)),
            "media": media,
        }
        self.messages.append(message)
        return message

    def _message(
        self, request: httpx.Request, rest: Sequence[str], fields: Fields
    ) -> httpx.Response:
        sid = rest[0].removesuffix(".json")
        found = next((message for message in self.messages if message["sid"] == sid), None)
        return httpx.Response(200, json=found) if found else _problem(404, 20404, "Not found")

    def _call(self, request: httpx.Request, rest: Sequence[str], fields: Fields) -> httpx.Response:
        found = self.calls.get(rest[0].removesuffix(".json"))
        return httpx.Response(200, json=found) if found else _problem(404, 20404, "Not found")

    def _number_list(
        self, request: httpx.Request, rest: Sequence[str], fields: Fields
    ) -> httpx.Response:
        if request.method == "GET":
            asked = request.url.params.get("PhoneNumber", "")
            found = [row for phone, row in self.numbers.items() if asked in phone]
            content = {"incoming_phone_numbers": found, "next_page_uri": None}
            return httpx.Response(200, json=content)
        phone = fields["PhoneNumber"][0]
        if phone == NEEDS_ADDRESS:
            return _problem(400, 21631, "Phone Number Requires an Address")
        if phone not in FOR_SALE or phone in self.numbers:
            return _problem(400, 21422, "PhoneNumber is not available")
        return httpx.Response(201, json=self._hold(phone, fields))

    def _number(
        self, request: httpx.Request, rest: Sequence[str], fields: Fields
    ) -> httpx.Response:
        sid = rest[0].removesuffix(".json")
        phone = next((key for key, row in self.numbers.items() if row["sid"] == sid), None)
        if phone is None:
            return _problem(404, 20404, "Not found")
        if request.method == "DELETE":
            del self.numbers[phone]
            return httpx.Response(204)
        return httpx.Response(200, json=self._hold(phone, fields))

    def _hold(self, phone: str, fields: Fields) -> dict[str, Any]:
        row = self.numbers.setdefault(
            phone,
            {
                "sid": f"PN{phone[1:]:0>32}",
                "phone_number": phone,
                "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
                "sms_url": "",
                "voice_url": "",
            },
        )
        row["sms_url"] = fields.get("SmsUrl", [row["sms_url"]])[0]
        row["voice_url"] = fields.get("VoiceUrl", [row["voice_url"]])[0]
        return row

    def _offers(
        self, request: httpx.Request, rest: Sequence[str], fields: Fields
    ) -> httpx.Response:
        country, kind = rest[0], rest[1].removesuffix(".json")
        if country != "US" or kind not in {"Local", "TollFree"}:
            return _problem(404, 20404, "Not found")
        asked = request.url.params
        free = [
            phone
            for phone in (*FOR_SALE, NEEDS_ADDRESS)
            if phone not in self.numbers
            and phone.startswith("+1888") == (kind == "TollFree")
            and phone[2:].startswith(asked.get("AreaCode", ""))
            and asked.get("Contains", "").replace("*", "") in phone
        ]
        return httpx.Response(
            200,
            json={
                "available_phone_numbers": [
                    {
                        "friendly_name": phone,
                        "phone_number": phone,
                        "locality": "San Francisco" if phone[2:5] == "415" else None,
                        "region": "CA" if phone[2:5] == "415" else None,
                        "iso_country": "US",
                        "capabilities": {"voice": True, "SMS": True, "MMS": True},
                    }
                    for phone in free
                ]
            },
        )


def _problem(status: int, code: int, message: str) -> httpx.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    content = {"code": code, "message": message, "more_info": more, "status": status}
    return httpx.Response(status, json=content)


class TwilioAdapter:
    """Twilio before the contract suite; webhooks are signed by the official package."""

    name = "twilio"
    credentials = ACCOUNT
    webhooks_url = "https://go.example.com/in/twilio/token"
    finds: Literal["reference", "wording", "never"] = "wording"
    offers_mms = True

    def __init__(self) -> None:
        self.fake = FakeTwilio()
        http = httpx.Client(transport=httpx.MockTransport(self.fake))
        self.door: Door = TwilioDoor()
        self.client: Client = TwilioClient(http)
        self.desk: Desk | None = TwilioDesk(http)
        self.reporter: Reporter | None = TwilioClient(http)

    def misbehave(self, mishap: Mishap) -> None:
        self.fake.mishap = mishap

    def taken(self) -> Sequence[Taken]:
        return [
            Taken(message["from"], message["to"], message["body"], tuple(message["media"]))
            for message in self.fake.messages
        ]

    def door_secret(self) -> str:
        return ACCOUNT.secret

    def text(self, body: str, *, media: Sequence[Media] = ()) -> Webhook:
        pictures = {f"MediaUrl{n}": picture.url for n, picture in enumerate(media)}
        kinds = {f"MediaContentType{n}": each.content_type for n, each in enumerate(media)}
        fields = {"MessageSid": "SM" + "a" * 32, "From": HANDSET, "To": OURS, "Body": body}
        count = {"NumMedia": str(len(media))}
        return signed("message", f"{self.webhooks_url}/message", fields | count | pictures | kinds)

    def receipt(self, message: Outgoing, carrier_ref: str, status: DeliveryStatus) -> Webhook:
        fields = {"MessageSid": carrier_ref, "MessageStatus": status, "To": message.recipient}
        if status in {"undelivered", "failed"}:
            fields["ErrorCode"] = "30003"
        return signed("status", status_callback(message), fields)

    def unreadable(self) -> Webhook:
        return signed("message", f"{self.webhooks_url}/message", {"From": HANDSET})

    def report(self, carrier_ref: str, status: DeliveryStatus) -> None:
        for message in self.fake.messages:
            if message["sid"] == carrier_ref:
                message["status"] = status
                message["price"] = "-0.00790" if status in _FINAL else None

    def call(self, seconds: int | None) -> str:
        sid = f"CA{len(self.fake.calls):032x}"
        self.fake.calls[sid] = {
            "sid": sid,
            "status": "in-progress" if seconds is None else "completed",
            "duration": None if seconds is None else str(seconds),
        }
        return sid


def signed(what: str, url: str, fields: Mapping[str, str]) -> Webhook:
    """A form of Twilio's, signed by the official package."""
    body = urlencode(fields).encode()
    given = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = RequestValidator(ACCOUNT.secret).compute_signature(url, given)
    headers = {"content-type": FORM, "x-twilio-signature": signature}
    return Webhook(url, what, headers, body)
