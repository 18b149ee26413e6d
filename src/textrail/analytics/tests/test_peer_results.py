"""Our models beside what ChannelAttribution 2.2.5 gave for the same paths: its heuristics exactly,
its simulation of Markov within one percent, for ours is solved.

The paths are our own. `benchmarks/peer_data.py` compares on the data set that comes with that
package, which has a licence of its own.
"""

from __future__ import annotations

import pytest

from textrail.analytics.attribution import Model
from textrail.analytics.heuristics import path_shares
from textrail.analytics.markov import removal_effects
from textrail.analytics.tests.one_by_one import PathCount, counted

CHANNELS = (
    *("sms", "email", "paid_search", "organic_search"),
    *("paid_social", "organic_social", "referral", "direct"),
)
# What its heuristic_models() said of `journeys()`: conversions and value by first, last and even.
HEURISTICS = {
    "paid_social": ((156, 144_242), (167, 144_148), (149.55, 133_087.05)),
    "referral": ((99, 85_840), (90, 76_071), (83.30, 70_484.10)),
    "paid_search": ((91, 87_229), (57, 61_090), (82.90, 81_988.80)),
    "organic_search": ((72, 75_517), (83, 68_723), (84.30, 76_532.50)),
    "organic_social": ((53, 46_337), (78, 69_131), (83.35, 74_967.35)),
    "email": ((111, 93_096), (103, 96_950), (83.35, 68_751.15)),
    "direct": ((78, 58_180), (84, 77_663), (70.55, 62_648.55)),
    "sms": ((60, 46_882), (58, 43_547), (82.70, 68_863.50)),
}
# What its markov_model() said with null paths, 2,000,000 walks and no limit of steps, by order.
MARKOV = {
    1: {
        "paid_social": (120.216530, 105_658.601965),
        "referral": (97.096488, 85_022.921705),
        "paid_search": (82.459561, 75_827.753439),
        "organic_search": (82.440342, 71_144.079897),
        "organic_social": (92.526292, 81_658.202468),
        "email": (85.972731, 77_984.174406),
        "direct": (85.930450, 77_585.864252),
        "sms": (73.357606, 62_441.401867),
    },
    2: {
        "paid_social": (120.903201, 110_534.321693),
        "referral": (91.708208, 80_836.233866),
        "paid_search": (85.743720, 77_946.540352),
        "organic_search": (89.825865, 79_558.205728),
        "organic_social": (102.031217, 87_925.216462),
        "email": (84.690504, 72_588.687093),
        "direct": (74.031362, 65_451.762116),
        "sms": (71.065925, 62_482.032690),
    },
    3: {
        "paid_social": (120.273710, 110_415.612486),
        "referral": (83.096121, 71_017.905703),
        "paid_search": (85.180383, 78_617.161991),
        "organic_search": (85.980557, 77_615.646016),
        "organic_social": (110.690679, 95_661.702648),
        "email": (91.280754, 78_349.587837),
        "direct": (74.225626, 64_479.150078),
        "sms": (69.272170, 61_166.233241),
    },
}


def journeys() -> list[PathCount]:
    """Some fifty journeys through eight channels; no chance, so that anybody gets the same."""
    found: dict[tuple[str, ...], list[int]] = {}
    state = 7
    for number in range(60):
        steps = []
        for _ in range(1 + number * number % 6):
            state = (state * 1_103_515_245 + 12_345) % 2**31
            steps.append(CHANNELS[state // 65_536 % 8])
        counted = found.setdefault(tuple(steps), [0, 0, 0])
        conversions = 1 + number * 7 % 23
        for place, more in enumerate(
            (conversions, conversions * (500 + number * 37 % 900), number * 13 % 41)
        ):
            counted[place] += more
    return [
        PathCount(steps, float(conversions), float(value), float(nulls))
        for steps, (conversions, value, nulls) in found.items()
    ]


def test_heuristics_are_those_of_the_peer() -> None:
    models = (Model.FIRST, Model.LAST, Model.LINEAR)
    ours = path_shares(models, counted(journeys()))
    for channel, theirs in HEURISTICS.items():
        for model, expected in zip(models, theirs, strict=True):
            assert ours[model][channel] == pytest.approx(expected, rel=1e-9), (model, channel)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_markov_is_that_of_the_peer_within_a_percent(order: int) -> None:
    ours = removal_effects(counted(journeys()), order=order)
    assert ours.keys() == MARKOV[order].keys()
    for channel, (conversions, value) in MARKOV[order].items():
        assert ours[channel].conversions == pytest.approx(conversions, rel=0.01), channel
        assert ours[channel].value == pytest.approx(value, rel=0.01), channel
