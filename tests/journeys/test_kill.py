"""`kill -9` of any process under load loses no answered arrival and sends no message twice.

Real processes on loopback: door, pages, worker and carrier, each killed twice while people text,
tap and buy, a member writes to them and a campaign leaves. Then everything that was answered must
be there, once.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.installed import set_up
from tests.ports import free_port
from textrail.project import settings

PEOPLE = 120
PATIENCE = 180
PASSWORD = "a long password"

SEED = """
import json, os, sys
import django
django.setup()
from textrail.carriers.simulator.client import SimulatorClient
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.contacts.rules import NewContact
from textrail.domain.inbox import actions as inbox
from textrail.domain.links import actions as links
from textrail.domain.links.rules import Utm
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import Connection
from textrail.project import settings, start
from textrail.vocabulary.clock import SystemClock

config, now = settings.CONFIG, SystemClock().now()
business = start.add_owner(config, email="ada@x.example", business="Load", password="PASSWORD")
connection = Connection.objects.get(business=business)
number = numbers.add_number(business=business, connection=connection, phone="+14155550100",
    name="Load", source_name="Load", at=now)
rows = [NewContact(phone=f"+1352555{i:04d}", name=f"P {i}", tags=("all",)) for i in range(PEOPLE)]
contacts.add_contacts(business=business, rows=rows, at=now)
inbox.set_quiet_hours(business=business, kept=False, opens=0, closes=24, at=now)
campaign = campaigns.create_draft(business=business, name="Load", number=number,
    audience=Tag.objects.get(business=business, name="all"),
    destination="https://shop.example/", bodies=["Hi {first_name} {link}"], at=now)
campaigns.start(business=business, campaign=campaign, at=now, unchecked=True)
link = links.create_link(business=business, name="Load", destination="https://shop.example/",
    utm=Utm(), at=now)
