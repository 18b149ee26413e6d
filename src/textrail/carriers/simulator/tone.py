"""A recording that nobody spoke: a short tune as WAV, so that a player has something to play."""

from __future__ import annotations

from array import array
from math import pi, sin
from random import Random
from sys import byteorder

RATE = 8000
LONGEST_SECONDS = 120
_NOTES = (262, 294, 330, 392, 440)
_NOTE_SECONDS = 0.25
_LOUDNESS = 6000


def tune(dice: Random, seconds: int) -> bytes:
    """A WAV of 8 kHz, 16 bits and one channel that lasts so long; at least one second."""
    count = min(max(seconds, 1), LONGEST_SECONDS) * RATE
    length = int(RATE * _NOTE_SECONDS)
    samples = array("h")
    for _ in range(0, count, length):
        pitch = dice.choice(_NOTES)
        samples.extend(
            round(_LOUDNESS * sin(2 * pi * pitch * n / RATE) * (1 - n / length))
            for n in range(length)
        )
    if byteorder == "big":
        samples.byteswap()
    data = samples[:count].tobytes()
    return _header(len(data)) + data


def _header(size: int) -> bytes:
    def number(value: int, width: int = 4) -> bytes:
        return value.to_bytes(width, "little")

    shape = number(1, 2) + number(1, 2) + number(RATE) + number(RATE * 2) + number(2, 2)
    fmt = b"fmt " + number(16) + shape + number(16, 2)
    return b"RIFF" + number(36 + size) + b"WAVE" + fmt + b"data" + number(size)
