"""The engines that `make test-engines` installs, each started once, over one set of columns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.engines.made_up import write_columns
from tests.engines.server import clickhouse
from textrail.analytics.attribution import VIEWS
from textrail.analytics.engine import AnyEngine, Engine, Files, Query, Result
from textrail.analytics.engines.choosing import open_engine
from textrail.analytics.engines.setting import read_engine
from textrail.domain.reports.columns import TABLES

HERE = Path(__file__).parent
# Two executors, each a process of its own, with a half of each shuffle. The tables are small: what
# takes time is Java, planning, and each piece of work for itself. So machine code is made the quick
# way, a plan stays as it was made first, and a table is one piece. Nothing of it is about meaning.
_JAVA = quote("-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
SPARK = "local-cluster[2,1,1024]?" + "&".join(
    (
        "spark.driver.host=127.0.0.1",
        "spark.driver.bindAddress=127.0.0.1",
        "spark.log.level=OFF",
        f"spark.driver.extraJavaOptions={_JAVA}",
        f"spark.executor.extraJavaOptions={_JAVA}",
        "spark.sql.adaptive.enabled=false",
        "spark.sql.shuffle.partitions=2",
        "spark.sql.files.minPartitionNum=1",
        "spark.sql.files.openCostInBytes=0",
    )
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engines)


@dataclass(frozen=True)
class Columns:
    folder: Path
    files: Files

    def engine(self, setting: str) -> AnyEngine:
        return open_engine(read_engine(setting), self.folder, TABLES, VIEWS)


@pytest.fixture(scope="session")
def columns() -> Columns:
    folder: Path = settings.CONFIG.columns_folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return Columns(folder, write_columns(folder))


@pytest.fixture(scope="session")
def duckdb(columns: Columns) -> Engine:
    return Engine(columns.folder, TABLES, VIEWS)


@pytest.fixture(scope="session")
def clickhouse_setting() -> Iterator[str]:
    pytest.importorskip("chdb", reason="make test-engines installs ClickHouse’s engine")
    with clickhouse() as setting:
        yield setting


@pytest.fixture(scope="session")
def clickhouse_engine(columns: Columns, clickhouse_setting: str) -> AnyEngine:
    return columns.engine(clickhouse_setting)


@pytest.fixture(scope="session")
def spark_engine(columns: Columns) -> Iterator[AnyEngine]:
    pytest.importorskip("pyspark", reason="make test-engines installs Spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    spark = columns.engine(SPARK)
    yield spark
    spark.close()  # type: ignore[attr-defined]


@pytest.fixture(params=["clickhouse", "spark"])
def other(request: pytest.FixtureRequest) -> AnyEngine:
    """An engine that must answer what DuckDB answers. In whatever order the tests come, each is
    started once."""
    engine: AnyEngine = request.getfixturevalue(f"{request.param}_engine")
    return engine


def is_slow(engine: AnyEngine) -> bool:
    """Spark takes seconds for each question, however small, and is asked fewer."""
    return type(engine).__name__ == "Spark"


def answers(
    engine: AnyEngine, questions: Mapping[str, Query], files: Files
) -> dict[str, Result | Exception]:
    """All at once, as the threads of a server ask."""

    def ask(query: Query) -> Result | Exception:
        try:
            return engine.ask(query, files)
        except Exception as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(questions, pool.map(ask, questions.values()), strict=True))


def differences(expected: Result | Exception, found: Result | Exception) -> list[str]:
    """What is not the same, types included; order counts where a question asks for one."""
    assert isinstance(expected, Result)
    if isinstance(found, Exception):
        return [f"{type(found).__name__}: {getattr(found, 'reason', found)}"]
    if expected.columns != found.columns:
        return [f"columns {found.columns}, not {expected.columns}"]
    if len(expected.rows) != len(found.rows):
        return [f"{len(found.rows)} rows, not {len(expected.rows)}"]
    return [
        f"row {place}, {name}: {theirs!r}, not {ours!r}"
        for place, (row, other_row) in enumerate(zip(expected.rows, found.rows, strict=True))
        for name, ours, theirs in zip(expected.columns, row, other_row, strict=True)
        if ours != theirs or type(ours) is not type(theirs)
    ][:8]
