"""The engine that a setting means.

What an engine needs is imported when it is chosen, so that DuckDB costs nobody the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from textrail.analytics.contract import Table
from textrail.analytics.engine import AnyEngine, Engine
from textrail.analytics.engines.setting import EngineSetting


def open_engine(
    setting: EngineSetting, folder: Path, tables: Sequence[Table], views: Mapping[str, str]
) -> AnyEngine:
    """The engine of `setting` over the columns in `folder`. Nothing is asked of it yet."""
    if setting.kind == "clickhouse":
        from textrail.analytics.engines.clickhouse import ClickHouse, Server

        server = Server(
            url=setting.place,
            user=setting.user,
            password=setting.password,
            database=setting.database,
            files=setting.options.get("files", "").rstrip("/"),
        )
        return ClickHouse(server, folder, tables, views)
    if setting.kind == "spark":
        from textrail.analytics.engines.spark import Cluster, Spark

        return Spark(Cluster(setting.place, setting.options), tables, views)
    return Engine(folder, tables, views)
