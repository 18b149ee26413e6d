"""Serving the simulated world as its own process: the phone, the shop and the carrier's API.

It has no sign-in: whoever reaches it can text as anybody. It is for trials and tests only, and
listens on a loopback address unless told otherwise.
"""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import httpx
import uvicorn

from textrail.carriers.simulator.app import create_app
from textrail.carriers.simulator.world import World
from textrail.vocabulary.clock import SystemClock


def run(path: Path, *, seed: int, phone_url: str, listen: str = "127.0.0.1:8002") -> None:
    """Serve the world kept in `path` until the process is asked to stop."""
    stop = threading.Event()
    with httpx.Client() as http:
        world = World(path, SystemClock(), seed, http, phone_url)
        pumping = threading.Thread(target=world.run_forever, args=(stop,), daemon=True)
        pumping.start()
        try:
            _serve(world, listen)
        finally:
            stop.set()
            pumping.join(timeout=20)
            world.close()


def _serve(world: World, listen: str) -> None:
    host, _, port = listen.rpartition(":")
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)  # uvicorn ends at them, and then raises them again
    uvicorn.Server(
        uvicorn.Config(
            create_app(world),
            host=host.strip("[]"),
            port=int(port),
            lifespan="off",
            ws="none",
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=5,
        )
    ).run()
