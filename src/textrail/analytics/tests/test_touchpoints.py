"""Visits and the clicks elsewhere that led to them, paired over files as they are on disk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest

from textrail.analytics import chunks
from textrail.analytics.attribution import DAY_MS, VIEWS
from textrail.analytics.engine import Engine, Files, Query
from textrail.domain.reports.columns import TABLES

MINUTE_MS = 60_000
NOON = 20_000 * DAY_MS + DAY_MS // 2
Rows = Sequence[Mapping[str, int | str]]
WAYS: Rows = [{"id": 1, "channel": "email"}, {"id": 2, "channel": "direct"}]


def written(folder: Path, **tables: Sequence[Rows]) -> Files:
    """A file of each table, with a row group of each batch of rows."""
    files = {}
    for name, batches in tables.items():
        schema = next(table.schema for table in TABLES if table.name == name)
        rows = [[tuple(map(row.get, schema.names)) for row in batch] for batch in batches]
        files[name] = (str(folder / chunks.write(folder, name, schema, rows).path),)
    return files


def touch(person: int, at_ms: int, way: int) -> dict[str, int | str]:
    return {
        "id": person,
        "business_id": 1,
        "person": person,
        "at_ms": at_ms,
        "traffic_id": way,
        "tapped": 0,
    }


@pytest.mark.parametrize(
    ("way", "first_ms", "last_ms", "gone"),
    [
        (1, -30 * MINUTE_MS, 5 * MINUTE_MS, "click_elsewhere"),
        (2, 0, 30 * MINUTE_MS, "session"),
    ],
)
def test_a_visit_and_its_click_are_one_touch_at_any_minute(
    way: int, first_ms: int, last_ms: int, gone: str, tmp_path: Path
) -> None:
    """They are looked up by spans of time, and lie in two of them as often as in one."""
    after = (first_ms - 1, first_ms, 0, last_ms, last_ms + 1)
    cases = dict(enumerate(product(range(0, 71 * MINUTE_MS, MINUTE_MS), after), start=1))
    files = written(
        tmp_path,
        traffic=[WAYS],
        outside_clicks=[[touch(who, NOON + at, 1) for who, (at, _) in cases.items()]],
        sessions=[[touch(who, NOON + at + later, way) for who, (at, later) in cases.items()]],
    )
    asked = Query("SELECT kind, person FROM signals WHERE refused IS NOT NULL ORDER BY person")
    found = Engine(tmp_path, TABLES, VIEWS).ask(asked, files).rows
    paired = [who for who, (_, later) in cases.items() if first_ms <= later <= last_ms]
    assert found == [(gone, who) for who in paired]


def test_a_question_of_a_day_reads_no_other_days(tmp_path: Path) -> None:
    days = range(40)
    files = written(
        tmp_path,
        traffic=[WAYS],
        outside_clicks=[[touch(day + 1, NOON + day * DAY_MS, 1)] for day in days],
        sessions=[
            [touch(day + 1, NOON + day * DAY_MS + MINUTE_MS, way)] for day in days for way in (1, 2)
        ],
    )
    sql = """EXPLAIN ANALYZE SELECT COUNT(*) FROM touchpoints WHERE business_id = 1
        AND at_ms >= $from_ms AND at_ms < $until_ms"""
    day = {"from_ms": NOON + 20 * DAY_MS, "until_ms": NOON + 21 * DAY_MS}
    [(_, plan)] = Engine(tmp_path, TABLES, VIEWS).ask(Query(sql, day), files).rows
    scans = re.findall(r"Row Groups Scanned: (\d+) / (\d+)", plan)
    history = [int(read) for read, groups in scans if int(groups) >= len(days)]
    assert len(history) >= 6
    assert max(history) <= 4
