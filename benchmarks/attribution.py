"""How long all heuristics take over ten million touchpoints and a million conversions, at once.

    python benchmarks/attribution.py [--threads 2] [--memory 6GB] [--rows 1000000 10000000]
        [--window 30] [--folder /somewhere/large]

Add 100000000 to the rows to see a hundred million touchpoints (some 2 GB of files, and what does
not fit in memory is spilled beside them). The columns are made up in the real tables' shape: taps,
texts and calls of 90 days, people who touch once and people who touch often, one in twenty merged
into another, 85% of the conversions within days after a tap, leads among them. The SQL is the one
that reports run. Every model's credits must sum to the revenue to the cent.

“Cores” are the seconds that both cores worked together. “Sort” is a plain window over the same
touchpoints in the same run, each person's put in order and numbered: what a machine that is slow or
busy today needs for that, it needs more of for the rest.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

RUNS = 3
LARGE = 50_000_000  # from here on one run is enough
PER_CONVERSION = 10
SORT = """SELECT SUM(place) FROM (
  SELECT ROW_NUMBER() OVER (PARTITION BY person ORDER BY at_ms, touch) AS place FROM touchpoints
) AS placed"""
CHUNKS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """`steps` are the credited touches of all paths; `longest` is the longest path. `cores` are
    seconds of all cores together; `peak` is the most that the process held so far, in GiB, and
    `spilled` what was on disk at most, in MB."""

    touchpoints: int
    conversions: int
    steps: int
    longest: int
    megabytes: float
    seconds: float
    cores: float
    sort: float
    peak: float
    spilled: float


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="textrail-attribution-", dir=options.folder) as folder:
        os.environ["TEXTRAIL_DATA"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
        import django

        django.setup()
        _print_machine(options.threads)
        from textrail.analytics.attribution import MODELS

        print(f"{len(MODELS)} models at once, {options.memory} for the engine; seconds:")
        print(
            f"{'touchpoints':>12} {'conversions':>12} {'steps':>11} {'longest':>8} {'MB':>6}",
            end="",
        )
        print(f" {'seconds':>8} {'cores':>7} {'sort':>6} {'GiB':>5} {'spilled':>8}")
        runs = []
        for touchpoints in sorted(options.rows):
            runs.append(_run(Path(folder) / str(touchpoints), touchpoints, options))
            _print_run(runs[-1])
    if len(runs) > 1:
        more, longer = (
            runs[-1].touchpoints / runs[0].touchpoints,
            runs[-1].seconds / runs[0].seconds,
        )
        print(f"{more:.0f} times the touchpoints take {longer:.1f} times as long.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="6GB")
    parser.add_argument("--rows", type=int, nargs="+", default=(1_000_000, 10_000_000))
    parser.add_argument("--window", type=int, help="days, instead of the 30 of both types")
    parser.add_argument("--folder", type=Path, help="where the files may be for the time being")
    return parser.parse_args()


def _run(folder: Path, touchpoints: int, options: argparse.Namespace) -> Run:
    from textrail.analytics.attribution import MODELS, VIEWS, Scope, credits_query
    from textrail.analytics.engine import Engine, Query
    from textrail.domain.reports.columns import TABLES

    files = _make(folder, touchpoints)
    engine = Engine(folder, TABLES, VIEWS, memory=options.memory, threads=options.threads)
    everything = Scope(business_id=1, from_ms=0, until_ms=2**60, window_days=options.window)
    sums = ", ".join(f"SUM(credit_{model}) AS {model}" for model in MODELS)
    by_origin = f"""SELECT campaign_id, source_id, COUNT(*) AS steps, MAX(length) AS longest, {sums}
        FROM credits GROUP BY campaign_id, source_id"""
    query = credits_query(MODELS, everything, by_origin)
    taken: list[tuple[float, float]] = []
    with _watched(folder / "spill") as spilled:
        for _ in range(1 if touchpoints >= LARGE else RUNS):
            began, worked = time.perf_counter(), time.process_time()
            rows = engine.ask(query, files).records()
            taken.append((time.perf_counter() - began, time.process_time() - worked))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    facts = "SELECT COUNT(*) AS count, SUM(value_minor) AS revenue FROM conversions"
    fact = engine.ask(Query(facts), files).records()[0]
    _check(rows, [model.value for model in MODELS], fact["revenue"])
    began = time.process_time()
    engine.ask(Query(SORT), files)
    return Run(
        touchpoints=touchpoints,
        conversions=fact["count"],
        steps=sum(row["steps"] for row in rows),
        longest=max(row["longest"] for row in rows),
        megabytes=sum(Path(path).stat().st_size for paths in files.values() for path in paths)
        / 1e6,
        seconds=min(seconds for seconds, _ in taken),
        cores=min(cores for _, cores in taken),
        sort=time.process_time() - began,
        peak=peak,
        spilled=max(spilled) / 1e6,
    )


def _check(rows: list[dict[str, int]], models: list[str], revenue: int) -> None:
    for model in models:
        credited = sum(row[model] for row in rows)
        if credited != revenue:
            raise SystemExit(f"{model}: {credited} was credited of {revenue}")


@contextmanager
def _watched(spill: Path) -> Iterator[list[int]]:
    """How many bytes were in the folder, looked at ten times a second."""
    sizes, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            try:
                sizes.append(sum(path.stat().st_size for path in spill.glob("*")))
            except FileNotFoundError:
                continue  # it was deleted between the two

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield sizes
    finally:
        over.set()
        watcher.join()


def _print_run(run: Run) -> None:
    print(
        f"{run.touchpoints:>12,} {run.conversions:>12,} {run.steps:>11,} {run.longest:>8}"
        f" {run.megabytes:>6,.0f} {run.seconds:>8.2f} {run.cores:>7.2f} {run.sort:>6.2f}"
        f" {run.peak:>5.1f} {run.spilled:>8,.0f}",
        flush=True,
    )


_MACROS = """
CREATE MACRO chance(i, salt) AS (hash(i * 16 + salt) >> 11) / 9007199254740992.0;
CREATE MACRO moment(i, salt) AS 1767225600000 + CAST(floor(chance(i, salt) * 7776000000) AS BIGINT);
CREATE MACRO human(k) AS CAST(hash(CAST(k AS BIGINT)) >> 1 AS BIGINT);
CREATE MACRO person(i, salt) AS human(floor({people} * pow(chance(i, salt), 1.3)));
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
    CAST(1 + (i % 10 = 0)::INT AS BIGINT) AS type_id,
    CAST(floor(chance(i, 9) * 20000) AS BIGINT) - 500 AS value_minor,
    'USD' AS currency, '' AS click_id, at_ms AS credited_at_ms, CAST(NULL AS BIGINT) AS sale_id,
    CAST(NULL AS BIGINT) AS origin_id"""
_TYPES = """SELECT CAST(i AS BIGINT) AS id, CAST(1 AS BIGINT) AS business_id,
    CASE WHEN i = 1 THEN 'purchase' ELSE 'lead' END AS kind, 'event' AS trigger,
    CAST(30 AS BIGINT) AS window_days, CAST(1 AS BIGINT) AS view_days,
    CAST(1 AS BIGINT) AS is_touchpoint FROM range(1, 3) AS numbers(i)"""
_SOURCES = """SELECT i AS id, CAST(1 AS BIGINT) AS business_id,
    ['direct', 'offline', 'email', 'paid search', 'organic'][1 + i % 5] AS channel
    FROM range(10) AS numbers(i)"""
# Every twentieth person turned out to be the next one.
_PEOPLE = """SELECT human(i) AS person, human(i + 1) AS canonical
    FROM range(0, {people}, 20) AS numbers(i)"""


def _make(folder: Path, touchpoints: int) -> dict[str, tuple[str, ...]]:
    """85% taps, 10% texts, 5% calls; one person to six touchpoints; one conversion in ten is a
    lead, and a refund comes now and then."""
    folder.mkdir()
    database = duckdb.connect()
    people = touchpoints // 6
    database.execute(_MACROS.format(people=people))
    taps = touchpoints * 85 // 100
    conversions = touchpoints // PER_CONVERSION
    tapped = f"SELECT i, CAST(floor(chance(i, 10) * {taps}) AS BIGINT) AS tap"
    shapes = {
        "clicks": (f"{_TAPS} FROM", taps),
        "messages": (f"{_TEXTS} FROM", touchpoints // 10),
        "calls": (f"{_CALLS} FROM", touchpoints // 20),
        "conversions": (f"{_CONVERSIONS} FROM ({tapped} FROM", conversions),
    }
    files = {
        "conversion_types": _write(database, folder / "types.parquet", _TYPES),
        "sources": _write(database, folder / "sources.parquet", _SOURCES),
        "people": _write(database, folder / "people.parquet", _PEOPLE.format(people=people)),
    }
    for table, (select, rows) in shapes.items():
        step = -(-rows // CHUNKS)
        files[table] = ()
        for part, start in enumerate(range(0, rows, step)):
            source = f"range({start}, {min(rows, start + step)}) AS numbers(i)"
            closed = ")" if table == "conversions" else ""
            path = folder / f"{table}-{part}.parquet"
            files[table] += _write(database, path, f"{select} {source}{closed}")
    return files


def _write(database: duckdb.DuckDBPyConnection, path: Path, sql: str) -> tuple[str, ...]:
    database.execute(f"COPY ({sql}) TO '{path}' (COMPRESSION zstd)")
    return (str(path),)


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
