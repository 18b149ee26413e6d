"""Markov and Shapley against worked examples of the literature and against plain definitions."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import Model
from textrail.analytics.heuristics import PATH_MODELS, path_shares
from textrail.analytics.markov import MOST_STATES, removal_effects
from textrail.analytics.shapley import shares
from textrail.analytics.tests.one_by_one import PathCount, counted
from textrail.vocabulary.errors import Malformed

some_paths = st.lists(
    st.builds(
        PathCount,
        channels=st.lists(st.sampled_from("ABCD"), min_size=1, max_size=5).map(tuple),
        conversions=st.integers(0, 9).map(float),
        value=st.integers(0, 900).map(float),
        nulls=st.integers(0, 9).map(float),
    ),
    min_size=1,
    max_size=12,
)


def test_a_channel_without_which_nothing_converts_is_removed_with_everything() -> None:
    """Three paths of Anderl's example: C1>C2>C3 converts, C1 and C2>C3 do not."""
    paths = [
        PathCount(("C1", "C2", "C3"), 1, 100),
        PathCount(("C1",), 0, nulls=1),
        PathCount(("C2", "C3"), 0, nulls=1),
    ]
    found = removal_effects(counted(paths))
    assert [found[c].conversion_effect for c in ("C1", "C2", "C3")] == pytest.approx([0.5, 1, 1])
    assert [found[c].conversions for c in ("C1", "C2", "C3")] == pytest.approx([0.2, 0.4, 0.4])
    assert [found[c].value for c in ("C1", "C2", "C3")] == pytest.approx([20, 40, 40])


def test_four_conversions_of_two_channels() -> None:
    """Removal effects of 0.75 and 0.5 share four conversions as 2.4 and 1.6."""
    paths = [
        PathCount(("Google Ads",), 2, nulls=1),
        PathCount(("Mailing",), 1),
        PathCount(("Google Ads", "Mailing"), 1),
    ]
    ads, mailing = removal_effects(counted(paths)).values()
    assert (ads.conversion_effect, mailing.conversion_effect) == pytest.approx((0.75, 0.5))
    assert (ads.conversions, mailing.conversions) == pytest.approx((2.4, 1.6))


def test_higher_orders_remember_the_channels_before() -> None:
    paths = [
        PathCount(("A", "B", "C"), 6, nulls=1),
        PathCount(("B", "C"), 0, nulls=8),
        PathCount(("A", "C"), 1, nulls=6),
    ]
    first, third = (
        removal_effects(counted(paths), order=1),
        removal_effects(counted(paths), order=3),
    )
    assert third["A"].conversion_effect == pytest.approx(1)
    assert first["A"].conversion_effect < 1


