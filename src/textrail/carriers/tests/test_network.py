"""A fate without an end leaves a message hanging for ever; one that changes makes runs differ."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from textrail.carriers.simulator import network

TERMINAL = {"delivered", "undelivered", "failed"}
seeds = st.integers(min_value=0, max_value=10**9)
weaknesses = st.sampled_from(["", "30003", "30005", "30006"])


@given(seeds, weaknesses, st.booleans())
def test_every_text_comes_to_exactly_one_end(seed: int, weakness: str, is_on: bool) -> None:
    fate = network.fate(Random(seed), weakness=weakness, is_switched_on=is_on)
    ends = {step.status for step in fate.steps} & TERMINAL
    assert len(ends) == 1
    assert (fate.arrives_after_ms is not None) == (ends == {"delivered"})
    for step in fate.steps:
        assert (step.error_code in network.ERRORS) == (step.status in {"undelivered", "failed"})


@given(seeds, weaknesses)
def test_a_handset_in_somebodys_hand_takes_every_text(seed: int, weakness: str) -> None:
    fate = network.fate(Random(seed), weakness=weakness, is_switched_on=True)
    assert fate.arrives_after_ms is not None


def test_over_many_texts_the_network_does_everything_it_is_known_for() -> None:
    fates = [
        network.fate(
            Random(f"1:{n}"), weakness=network.weakness(Random(f"n{n}")), is_switched_on=False
        )
        for n in range(3000)
    ]
    orders = {tuple(step.status for step in fate.steps) for fate in fates}
    assert ("sent", "delivered") in orders
    assert ("delivered", "sent") in orders
    assert ("sent", "delivered", "delivered") in orders
    assert ("failed",) in orders
    share = sum(fate.arrives_after_ms is None for fate in fates) / len(fates)
    assert 0.02 < share < 0.10


def test_chaos_is_off_unless_asked_for() -> None:
    assert all(network.mishap(Random(n), network.Chaos()) == "" for n in range(500))
    always = network.Chaos(cut_off=1.0)
    assert network.mishap(Random(1), always) == "cut_off"
