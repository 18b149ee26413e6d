"""How soon a conversion or a tap is in the figures, from its arrival at the door.

    python benchmarks/freshness.py [--samples 30] [--events 0 200000 1000000]

A whole installation is served on loopback from a folder of its own: door, pages and worker, each a
process. A conversion is posted, or a short link asked for, at a random moment, and the overview is
asked every tenth of a second until it has counted it; the answer that has it ends the clock, so
that the time of the question is in it. `--events` are clicks that are there before, a year of them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

TARGET = 3.0
# As often as the API may be asked for long: ten times a second.
PAUSE = 0.1
PATIENCE = 60
PEOPLE = 20_000
# A process of its own, because this one may not hold the database open while others serve it.
SEED = """
import json, random
import django
django.setup()
from datetime import timedelta
from django.db import transaction
from textrail.analytics import catalogue, feed
from textrail.domain.accounts import actions as accounts
from textrail.domain.contacts.models import Person
from textrail.domain.links.actions import create_link, reserve_codes, store_code_columns
from textrail.domain.links.models import Click
from textrail.domain.links.rules import Utm
from textrail.domain.reports.columns import TABLES
from textrail.project import settings, start
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.ids import new_click_ids

now = SystemClock().now()
business = start.add_owner(settings.CONFIG, email="ada@harbor.example", business="Harbor",
    password="a-long-test-password")
key = accounts.create_api_key(business=business, name="Shop", at=now, opens_api=True)
utm = Utm(source="sms", medium="text", campaign="bench", term="", content="")
link = create_link(business=business, name="Sale", destination="https://shop.example/sale",
    utm=utm, at=now)
[code] = reserve_codes(1)
with transaction.atomic():
    store_code_columns(codes=[code], link_ids=[link.pk], contact_ids=[None], message_ids=[None])
dice = random.Random(1)
Person.objects.bulk_create(
    [Person(business=business, created_at=now) for _ in range(EVENTS and PEOPLE)], 5000)
people = list(Person.objects.values_list("id", flat=True))
for first in range(0, EVENTS, 10_000):
    Click.objects.bulk_create([
        Click(business=business, link=link, code=code, click_id=new_click_ids(1)[0],
            at=now - timedelta(days=365 * (1 - number / EVENTS)), person_id=dice.choice(people),
            method="GET", address="203.0.113.9", verdict="human", ruleset=1)
        for number in range(first, min(EVENTS, first + 10_000))])
feed.rebuild(settings.CONFIG.columns_folder, TABLES, now)
print(json.dumps({"key": key.plain, "code": code}))
"""


@dataclass(frozen=True, slots=True)
class House:
    """What is served, and who asks."""

    pages_url: str
    links_url: str
    key: str
    code: str

    def figure(self, http: httpx.Client, name: str) -> int:
        answer = http.get(
            f"{self.pages_url}/api/v1/reports/overview",
            headers={"Authorization": f"Bearer {self.key}"},
        )
        answer.raise_for_status()
        return int(answer.json()["now"][name])

    def convert(self, http: httpx.Client, number: int) -> None:
        body = {
            "userId": f"customer-{number}",
            "event": "Order Completed",
            "messageId": f"message-{number}",
            "properties": {"order_id": f"order-{number}", "revenue": 25, "currency": "USD"},
        }
        answer = http.post(f"{self.links_url}/v1/track", json=body, auth=(self.key, ""))
        answer.raise_for_status()

    def tap(self, http: httpx.Client, number: int) -> None:
        answer = http.get(
            f"{self.links_url}/{self.code}", headers={"User-Agent": f"Bench {number}"}
        )
        if answer.status_code != 302:
            raise SystemExit(f"The link answered {answer.status_code}.")


def main() -> None:
    options = _options()
    print(f"{'events before':>14} {'arrival':<12} {'p50':>6} {'p95':>6} {'most':>6}  seconds")
    for events in options.events:
        with _house(events) as house, httpx.Client(timeout=30) as http:
            for name, figure, arrive in (
                ("conversion", "conversions", house.convert),
                ("tap", "raw_taps", house.tap),
            ):
                seconds = sorted(_seconds(house, http, figure, arrive, options.samples))
                over = " over" if _part(seconds, 0.95) > TARGET else ""
                print(
                    f"{events:>14,} {name:<12} {_part(seconds, 0.5):>6.2f}"
                    f" {_part(seconds, 0.95):>6.2f} {seconds[-1]:>6.2f}{over}",
                    flush=True,
                )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--events", type=int, nargs="+", default=(0, 200_000))
    return parser.parse_args()


def _seconds(
    house: House,
    http: httpx.Client,
    figure: str,
    arrive: Callable[[httpx.Client, int], None],
    samples: int,
) -> list[float]:
    """From the moment before the request to the answer that has it; the first one warms up."""
    dice, found = random.Random(1), []
    for number in range(samples + 1):
        time.sleep(dice.random())
        before = house.figure(http, figure)
        began = time.perf_counter()
        arrive(http, number)
        while house.figure(http, figure) == before:
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"After {PATIENCE} seconds {figure} is still {before}.")
            time.sleep(PAUSE)
        found.append(time.perf_counter() - began)
    return found[1:]


@contextmanager
def _house(events: int) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="textrail-freshness-") as folder:
        ports = [_free_port() for _ in range(2)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TEXTRAIL_")}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
            "TEXTRAIL_DATA": folder,
            "TEXTRAIL_SIMULATOR": "false",
        }
        for name, port in zip(("PAGES", "LINKS"), ports, strict=True):
            environment[f"TEXTRAIL_{name}_URL"] = f"http://127.0.0.1:{port}"
            environment[f"TEXTRAIL_{name}_LISTEN"] = f"127.0.0.1:{port}"
        command = [sys.executable, "-m", "textrail.project.cli"]
        subprocess.run([*command, "setup"], env=environment, check=True, stdout=subprocess.DEVNULL)
        seed = SEED.replace("EVENTS", str(events)).replace("PEOPLE", str(PEOPLE))
        told = subprocess.run(
            [sys.executable, "-c", seed], env=environment, check=True, stdout=subprocess.PIPE
        )
        made = json.loads(told.stdout.splitlines()[-1])
        with (Path(folder) / "serve.log").open("wb") as log:
            serving = subprocess.Popen([*command, "serve"], env=environment, stdout=log, stderr=log)
        try:
            pages, links = (f"http://127.0.0.1:{port}" for port in ports)
            _wait_for(f"{pages}/account/login/")
            _wait_for(f"{links}/healthz")
            yield House(pages, links, made["key"], made["code"])
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(timeout=60)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer.")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _part(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    main()
