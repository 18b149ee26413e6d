"""Another shortener's redirects beside the door's, on one core each, in the same run.

The peer is django-link-shortener on Django and SQLite, served by the same server as the door. It
counts a click in its own way: it updates one row before it answers, and keeps nothing else of it.
Kutt, Shlink and YOURLS come as images or as PHP, not as packages that this script could install.
Install it once, apart from Textrail, then run by hand on a quiet machine with wrk:

    .venv/bin/pip install --no-deps --target build/peer django-link-shortener==1.1.0
    .venv/bin/python benchmarks/shorteners.py
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from redirects import (
    DOOR_PORT,
    Bench,
    Round,
    add_codes,
    build_house,
    load,
    serving,
    show,
    write_places,
)

PEER_PORT = 18303
PEER = Path(__file__).parents[1] / "build" / "peer"
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
FILL = """
import os, peer
from datetime import UTC, datetime
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from shortener.models import UrlMap
owner, end = User.objects.create_user("owner"), datetime(9000, 1, 1, tzinfo=UTC)
codes = open(os.environ["CODES"]).read()
UrlMap.objects.bulk_create((
    UrlMap(user=owner, full_url="https://shop.example/sale", short_url=codes[start:start + 8],
        date_expired=end)
    for start in range(0, len(codes), 8)
), batch_size=5000)
"""
SERVE = f"""
from granian.constants import Interfaces
from granian.server import Server
Server("peer:application", address="127.0.0.1", port={PEER_PORT}, interface=Interfaces.WSGI,
    blocking_threads=1, log_enabled=False).serve()
"""


def fill_peer(folder: Path) -> None:
    """The codes that the door has, in the peer's own table."""
    (folder / "peer.py").write_text(APPLICATION)
    os.environ["PEER_DATABASE"] = str(folder / "peer.db")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(PEER)])
    subprocess.run([sys.executable, "-c", FILL], check=True)


def measure_peer(bench: Bench, codes: Path) -> Round:
    with serving([sys.executable, "-c", SERVE], PEER_PORT) as server:
        load(PEER_PORT, codes, 1, bench.connections, server)
        return load(PEER_PORT, codes, bench.seconds, bench.connections, server)


def compare(bench: Bench, codes: int, rounds: int) -> None:
    plain, routed = bench.folder / "plain.codes", bench.folder / "routed.codes"
    write_places(Path(os.environ["TEXTRAIL_PLACES"]))
    links = build_house()
    add_codes(plain, links.plain, codes)
    add_codes(routed, links.routed, codes, links.contacts)
    fill_peer(bench.folder)
    door, ruled, peer = [], [], []
    for _ in range(rounds):
        peer.append(measure_peer(bench, plain))
        door.append(bench.door(plain))
        ruled.append(bench.door(routed))
    connections = f"{bench.connections} connections, {codes:,} codes"
    print(f"median of {rounds} rounds of {bench.seconds} s, {connections}")
    print(f"{'':<36}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'busy µs':>10}{'errors':>8}")
    slower = show("django-link-shortener", peer)
    for name, rounds_of_it in (("the door", door), ("the door with rules", ruled)):
        ours = show(name, rounds_of_it)
        many = ours.per_second / slower.per_second
        busy = slower.busy_us / ours.busy_us
        print(f"It answers {many:.0f} times as many, each in 1/{busy:.0f} of the processor time.")
    print("The door keeps the evidence of each click.")


def main() -> None:
    if not (PEER / "shortener").exists():
        sys.exit(__doc__)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in {"codes": 100_000, "rounds": 3, "seconds": 8, "connections": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(prefix="textrail-bench-") as name:
        os.environ["TEXTRAIL_DATA"], os.environ["CODES"] = name, f"{name}/plain.codes"
        os.environ["TEXTRAIL_LINKS_URL"] = f"http://127.0.0.1:{DOOR_PORT}"
        os.environ["TEXTRAIL_PLACES"] = f"{name}/places.mmdb"
        bench = Bench(Path(name), chosen["seconds"], chosen["connections"])
        compare(bench, chosen["codes"], chosen["rounds"])


if __name__ == "__main__":
    main()
