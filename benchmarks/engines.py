"""One question on DuckDB, ClickHouse's engine and Spark, over the same million touchpoints.

    make .venv/engines && .venv/bin/python benchmarks/engines.py [--touchpoints 1000000]

All heuristics at once, summed by campaign and source: the SQL that reports run, over the columns of
benchmarks/attribution.py. ClickHouse's engine is chdb behind its HTTP interface on loopback, and
Spark is a cluster of two executors on this machine; both take the first answer to warm up. Every
engine must give DuckDB's rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

RUNS = 3
SPARK = (
    "local-cluster[2,1,2048]?spark.executor.memory=2g&spark.driver.host=127.0.0.1"
    "&spark.driver.bindAddress=127.0.0.1&spark.sql.shuffle.partitions=4&spark.log.level=OFF"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--touchpoints", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="textrail-engines-") as name:
        os.environ["TEXTRAIL_DATA"] = name
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
        sys.path.insert(0, str(Path(__file__).parents[1]))
        import django

        django.setup()
        _compare(Path(name) / "columns", options.touchpoints)


def _compare(folder: Path, touchpoints: int) -> None:
    from tests.engines.server import clickhouse

    from attribution import _make
    from textrail.analytics.attribution import MODELS, VIEWS, Scope, credits_query
    from textrail.analytics.engines.choosing import open_engine
    from textrail.analytics.engines.setting import read_engine
    from textrail.domain.reports.columns import TABLES

    files = _make(folder, touchpoints)
    sums = ", ".join(f"SUM(credit_{model}) AS {model}" for model in MODELS)
    everything = Scope(business_id=1, from_ms=0, until_ms=2**60)
    query = credits_query(
        MODELS,
        everything,
        f"""SELECT campaign_id, source_id, COUNT(*) AS steps, {sums} FROM credits
            GROUP BY campaign_id, source_id ORDER BY campaign_id, source_id""",
    )
    print(f"{touchpoints:,} touchpoints, {os.cpu_count()} cores, best of {RUNS} after the first")
    own, seconds = None, {}
    with clickhouse() as server:
        for name, setting in (("DuckDB", "duckdb"), ("ClickHouse", server), ("Spark", SPARK)):
            engine = open_engine(read_engine(setting), folder, TABLES, VIEWS)
            rows = [tuple(row) for row in engine.ask(query, files).rows]
            own = own or rows
            if rows != own:
                raise SystemExit(f"{name} does not give DuckDB's rows.")
            seconds[name] = min(_timed(partial(engine.ask, query, files)) for _ in range(RUNS))
            ratio = seconds[name] / seconds["DuckDB"]
            print(f"{name:>12} {seconds[name]:>8.2f} s {ratio:>7.1f} times DuckDB", flush=True)


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
