"""Builds what the processes share from the configuration: stores, carriers, the tasks' context."""

from __future__ import annotations

import httpx

from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.twilio.client import TwilioClient
from textrail.carriers.twilio.door import TwilioDoor
from textrail.journal.port import Store
from textrail.journal.postgresql import PostgresStore
from textrail.journal.sqlite import SqliteStore
from textrail.outbox.contract import Context
from textrail.project.config import Config
from textrail.vocabulary.clock import Clock, SystemClock
from textrail.vocabulary.sealing import Seal

TIMEOUT = httpx.Timeout(10, connect=5)


def open_store(config: Config) -> Store:
    if config.on_postgresql:
        return PostgresStore(config.database_url)
    return SqliteStore(config.arrivals_db)


def open_context(
    config: Config, *, clock: Clock | None = None, http: httpx.Client | None = None
) -> Context:
    """The outside as tasks see it; `clock` and `http` are exchanged by the demo and by tests."""
    http = http or httpx.Client(timeout=TIMEOUT, follow_redirects=False)
    return Context(
        clock=clock or SystemClock(),
        doors={"simulator": SimulatorDoor(), "twilio": TwilioDoor()},
        clients={
            "simulator": SimulatorClient(http, config.phone_url),
            "twilio": TwilioClient(http),
        },
        seal=Seal(config.secret_key()),
        links_url=config.links_url,
        pages_url=config.pages_url,
        media_folder=config.media_folder,
    )
