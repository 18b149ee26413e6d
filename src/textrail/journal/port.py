"""The port of the journal: what is kept of an arrival, and what a store must promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """An arrival on its way to disk. `at` is in milliseconds UTC."""

    kind: str
    at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """An arrival as it is read back; positions only grow, and may have gaps."""

    position: int
    kind: str
    at: int
    body: bytes


class Store(Protocol):
    """One journal. `write` returns when the entries are on disk; all of them are, or none."""

    def write(self, entries: Sequence[Entry]) -> None: ...

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        """Arrivals behind `after` in order; never past one that may still be committing."""
        ...

    def newest(self) -> int:
        """The highest position that was ever given, also when its arrival was trimmed; or 0."""
        ...

    def trim(self, *, through: int, before: int) -> int:
        """Forget arrivals up to position `through` that are older than `before` (ms); how many.
        What was written together may stay until all of it is."""
        ...

    def close(self) -> None: ...
