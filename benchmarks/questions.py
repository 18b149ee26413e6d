"""How long a question of the dashboard takes over ten million events, warm.

    python benchmarks/questions.py [--events 10000000] [--runs 20] [--elsewhere 0]
                                   [--folder build/questions]

A year of four businesses (80, 12, 6 and 2% of the events) is written in chunks by id, put in order
and merged as the feed does it. Then the pages' own queries are asked, for the largest
business and for the smallest, in random order, each after one turn that warms the caches of the
system. Every question reads the files, for what the pages keep of earlier answers is forgotten
before it; “again” is the same question with it. `--elsewhere` is which part of the events are
clicks that other services counted and somebody imported, in the place of as many receipts: visits
are looked up for each. `--folder` keeps the columns for another run.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from attribution import _print_machine

NOW = datetime(2026, 11, 1, 18, tzinfo=UTC)
YEAR_MS = 365 * 86_400_000
START_MS = int(NOW.timestamp() * 1000) - YEAR_MS
CHUNK_ROWS = 250_000
PATHS = 50
TARGET = 0.3
# What part of all events each table has. A text has two or three receipts, a tap one click.
PARTS = {
    "receipts": 0.40,
    "messages": 0.30,
    "clicks": 0.20,
    "sessions": 0.04,
    "conversions": 0.05,
    "calls": 0.01,
}
_MACROS = """
CREATE MACRO chance(i, salt) AS (hash(i * 16 + salt) >> 11) / 9007199254740992.0;
CREATE MACRO owner(i) AS CAST(CASE WHEN chance(i, 0) < 0.8 THEN 1 WHEN chance(i, 0) < 0.92 THEN 2
    WHEN chance(i, 0) < 0.98 THEN 3 ELSE 4 END AS BIGINT);
CREATE MACRO token(k) AS CAST(hash(CAST(k AS BIGINT)) >> 1 AS BIGINT);
CREATE MACRO somebody(i, salt, business) AS token(
    business * 100000000 + floor({people} * pow(chance(i, salt), 1.3)
    * CASE business WHEN 1 THEN 0.8 WHEN 2 THEN 0.12 WHEN 3 THEN 0.06 ELSE 0.02 END));
