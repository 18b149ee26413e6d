"""Twilio's statuses, error codes and list prices in our words. They are data: a new code is one
more line."""

from __future__ import annotations

from functools import cache

import msgspec

from textrail.carriers.contract import CallOutcome, DeliveryStatus
from textrail.carriers.meanings import ErrorMeaning, load, sentence


class Statuses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Null marks a status that says nothing about delivery to us."""

    messages: dict[str, DeliveryStatus | None]
    calls: dict[str, CallOutcome]


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """List prices of numbers a month, by country and kind, with where and when they were read."""

    source: str
    read_on: str
    currency: str
    monthly_micros: dict[str, dict[str, int]]


@cache
def statuses() -> Statuses:
    return load(__package__, "statuses.json", Statuses)


@cache
def errors() -> dict[str, ErrorMeaning]:
    return load(__package__, "errors.json", dict[str, ErrorMeaning])


@cache
def prices() -> Prices:
    return load(__package__, "prices.json", Prices)


def list_price_micros(country: str, kind: str) -> int | None:
    """Millionths of a US dollar a month for a number of this kind; None where we know none."""
    return prices().monthly_micros.get(country, {}).get(kind)


def error_sentence(code: str) -> str:
    return sentence("Twilio", code, errors())
