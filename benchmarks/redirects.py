"""Redirects with every click on disk, against nginx's static 302, on one core each.

Run by hand on a quiet machine of two cores or more, with nginx and wrk installed:

    python benchmarks/redirects.py [--memory 5000000]

Servers take turns on core 0, round by round, and meet the same weather; wrk asks from core 1, with
the headers of a thousand kinds of phone. The rules are four: a country, a device with hours, and a
split of the rest, for recipients whose hour comes from their phone's area and whose place from a
file. Then the door with rules is asked for 80 % of what it managed, at random moments, for its p99.
`--memory` asks for so many codes, each once, and shows what the door keeps in memory meanwhile.

Everything is asked over connections that are kept, 64 and 256 of them, which shows the servers and
little else, and over a new connection for each click, which is how phones come. wrk is too slow to
fill nginx then, so the servers are compared by the processor time that a request takes them.
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
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textrail.domain.accounts.models import Business
    from textrail.vocabulary.routing import Plan

HERE = Path(__file__).parent
NGINX_PORT, DOOR_PORT = 18301, 18302
CONTACTS = 200_000
KEEPING: dict[str, str] = {}
CLOSING = {"CLOSING": "yes"}
DOOR = f"""
from textrail.edge.connections import TapConnection
from textrail.edge.serve import run
run("textrail.project.door:door", address="127.0.0.1", port={DOOR_PORT}, connection=TapConnection)
"""


class Round(NamedTuple):
    """`busy_us` is the server's processor time for each request, in microseconds."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    wrong: int
    busy_us: float


class Links(NamedTuple):
    """A link that always leads to its landing, one with rules, and the recipients of the second."""

    plain: int
    routed: int
    contacts: list[int]


