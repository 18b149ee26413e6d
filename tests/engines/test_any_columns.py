"""ClickHouse's engine and DuckDB agree on columns and questions that nobody chose."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.conftest import Columns, differences
from tests.engines.made_up import write_columns
from tests.engines.test_contract import EVERY_TOUCH
from textrail.analytics.attribution import (
    MODELS,
    Grain,
    Scope,
    Transform,
    counts_query,
    credits_query,
)

FEW = {"clicks": 60, "messages": 40, "receipts": 30, "calls": 20, "conversions": 20, "people": 9}
scopes = st.builds(
    Scope,
    business_id=st.just(1),
    from_ms=st.just(0),
    until_ms=st.just(2**60),
    window_days=st.sampled_from([None, 1, 7, 400]),
    half_life_days=st.sampled_from([0.5, 7, 90]),
    currency=st.sampled_from([None, "USD"]),
    with_views=st.booleans(),
    transform=st.sampled_from(Transform),
    grain=st.sampled_from(Grain),
)


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 1_000_000), scope=scopes, seeds=st.sampled_from([0, 3]))
def test_credits_and_paths_agree(
    clickhouse_setting: str, seed: int, scope: Scope, seeds: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {**FEW, "seeds": seeds}
        columns = Columns(folder, write_columns(folder, seed=seed, rows=rows))
        duckdb, other = columns.engine("duckdb"), columns.engine(clickhouse_setting)
        for query in (credits_query(MODELS, scope, EVERY_TOUCH), counts_query(scope)):
            ours, theirs = (engine.ask(query, columns.files) for engine in (duckdb, other))
            assert differences(ours, theirs) == []
