"""Redirects with every click on disk, against nginx's static 302, on one core each.

Run by hand on a quiet machine of two cores or more, with nginx and wrk installed:

    python benchmarks/redirects.py

Servers take turns on core 0, round by round, and meet the same weather; wrk asks from core 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
NGINX_PORT, DOOR_PORT = 18301, 18302
DOOR = f"""
from textrail.edge.serve import run
run("textrail.project.door:door", address="127.0.0.1", port={DOOR_PORT})
"""


class Round(NamedTuple):
    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    wrong: int


def build_house() -> int:
    """The tables and one link; its id."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.links.actions import create_link
    from textrail.domain.links.rules import Utm

    call_command("migrate", run_syncdb=True, verbosity=0)
    now = datetime.now(UTC)
    account = Account.objects.create(name="Bench", created_at=now)
    business = Business.objects.create(account=account, name="Bench", slug="bench", created_at=now)
    utm = Utm(source="sms", medium="text", campaign="bench", term="", content="")
    destination = "https://shop.example/sale"
    link = create_link(business=business, name="Sale", destination=destination, utm=utm, at=now)
    return int(link.id)


def add_codes(link_id: int, count: int) -> None:
    from django.db import transaction

    from textrail.domain.links.actions import NewCode, reserve_codes, store_codes

    for first in range(0, count, 200_000):
        codes = reserve_codes(min(200_000, count - first))
        with transaction.atomic():
            store_codes([NewCode(code, link_id) for code in codes])
        with open(os.environ["CODES"], "a") as file:
            file.write("".join(codes))


@contextmanager
def serving(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(["taskset", "-c", "0", *command])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, f"{command[0]} did not start"
                time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def load(port: int, seconds: int, connections: int) -> Round:
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s"]
    command += [str(HERE / "random_codes.lua"), f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    assert found, said
    requests, micros, p50, p99, wrong = map(int, found.groups())
    return Round(requests, requests * 1e6 / micros, p50 / 1000, p99 / 1000, wrong)


def measure_nginx(folder: Path, seconds: int, connections: int) -> Round:
    command = ["nginx", "-p", str(folder), "-c", str(HERE / "nginx.conf"), "-e", "nginx.log"]
    with serving(command, NGINX_PORT):
        load(NGINX_PORT, 1, connections)
        return load(NGINX_PORT, seconds, connections)


def measure_door(folder: Path, seconds: int, connections: int) -> Round:
    """One round at the door, after which the clicks on disk are counted."""
    with serving([sys.executable, "-c", DOOR], DOOR_PORT):
        load(DOOR_PORT, 1, connections)
        before = clicks(folder)
        result = load(DOOR_PORT, seconds, connections)
    kept = clicks(folder) - before
    # What was under way when wrk stopped, here or in the warm-up, is on disk but not counted.
    assert result.requests <= kept <= result.requests + 2 * connections, (result, kept)
    return result


def clicks(folder: Path) -> int:
    with sqlite3.connect(folder / "arrivals.db") as journal:
        return int(journal.execute("SELECT count(*) FROM arrivals").fetchone()[0])


def show(name: str, rounds: list[Round]) -> float:
    _, rate, p50, p99, _ = (statistics.median(column) for column in zip(*rounds, strict=True))
    wrong = sum(each.wrong for each in rounds)
    print(f"{name:<28}{rate:>12,.0f}{p50:>10.2f}{p99:>10.2f}{wrong:>8}", flush=True)
    return float(rate)


def compare(folder: Path, codes: int, rounds: int, seconds: int, connections: int) -> None:
    link_id, few = build_house(), min(10_000, codes)
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    print(model[1] if model else platform.machine(), f"{os.cpu_count()} cores", sep=", ", end=", ")
    print(f"Linux {platform.release()}, Python {platform.python_version()}")
    print(f"median of {rounds} rounds of {seconds} s, {connections} connections")
    print(f"{'':<28}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'errors':>8}")
    add_codes(link_id, few)
    small = [measure_door(folder, seconds, connections) for _ in range(rounds)]
    show(f"the door, {few:,} codes", small)
    add_codes(link_id, codes - few)
    nginx, large = [], []
    for _ in range(rounds):
        nginx.append(measure_nginx(folder, seconds, connections))
        large.append(measure_door(folder, seconds, connections))
    ratio = show(f"the door, {codes:,} codes", large) / show("nginx, static 302", nginx)
    print(f"The door is at {ratio:.2f} of nginx, with every answered click found on disk.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in {"codes": 2_000_000, "rounds": 5, "seconds": 8, "connections": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(prefix="textrail-bench-") as name:
        os.environ["TEXTRAIL_DATA"], os.environ["CODES"] = name, f"{name}/codes"
        compare(Path(name), **chosen)


if __name__ == "__main__":
    main()