def build_house() -> Links:
    """The tables, two links and some recipients."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.links.actions import create_link
    from textrail.domain.links.models import Link
    from textrail.domain.links.rules import Utm
    from textrail.vocabulary.routing import encode_plan

    call_command("migrate", run_syncdb=True, verbosity=0)
    now = datetime.now(UTC)
    account = Account.objects.create(name="Bench", created_at=now)
    business = Business.objects.create(account=account, name="Bench", slug="bench", created_at=now)
    utm = Utm(source="sms", medium="text", campaign="bench", term="", content="")
    destination = "https://shop.example/sale"
    plain, routed = (
        create_link(business=business, name=name, destination=destination, utm=utm, at=now)
        for name in ("Sale", "Sale by rules")
    )
    route = encode_plan(rules(routed.landing)).decode()
    Link.objects.filter(id=routed.pk).update(route=route)
    return Links(plain.pk, routed.pk, add_contacts(business))


def rules(landing: str) -> Plan:
    from textrail.vocabulary.routing import Arm, Plan, Rule

    arms = (Arm("A", 1, f"{landing}&utm_content=a"), Arm("B", 1, f"{landing}&utm_content=b"))
    evening = Rule(
        name="Evening on phones",
        devices=("phone",),
        from_minute=18 * 60,
        to_minute=22 * 60,
        landing=f"{landing}&to=evening",
    )
    canada = Rule(name="Canada", countries=("CA",), landing=f"{landing}&to=canada")
    split = Rule(name="Split", countries=("US",), arms=arms)
    return Plan(landing=landing, salt="bench", rules=(canada, evening, split))


def add_contacts(business: Business) -> list[int]:
    from textrail.domain.contacts.models import Contact, Person

    at = business.created_at
    ids: list[int] = []
    for first in range(0, CONTACTS, 10_000):
        people = Person.objects.bulk_create(
            [Person(business=business, created_at=at) for _ in range(10_000)]
        )
        areas = (212, 305, 312, 415, 602, 713)
        contacts = Contact.objects.bulk_create(
            Contact(
                business=business,
                person=person,
                phone=f"+1{areas[number % len(areas)]}{5_550_000 + number:07}",
                created_at=at,
            )
            for number, person in enumerate(people, first)
        )
        ids += [contact.pk for contact in contacts]
    return ids


def write_places(path: Path) -> None:
    """This machine is in Oakland."""
    from mmdb_writer import MMDBWriter
    from netaddr import IPSet

    writer = MMDBWriter(6, "Bench", ipv4_compatible=True, float_type="f64")
    names = {"en": "Oakland"}
    where = {"latitude": 37.8, "longitude": -122.27, "time_zone": "America/Los_Angeles"}
    record = {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]}
    writer.insert_network(
        IPSet(["127.0.0.0/8"]), {**record, "city": {"names": names}, "location": where}
    )
    writer.to_db_file(str(path))


def add_codes(file: Path, link_id: int, count: int, contacts: Sequence[int] = ()) -> None:
    """Codes of a link, for strangers or spread over recipients, also in a file for wrk."""
    from django.db import transaction

    from textrail.domain.links.actions import NewCode, reserve_codes, store_codes

    recipients = cycle(contacts or [None])
    for first in range(0, count, 200_000):
        codes = reserve_codes(min(200_000, count - first))
        with transaction.atomic():
            store_codes(NewCode(code, link_id, next(recipients)) for code in codes)
        with file.open("a") as text:
            text.write("".join(codes))


@contextmanager
def serving(command: list[str], port: int) -> Iterator[int]:
    """A server on core 0 that answers; its process."""
    process = subprocess.Popen(["taskset", "-c", "0", *command])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, f"{command[0]} did not start"
                time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def load(
    port: int, codes: Path, seconds: int, connections: int, server: int, **order: str
) -> Round:
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s"]
    command += [str(HERE / "random_codes.lua"), f"http://127.0.0.1:{port}"]
    environment = {**os.environ, "CODES": str(codes), **order}
    before = busy_seconds(server)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    busy = busy_seconds(server) - before
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    assert found, done.stdout
    requests, micros, p50, p99, wrong = map(int, found.groups())
    rate = requests * 1e6 / micros
    return Round(requests, rate, p50 / 1000, p99 / 1000, wrong, busy * 1e6 / requests)


def busy_seconds(process: int) -> float:
    """Processor time of a process and those that it started, in the kernel too.

    What has ended counts at the process that waited for it.
    """
    ticks = 0
    for each in family(process):
        with suppress(OSError):  # it has just ended
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Bench(NamedTuple):
    folder: Path
    seconds: int
    connections: int

    def nginx(self, codes: Path, connections: int, /, **order: str) -> Round:
        script = str(HERE / "nginx.conf")
        command = ["nginx", "-p", str(self.folder), "-c", script, "-e", "nginx.log"]
        with serving(command, NGINX_PORT) as server:
            load(NGINX_PORT, codes, 1, connections, server, **order)
            return load(NGINX_PORT, codes, self.seconds, connections, server, **order)

    def door(self, codes: Path, connections: int, /, **order: str) -> Round:
        """One round at the door, after which the clicks on disk are counted."""
        with serving([sys.executable, "-c", DOOR], DOOR_PORT) as server:
            load(DOOR_PORT, codes, 1, connections, server, **order)
            before = self.clicks()
            result = load(DOOR_PORT, codes, self.seconds, connections, server, **order)
        kept = self.clicks() - before
        # What was under way when wrk stopped, here or in the warm-up, is on disk but not counted.
        assert result.requests <= kept <= result.requests + 2 * connections, (result, kept)
        return result

    def door_at(self, codes: Path, rate: float, **order: str) -> Round:
        """One round at a rate, from so many connections that hardly any waits for an answer."""
        connections = 512
        pause = 1000 * connections / rate
        tried = self.door(codes, connections, PAUSE=str(pause), **order).per_second
        answering = 1000 * connections / tried - pause
        return self.door(codes, connections, PAUSE=str(pause - answering), **order)

    def memory(self, codes: Path, count: int) -> None:
        """What the door keeps while it is asked for `count` codes, each once."""
        with serving([sys.executable, "-c", DOOR], DOOR_PORT) as process:
            asked, steps = 0, 0
            while asked < count:
                if asked >= count * steps / 5:
                    show_memory(process, asked)
                    steps += 1
                asked += load(
                    DOOR_PORT, codes, 10, self.connections, process, ORDER="each", FIRST=str(asked)
                ).requests
            show_memory(process, asked)

    def clicks(self) -> int:
        with closing(sqlite3.connect(self.folder / "arrivals.db")) as journal:
            newest = journal.execute("SELECT seq FROM sqlite_sequence").fetchone()
            return int(newest[0]) if newest else 0


def show_memory(process: int, asked: int) -> None:
    kilobytes = sum(memory_of(each) for each in family(process))
    print(f"{f'after {asked:,} codes':<36}{kilobytes / 1024:>8,.0f} MB", flush=True)


def memory_of(process: int) -> int:
    """Kilobytes that are the process's own; pages of files belong to the system."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+)", status)
    return int(found[1]) if found else 0


