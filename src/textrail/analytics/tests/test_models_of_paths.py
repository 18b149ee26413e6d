"""Markov and Shapley against worked examples of the literature and against plain definitions."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import Model
from textrail.analytics.counted import PathCount
from textrail.analytics.heuristics import path_shares
from textrail.analytics.markov import MOST_STATES, removal_effects
from textrail.analytics.shapley import MOST_EXACT, Share, shapley, shares
from textrail.vocabulary.errors import Malformed

GAME = {"F": 0.18, "G": 0.04, "L": 0.08, "FG": 0.32, "FL": 0.52, "GL": 0.19, "FGL": 1.0}

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


def worth(members: frozenset[str]) -> float:
    return GAME["".join(sorted(members))]


def test_a_channel_without_which_nothing_converts_is_removed_with_everything() -> None:
    """Three paths of Anderl's example: C1>C2>C3 converts, C1 and C2>C3 do not."""
    paths = [
        PathCount(("C1", "C2", "C3"), 1, 100),
        PathCount(("C1",), 0, nulls=1),
        PathCount(("C2", "C3"), 0, nulls=1),
    ]
    found = removal_effects(paths)
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
    ads, mailing = removal_effects(paths).values()
    assert (ads.conversion_effect, mailing.conversion_effect) == pytest.approx((0.75, 0.5))
    assert (ads.conversions, mailing.conversions) == pytest.approx((2.4, 1.6))


def test_higher_orders_remember_the_channels_before() -> None:
    paths = [
        PathCount(("A", "B", "C"), 6, nulls=1),
        PathCount(("B", "C"), 0, nulls=8),
        PathCount(("A", "C"), 1, nulls=6),
    ]
    first, third = removal_effects(paths, order=1), removal_effects(paths, order=3)
    assert third["A"].conversion_effect == pytest.approx(1)
    assert first["A"].conversion_effect < 1


@given(some_paths, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_markov_credits_share_all_conversions_and_effects_stay_between_0_and_1(
    paths: list[PathCount], order: int
) -> None:
    found = removal_effects(paths, order=order)
    assert all(0 <= each.conversion_effect <= 1 for each in found.values())
    credited = sum(each.conversions for each in found.values())
    assert credited == pytest.approx(sum(path.conversions for path in paths))
    turned = removal_effects(paths[::-1], order=order)
    for name, each in found.items():
        assert turned[name].conversions == pytest.approx(each.conversions, abs=1e-9)


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_the_removal_effect_is_what_a_walk_without_the_channel_loses(
    paths: list[PathCount],
) -> None:
    """Against the definition, step by step: the chance to convert with and without a channel."""
    found = removal_effects(paths)
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
        removal_effects([], order=4)
    with pytest.raises(Malformed, match="negative"):
        removal_effects([PathCount(("A",), -1)])
    many = [PathCount((f"a{n}", f"b{n}"), 1) for n in range(MOST_STATES)]
    with pytest.raises(Malformed, match="different stretches"):
        removal_effects(many)
    assert removal_effects([]) == {}


def test_shapley_of_three_channels() -> None:
    found = shapley("FGL", worth)
    assert [found[c].value for c in "FGL"] == pytest.approx([0.45, 0.215, 0.335])
    assert {share.error for share in found.values()} == {0.0}


def test_shapley_is_the_mean_over_all_orders() -> None:
    orders = list(permutations("FGL"))
    total = 0.0
    for order in orders:
        before = frozenset(order[: order.index("G")])
        total += worth(before | {"G"}) - (worth(before) if before else 0)
    assert shapley("FGL", worth)["G"].value == pytest.approx(total / len(orders))


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_shares_of_paths_are_the_shapley_values_of_their_game(paths: list[PathCount]) -> None:
    def converted(members: frozenset[str]) -> float:
        return sum(path.conversions for path in paths if set(path.channels) <= members)

    channels = {channel for path in paths for channel in path.channels}
    game = shapley(channels, converted)
    assert {name: part[0] for name, part in shares(paths).items()} == pytest.approx(
        {name: share.value for name, share in game.items()}
    )


def test_many_channels_are_sampled_within_the_stated_error_and_repeatably() -> None:
    channels = [f"c{n:02}" for n in range(MOST_EXACT + 5)]
    paths = [PathCount(tuple(channels[n : n + 4]), n + 1) for n in range(len(channels) - 3)]

    def converted(members: frozenset[str]) -> float:
        return sum(path.conversions for path in paths if set(path.channels) <= members)

    found = shapley(channels, converted, seed=4, permutations=2_000)
    exact = shares(paths)
    assert all(share.error > 0 for share in found.values())
    near = [abs(found[c].value - exact[c][0]) <= found[c].error for c in channels]
    assert sum(near) >= 0.8 * len(channels)
    assert sum(share.value for share in found.values()) == pytest.approx(
        sum(path.conversions for path in paths)
    )
    assert found == shapley(channels, converted, seed=4, permutations=2_000)
    assert isinstance(found[channels[0]], Share)


def test_heuristics_of_counted_paths() -> None:
    paths = [PathCount(("A", "B", "C", "A"), 10, 100.0), PathCount(("B",), 2, 30.0, nulls=5)]
    models = (Model.FIRST, Model.LAST, Model.LINEAR, Model.POSITION, Model.W_SHAPED)
    found = path_shares(models, paths)
    conversions = {model: [found[model][channel][0] for channel in "ABC"] for model in models}
    assert conversions == {
        Model.FIRST: pytest.approx([10, 2, 0]),
        Model.LAST: pytest.approx([10, 2, 0]),
        Model.LINEAR: pytest.approx([5, 4.5, 2.5]),
        Model.POSITION: pytest.approx([8, 3, 1]),
        Model.W_SHAPED: pytest.approx([6, 5, 1]),
    }
    assert found[Model.POSITION]["A"][1] == pytest.approx(80)
    with pytest.raises(Malformed, match="moments"):
        path_shares((Model.DECAY,), paths)
    assert path_shares((Model.FIRST,), []) == {Model.FIRST: {}}


@given(some_paths)
@settings(max_examples=60, deadline=None)
def test_heuristics_of_counted_paths_share_all_that_was_counted(paths: list[PathCount]) -> None:
    models = (Model.FIRST, Model.LAST, Model.LINEAR, Model.POSITION, Model.W_SHAPED)
    for shared in path_shares(models, paths).values():
        assert sum(part[0] for part in shared.values()) == pytest.approx(
            sum(path.conversions for path in paths)
        )
