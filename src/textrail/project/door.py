"""The door, put together for its server. Nothing here or below imports Django."""

from __future__ import annotations

import gc
import os

from textrail.atlas import Atlas
from textrail.edge.app import create_app
from textrail.edge.asgi import Application
from textrail.edge.opening import open_house
from textrail.journal.opening import open_store
from textrail.project.carrier_doors import open_doors
from textrail.project.config import Config, read_config
from textrail.vocabulary.clock import Clock, SystemClock
from textrail.vocabulary.sealing import Seal


def door() -> Application:
    """The application of a door process, configured by the environment."""
    application = open_door(read_config(os.environ), clock=SystemClock())
    gc.freeze()  # what is there now stays for ever; no collection need look at it again
    gc.set_threshold(20_000, 20, 20)  # what a request leaves behind is freed without any
    return application


def open_door(config: Config, *, clock: Clock) -> Application:
    return create_app(
        house=open_house(path=config.house_db, database_url=config.database_url),
        store=open_store(path=config.arrivals_db, database_url=config.database_url),
        doors=open_doors(),
        seal=Seal(config.secret_key()),
        links_url=config.links_url,
        pages_url=config.pages_url,
        clock=clock,
        atlas=Atlas(config.places, config.networks, config.hosting),
        forwarded_hops=config.forwarded_hops,
    )
