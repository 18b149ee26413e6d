"""Counted paths in columns, against the same paths one by one."""

from __future__ import annotations

from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import TeamModel, team_credits
from textrail.analytics.counted import CountedPaths
from textrail.analytics.tests.one_by_one import PathCount, columns, counted, one_by_one

some_paths = st.lists(
    st.builds(
        PathCount,
        channels=st.lists(st.sampled_from(("sms", "n2/3", "é")), max_size=5).map(tuple),
        conversions=st.integers(0, 9),
        value=st.integers(-900, 900),
        nulls=st.integers(0, 9),
    ),
    max_size=12,
)


@given(some_paths, st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_columns_hold_what_the_paths_do(paths: list[PathCount], rows: int) -> None:
    """However many pieces the columns of an engine are in."""
    table = columns(paths)
    pieces = pa.Table.from_batches(table.to_batches(max_chunksize=rows), table.schema)
    touched = [path for path in paths if path.channels]
    for found in (CountedPaths.of(table), CountedPaths.of(pieces)):
        assert [path for path in one_by_one(found) if path.channels] == touched
        assert found.names == tuple(sorted({step for path in paths for step in path.channels}))
        assert found.worth == sum(path.value for path in touched)
        others = [path for path in paths if not path.channels]
        assert found.untouched.value == sum(path.value for path in others)
        assert found.untouched.conversions == sum(path.conversions for path in others)
        assert found.converted() == {
            name: sum(path.conversions for path in touched if name in path.channels)
            for name in found.names
        }


@given(some_paths)
@settings(max_examples=100, deadline=None)
def test_repeats_go_as_they_do_step_by_step(paths: list[PathCount]) -> None:
    once = [tuple(dict.fromkeys(path.channels)) for path in paths if path.channels]
    assert steps(counted(paths).once()) == once
    runs = [tuple(step for step, _ in groupby(path.channels)) for path in paths if path.channels]
    assert steps(counted(paths).collapsed()) == runs


def steps(paths: CountedPaths) -> list[tuple[str, ...]]:
    return [path.channels for path in one_by_one(paths) if path.channels]


def test_other_names_may_be_fewer() -> None:
    paths = counted([PathCount(("c1/2", "n3", "c1/4"), 1, 5), PathCount((), 2)])
    renamed = paths.renamed(lambda name: name.partition("/")[0])
    assert renamed.names == ("c1", "n3")
    assert one_by_one(renamed) == [PathCount((), 2), PathCount(("c1", "n3", "c1"), 1, 5)]
    assert one_by_one(renamed.once())[1].channels == ("c1", "n3")


# As DuckDB sums, as a file of counts has them, and beyond 64 bits.
@pytest.mark.parametrize(
    ("kind", "large"),
    [(pa.decimal128(38, 0), 2**53 + 1), (pa.int64(), 2**62 + 1), (pa.decimal128(38, 0), 2**70)],
)
@pytest.mark.parametrize("model", TeamModel)
def test_credits_sum_to_values_that_no_floating_point_number_holds(
    model: TeamModel, kind: pa.DataType, large: int
) -> None:
    paths = [
        PathCount(("a",), 1, large),
        PathCount(("a", "b"), 1, 2),
        PathCount(("b",), 1, large),
        PathCount((), 1, large),
    ]
    table = columns(paths)
    amounts = pa.array([path.value for path in paths], kind)
    exact = CountedPaths.of(table.set_column(2, "value_minor", amounts))
    earned = team_credits(model, exact)
    assert sum(each.credit for each in earned.values()) == 2 * large + 2
    assert exact.untouched.value == large
