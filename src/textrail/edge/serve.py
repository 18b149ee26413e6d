"""Running an ASGI application on uvicorn: the door, and the pages beside it."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from textrail.edge.asgi import Application
from textrail.edge.connections import SECONDS_FOR_A_HEAD, Guarded, Waiting

SECONDS_TO_FINISH: Final = 5
# Connections that the system keeps for us until we take them.
BACKLOG: Final = 4096


def run(
    target: str,
    *,
    address: str,
    port: int,
    connection: type[asyncio.Protocol] = Guarded,
    lifespan: bool = True,
) -> None:
    """Serve until SIGINT or SIGTERM. `target` is "module:function", which makes the application;
    `connection` is made for each connection as uvicorn makes its own; `lifespan` says whether the
    application wants to hear of start and end. Several servers may share a port."""
    server = make_server(target, connection=connection, lifespan=lifespan)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is an open file
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)  # uvicorn ends at them, and then raises them again
    server.run([listen(address, port)])


def make_server(
    target: str | Callable[[], Application],
    *,
    connection: type[asyncio.Protocol] = Guarded,
    lifespan: bool = True,
) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            target,
            factory=True,
            interface="asgi3",
            http=connection,
            ws="none",
            loop="uvloop",
            lifespan="on" if lifespan else "off",
            backlog=BACKLOG,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="error",
            timeout_keep_alive=SECONDS_FOR_A_HEAD,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
        )
    )


def listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    return listener


class _Server(uvicorn.Server):
    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:  # once in a second
            self._close_slow()
        return await super().on_tick(counter)

    def _close_slow(self) -> None:
        """End the connections whose client has taken too long."""
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            waiting: Waiting = connection  # type: ignore[assignment]
            if waiting.waits_until is None or waiting.waits_until > now:
                continue
            if waiting.transport.get_write_buffer_size():
                waiting.transport.abort()  # closing would wait until all of it is read
            else:
                waiting.transport.close()
