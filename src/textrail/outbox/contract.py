"""What a room's tasks are given and how they are named; the wiring fills the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textrail.atlas import Atlas
from textrail.carriers.contract import Client, Desk, Door, Reporter
from textrail.journal.port import Arrival
from textrail.outside.visiting import Visitor
from textrail.vocabulary.clock import Clock
from textrail.vocabulary.sealing import Seal


@dataclass(frozen=True, slots=True)
class Context:
    """The outside as tasks see it: time, carriers, secrets, folders, our own addresses, where the
    addresses of others are (by default nothing is known of that), and the open web. `desks` and
    `reporters` hold the carriers that sell numbers and that can be asked about a text."""

    clock: Clock
    doors: Mapping[str, Door]
    clients: Mapping[str, Client]
    seal: Seal
    links_url: str
    pages_url: str
    media_folder: Path
    atlas: Atlas = field(default_factory=Atlas)
    visitor: Visitor = field(default_factory=Visitor)
    desks: Mapping[str, Desk] = field(default_factory=dict)
    reporters: Mapping[str, Reporter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed piece of work. `attempt` counts from 1."""

    id: int
    kind: str
    payload: Mapping[str, object]
    attempt: int

    def number(self, name: str) -> int:
        """The whole number under `name`; a payload without one is a mistake of ours."""
        value = self.payload[name]
        if not isinstance(value, int):
            raise TypeError(f"work {self.kind}: {name} is {type(value).__name__}, not a number")
        return value


class NotBegun(Exception):
    """Said of a piece among several whose turn did not come: it is due again at once, and this was
    no attempt."""


# Runs outside any transaction; raises Transient to be tried again, Permanent to be parked.
Handler = Callable[[Context, Task], None]
# The same for several pieces of one kind, each of which fails by itself: what it raises, in order.
ManyHandler = Callable[[Context, Sequence[Task]], Sequence[Exception | None]]
# Runs inside the transaction that moves the cursor; must not touch the network.
ArrivalHandler = Callable[[Context, Sequence[Arrival]], None]
