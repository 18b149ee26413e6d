"""Builds what the processes share from the configuration: stores, carriers, the tasks' context."""

from __future__ import annotations

import httpx

from textrail.analytics import catalogue, feed
from textrail.atlas import Atlas
from textrail.carriers.kannel.client import KannelClient
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.telnyx.client import TelnyxClient
from textrail.carriers.twilio.client import TwilioClient
from textrail.domain.reports.columns import TABLES
from textrail.outbox.contract import Context
from textrail.outbox.worker import Loop
from textrail.outside.visiting import Visitor
from textrail.project.carrier_desks import open_desks, open_reporters
from textrail.project.carrier_doors import open_doors
from textrail.project.config import Config
from textrail.vocabulary.clock import Clock, SystemClock
from textrail.vocabulary.sealing import Seal

TIMEOUT = httpx.Timeout(10, connect=5)


def open_context(
    config: Config, *, clock: Clock | None = None, http: httpx.Client | None = None
) -> Context:
    """The outside as tasks see it; `clock` and `http` are exchanged by the demo and by tests."""
    visitor = Visitor(http)
    http = http or httpx.Client(timeout=TIMEOUT, follow_redirects=False)
    return Context(
        clock=clock or SystemClock(),
        doors=open_doors(),
        clients={
            "simulator": SimulatorClient(http, config.phone_url),
            "twilio": TwilioClient(http),
            "telnyx": TelnyxClient(http),
            "kannel": KannelClient(http, config.kannel_addresses),
        },
        seal=Seal(config.secret_key()),
        links_url=config.links_url,
        pages_url=config.pages_url,
        media_folder=config.media_folder,
        atlas=Atlas(config.places, config.networks, config.hosting),
        visitor=visitor,
        desks=open_desks(config, http),
        reporters=open_reporters(config, http),
    )


def feed_loop(config: Config, clock: Clock) -> Loop:
    """The turn of the feed that a worker takes every second, so that reports are seconds old."""

    def turn() -> int:
        now = clock.now()
        fed = feed.feed_once(config.columns_folder, TABLES, now)
        if fed:
            catalogue.compact(config.columns_folder, TABLES, now)
        return 0

    return Loop("feed", 1, turn)


def sweep_loop(config: Config, clock: Clock) -> Loop:
    """Every ten minutes: the files that no reader needs any more are deleted."""
    return Loop("sweep", 600, lambda: catalogue.sweep(config.columns_folder, clock.now()))


def rebuild(config: Config, clock: Clock) -> dict[str, int]:
    """Make all columns again; table → rows."""
    return feed.rebuild(config.columns_folder, TABLES, clock.now())
