"""One machine, one command: starts the processes, restarts one that dies, stops them together."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textrail.project.config import SettingError

logger = logging.getLogger("textrail.serve")

GRACE_SECONDS = 15
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 10.0
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>


@dataclass(slots=True)
class Child:
    """A `textrail <role>` process and when it was started."""

    role: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    due: float = field(default=0.0)


class Supervisor:
    """Keeps one process of each role running until SIGINT or SIGTERM."""

    def __init__(self, roles: Sequence[str]) -> None:
        self._children = [Child(role) for role in roles]
        self._stop = threading.Event()

    def run(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self._stop.set())
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._look_after(child)
                self._stop.wait(0.2)
        finally:
            self._end_all()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.process = _start(child.role)
                child.started = now
            return
        code = child.process.poll()
        if code is None:
            return
        healthy = now - child.started > HEALTHY_AFTER
        child.pause = 0.5 if healthy else min(LONGEST_PAUSE, child.pause * 2)
        child.due = now + child.pause
        child.process = None
        logger.warning("%s ended (%s); starting it again", child.role, code)

    def _end_all(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def address_of(listen: str) -> tuple[str, int]:
    """The host and the port of a …_LISTEN setting."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def require_free(listen: str, setting: str) -> None:
    """SettingError when somebody listens there. The servers share ports between their workers, so
    they would share this one with a stranger, too, and each get half of the requests."""
    host, port = address_of(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(
                f"{listen} cannot be used ({error.strerror}). Stop what listens there, or set "
                f"{setting} to another address."
            ) from error


@contextmanager
def hold_alone(folder: Path) -> Iterator[None]:
    """SettingError when a `serve` or `demo` runs on this data folder already."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingError(f"Textrail is running on {folder} already.") from error
        yield


def _start(role: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "textrail.project.cli", role]
    return subprocess.Popen(command, preexec_fn=die_with_parent, start_new_session=True)  # noqa: S603


def die_with_parent() -> None:
    """On Linux, end with the process that started us even when it is killed, so that no port stays
    taken by what nobody looks after."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
