"""Counted paths as columns, against the same paths one by one."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import TeamModel, team_credits
from textrail.analytics.counted import SEPARATOR, CountedPaths, PathCount

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


@given(some_paths)
@settings(max_examples=100, deadline=None)
def test_texts_of_an_engine_and_paths_one_by_one_are_the_same_columns(
    paths: list[PathCount],
) -> None:
    touched = [path for path in paths if path.channels]
    rows = [
        (SEPARATOR.join(path.channels), path.conversions, path.value, path.nulls) for path in paths
    ]
    for counted in (CountedPaths.of_rows(rows), CountedPaths.of(paths)):
        assert [path for path in counted if path.channels] == touched
        assert counted.names == tuple(sorted({step for path in paths for step in path.channels}))
        assert counted.worth == sum(path.value for path in touched)
        others = [path for path in paths if not path.channels]
        assert counted.untouched.value == sum(path.value for path in others)
        assert counted.untouched.conversions == sum(path.conversions for path in others)
        assert counted.converted() == {
            name: sum(path.conversions for path in touched if name in path.channels)
            for name in counted.names
        }


@given(some_paths)
@settings(max_examples=100, deadline=None)
def test_repeats_go_as_they_do_step_by_step(paths: list[PathCount]) -> None:
    counted = CountedPaths.of(paths)
    touched = [path.channels for path in paths if path.channels]
    once = [tuple(dict.fromkeys(channels)) for channels in touched]
    assert [path.channels for path in counted.once() if path.channels] == once
    runs = [tuple(step for step, _ in groupby(channels)) for channels in touched]
    assert [path.channels for path in counted.collapsed() if path.channels] == runs


def test_other_names_may_be_fewer() -> None:
    counted = CountedPaths.of([PathCount(("c1/2", "n3", "c1/4"), 1, 5), PathCount((), 2)])
    renamed = counted.renamed(lambda name: name.partition("/")[0])
    assert renamed.names == ("c1", "n3")
    assert list(renamed) == [PathCount((), 2), PathCount(("c1", "n3", "c1"), 1, 5)]
    assert list(renamed.once())[1].channels == ("c1", "n3")


@pytest.mark.parametrize("model", TeamModel)
def test_credits_sum_to_values_that_no_floating_point_number_holds(model: TeamModel) -> None:
    large = 2**53 + 1
    rows = [("a", 1, large, 0), (f"a{SEPARATOR}b", 1, 2, 0), ("b", 1, large, 0)]
    earned = team_credits(model, CountedPaths.of_rows(rows))
    assert sum(each.credit for each in earned.values()) == 2 * large + 2
