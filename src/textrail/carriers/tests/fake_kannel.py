"""A small Kannel in this process: its sendsms answers, and what smsbox calls."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

import httpx

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
from textrail.carriers.kannel.account import Account, write_account
from textrail.carriers.kannel.client import KannelClient, receipt_address
from textrail.carriers.kannel.door import KannelDoor
from textrail.carriers.tests.adapter import HANDSET, OURS, PAUSE, Mishap, Taken

ACCOUNT = Account("http://kannel.test:13013", "textrail", "a-long-password")
BITS: Mapping[DeliveryStatus, int] = {
    "delivered": 1,
    "undelivered": 2,
    "accepted": 4,
    "sent": 8,
    "failed": 16,
}


@dataclass
class FakeKannel:
    """The smsbox of one Kannel, with the answers of version 1.4.5."""

    mishap: Mishap | None = None
    requests: list[httpx.Request] = field(default_factory=list)
    texts: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        shown = (request.headers["x-kannel-username"], request.headers["x-kannel-password"])
        if (request.method, request.url.path) != ("POST", "/cgi-bin/sendsms"):
            return httpx.Response(404, text="Unknown request.")
        if shown != (ACCOUNT.user, ACCOUNT.password):
            return httpx.Response(403, text="Authorization failed for sendsms")
        if "x-kannel-to" not in request.headers:
            return httpx.Response(400, text="Missing receiver(s) number(s), rejected")
        return self._take(request)

    def _take(self, request: httpx.Request) -> httpx.Response:
        mishap, self.mishap = self.mishap, None
        if mishap == "busy":
            pause = {"retry-after": str(PAUSE)}
            return httpx.Response(503, text="Temporal failure, try again later.", headers=pause)
        if mishap == "refused":
            denied = "Number(s) has/have been denied by white- and/or black-lists."
            return httpx.Response(403, text=denied)
        self.texts.append(request)
        if mishap == "broken":
            return httpx.Response(500, text="Internal server error")
        if mishap == "silent":
            raise httpx.ReadTimeout("silence", request=request)
        return httpx.Response(202, text="0: Accepted for delivery")


class KannelAdapter:
    """Kannel before the contract suite."""

    name = "kannel"
    webhooks_url = "https://go.example.com/in/kannel/token"
    finds: Literal["reference", "wording", "never"] = "never"
    offers_mms = False

    def __init__(self) -> None:
        self.fake = FakeKannel()
        http = httpx.Client(transport=httpx.MockTransport(self.fake))
        self.door: Door = KannelDoor()
        self.client: Client = KannelClient(http, frozenset({ACCOUNT.address}))
        self.desk: Desk | None = None
        self.reporter: Reporter | None = None
        self.credentials = Credentials("textrail@kannel.test:13013", write_account(ACCOUNT))

    def misbehave(self, mishap: Mishap) -> None:
        self.fake.mishap = mishap

    def taken(self) -> Sequence[Taken]:
        return [
            Taken(text.headers["x-kannel-from"], text.headers["x-kannel-to"], text.content.decode())
            for text in self.fake.texts
        ]

    def door_secret(self) -> str:
        return self.credentials.secret

    def text(self, body: str, *, media: Sequence[Media] = ()) -> Webhook:
        sender, recipient = HANDSET.removeprefix("+"), OURS.removeprefix("+")
        query = f"id=61e5b72e-9c30-40fc-91ab-a7b078ded92b&from={sender}&to={recipient}"
        return called("message", f"{self.webhooks_url}/message?{query}", body.encode())

    def receipt(self, message: Outgoing, carrier_ref: str, status: DeliveryStatus) -> Webhook:
        """As Kannel fills in the address that came with the text."""
        parts = urlsplit(receipt_address(message, ACCOUNT))
        reply = quote("id:1 stat:UNDELIV err:011", safe="") if status == "undelivered" else ""
        filled = parts.query.replace("%d", str(BITS[status])).replace("%A", reply)
        url = parts._replace(netloc=parts.netloc.partition("@")[2], query=filled).geturl()
        return called("status", url)

    def unreadable(self) -> Webhook:
        return called("message", f"{self.webhooks_url}/message?from=12125550123", b"Hello")

    def report(self, carrier_ref: str, status: DeliveryStatus) -> None:
        raise NotImplementedError

    def call(self, seconds: int | None) -> str:
        raise NotImplementedError


def called(what: str, url: str, body: bytes = b"") -> Webhook:
    """A request of smsbox, which shows what stands before the host of the address."""
    shown = base64.b64encode(f"{ACCOUNT.user}:{ACCOUNT.password}".encode()).decode()
    headers = {"authorization": f"Basic {shown}", "user-agent": "Kannel/1.4.5"}
    if what == "message":
        headers["content-type"] = 'text/plain; charset="UTF-8"'
    return Webhook(url, what, headers, body)
