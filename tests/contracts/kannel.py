"""A whole Kannel on loopback: bearerbox, smsbox and a fake SMSC, configured as the guide says."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.ports import free_port

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operate" / "kannel.md"
FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
USER, PASSWORD = "textrail", "a-long-password"
SECONDS = 30.0

_FAKE_SMSC = """
group = smsc
smsc = fake
smsc-id = FAKE
port = {smsc}
connect-allow-ip = 127.0.0.1
"""


def installed() -> bool:
    return bool(shutil.which("bearerbox") and shutil.which("smsbox") and FAKESMSC.exists())


@dataclass(frozen=True, slots=True)
class Kannel:
    """A running Kannel; `folder` holds what its parts printed."""

    folder: Path
    smsc_port: int
    sendsms_port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.sendsms_port}"

    def bring(self, text: str) -> None:
        """A phone sends this: sender, recipient, kind and words, with one space between them."""
        with self._smsc("bring", text, most=1):
            self._wait_for("bring", "sent message 1")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """A SMSC that takes what Kannel sends; `arrived` says what came."""
        with self._smsc("listen", "1 2 text never", most=0):
            self._wait_for("listen", "Connecting")
            time.sleep(0.5)
            yield

    def arrived(self, parts: int) -> list[str]:
        """The first parts that the SMSC took, once as many have come."""
        self._wait_for("listen", f"Got message {parts}:")
        lines = (self.folder / "listen.log").read_text().splitlines()
        return [line.partition("<")[2].rstrip(">") for line in lines if "Got message" in line]

    @contextmanager
    def _smsc(self, name: str, text: str, *, most: int) -> Iterator[None]:
        """The fake SMSC, which sends `text` that many times and then only listens."""
        options = ["-H", "127.0.0.1", "-r", str(self.smsc_port), "-i", "0.01", "-m", str(most)]
        with _running([str(FAKESMSC), *options, text], self.folder / f"{name}.log"):
            yield

    def _wait_for(self, name: str, words: str) -> None:
        wait_until(lambda: words in (self.folder / f"{name}.log").read_text(errors="replace"))


@contextmanager
def kannel(folder: Path, *, door: str) -> Iterator[Kannel]:
    """A Kannel that brings its texts to `door`, the webhook address without its last part."""
    admin, boxes, smsc, sendsms = (free_port() for _ in range(4))
    config = folder / "kannel.conf"
    config.write_text(
        _guide(door, admin=admin, boxes=boxes, sendsms=sendsms) + _FAKE_SMSC.format(smsc=smsc)
    )
    with ExitStack() as stack:
        for program, port in (("bearerbox", boxes), ("smsbox", sendsms)):
            stack.enter_context(_running([program, str(config)], folder / f"{program}.log"))
            wait_until(partial(_is_open, port))
        wait_until(partial(_is_open, smsc))
        yield Kannel(folder, smsc, sendsms)


def _guide(door: str, *, admin: int, boxes: int, sendsms: int) -> str:
    """The configuration that the guide prints, without its SMSC, at addresses of this test."""
    (printed,) = re.findall(r"```ini\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    groups = [group for group in printed.split("\n\n") if "group = smsc\n" not in group]
    scheme, _, rest = door.partition("://")
    text = "\n\n".join(groups)
    for name, value in {
        "13000": str(admin),
        "13001": str(boxes),
        "13013": str(sendsms),
        "a-long-password": PASSWORD,
        "https://textrail:": f"{scheme}://textrail:",
        "go.example.com/in/kannel/TOKEN": rest,
        "/var/log/kannel/": "",
    }.items():
        assert name in text, name
        text = text.replace(name, value)
    return text


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=log.parent, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(question: Callable[[], bool]) -> None:
    """Until it is true, or an error after some seconds."""
    end = time.monotonic() + SECONDS
    while not question():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _is_open(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False
