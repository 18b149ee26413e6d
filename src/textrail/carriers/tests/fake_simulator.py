"""The simulated carrier before the contract suite: it is its own fake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import httpx
import msgspec

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
from textrail.carriers.simulator import handset, payloads
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.adapter import HANDSET, OURS, PAUSE, Mishap, Taken
from textrail.carriers.tests.world_transport import WorldTransport

HOME = "http://phone.test"
SENT_AT = "1772463600"


class Moody(httpx.BaseTransport):
    """The world's HTTP, with one mishap for the next text."""

    def __init__(self, world: World) -> None:
        self.world = WorldTransport(world)
        self.mishap: Mishap | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) != ("POST", "/api/messages"):
            return self.world.handle_request(request)
        mishap, self.mishap = self.mishap, None
        if mishap == "busy":
            error = {"code": "rate_limited", "message": "Too many texts at once."}
            headers = {"retry-after": str(PAUSE)}
            return httpx.Response(429, json={"error": error}, headers=headers)
        if mishap == "refused":
            body = msgspec.json.decode(request.read()) | {"recipient": "nobody"}
            request = httpx.Request("POST", request.url, json=body, headers=_proof(request))
        answer = self.world.handle_request(request)
        if mishap == "broken":
            return httpx.Response(500, json={"error": {"code": "broken", "message": "Broken."}})
        if mishap == "silent":
            raise httpx.ReadTimeout("silence", request=request)
        return answer


def _proof(request: httpx.Request) -> dict[str, str]:
    return {"authorization": request.headers["authorization"]}


class SimulatorAdapter:
    """The simulated carrier in one process."""

    name = "simulator"
    credentials = Credentials("SIM", "a-secret")
    webhooks_url = "http://links.test/in/simulator/token"
    finds: Literal["reference", "wording", "never"] = "reference"
    offers_mms = True

    def __init__(self, world: World) -> None:
        self.moody = Moody(world)
        self.world = world
        http = httpx.Client(transport=self.moody)
        self.door: Door = SimulatorDoor()
        self.client: Client = SimulatorClient(http, HOME)
        self.desk: Desk | None = SimulatorDesk(http, HOME)
        self.reporter: Reporter | None = SimulatorDesk(http, HOME)
        self.client.connect(OURS, self.webhooks_url, self.credentials)

    def misbehave(self, mishap: Mishap) -> None:
        self.moody.mishap = mishap

    def taken(self) -> Sequence[Taken]:
        rows = self.world.land.store.rows("select * from texts where to_handset = 1 order by id")
        return [
            Taken(
                row["number"],
                row["handset"],
                row["body"],
                tuple(item["url"] for item in msgspec.json.decode(row["media"])),
            )
            for row in rows
        ]

    def door_secret(self) -> str:
        return self.credentials.secret

    def text(self, body: str, *, media: Sequence[Media] = ()) -> Webhook:
        pictures = [payloads.Picture(each.url, each.content_type) for each in media]
        payload = payloads.Text("SM" + "a" * 32, HANDSET, OURS, body, pictures)
        return self._signed("message", msgspec.json.encode(payload))

    def receipt(self, message: Outgoing, carrier_ref: str, status: DeliveryStatus) -> Webhook:
        payload = payloads.Receipt(carrier_ref, message.reference, status)
        return self._signed("status", msgspec.json.encode(payload))

    def unreadable(self) -> Webhook:
        return self._signed("message", b'{"event":"text"}')

    def report(self, carrier_ref: str, status: DeliveryStatus) -> None:
        body = msgspec.json.encode(payloads.Receipt(carrier_ref, "", status))
        with self.world.land.store.writing() as db:
            db.execute("delete from errands where instr(body, ?) > 0", (carrier_ref,))
            db.execute(
                "insert into errands (kind, due_at, url, body, number, state)"
                " values ('webhook', 0, '', ?, ?, 'done')",
                (body, OURS),
            )

    def call(self, seconds: int | None) -> str:
        ref = handset.begin_call(self.world.land, HANDSET, OURS)
        if seconds is not None:
            handset.end_call(self.world.land, ref, "answered", seconds=seconds)
        return ref

    def _signed(self, what: str, body: bytes) -> Webhook:
        headers = {
            "content-type": "application/json",
            payloads.TIMESTAMP_HEADER: SENT_AT,
            payloads.SIGNATURE_HEADER: payloads.sign(self.credentials.secret, SENT_AT, body),
        }
        return Webhook(f"{self.webhooks_url}/{what}", what, headers, body, int(SENT_AT) * 1000)
