"""The wiring as the outbox sees it: who handles which work, event and arrival.

`project/wiring.py` fills it once at start; nothing else writes here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from textrail.outbox.contract import ArrivalHandler, Handler, ManyHandler
from textrail.vocabulary.events import Event, EventName

# Those of the events that are worth a piece of work; asked before anything is written down.
Sieve = Callable[[Sequence[Event]], Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Wiring:
    """`work`: kind → handler. `events`: event → kinds of work. `sieves`: kind of work → which
    events it is for (without one, all). `arrivals`: kind → handler. `schedules`: kind of work →
    seconds between two turns. `together`: kind → handler of several pieces at once, beside that of
    one."""

    work: Mapping[str, Handler] = field(default_factory=dict)
    events: Mapping[EventName, Sequence[str]] = field(default_factory=dict)
    sieves: Mapping[str, Sieve] = field(default_factory=dict)
    arrivals: Mapping[str, ArrivalHandler] = field(default_factory=dict)
    schedules: Mapping[str, int] = field(default_factory=dict)
    together: Mapping[str, ManyHandler] = field(default_factory=dict)


_wiring = Wiring()


def wire(wiring: Wiring) -> None:
    for event, kinds in wiring.events.items():
        for kind in kinds:
            if kind not in wiring.work:
                raise LookupError(f"event {event}: no handler is wired for “{kind}”")
    global _wiring
    _wiring = wiring


def handlers() -> Mapping[str, Handler]:
    return _wiring.work


def together() -> Mapping[str, ManyHandler]:
    return _wiring.together


def listeners(event: EventName) -> Sequence[str]:
    return _wiring.events.get(event, ())


def sift(kind: str, events: Sequence[Event]) -> Sequence[Event]:
    """Those of `events` that work of this kind is for."""
    sieve = _wiring.sieves.get(kind)
    return events if sieve is None else sieve(events)


def arrivals() -> Mapping[str, ArrivalHandler]:
    return _wiring.arrivals


def schedules() -> Mapping[str, int]:
    return _wiring.schedules
