# ruff: noqa: S608 -- the only text that is put into SQL is our own
"""Every engine gives DuckDB's answers, row for row and to the cent."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engines.conftest import Columns, answers, differences, is_slow
from tests.engines.made_up import HUGE
from textrail.analytics import chunks
from textrail.analytics.attribution import (
    MODELS,
    Grain,
    Model,
    Scope,
    Transform,
    counts_query,
    credits_query,
)
from textrail.analytics.engine import AnyEngine, Engine, Query, Result
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.traits import told_by

EVER = Scope(business_id=1, from_ms=0, until_ms=2**60)
_MODELS = ", ".join(f"weight_{model}, credit_{model}" for model in MODELS)
EVERY_TOUCH = f"""SELECT conversion_id, converted_at_ms, value_minor, kind, touch, touched_at_ms,
    campaign_id, variant_id, link_id, number_id, source_id, traffic_id, channel, position, length,
    {_MODELS} FROM credits ORDER BY conversion_id, position"""
SCOPES = {
    "ever": EVER,
    "window and half-life": replace(EVER, window_days=90, half_life_days=3.5),
    "unique channels": replace(EVER, transform=Transform.UNIQUE),
    "collapsed origins in dollars": replace(
        EVER, transform=Transform.COLLAPSED, grain=Grain.ORIGIN, currency="USD"
    ),
    "views and unique wordings": replace(
        EVER,
        with_views=True,
        view_days=3,
        window_days=90,
        half_life_days=3.5,
        transform=Transform.UNIQUE,
        grain=Grain.WORDING,
    ),
    "one channel": replace(EVER, channel="sms"),
    "one source": replace(EVER, source_id=2),
    "one conversion": replace(EVER, conversion_id=17),
    "another business": replace(EVER, business_id=2),
    "nobody's": replace(EVER, business_id=3),
}
PATHS = {
    "channels": EVER,
    "unique origins": replace(EVER, transform=Transform.UNIQUE, grain=Grain.ORIGIN),
    "collapsed wordings with views": replace(
        EVER, transform=Transform.COLLAPSED, grain=Grain.WORDING, with_views=True, window_days=30
    ),
    "sources and media of visits": replace(EVER, grain=told_by("source", "medium")),
}
# What is told apart in DuckDB, and what other engines mean by the same words.
SMALL = {
    "whole division cuts off": "SELECT -7 // 2 AS a, 7 // 2 AS b, -7 % 3 AS c",
    "halves are rounded away from 0": "SELECT CAST(ROUND(CAST(x AS DOUBLE)) AS BIGINT) AS a"
    " FROM (SELECT 0.5 AS x UNION ALL SELECT 2.5 UNION ALL SELECT -2.5) AS t ORDER BY a",
    "sums pass 64 bits": "SELECT SUM(x) AS a FROM (SELECT 9223372036854775807 AS x"
    " UNION ALL SELECT 9223372036854775807) AS t",
    "sums over windows pass 64 bits": "SELECT SUM(x) OVER (PARTITION BY y) AS a FROM"
    " (SELECT 9223372036854775807 AS x, 1 AS y UNION ALL SELECT 5, 1) AS t",
    "signs are whole": "SELECT SIGN(x) * 9007199254740993 AS a FROM (SELECT -5 AS x) AS t",
    "amounts are signed": "SELECT GREATEST(ABS(x), -1) AS a, ABS(x) - 10 AS b"
    " FROM (SELECT CAST(-5 AS BIGINT) AS x) AS t",
    "counts are signed": "SELECT COUNT(*) - 5 AS a, GREATEST(COUNT(*), -1) AS b FROM people",
    "greatest passes nulls by": "SELECT GREATEST(1, NULL, 3) AS a, LEAST(NULL, 2) AS b",
    "joined texts are in order": "SELECT STRING_AGG(x, '>' ORDER BY y, z) AS a FROM"
    " (SELECT 'a' AS x, 2 AS y, 1 AS z UNION ALL SELECT 'b', 1, 9 UNION ALL SELECT 'c', 2, 0"
    " UNION ALL SELECT NULL, 0, 0) AS t",
    "nulls come last": "SELECT x FROM (SELECT 2 AS x UNION ALL SELECT NULL UNION ALL SELECT 1) AS t"
    " ORDER BY x",
    "ranks put nulls last": "SELECT x, ROW_NUMBER() OVER w AS a, LAG(x) OVER w AS b FROM"
    " (SELECT 'a' AS x, 1 AS y UNION ALL SELECT NULL, 1 UNION ALL SELECT 'b', 1) AS t"
    " WINDOW w AS (PARTITION BY y ORDER BY x DESC) ORDER BY a",
    "concat passes nulls by": "SELECT CONCAT('a', NULL, 'b') AS a",
    "not in none": "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT NULL) AS t"
    " WHERE x NOT IN (SELECT person FROM seeds WHERE person < 0) ORDER BY x",
    "not in some": "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT NULL UNION ALL SELECT 2) AS t"
    " WHERE x NOT IN (SELECT 2 AS y) ORDER BY x",
    "not in a null": "SELECT x FROM (SELECT 1 AS x) AS t WHERE x NOT IN"
    " (SELECT CAST(NULL AS BIGINT) AS y) ORDER BY x",
    "grouping sets": "SELECT x, y, GROUPING(x) AS a, GROUPING(y) AS b, SUM(z) AS c FROM"
    " (SELECT 1 AS x, CAST(NULL AS BIGINT) AS y, 3 AS z UNION ALL SELECT 1, 2, 4) AS t"
    " GROUP BY GROUPING SETS ((x), (x, y), ()) ORDER BY x, y, a, b",
    "a join without a partner": "SELECT a.x, b.y, b.z FROM (SELECT 1 AS x) AS a LEFT JOIN"
    " (SELECT 2 AS x, 3 AS y, 'z' AS z) AS b ON b.x = a.x",
    "columns have their own names": "SELECT a.x, b.z FROM (SELECT 1 AS x, 2 AS z) AS a JOIN"
    " (SELECT c.x, d.z FROM (SELECT 1 AS x, 2 AS z) AS c JOIN (SELECT 1 AS x, 3 AS z) AS d"
    " ON d.x = c.x) AS b ON b.x = a.x",
    "wide products": "SELECT CAST((CAST(x AS HUGEINT) * 1000000000) // 999999999 AS BIGINT) AS a,"
    " CAST((CAST(x AS HUGEINT) * 1000000000) % 7 AS BIGINT) AS b"
    f" FROM (SELECT CAST({HUGE} AS BIGINT) AS x) AS t",
}
BOUND = Query(
    "SELECT $text AS a, $whole AS b, $small * 4000000000 AS c, $part AS d,"
    " CASE WHEN $none IS NULL THEN 1 ELSE 0 END AS e,"
    " COALESCE($none, $whole) AS f, $quote AS g",
    {
        "text": "a\tb\\c\nd",
        "whole": 2**40,
        "small": 5,
        "part": 0.1,
        "none": None,
        "quote": "'; DROP TABLE x",
    },
)


def _questions() -> dict[str, Query]:
    asked = {
        f"credits: {name}": credits_query(MODELS, scope, EVERY_TOUCH)
        for name, scope in SCOPES.items()
    }
    asked |= {
        f"credits: {model} alone": credits_query(
            [model], EVER, f"SELECT SUM(credit_{model}) AS credit FROM credits"
        )
        for model in MODELS
    }
    asked |= {f"paths: {name}": counts_query(scope) for name, scope in PATHS.items()}
    asked |= {f"words: {name}": Query(sql) for name, sql in SMALL.items()}
    return asked | {"words: parameters": BOUND}


QUESTIONS = _questions()
# A report takes Spark longer than all the words. The pages' half asks it more of them.
ON_SPARK = {
    name: query
    for name, query in QUESTIONS.items()
    if name.startswith("words: ")
    or name
    in {
        "credits: ever",
        "credits: views and unique wordings",
        "paths: collapsed wordings with views",
    }
}


@pytest.fixture(scope="session")
def expected(duckdb: Engine, columns: Columns) -> Mapping[str, Result]:
    return {name: duckdb.ask(query, columns.files) for name, query in QUESTIONS.items()}


@pytest.fixture(scope="session")
def answered() -> dict[AnyEngine, Mapping[str, Result | Exception]]:
    return {}


@pytest.fixture
def found(
    other: AnyEngine,
    columns: Columns,
    answered: dict[AnyEngine, Mapping[str, Result | Exception]],
) -> Mapping[str, Result | Exception]:
    """Its answers, asked for once."""
    if other not in answered:
        answered[other] = answers(other, ON_SPARK if is_slow(other) else QUESTIONS, columns.files)
    return answered[other]


@pytest.mark.parametrize(
    ("other", "name"),
    [
        *(("clickhouse", name) for name in QUESTIONS),
        *(("spark", name) for name in ON_SPARK),
    ],
    indirect=["other"],
)
def test_answer_is_duckdbs(
    expected: Mapping[str, Result], found: Mapping[str, Result | Exception], name: str
) -> None:
    assert differences(expected[name], found[name]) == []


@pytest.mark.parametrize("name", [f"paths: {name}" for name in PATHS])
def test_columns_of_duckdb_are_its_rows(
    duckdb: Engine, columns: Columns, expected: Mapping[str, Result], name: str
) -> None:
    """What others answer are columns from the start."""
    answer = Result.of(duckdb.columns(QUESTIONS[name], columns.files))
    assert differences(expected[name], answer) == []


def test_columns_hold_what_the_contract_is_about(
    duckdb: Engine, columns: Columns, expected: Mapping[str, Result]
) -> None:
    """So that the same answers are no answers to nothing."""
    rows = expected["credits: ever"].records()
    kinds = {row["kind"] for row in rows}
    assert len(rows) > 1000
    assert kinds >= {"tap", "text", "call", "session", "click_elsewhere", None}
    assert {row["kind"] for row in expected["credits: views and unique wordings"].records()} > kinds
    assert min(row["value_minor"] for row in rows) < -(2**50)
    assert max(row["length"] for row in rows) > 10
    revenue = sum(row["value_minor"] for row in rows if row["position"] == 1)
    for model in MODELS:
        assert sum(row[f"credit_{model}"] for row in rows) == revenue
    older = expected["credits: window and half-life"].records()
    assert 976_563 in {row[f"weight_{Model.DECAY}"] for row in older}, (
        "ten half-lives, a weight that ends in a half"
    )


def test_columns_without_files_have_no_rows(other: AnyEngine, duckdb: Engine) -> None:
    query = credits_query(MODELS, EVER, EVERY_TOUCH)
    assert differences(duckdb.ask(query, {}), other.ask(query, {})) == []


def test_file_is_read_whatever_its_name_begins_with(
    other: AnyEngine, duckdb: Engine, columns: Columns
) -> None:
    """Spark passes hidden files by, and our random names once began with anything."""
    folder = columns.folder / "people"
    files = {
        "people": tuple(
            str(shutil.copy(path, folder / f"{beginning}.parquet"))
            for beginning, path in zip(("_a", ".a", "-a"), columns.files["people"], strict=True)
        )
    }
    query = Query("SELECT person, canonical FROM people ORDER BY person")
    everybody = duckdb.ask(query, columns.files)
    assert differences(everybody, other.ask(query, files)) == []


@pytest.mark.parametrize("name", ["conversions", "receipts"])
def test_merged_file_is_read_as_what_was_merged(
    other: AnyEngine, duckdb: Engine, columns: Columns, name: str
) -> None:
    """DuckDB writes it, and packs numbers in its own way."""
    schema = next(table.schema for table in TABLES if table.name == name)
    parts = [str(Path(path).relative_to(columns.folder)) for path in columns.files[name]]
    merged = chunks.merge(columns.folder, name, schema, parts)
    query = Query(f"SELECT {', '.join(schema.names)} FROM {name} ORDER BY id")
    whole = other.ask(query, {name: (str(columns.folder / merged.path),)})
    assert differences(duckdb.ask(query, columns.files), whole) == []
