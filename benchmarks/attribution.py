"""How long five models take over ten million touchpoints and a million conversions, at once.

    python benchmarks/attribution.py [--threads 2] [--touchpoints 1000000 10000000]

The columns are made up in the real tables' shape: taps, texts and calls of 90 days, people who
touch once and people who touch often, 85% of the conversions within days after a tap. The SQL is
the one that reports run. Every model's credits must sum to the revenue to the cent.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

RUNS = 3
PER_CONVERSION = 10
CHUNKS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """`rows` are the credited steps of all paths; `longest` is the longest path."""

    touchpoints: int
    conversions: int
    rows: int
    longest: int
    seconds: float
    megabytes: float


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="textrail-attribution-") as folder:
        os.environ["TEXTRAIL_DATA"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
        import django

        django.setup()
        _print_machine(options.threads)
        runs = [_run(Path(folder) / str(n), n, options.threads) for n in options.touchpoints]
    print(f"{'touchpoints':>12} {'conversions':>12} {'steps':>11} {'longest':>8}", end=" ")
    print(f"{'MB':>7} {'seconds':>8}")
    for run in runs:
        print(f"{run.touchpoints:>12,} {run.conversions:>12,} {run.rows:>11,}", end=" ")
        print(f"{run.longest:>8} {run.megabytes:>7.0f} {run.seconds:>8.2f}")
    if len(runs) > 1:
        more, longer = (
            runs[-1].touchpoints / runs[0].touchpoints,
            runs[-1].seconds / runs[0].seconds,
        )
        print(f"{more:.0f} times the touchpoints take {longer:.1f} times as long.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--touchpoints", type=int, nargs="+", default=(1_000_000, 10_000_000))
    return parser.parse_args()


def _run(folder: Path, touchpoints: int, threads: int) -> Run:
    from textrail.analytics.attribution import MODELS, VIEWS, Scope, credits_query
    from textrail.analytics.engine import Engine, Query
    from textrail.domain.reports.columns import TABLES

    files = _make(folder, touchpoints)
    engine = Engine(folder, TABLES, VIEWS, memory="4GB", threads=threads)
    everything = Scope(business_id=1, from_ms=0, until_ms=2**60)
    sums = ", ".join(f"SUM(credit_{model}) AS {model}" for model in MODELS)
    by_origin = f"""SELECT campaign_id, source_id, COUNT(*) AS steps, MAX(length) AS longest, {sums}
        FROM credits GROUP BY campaign_id, source_id"""
    query = credits_query(MODELS, everything, by_origin)
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        rows = engine.ask(query, files).records()
        seconds.append(time.perf_counter() - began)
    facts = "SELECT COUNT(*) AS count, SUM(value_minor) AS revenue FROM conversions"
    fact = engine.ask(Query(facts), files).records()[0]
    for model in MODELS:
        credited = sum(row[model.value] for row in rows)
        if credited != fact["revenue"]:
            raise SystemExit(f"{model}: {credited} was credited of {fact['revenue']}")
    return Run(
        touchpoints=touchpoints,
        conversions=fact["count"],
        rows=sum(row["steps"] for row in rows),
        longest=max(row["longest"] for row in rows),
        seconds=min(seconds),
        megabytes=sum(Path(path).stat().st_size for paths in files.values() for path in paths)
        / 1e6,
    )


_MACROS = """
CREATE MACRO chance(i, salt) AS (hash(i * 16 + salt) >> 11) / 9007199254740992.0;
CREATE MACRO moment(i, salt) AS 1767225600000 + CAST(floor(chance(i, salt) * 7776000000) AS BIGINT);
CREATE MACRO person(i, salt) AS
  CAST(hash(CAST(floor({people} * pow(chance(i, salt), 1.3)) AS BIGINT)) >> 1 AS BIGINT);
"""
_TAPS = """SELECT i AS id, CAST(1 AS BIGINT) AS business_id, moment(i, 1) AS at_ms,
    person(i, 0) AS person, i % 100 AS link_id, i AS message_id, i % 50 AS campaign_id,
    i % 100 AS variant_id, 'human' AS verdict, 'iPhone' AS device, 'iOS' AS os"""
_TEXTS = """SELECT i AS id, CAST(1 AS BIGINT) AS business_id, moment(i, 3) AS at_ms,
    person(i, 2) AS person, 'inbound' AS direction, 'chat' AS kind, i % 10 AS number_id,
    i % 10 AS source_id, CAST(NULL AS BIGINT) AS campaign_id, CAST(NULL AS BIGINT) AS variant_id,
    CAST(1 AS BIGINT) AS segments"""
_CALLS = """SELECT i AS id, CAST(1 AS BIGINT) AS business_id, moment(i, 5) AS at_ms,
    person(i, 4) AS person, i % 10 AS number_id, i % 10 AS source_id, 'answered' AS status,
    CAST(60 AS BIGINT) AS duration_seconds"""
_CONVERSIONS = """SELECT i AS id, CAST(1 AS BIGINT) AS business_id,
    CASE WHEN i % 100 < 85
         THEN moment(tap, 1) - CAST(floor(ln(1 - chance(i, 7)) * 259200000) AS BIGINT)
         ELSE moment(i, 6) END AS at_ms,
    CAST(0 AS BIGINT) AS received_at_ms,
    CASE WHEN i % 100 < 85 THEN person(tap, 0) ELSE person(i, 8) END AS person,
    CAST(1 AS BIGINT) AS type_id, CAST(floor(chance(i, 9) * 20000) AS BIGINT) - 500 AS value_minor,
    'USD' AS currency, '' AS click_id"""


def _make(folder: Path, touchpoints: int) -> dict[str, tuple[str, ...]]:
    """85% taps, 10% texts, 5% calls; one person to six touchpoints; a refund now and then."""
    folder.mkdir()
    database = duckdb.connect()
    database.execute(_MACROS.format(people=touchpoints // 6))
    taps = touchpoints * 85 // 100
    conversions = touchpoints // PER_CONVERSION
    shapes = {
        "clicks": (_TAPS, taps),
        "messages": (_TEXTS, touchpoints // 10),
        "calls": (_CALLS, touchpoints // 20),
        "conversions": (
            f"{_CONVERSIONS} FROM (SELECT i, CAST(floor(chance(i, 10) * {taps}) AS BIGINT) AS tap",
            conversions,
        ),
    }
    files: dict[str, tuple[str, ...]] = {}
    for table, (select, rows) in shapes.items():
        step = -(-rows // CHUNKS)
        paths = []
        for part, start in enumerate(range(0, rows, step)):
            path = folder / f"{table}-{part}.parquet"
            source = f"FROM range({start}, {min(rows, start + step)}) AS numbers(i)"
            sql = f"{select} {source})" if table == "conversions" else f"{select} {source}"
            database.execute(f"COPY ({sql}) TO '{path}' (COMPRESSION zstd)")
            paths.append(str(path))
        files[table] = tuple(paths)
    return files


def _print_machine(threads: int) -> None:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    print(
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {threads} threads,"
    )
    print(f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, best of {RUNS} runs")


if __name__ == "__main__":
    main()
