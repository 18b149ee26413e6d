"""Twilio's statuses, error codes and list prices in our words. They are data: a new code is one
more line."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

import msgspec

from textrail.carriers.contract import CallOutcome, DeliveryStatus

Meaning = TypeVar("Meaning")


class ErrorMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` says whether the same text may succeed later."""

    sentence: str
    kind: Literal["permanent", "transient"]


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
    return _load("statuses.json", Statuses)


@cache
def errors() -> dict[str, ErrorMeaning]:
    return _load("errors.json", dict[str, ErrorMeaning])


@cache
def prices() -> Prices:
    return _load("prices.json", Prices)


def list_price_micros(country: str, kind: str) -> int | None:
    """Millionths of a US dollar a month for a number of this kind; None where we know none."""
    return prices().monthly_micros.get(country, {}).get(kind)


def error_sentence(code: str) -> str:
    """One sentence for people; empty without a code."""
    if not code:
        return ""
    known = errors().get(code)
    return known.sentence if known else f"Twilio reported error {code}."


def _load(name: str, kind: type[Meaning]) -> Meaning:
    content = resources.files(__package__).joinpath("data", name).read_bytes()
    return msgspec.json.decode(content, type=kind)