code = links.share_code(link=link, at=now)
key = accounts.create_api_key(business=business, name="Load", at=now)
print(json.dumps({"code": code.code, "key": key.plain}))
"""


class Machine:
    """The processes of one installation, which can be killed and started again."""

    def __init__(self, folder: Path, database_url: str) -> None:
        pages, links, phone = free_port(), free_port(), free_port()
        self.pages = f"http://127.0.0.1:{pages}"
        self.links = f"http://127.0.0.1:{links}"
        self.phone = f"http://127.0.0.1:{phone}"
        self.folder = folder
        self.database_url = database_url
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TEXTRAIL_")},
            "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
            "TEXTRAIL_DATA": str(folder),
            "TEXTRAIL_DATABASE_URL": database_url,
            "TEXTRAIL_PAGES_URL": self.pages,
            "TEXTRAIL_PAGES_LISTEN": f"127.0.0.1:{pages}",
            "TEXTRAIL_LINKS_URL": self.links,
            "TEXTRAIL_LINKS_LISTEN": f"127.0.0.1:{links}",
            "TEXTRAIL_PHONE_URL": self.phone,
            "TEXTRAIL_PHONE_LISTEN": f"127.0.0.1:{phone}",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return done.stdout.decode()

    def set_up(self) -> None:
        if self.database_url:
            self.command("-m", "textrail.project.cli", "setup")
        else:
            set_up(self.folder)

    def start(self, role: str) -> None:
        with (self.folder / f"{role}.log").open("ab") as log:
            self.processes[role] = subprocess.Popen(
                [sys.executable, "-m", "textrail.project.cli", role],
                env=self.environment,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, role: str) -> None:
        """SIGKILL to the process and to what it started, at once, as a power cut would."""
        os.killpg(self.processes[role].pid, signal.SIGKILL)
        self.processes[role].wait()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return list(connection.execute(sql))
        with closing(sqlite3.connect(self.folder / "house.db", timeout=20)) as connection:
            return list(connection.execute(sql))

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    url = ""
    if settings.CONFIG.on_postgresql:
        base = settings.CONFIG.database_url
        with psycopg.connect(base, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS kill_test")
            connection.execute("CREATE DATABASE kill_test")
        url = base.replace("/postgres?", "/kill_test?")
    machine = Machine(tmp_path, url)
    yield machine
    machine.stop()


class Load:
    """People who text, tap and buy, and a member who writes to them, until told to stop.

    They remember what they were answered.
    """

    def __init__(self, machine: Machine, code: str, key: str) -> None:
        self._machine = machine
        self._code = code
        self._authorization = "Basic " + b64encode(f"{key}:".encode()).decode()
        self._stop = threading.Event()
        self.clicks: list[str] = []
        self.sales: list[str] = []
        self.texts: list[str] = []
        self.replies: list[str] = []
        deeds = (self._tap, self._tap, self._buy, self._text, self._reply)
        self._threads = [
            threading.Thread(target=self._repeat, args=(deed, n)) for n, deed in enumerate(deeds)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, deed: Callable[[httpx.Client, str], None], place: int) -> None:
        with httpx.Client(timeout=5) as http:
            turn = 0
            while not self._stop.is_set():
                turn += 1
                try:
                    deed(http, f"{place}-{turn}")
                except httpx.HTTPError:
                    time.sleep(0.05)

    def _tap(self, http: httpx.Client, name: str) -> None:
        answer = http.get(f"{self._machine.links}/{self._code}", headers={"user-agent": name})
        if answer.status_code == 302:
            self.clicks.append(answer.headers["location"].partition("trail_click=")[2])
        time.sleep(0.01)

    def _buy(self, http: httpx.Client, name: str) -> None:
        event = {
            "userId": f"u{name}",
            "event": "Order Completed",
            "messageId": f"m{name}",
            "properties": {"revenue": 10, "currency": "USD", "order_id": f"o{name}"},
        }
        answer = http.post(
            f"{self._machine.links}/v1/track",
            json=event,
            headers={"authorization": self._authorization},
        )
        if answer.status_code == 200:
            self.sales.append(f"m{name}")
        time.sleep(0.01)

    def _text(self, http: httpx.Client, name: str) -> None:
        """A text that the carrier took; it must bring it to the door, however often it dies."""
        body = {
            "sender": "+13055550177",
            "recipient": "+14155550100",
            "body": f"text {name}",
        }
        answer = http.post(f"{self._machine.phone}/api/handset/text", json=body)
        if answer.is_success:
            self.texts.append(f"text {name}")
        time.sleep(0.02)

    def _reply(self, http: httpx.Client, name: str) -> None:
        """A text that a member writes on the pages, signed in as a browser is."""
        pages = self._machine.pages
        if "textrail_session" not in http.cookies:
            http.get(f"{pages}/account/login/").raise_for_status()
            self._post(http, "/account/login/", login="ada@x.example", password=PASSWORD)
        body = f"reply {name}"
        answer = self._post(
            http, "/b/load/conversations/new/", number="1", recipient="+13055550177", body=body
        )
        if answer.status_code == 302 and "/conversations/" in answer.headers["location"]:
            self.replies.append(body)
        time.sleep(0.02)

    def _post(self, http: httpx.Client, path: str, **form: str) -> httpx.Response:
        form["csrfmiddlewaretoken"] = http.cookies["textrail_csrf"]
        return http.post(f"{self._machine.pages}{path}", data=form)


def test_a_kill_loses_nothing_and_repeats_nothing(machine: Machine) -> None:
    machine.set_up()
    program = SEED.replace("PEOPLE", str(PEOPLE)).replace('"PASSWORD"', repr(PASSWORD))
    seed = json.loads(machine.command("-c", program))
    roles = ("phone", "door", "pages", "worker")
    for role in roles:
        machine.start(role)
    load = Load(machine, seed["code"], seed["key"])
    wait_for_number(machine)
    load.start()
    dice = random.Random(7)
    for role in dice.sample(roles * 2, 8):
        machine.kill(role)
        machine.start(role)
        time.sleep(dice.uniform(1, 3))
    load.stop()
    wait_until_quiet(machine, load)

    assert min(len(load.clicks), len(load.sales), len(load.texts), len(load.replies)) > 20
    clicks = Counter(str(row[0]) for row in machine.rows("SELECT click_id FROM links_click"))
    assert set(load.clicks) - set(clicks) == set()
    sales = Counter(str(r[0]) for r in machine.rows("SELECT order_ref FROM conversions_conversion"))
    assert {f"o{sale[1:]}" for sale in load.sales} - set(sales) == set()
    texts = Counter(
        str(row[0])
        for row in machine.rows("SELECT body FROM inbox_message WHERE direction = 'inbound'")
    )
    assert set(load.texts) - set(texts) == set()
    bodies = machine.rows("SELECT body FROM inbox_message WHERE direction = 'outbound'")
    replies = Counter(str(row[0]) for row in bodies if str(row[0]).startswith("reply "))
    assert set(load.replies) - set(replies) == set()
    counted = [*clicks.values(), *sales.values(), *texts.values(), *replies.values()]
    assert max(counted) == 1
    assert_each_message_left_once(machine)


def wait_for_number(machine: Machine) -> None:
    """Until the carrier knows where to bring the texts of our number."""
    deadline = time.monotonic() + PATIENCE
    connecting = "SELECT COUNT(*) FROM outbox_work WHERE kind = 'numbers.connect_number'"
    while machine.rows(connecting) != [(0,)]:
        assert time.monotonic() < deadline, "the number was never connected"
        time.sleep(0.05)


def wait_until_quiet(machine: Machine, load: Load) -> None:
    """Until nothing waits in the outbox and every text that the carrier took has arrived."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        waiting = machine.rows("SELECT COUNT(*) FROM outbox_work WHERE state <> 'parked'")
        inbound = "SELECT COUNT(*) FROM inbox_message WHERE direction = 'inbound'"
        arrived = machine.rows(inbound)
        if waiting == [(0,)] and int(str(arrived[0][0])) >= len(load.texts):
            return
        time.sleep(0.3)
    logs = "\n".join((machine.folder / f"{r}.log").read_text()[-1500:] for r in machine.processes)
    pytest.fail(
        f"still busy: {waiting} pieces of work, {arrived} texts of {len(load.texts)}\n{logs}"
    )


def assert_each_message_left_once(machine: Machine) -> None:
    """What the carrier holds, by our reference: each message once, and none that we do not know."""
    with closing(sqlite3.connect(machine.folder / "simulator.db")) as world:
        rows = world.execute("SELECT reference FROM texts WHERE to_handset = 1 AND reference <> ''")
        carried = Counter(str(row[0]) for row in rows)
    sent = machine.rows(
        "SELECT reference, status, campaign_id FROM inbox_message WHERE direction = 'outbound'"
    )
    ours = {str(reference): str(status) for reference, status, _ in sent}
    assert sum(campaign == 1 for _, _, campaign in sent) == PEOPLE
    assert max(carried.values()) == 1
    assert set(ours) - set(carried) == set()
    assert set(ours.values()) <= {"accepted", "sent", "delivered", "undelivered", "failed"}