def family(process: int) -> list[int]:
    """A process and those that it started."""
    found = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                found += family(int(child))
    return found


def show(name: str, rounds: list[Round]) -> Round:
    """The medians, also printed."""
    middle = Round(*(statistics.median(column) for column in zip(*rounds, strict=True)))
    wrong = sum(each.wrong for each in rounds)
    row = f"{name:<36}{middle.per_second:>12,.0f}{middle.p50_ms:>10.2f}{middle.p99_ms:>10.2f}"
    print(f"{row}{middle.busy_us:>10.1f}{wrong:>8}", flush=True)
    return middle


def show_machine() -> None:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    print(model[1] if model else platform.machine(), f"{os.cpu_count()} cores", sep=", ", end=", ")
    print(f"Linux {platform.release()}, Python {platform.python_version()}")


def compare(bench: Bench, codes: int, rounds: int, memory: int) -> None:
    plain, routed = bench.folder / "plain.codes", bench.folder / "routed.codes"
    write_places(Path(os.environ["TEXTRAIL_PLACES"]))
    links, few = build_house(), min(10_000, codes)
    show_machine()
    print(f"median of {rounds} rounds of {bench.seconds} s, {bench.connections} connections")
    print(f"{'':<36}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'busy µs':>10}{'errors':>8}")
    add_codes(plain, links.plain, few)
    small = [bench.door(plain, bench.connections) for _ in range(rounds)]
    show(f"the door, {few:,} codes", small)
    add_codes(plain, links.plain, codes - few)
    add_codes(routed, links.routed, codes, links.contacts)
    for title, connections, order in (
        ("connections are kept", bench.connections, KEEPING),
        ("connections are kept, and there are 256", 256, KEEPING),
        ("a connection a click", bench.connections, CLOSING),
    ):
        print(f"{title}:")
        nginx, large, ruled = [], [], []
        for _ in range(rounds):
            nginx.append(bench.nginx(plain, connections, **order))
            large.append(bench.door(plain, connections, **order))
            ruled.append(bench.door(routed, connections, **order))
        peer = show("nginx, static 302", nginx)
        door = show(f"the door, {codes:,} codes", large)
        rate = show(f"the door with rules, {codes:,} codes", ruled)
        tried = [bench.door_at(routed, 0.8 * rate.per_second, **order) for _ in range(rounds)]
        show("the door with rules, at 80 %", tried)
        print(
            f"In a second the door answers {door.per_second / peer.per_second:.3f} of nginx's, and"
            f" with rules {rate.per_second / peer.per_second:.3f}; by processor time it is at"
            f" {peer.busy_us / door.busy_us:.3f} and {peer.busy_us / rate.busy_us:.3f}. Every"
            " answered click was found on disk."
        )
    if memory:
        add_codes(plain, links.plain, max(0, memory - codes))
        bench.memory(plain, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    defaults = {"codes": 2_000_000, "rounds": 5, "seconds": 8, "connections": 64, "memory": 0}
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="textrail-bench-") as name:
        os.environ["TEXTRAIL_DATA"] = name
        os.environ["TEXTRAIL_LINKS_URL"] = f"http://127.0.0.1:{DOOR_PORT}"
        os.environ["TEXTRAIL_PLACES"] = f"{name}/places.mmdb"
        bench = Bench(Path(name), chosen.seconds, chosen.connections)
        compare(bench, chosen.codes, chosen.rounds, chosen.memory)


if __name__ == "__main__":
    main()
