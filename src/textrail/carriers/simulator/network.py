"""What becomes of a text on its way to a handset. Pure: the same dice, the same fate.

The shares are made up but of a believable size; the error codes are those that carriers use.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from textrail.carriers.contract import DeliveryStatus

PRICE_PER_SEGMENT_MICROS = 7_900
PRICE_OF_MMS_MICROS = 20_000
CURRENCY = "USD"

DEAD_NUMBER_SHARE = 0.04
LOST_TEXT_SHARE = 0.015
SHUFFLED_SHARE = 0.06
REPEATED_SHARE = 0.04
SLOW_SHARE = 0.03
SCANNED_SHARE = 0.05

ERRORS = {
    "30003": "The phone was switched off or out of reach.",
    "30005": "The number does not exist any more.",
    "30006": "The number is a landline or its network takes no texts.",
    "30007": "The network filtered the text.",
    "30008": "The network failed without a reason.",
}
_DEAD = ("30003", "30005", "30006")
_LOST = ("30003", "30007", "30008")


@dataclass(frozen=True, slots=True)
class Step:
    """A receipt and when it is posted, in milliseconds after the hand-over."""

    after_ms: int
    status: DeliveryStatus
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """`arrives_after_ms` is None for a text that never rings. Exactly one status is terminal."""

    arrives_after_ms: int | None
    steps: tuple[Step, ...]


def weakness(dice: Random) -> str:
    """The error of a number that never takes a text, or an empty string for most numbers."""
    return dice.choice(_DEAD) if dice.random() < DEAD_NUMBER_SHARE else ""


def fate(dice: Random, *, weakness: str, is_switched_on: bool) -> Fate:
    """The receipts of one text. A handset that somebody holds in their hand takes every text."""
    sent_after = dice.randint(150, 700)
    transit = min(int(dice.lognormvariate(6.6, 0.7)) + 250, 20_000)
    is_slow, is_lost = dice.random() < SLOW_SHARE, dice.random() < LOST_TEXT_SHARE
    is_shuffled, is_repeated = dice.random() < SHUFFLED_SHARE, dice.random() < REPEATED_SHARE
    loss, again_after = dice.choice(_LOST), dice.randint(500, 30_000)
    end_after = sent_after + transit * (20 if is_slow and not is_switched_on else 1)

    error = "" if is_switched_on else weakness or (loss if is_lost else "")
    if error == "30006":
        return Fate(None, (Step(sent_after, "failed", error),))
    end = Step(end_after, "undelivered" if error else "delivered", error)
    sent = Step(end_after + 400 if is_shuffled else sent_after, "sent")
    steps = [sent, end]
    if is_repeated:
        steps.append(Step(end.after_ms + again_after, end.status, end.error_code))
    steps.sort(key=lambda step: step.after_ms)
    return Fate(None if error else end_after, tuple(steps))


@dataclass(frozen=True, slots=True)
class Chaos:
    """How often the carrier itself misbehaves, as shares from 0 to 1. All off unless asked for."""

    refused: float = 0.0
    unavailable: float = 0.0
    broken: float = 0.0
    cut_off: float = 0.0


def mishap(dice: Random, chaos: Chaos) -> str:
    """Which field of `chaos` strikes this call, or an empty string."""
    roll = dice.random()
    for name in ("refused", "unavailable", "broken", "cut_off"):
        share = getattr(chaos, name)
        if roll < share:
            return name
        roll -= share
    return ""