CREATE MACRO moment(i, rows) AS {start} + CAST(floor((i + chance(i, 1)) * {year} / rows) AS BIGINT);
"""
# Column → SQL of row `i` of `rows`; what a table has besides is null, or empty.
_COMMON = {"id": "i + 1", "business_id": "owner(i)", "at_ms": "moment(i, {rows})"}
_MADE = {
    "clicks": {
        "person": "somebody(i, 2, owner(i))",
        "link_id": "owner(i) * 1000 + i % 200",
        "message_id": "i",
        "campaign_id": "CASE WHEN i % 10 > 0 THEN owner(i) * 1000 + i % 40 END",
        "variant_id": "CASE WHEN i % 10 > 0 THEN owner(i) * 1000 + i % 80 END",
        "verdict": "CASE WHEN i % 7 = 0 THEN 'preview' ELSE 'human' END",
        "device": "'iPhone'",
        "os": "'iOS'",
        "reasons": "'[]'",
    },
    "messages": {
        "person": "somebody(i, 3, owner(i))",
        "direction": "CASE WHEN i % 10 = 0 THEN 'inbound' ELSE 'outbound' END",
        "kind": "CASE WHEN i % 10 = 0 THEN 'chat' ELSE 'campaign' END",
        "number_id": "owner(i) * 100 + i % 7",
        "source_id": "owner(i) * 100 + i % 7",
        "campaign_id": "CASE WHEN i % 10 > 0 THEN owner(i) * 1000 + i % 40 END",
        "variant_id": "CASE WHEN i % 10 > 0 THEN owner(i) * 1000 + i % 80 END",
        "segments": "1",
    },
    "receipts": {
        "message_id": "owner(i) * 10000000 + i // 3",
        "person": "somebody(i, 3, owner(i))",
        "campaign_id": "owner(i) * 1000 + i % 40",
        "variant_id": "owner(i) * 1000 + i % 80",
        "status": "['accepted', 'sent', 'delivered'][1 + i % 3]",
        "price_micros": "7900",
        "currency": "'USD'",
    },
    "sessions": {
        "person": "CASE WHEN i % 3 > 0 THEN somebody(i, 4, owner(i)) END",
        "site_id": "owner(i)",
        "traffic_id": "owner(i) * 100 + i % 12",
        "tapped": "CASE WHEN i % 5 = 0 THEN 1 ELSE 0 END",
        "verdict": "'human'",
    },
    "outside_clicks": {
        "person": "somebody(i, 8, owner(i))",
        "traffic_id": "owner(i) * 100 + i % 12",
    },
    "calls": {
        "person": "somebody(i, 5, owner(i))",
        "number_id": "owner(i) * 100 + i % 7",
        "source_id": "owner(i) * 100 + i % 7",
        "status": "'answered'",
        "duration_seconds": "60",
    },
    # Seventeen of twenty within days after a tap; `tap` is the row of the click.
    "conversions": {
        "business_id": "owner({tap})",
        "at_ms": "{at}",
        "credited_at_ms": "{at}",
        "received_at_ms": "{at}",
        "person": "CASE WHEN i % 20 < 17 THEN somebody({tap}, 2, owner({tap}))"
        " ELSE somebody(i, 6, owner({tap})) END",
        "type_id": "owner({tap}) * 10 + CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END",
        "once_per_person": "CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END",
        "value_minor": "CAST(floor(chance(i, 9) * 20000) AS BIGINT) - 500",
        "currency": "'USD'",
        "click_id": "''",
    },
}
_SMALL = {
    "conversion_types": """SELECT b * 10 + k AS id, b AS business_id,
        CASE k WHEN 0 THEN 'purchase' ELSE 'lead' END AS kind, 'event' AS trigger,
        30 AS window_days, 1 AS view_days, 1 AS is_touchpoint
        FROM range(1, 5) AS businesses(b), range(2) AS kinds(k)""",
    "sources": """SELECT b * 100 + k AS id, b AS business_id,
        ['offline', 'email', 'paid_search', 'organic_search', 'direct', 'referral', 'sms'][1 + k]
        AS channel FROM range(1, 5) AS businesses(b), range(7) AS numbers(k)""",
    "traffic": """SELECT b * 100 + k AS id, b AS business_id,
        ['direct', 'paid_search', 'organic_search', 'paid_social'][1 + k % 4] AS channel,
        b * 100 + k % 4 AS source_of, b * 100 + k % 3 AS medium_of, b * 100 + k AS campaign_of
        FROM range(1, 5) AS businesses(b), range(12) AS ways(k)""",
    "people": """SELECT token(b * 100000000 + i) AS person, token(b * 100000000 + i + 1)
        AS canonical FROM range(1, 5) AS businesses(b), range(0, {people} // 10, 20) AS ids(i)""",
}


