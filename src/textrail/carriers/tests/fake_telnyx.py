"""A small Telnyx in this process: its API in the shapes of its documentation, and its signed
webhooks. A field that Telnyx does not describe is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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
from textrail.carriers.telnyx.client import TelnyxClient
from textrail.carriers.telnyx.desk import TelnyxDesk
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.telnyx.keys import Keys, write_keys
from textrail.carriers.tests.adapter import HANDSET, OURS, PAUSE, Mishap, Taken

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"textrail's key for the tests 32b")
PUBLIC_KEY = base64.b64encode(
    PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()
KEYS = Keys("KEY0123456789ABCDEF0123456789ABCDEF_abcdefghijklmnop", PUBLIC_KEY)
SIGNED_AT = 1_772_463_600
FOR_SALE = ("+14155550131", "+14155550132", "+16465550133", "+18885550134")
STATUSES: Mapping[DeliveryStatus, str] = {
    "accepted": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "delivery_failed",
    "failed": "sending_failed",
}
# What each POST and PATCH may carry; from the types of the official package.
FIELDS: Mapping[str, set[str]] = {
    "messages": {"from", "to", "text", "media_urls", "type", "webhook_url"},
    "messaging_profiles": {
        "name",
        "enabled",
        "whitelisted_destinations",
        "webhook_url",
        "webhook_api_version",
    },
    "texml_applications": {
        "friendly_name",
        "active",
        "voice_url",
        "voice_method",
        "status_callback",
        "status_callback_method",
        "outbound",
    },
    "outbound_voice_profiles": {"name"},
    "number_orders": {
        "phone_numbers",
        "messaging_profile_id",
        "connection_id",
        "customer_reference",
    },
    "phone_numbers": {"messaging_profile_id", "connection_id"},
}

Row = dict[str, Any]
Answer = Callable[[httpx.Request, list[str], Row], httpx.Response]


@dataclass
class FakeTelnyx:
    """Telnyx with one account. An order is delivered at once, or when `slow` by `deliver`."""

    balance: str = "12.34"
    slow: bool = False
    mishap: Mishap | None = None
    messages: list[Row] = field(default_factory=list)
    calls: dict[str, Row] = field(default_factory=dict)
    kept: dict[str, list[Row]] = field(default_factory=dict)
    repeated: dict[str, Row] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        for kind in ("messaging_profiles", "texml_applications", "outbound_voice_profiles"):
            self.kept[kind] = []
        self.kept["phone_numbers"] = [{"id": "1", "phone_number": OURS}]
        self.kept["number_orders"] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.headers.get("authorization") != f"Bearer {KEYS.api_key}":
            return problem(401, "10009", "Authentication failed")
        assert request.url.path.startswith("/v2/")
        first, *rest = request.url.path.removeprefix("/v2/").split("/")
        body: Row = json.loads(request.content) if request.content else {}
        assert set(body) <= FIELDS.get(first, set()), (first, body)
        answers: Mapping[str, Answer] = {
            "messages": self._message,
            "calls": self._call,
            "detail_records": self._records,
            "available_phone_numbers": self._offers,
            "balance": self._balance,
            "number_orders": self._orders,
            "phone_numbers": self._numbers,
        }
        return answers.get(first, self._things(first))(request, rest, body)

    def _message(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        if request.method == "GET":
            found = [message for message in self.messages if message["id"] == rest[0]]
            return data(found[0]) if found else problem(404, "10005", "Resource not found")
        mishap, self.mishap = self.mishap, None
        if mishap == "busy":
            answer = problem(429, "10011", "Too many requests")
            answer.headers["retry-after"] = str(PAUSE)
            return answer
        if mishap == "refused":
            return problem(400, "40310", "Invalid 'to' address")
        key = request.headers["idempotency-key"]
        if key in self.repeated:
            assert self.repeated[key]["sent"] == request.content
            return data(self.repeated[key]["message"])
        message = self._take(body)
        if mishap == "broken":
            return problem(500, "10007", "Unexpected error")
        self.repeated[key] = {"sent": request.content, "message": message}
        if mishap == "silent":
            raise httpx.ReadTimeout("silence", request=request)
        return data(message)

    def _call(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        found = self.calls.get(rest[0])
        return data(found) if found else problem(404, "10005", "Resource not found")

    def _take(self, body: Row) -> Row:
        media = [{"url": url, "content_type": None} for url in body.get("media_urls", [])]
        message = {
            "record_type": "message",
            "direction": "outbound",
            "id": f"40385f64-5717-4562-b3fc-{len(self.messages):012x}",
            "type": body["type"],
            "from": {"phone_number": body["from"], "carrier": "TELNYX LLC", "line_type": "VoIP"},
            "to": [{"phone_number": body["to"], "status": "queued", "carrier": "T-MOBILE USA"}],
            "text": body.get("text"),
            "media": media,
            "webhook_url": body["webhook_url"],
            "parts": 1,
            "cost": None,
            "errors": [],
        }
        self.messages.append(message)
        return message

    def _records(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        asked = request.url.params
        assert asked["filter[record_type]"] == "messaging"
        records = [
            {
                "record_type": "message_detail_record",
                "uuid": message["id"],
                "cld": message["to"][0]["phone_number"],
                "parts": 1,
                "cost": "0.004",
                "currency": "USD",
                "delivery_status_webhook_url": message["webhook_url"],
            }
            for message in reversed(self.messages)
        ]
        return listed([record for record in records if record["cld"] == asked["filter[cld]"]])

    def _offers(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        asked = request.url.params
        if asked["filter[country_code]"] not in {"US", "CA"}:
            return problem(400, "10031", "No numbers found")
        owned = {row["phone_number"] for row in self.kept["phone_numbers"]}
        wants_free = asked.get("filter[phone_number_type]") == "toll_free"
        found = [
            phone
            for phone in FOR_SALE
            if phone not in owned
            and phone.startswith("+18") == wants_free
            and phone[2:].startswith(asked.get("filter[national_destination_code]", ""))
            and phone[5:].startswith(asked.get("filter[phone_number][starts_with]", ""))
            and asked.get("filter[phone_number][contains]", "") in phone
        ]
        return listed([offer(phone) for phone in found])

    def _balance(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        money = {"balance": self.balance, "available_credit": self.balance, "currency": "USD"}
        return data({"record_type": "balance", **money})

    def _orders(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        orders = self.kept["number_orders"]
        if request.method == "GET":
            asked = request.url.params
            return listed(
                [
                    order
                    for order in orders
                    if order["customer_reference"] == asked["filter[customer_reference]"]
                    and order["status"] == asked["filter[status]"]
                ]
            )
        phone = body["phone_numbers"][0]["phone_number"]
        if phone not in FOR_SALE:
            return problem(400, "10027", f"{phone} is not available for purchase.")
        order = {**body, "id": f"order-{len(orders)}", "status": "pending"}
        orders.append(order)
        if not self.slow:
            self.deliver()
        return data(order)

    def deliver(self) -> None:
        """Hand over what was ordered."""
        for order in self.kept["number_orders"]:
            if order["status"] == "pending":
                order["status"] = "success"
                phone = order["phone_numbers"][0]["phone_number"]
                row = {"id": phone[1:], "phone_number": phone}
                self.kept["phone_numbers"].append(row | {"connection_id": order["connection_id"]})

    def _numbers(self, request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
        rows = self.kept["phone_numbers"]
        if rest == ["messaging"]:
            sms = {"sms": {"domestic_two_way": True}, "mms": {"domestic_two_way": True}}
            return listed([{**row, "features": sms} for row in rows])
        if not rest:
            asked = request.url.params.get("filter[phone_number]", "")
            return listed([row for row in rows if asked in row["phone_number"]])
        found = [row for row in rows if row["id"] == rest[0]]
        if not found:
            return problem(404, "10005", "Resource not found")
        if request.method == "DELETE":
            rows.remove(found[0])
        found[0].update(body)
        return data(found[0])

    def _things(self, kind: str) -> Answer:
        """What is made once and found by its name."""

        def answer(request: httpx.Request, rest: list[str], body: Row) -> httpx.Response:
            rows = self.kept[kind]
            if request.method == "GET":
                return listed(rows)
            if request.method == "POST":
                rows.append({**body, "id": f"{kind}-{len(rows)}"})
                return data(rows[-1])
            (found,) = [row for row in rows if row["id"] == rest[0]]
            found.update(body)
            return data(found)

        return answer


def offer(phone: str) -> Row:
    return {
        "record_type": "available_phone_number",
        "phone_number": phone,
        "best_effort": False,
        "features": [{"name": "sms"}, {"name": "mms"}, {"name": "voice"}],
        "cost_information": {"upfront_cost": "1.00", "monthly_cost": "1.00", "currency": "USD"},
        "region_information": [
            {"region_type": "country_code", "region_name": "US"},
            {"region_type": "state", "region_name": "CA"},
            {"region_type": "rate_center", "region_name": "SAN FRANCISCO"},
        ],
    }


def data(content: Row) -> httpx.Response:
    return httpx.Response(200, json={"data": content})


def listed(rows: Sequence[Row]) -> httpx.Response:
    meta = {"total_pages": 1, "total_results": len(rows), "page_number": 1, "page_size": 100}
    return httpx.Response(200, json={"data": list(rows), "meta": meta})


def problem(status: int, code: str, title: str) -> httpx.Response:
    return httpx.Response(
        status, json={"errors": [{"code": code, "title": title, "detail": title}]}
    )


class TelnyxAdapter:
    """Telnyx before the contract suite."""

    name = "telnyx"
    webhooks_url = "https://go.example.com/in/telnyx/token"
    finds: Literal["reference", "wording", "never"] = "reference"
    offers_mms = True

    def __init__(self) -> None:
        self.fake = FakeTelnyx()
        http = httpx.Client(transport=httpx.MockTransport(self.fake))
        self.door: Door = TelnyxDoor()
        self.client: Client = TelnyxClient(http)
        self.desk: Desk | None = TelnyxDesk(http)
        self.reporter: Reporter | None = TelnyxClient(http)
        self.credentials = Credentials(PUBLIC_KEY, write_keys(KEYS))

    def misbehave(self, mishap: Mishap) -> None:
        self.fake.mishap = mishap

    def taken(self) -> Sequence[Taken]:
        return [
            Taken(
                message["from"]["phone_number"],
                message["to"][0]["phone_number"],
                message["text"],
                tuple(each["url"] for each in message["media"]),
            )
            for message in self.fake.messages
        ]

    def door_secret(self) -> str:
        return self.credentials.secret

    def text(self, body: str, *, media: Sequence[Media] = ()) -> Webhook:
        payload = received(body)
        payload["media"] = [{"url": each.url, "content_type": each.content_type} for each in media]
        return event("message.received", payload, f"{self.webhooks_url}/message")

    def receipt(self, message: Outgoing, carrier_ref: str, status: DeliveryStatus) -> Webhook:
        """An accepted text has no event of its own; Telnyx says so when it is asked."""
        errors = [{"code": "40008", "title": "Undeliverable"}] if status == "undelivered" else []
        payload = {
            "direction": "outbound",
            "id": carrier_ref,
            "to": [{"phone_number": message.recipient, "status": STATUSES[status]}],
            "parts": 1,
            "cost": {"amount": "0.0051", "currency": "USD"},
            "errors": errors,
        }
        kind = "message.sent" if status == "sent" else "message.finalized"
        return event(kind, payload, status_callback(message))

    def unreadable(self) -> Webhook:
        return signed("message", f"{self.webhooks_url}/message", b'{"data": {"id": "1"}}')

    def report(self, carrier_ref: str, status: DeliveryStatus) -> None:
        for message in self.fake.messages:
            if message["id"] == carrier_ref:
                message["to"][0]["status"] = STATUSES[status]

    def call(self, seconds: int | None) -> str:
        name = f"v3:call-{len(self.fake.calls)}"
        lasted = {} if seconds is None else {"call_duration": seconds}
        self.fake.calls[name] = {"record_type": "call", "is_alive": seconds is None} | lasted
        return name


def received(text: str) -> Row:
    """The payload of a text that came in, as the documentation shows it."""
    return {
        "record_type": "message",
        "direction": "inbound",
        "id": "7ee4241c-f127-47e5-9c34-3aac291f8058",
        "type": "SMS",
        "messaging_profile_id": "0f512bda-ae1e-4597-8e11-e5f5686b97d3",
        "from": {"phone_number": HANDSET, "carrier": "T-MOBILE USA, INC.", "line_type": "Wireless"},
        "to": [{"phone_number": OURS, "carrier": "TELNYX LLC", "status": "webhook_delivered"}],
        "cc": [],
        "text": text,
        "media": [],
        "encoding": "GSM-7",
        "parts": 1,
        "autoresponse_type": None,
        "cost": {"amount": "0.0040", "currency": "USD"},
        "errors": [],
        "received_at": "2026-03-02T15:00:00.000+00:00",
        "webhook_url": None,
    }


def event(kind: str, payload: Row, url: str) -> Webhook:
    content = {
        "data": {
            "event_type": kind,
            "id": "bf6307bd-884d-4c1f-b6ea-c62b8c495d3c",
            "occurred_at": "2026-03-02T15:00:00.000+00:00",
            "payload": payload,
            "record_type": "event",
        },
        "meta": {"attempt": 1, "delivered_to": url},
    }
    what = url.partition("?")[0].rpartition("/")[2]
    return signed(what, url, json.dumps(content).encode())


def form(url: str, fields: Mapping[str, str]) -> Webhook:
    """A request of TeXML."""
    what = url.partition("?")[0].rpartition("/")[2]
    kind = "application/x-www-form-urlencoded"
    return signed(what, url, urlencode(fields).encode(), content_type=kind)


def signed(what: str, url: str, body: bytes, *, content_type: str = "application/json") -> Webhook:
    signature = PRIVATE.sign(f"{SIGNED_AT}|".encode() + body)
    headers = {
        "content-type": content_type,
        "telnyx-timestamp": str(SIGNED_AT),
        "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
    }
    return Webhook(url, what, headers, body, at_ms=SIGNED_AT * 1000)
