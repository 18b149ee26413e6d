"""A world in one process: its clock stands still until moved, and Textrail is a recorder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from textrail.carriers.contract import CarrierEvent, Credentials, Outgoing, Webhook
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.vocabulary.clock import ManualClock

NUMBER = "+14155550100"
HANDSET = "+12125550123"
WEBHOOKS = "http://links.test/in/simulator/token"
CREDENTIALS = Credentials("SIM", "a-secret")


@dataclass
class Textrail:
    """The other end of the world's HTTP: checks signatures, keeps events, answers `status`."""

    status: int = 200
    landing: str = "https://shop.test/?utm_source=sms&trail_click=abc"
    events: list[CarrierEvent] = field(default_factory=list)
    looks: list[httpx.Request] = field(default_factory=list)
    orders: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = urlsplit(str(request.url)).path
        if path.startswith("/in/"):
            return self._webhook(request, path.rpartition("/")[2])
        if path == "/v1/track":
            self.orders.append(request)
            return httpx.Response(self.status)
        self.looks.append(request)
        return httpx.Response(302, headers={"location": self.landing})

    def _webhook(self, request: httpx.Request, what: str) -> httpx.Response:
        door = SimulatorDoor()
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert door.verify(Webhook(str(request.url), what, headers, request.content), "a-secret")
        if self.status == 200:
            self.events.extend(door.parse(what, headers["content-type"], "", request.content))
        return httpx.Response(self.status)


@pytest.fixture
def textrail() -> Textrail:
    return Textrail()


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock, textrail: Textrail) -> Iterator[World]:
    with httpx.Client(transport=httpx.MockTransport(textrail)) as http:
        world = World(tmp_path / "world.db", clock, 7, http, "http://phone.test")
        yield world
        world.close()


@pytest.fixture
def client(world: World) -> Iterator[SimulatorClient]:
    """The client in front of a world in which NUMBER is connected."""
    with httpx.Client(transport=WorldTransport(world)) as http:
        client = SimulatorClient(http, "http://phone.test")
        client.connect(NUMBER, WEBHOOKS, CREDENTIALS)
        yield client


def outgoing(reference: str = "ref-1", *, to: str = HANDSET, body: str = "Hello") -> Outgoing:
    return Outgoing(reference, NUMBER, to, body, (), f"{WEBHOOKS}/status")


def let_pass(world: World, clock: ManualClock, *, minutes: int = 30) -> None:
    """Let the world live on, doing each thing at its own time."""
    end = clock.now() + timedelta(minutes=minutes)
    while (due := world.next_due_at()) is not None:
        moment = clock.now() + timedelta(milliseconds=max(0, due - world.land.now()))
        if moment > end:
            break
        clock.move_to(moment)
        world.pump()
    clock.move_to(end)
