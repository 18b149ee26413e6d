"""A door in a process of its own, on a loopback port, as it runs in production."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from tests.ports import free_port

from textrail.carriers.kannel.door import KannelDoor
from textrail.edge.app import create_app
from textrail.edge.asgi import Application
from textrail.edge.opening import open_house
from textrail.journal.opening import open_store
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.sealing import Seal

_VARIABLE = "DOOR_UNDER_TEST"
_PROGRAM = """
import sys
from textrail.edge.connections import TapConnection
from textrail.edge.serve import run
door = "textrail.edge.tests.served:door"
run(door, address="127.0.0.1", port=int(sys.argv[1]), connection=TapConnection)
"""


def door() -> Application:
    """The application, made inside the server from what the test put down for it."""
    settings = json.loads(os.environ[_VARIABLE])
    url = settings["database_url"]
    return create_app(
        house=open_house(path=Path(settings["house"]), database_url=url),
        store=open_store(path=Path(settings["arrivals"]), database_url=url),
        doors={"kannel": KannelDoor()},
        seal=Seal(bytes(32)),
        links_url="http://127.0.0.1",
        clock=SystemClock(),
    )


@contextmanager
def serving(
    *, house: Path, arrivals: Path, database_url: str, largest_file: int | None = None
) -> Iterator[Served]:
    """A door that answers; whatever is left of it at the end is shut down. No file of its own can
    grow beyond `largest_file` bytes, as on a disk that is full."""
    port = free_port()
    settings = {"house": str(house), "arrivals": str(arrivals), "database_url": database_url}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(port)],
        env={**os.environ, _VARIABLE: json.dumps(settings)},
        start_new_session=True,
        preexec_fn=None if largest_file is None else partial(_limit_files, largest_file),
    )
    served = Served(process, port)
    try:
        served.wait()
        yield served
    finally:
        served.stop(signal.SIGTERM)


class Served:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        for _ in range(200):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            assert self._process.poll() is None, "the door did not start"
            time.sleep(0.05)
        raise AssertionError("the door did not open its port")

    def free_the_disk(self) -> None:
        """Files may grow again."""
        for process in map(int, _members(os.getpgid(self._process.pid))):
            _limit_files(resource.RLIM_INFINITY, process)

    def stop(self, how: signal.Signals) -> None:
        """Send a signal to the server and its workers, and wait until they are gone."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait(30)


def _limit_files(size: int, process: int = 0) -> None:
    _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, most))


def _members(group: int) -> list[str]:
    """The processes of a group, as /proc shows them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found += [folder.name] if int(fields[2]) == group else []
    return found
