"""Telnyx's statuses and error codes in our words. They are data: a new code is one more line.

Sources: developers.telnyx.com, “Messaging error codes” and “API error codes”, read 2026-11-21.
"""

from __future__ import annotations

from functools import cache

import msgspec

from textrail.carriers.contract import CallOutcome, CarrierReading, DeliveryStatus
from textrail.carriers.meanings import ErrorMeaning, load, sentence
from textrail.vocabulary.voice import DialOutcome


class Statuses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`readings` are what Telnyx says that it answered by itself."""

    messages: dict[str, DeliveryStatus]
    calls: dict[str, CallOutcome]
    dials: dict[str, DialOutcome]
    readings: dict[str, CarrierReading]


@cache
def statuses() -> Statuses:
    return load(__package__, "statuses.json", Statuses)


@cache
def errors() -> dict[str, ErrorMeaning]:
    return load(__package__, "errors.json", dict[str, ErrorMeaning])


def error_sentence(code: str) -> str:
    return sentence("Telnyx", code, errors())
