"""Ports for the servers that tests start."""

from __future__ import annotations

import os
import random
import socket
from contextlib import closing

# Above those that Chromium refuses to open, and below those that the system gives to connections:
# one of these could stand on the port before the server does.
_LOWEST, _EACH, _WORKERS = 11_000, 2_000, 10
_dice = random.Random(os.getpid())
_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens. It is given once, and each process of a test run
    gives others."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    lowest = _LOWEST + worker % _WORKERS * _EACH
    while True:
        port = _dice.randrange(lowest, lowest + _EACH)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
