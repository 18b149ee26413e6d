"""Entries that rooms beside or above the inbox add to a timeline; the wiring registers them here.

The inbox may not import those rooms, so it says what an entry looks like and they offer it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from textrail.domain.accounts.models import Business
from textrail.vocabulary.money import Money


class Entry(Protocol):
    """One sentence about a contact: what happened (`lead`), to what (`name`), and how (`detail`).

    `key` is unique in the timeline; `icon` is the name of a Lucide icon; `money` is what it earned.
    """

    @property
    def at(self) -> datetime: ...
    @property
    def key(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def lead(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def money(self) -> Money | None: ...


# All that a room knows about the persons with these ids, in any order.
Provider = Callable[[Business, Sequence[int]], Sequence[Entry]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Have `provider` asked for every timeline; registering it again changes nothing."""
    if provider not in _providers:
        _providers.append(provider)


def entries(business: Business, person_ids: Sequence[int]) -> list[Entry]:
    return [entry for provider in _providers for entry in provider(business, person_ids)]
