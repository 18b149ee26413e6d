"""Telnyx's statuses and error codes in our words. They are data: a new code is one more line.

Sources: developers.telnyx.com, “Messaging error codes” and “API error codes”, read 2026-11-21.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

import msgspec

from textrail.carriers.contract import CallOutcome, CarrierReading, DeliveryStatus
from textrail.vocabulary.voice import DialOutcome

Meaning = TypeVar("Meaning")


class ErrorMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` says whether the same text may succeed later."""

    sentence: str
    kind: Literal["permanent", "transient"]


class Statuses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`readings` are what Telnyx says that it answered by itself."""

    messages: dict[str, DeliveryStatus]
    calls: dict[str, CallOutcome]
    dials: dict[str, DialOutcome]
    readings: dict[str, CarrierReading]


@cache
def statuses() -> Statuses:
    return _load("statuses.json", Statuses)


@cache
def errors() -> dict[str, ErrorMeaning]:
    return _load("errors.json", dict[str, ErrorMeaning])


def error_sentence(code: str) -> str:
    """One sentence for people; empty without a code."""
    if not code:
        return ""
    known = errors().get(code)
    return known.sentence if known else f"Telnyx reported error {code}."


def _load(name: str, kind: type[Meaning]) -> Meaning:
    content = resources.files(__package__).joinpath("data", name).read_bytes()
    return msgspec.json.decode(content, type=kind)
