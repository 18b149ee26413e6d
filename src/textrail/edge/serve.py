"""Running an ASGI application on Granian: the door, and the pages beside it."""

from __future__ import annotations

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

# Requests that one process works on at a time; the others wait in the socket.
MOST_AT_ONCE = 1024


def run(target: str, *, address: str, port: int, workers: int = 1, lifespan: bool = True) -> None:
    """Serve until SIGINT or SIGTERM. `target` is "module:function", which makes the application
    anew in each worker process; `lifespan` says whether it wants to hear of start and end."""
    Server(
        target,
        address=address,
        port=port,
        interface=Interfaces.ASGI if lifespan else Interfaces.ASGINL,
        workers=workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        websockets=False,
        backlog=4096,
        backpressure=MOST_AT_ONCE,
        log_level=LogLevels.warning,
        log_access=False,
        workers_kill_timeout=20,
        factory=True,
    ).serve()