@given(some_paths, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_markov_credits_share_all_conversions_and_effects_stay_between_0_and_1(
    paths: list[PathCount], order: int
) -> None:
    found = removal_effects(counted(paths), order=order)
    assert all(0 <= each.conversion_effect <= 1 for each in found.values())
    credited = sum(each.conversions for each in found.values())
    assert credited == pytest.approx(sum(path.conversions for path in paths))
    turned = removal_effects(counted(paths[::-1]), order=order)
    for name, each in found.items():
        assert turned[name].conversions == pytest.approx(each.conversions, abs=1e-9)


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_the_removal_effect_is_what_a_walk_without_the_channel_loses(
    paths: list[PathCount],
) -> None:
    """Against the definition, step by step: the chance to convert with and without a channel."""
    found = removal_effects(counted(paths))
    whole = _chance(paths, without="")
    for channel, removal in found.items():
        expected = 1 - _chance(paths, without=channel) / whole if whole else 0
        assert removal.conversion_effect == pytest.approx(expected, abs=1e-6)


def _chance(paths: list[PathCount], *, without: str) -> float:
    """The chance to convert, by pushing one visitor through the chain 3,000 steps."""
    moves: dict[str, dict[str, float]] = {}
    for path in paths:
        times = path.conversions + path.nulls
        steps = ["(start)", *path.channels]
        for here, there in pairwise(steps):
            moves.setdefault(here, {}).setdefault(there, 0)
            moves[here][there] += times
        end = moves.setdefault(steps[-1], {})
        end["(yes)"] = end.get("(yes)", 0) + path.conversions
        end["(no)"] = end.get("(no)", 0) + path.nulls
    parts, converted = {"(start)": 1.0}, 0.0
    for _ in range(3000):
        following: dict[str, float] = {}
        for state, part in parts.items():
            total = sum(moves.get(state, {}).values())
            for target, times in moves.get(state, {}).items():
                if total and target not in ("(no)", without):
                    following[target] = following.get(target, 0) + part * times / total
        converted += following.pop("(yes)", 0)
        parts = {state: part for state, part in following.items() if part > 1e-12}
    return converted


def test_a_markov_model_refuses_what_it_cannot_compute() -> None:
    with pytest.raises(Malformed, match="order 1, 2 or 3"):
        removal_effects(counted([]), order=4)
    with pytest.raises(Malformed, match="negative"):
        removal_effects(counted([PathCount(("A",), -1)]))
    many = [PathCount((f"a{n}", f"b{n}"), 1) for n in range(MOST_STATES)]
    with pytest.raises(Malformed, match="different stretches"):
        removal_effects(counted(many))
    assert removal_effects(counted([])) == {}


def test_shapley_of_three_channels() -> None:
    """The game in which F, G and L are worth 0.18, 0.04 and 0.08 alone, 0.32 (FG), 0.52 (FL) and
    0.19 (GL) in pairs, and 1 together: its dividends are these paths."""
    dividends = {"F": 18, "G": 4, "L": 8, "FG": 10, "FL": 26, "GL": 7, "FGL": 27}
    paths = [PathCount(tuple(members), worth) for members, worth in dividends.items()]
    found = shares(counted(paths))
    assert [found[name][0] for name in "FGL"] == pytest.approx([45, 21.5, 33.5])


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_shares_of_paths_are_the_mean_over_all_orders_of_joining(paths: list[PathCount]) -> None:
    def converted(members: tuple[str, ...]) -> float:
        return sum(path.conversions for path in paths if set(path.channels) <= set(members))

    orders = list(permutations({channel for path in paths for channel in path.channels}))
    added = dict.fromkeys(orders[0], 0.0)
    for order in orders:
        for place, channel in enumerate(order):
            added[channel] += converted(order[: place + 1]) - converted(order[:place])
    assert {name: part[0] for name, part in shares(counted(paths)).items()} == pytest.approx(
        {name: total / len(orders) for name, total in added.items()}
    )


def test_heuristics_of_counted_paths() -> None:
    paths = [PathCount(("A", "B", "C", "A"), 10, 100.0), PathCount(("B",), 2, 30.0, nulls=5)]
    found = path_shares(PATH_MODELS, counted(paths))
    conversions = {model: [found[model][channel][0] for channel in "ABC"] for model in found}
    assert conversions == {
        Model.FIRST: pytest.approx([10, 2, 0]),
        Model.LAST: pytest.approx([10, 2, 0]),
        Model.LINEAR: pytest.approx([5, 4.5, 2.5]),
        Model.POSITION: pytest.approx([8, 3, 1]),
        Model.W_SHAPED: pytest.approx([6, 5, 1]),
    }
    assert found[Model.POSITION]["A"][1] == pytest.approx(80)
    assert path_shares((Model.FIRST,), counted([])) == {Model.FIRST: {}}


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_heuristics_of_counted_paths_share_all_that_was_counted(paths: list[PathCount]) -> None:
    for shared in path_shares(PATH_MODELS, counted(paths)).values():
        assert sum(part[0] for part in shared.values()) == pytest.approx(
            sum(path.conversions for path in paths)
        )