def main() -> None:
    options = _options()
    with _home(options.folder) as folder:
        os.environ["TEXTRAIL_DATA"] = str(folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
        import django

        django.setup()
        _print_machine(2)
        if not (folder / "house.db").exists():
            _make(folder / "columns", options.events, options.elsewhere)
        _print_files()
        _measure(options.runs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--elsewhere", type=float, default=0.0)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


@contextmanager
def _home(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="textrail-questions-") as folder:
        yield Path(folder)


def _make(columns: Path, events: int, elsewhere: float) -> None:
    """The businesses, and the columns as years of feeding and merging leave them."""
    from django.core.management import call_command

    from textrail.analytics import catalogue
    from textrail.domain.reports.columns import TABLES

    call_command("migrate", run_syncdb=True, verbosity=0)
    database = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    people = events // 20
    database.execute(_MACROS.format(people=people, start=START_MS, year=YEAR_MS))
    parts = PARTS | {"receipts": PARTS["receipts"] - elsewhere, "outside_clicks": elsewhere}
    rows = {name: int(events * part) for name, part in parts.items()}
    for table in TABLES:
        for path in _files(database, columns / table.name, table, rows, people):
            _catalogue(database, columns, table, path)
    began = time.perf_counter()
    while catalogue.compact(columns, TABLES, NOW):
        pass
    catalogue.sweep(columns, NOW + timedelta(days=1))
    print(f"Merging took {time.perf_counter() - began:.0f} s.")
    _make_rows(database, columns)


def _files(
    database: duckdb.DuckDBPyConnection,
    home: Path,
    table: Any,
    rows_of: Mapping[str, int],
    people: int,
) -> list[Path]:
    home.mkdir(parents=True, exist_ok=True)
    if table.name in _SMALL:
        made = _SMALL[table.name].format(people=people)
        known = {row[0] for row in database.execute(f"DESCRIBE {made}").fetchall()}
        select = ", ".join(
            _typed(column, column.name if column.name in known else "NULL")
            for column in table.columns
        )
        return [_write(database, home / "all.parquet", f"SELECT {select} FROM ({made})")]
    rows, taps = rows_of.get(table.name, 0), rows_of["clicks"]
    tap = f"CAST(floor(chance(i, 10) * {taps * 0.97}) AS BIGINT)"
    at = f"moment({tap}, {taps}) - CAST(floor(ln(1 - chance(i, 7)) * 259200000) AS BIGINT)"
    facts = _COMMON | _MADE.get(table.name, {})
    select = ", ".join(
        _typed(column, facts.get(column.name, "NULL").format(rows=rows, tap=tap, at=at))
        for column in table.columns
    )
    return [
        _write(
            database,
            home / f"{start}.parquet",
            f"SELECT {select} FROM range({start}, {min(rows, start + CHUNK_ROWS)}) AS rows(i)",
        )
        for start in range(0, rows, CHUNK_ROWS)
    ]


def _typed(column: Any, sql: str) -> str:
    type_ = {"int64": "BIGINT", "string": "VARCHAR"}[str(column.type)]
    return f'CAST({sql} AS {type_}) AS "{column.name}"'


def _write(database: duckdb.DuckDBPyConnection, path: Path, sql: str) -> Path:
    database.execute(f"COPY ({sql}) TO '{path}' (COMPRESSION zstd, ROW_GROUP_SIZE 50000)")
    return path


def _catalogue(database: duckdb.DuckDBPyConnection, columns: Path, table: Any, path: Path) -> None:
    from textrail.analytics import chunks
    from textrail.analytics.models import Chunk

    counted = database.execute(f"SELECT COUNT(*) FROM '{path}'").fetchone()
    rows = counted[0] if counted else 0
    file = chunks.Written(str(path.relative_to(columns)), rows, path.stat().st_size)
    if table.name not in _SMALL:
        file = chunks.in_order(columns, table.name, table.schema, file)
    Chunk.objects.create(
        table=table.name, path=file.path, rows=file.rows, bytes=file.bytes, created_at=NOW
    )


def _make_rows(database: duckdb.DuckDBPyConnection, columns: Path) -> None:
    """What the pages look up beside the columns: the businesses, their types, some conversions."""
    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.contacts.models import Person
    from textrail.domain.conversions.models import Conversion, ConversionType
    from textrail.domain.visitors.models import Traffic
    from textrail.vocabulary.clock import from_ms

    account = Account.objects.create(name="Benchmark", created_at=NOW)
    for number in range(1, 5):
        business = Business.objects.create(
            id=number, account=account, name=f"B{number}", slug=f"b{number}", created_at=NOW
        )
        Traffic.objects.bulk_create(
            Traffic(
                id=number * 100 + way,
                business=business,
                source=f"source {way % 4}",
                medium=f"medium {way % 3}",
                campaign=f"campaign {way}",
                channel="referral",
            )
            for way in range(12)
        )
        for kind, name in enumerate(("purchase", "lead")):
            ConversionType.objects.create(
                id=number * 10 + kind, business=business, name=name, kind=name, event=name
            )
    sample = f"""SELECT id, business_id, person, type_id, value_minor, at_ms
        FROM '{columns}/conversions/*.parquet'
        WHERE business_id IN (1, 4) AND value_minor >= 0 AND at_ms < {START_MS + YEAR_MS}
        QUALIFY ROW_NUMBER() OVER (PARTITION BY business_id ORDER BY hash(id)) <= {PATHS}"""
    for id_, owner, token, type_id, value, at_ms in database.execute(sample).fetchall():
        person, _ = Person.objects.get_or_create(
            token=token, defaults={"business_id": owner, "created_at": NOW}
        )
        Conversion.objects.create(
            id=id_,
            business_id=owner,
            type_id=type_id,
            person=person,
            sender="api",
            sender_key=str(id_),
            value_minor=value,
            currency="USD",
            at=from_ms(at_ms),
            received_at=from_ms(at_ms),
        )


def _print_files() -> None:
    from textrail.analytics.models import Chunk

    live = Chunk.objects.filter(replaced_at=None)
    rows, size = (sum(live.values_list(name, flat=True)) for name in ("rows", "bytes"))
    print(f"{rows:,} rows in {live.count()} files of {size / 1e6:,.0f} MB")


def _questions(number: int) -> dict[str, Callable[[], object]]:
    """Each question of a business by its name."""
    from textrail.analytics.attribution import MODELS, Model, TeamModel
    from textrail.domain.accounts.models import Business
    from textrail.domain.conversions.models import Conversion
    from textrail.domain.reports import queries
    from textrail.domain.reports.earners import Earner
    from textrail.domain.reports.rules import read_choice

    business = Business.objects.get(pk=number)
    conversions = list(Conversion.objects.filter(business=business).values_list("id", flat=True))

    def asked(name: str, **address: str) -> Callable[[], object]:
        choice = read_choice(address, NOW.date())
        look: dict[str, Callable[[queries.Reading], object]] = {
            "overview": lambda reading: queries.overview(business, reading, choice, NOW),
            "rankings": lambda reading: queries.rankings(business, reading, choice),
            "channels": lambda reading: queries.channel_credits(business, reading, choice),
            "kinds": lambda reading: queries.kinds(business, reading, choice),
            "ways": lambda reading: queries.ways(business, reading, choice, "source"),
            "credits": lambda reading: queries.credit_page(business, reading, choice, Earner()),
            "path": lambda reading: queries.path(
                business, reading, choice, random.choice(conversions), MODELS
            ),
        }
        return lambda: look[name](queries.Reading())

    found = {"path": asked("path")}
    for name in ("overview", "rankings", "channels", "credits"):
        for model in (Model.LAST, Model.W_SHAPED, Model.DECAY):
            found[f"{name}, 28 days, {model}"] = asked(name, model=model)
        found[f"{name}, 90 days, linear"] = asked(name, period="90", model=Model.LINEAR)
        found[f"{name}, 28 days, window of 90"] = asked(name, window="90")
    for team in TeamModel:
        for name in ("rankings", "channels", "kinds", "ways"):
            found[f"{name}, 28 days, {team}"] = asked(name, model=team)
    return found


@dataclass(slots=True)
class Taken:
    """Seconds of each asking: as the clock has them, of the cores together, and once more with the
    answers kept."""

    seconds: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)

    def add(self, ask: Callable[[], object]) -> None:
        _forget()
        began, worked = time.perf_counter(), time.process_time()
        ask()
        self.seconds.append(time.perf_counter() - began)
        self.cores.append(time.process_time() - worked)
        began = time.perf_counter()
        ask()
        self.again.append(time.perf_counter() - began)


def _forget() -> None:
    """What one question leaves for the next."""
    from textrail.domain.reports.queries import reading
    from textrail.domain.reports.queries.answers import Answers

    reading._ANSWERS = Answers()


def _measure(runs: int) -> None:
    for number, name in ((1, "80% of the events"), (4, "2% of the events")):
        questions = _questions(number)
        taken = {question: Taken() for question in questions}
        for ask in questions.values():
            ask()
        order = [question for question in questions for _ in range(runs)]
        random.Random(1).shuffle(order)
        for question in order:
            taken[question].add(questions[question])
        _print_times(name, taken)


def _print_times(name: str, taken: Mapping[str, Taken]) -> None:
    print(
        f"\n{f'a business with {name}':<40} {'p50':>7} {'p95':>7} {'cores':>7} {'again':>7} seconds"
    )
    for question, each in taken.items():
        _print_line(question, each)
    _print_line(
        "all",
        Taken(
            *(
                [one for each in taken.values() for one in getattr(each, name)]
                for name in ("seconds", "cores", "again")
            )
        ),
    )


def _print_line(question: str, taken: Taken) -> None:
    over = " over" if _part(taken.seconds, 0.95) > TARGET else ""
    print(
        f"{question:<40} {_part(taken.seconds, 0.5):>7.3f} {_part(taken.seconds, 0.95):>7.3f}"
        f" {_part(taken.cores, 0.5):>7.3f} {_part(taken.again, 0.5):>7.3f}{over}"
    )


def _part(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


if __name__ == "__main__":
    main()
