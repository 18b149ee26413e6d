"""Calls and texts that reached the business. The inbox knows them, and stands beside this room: the
wiring registers it here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import ConversionType, Trigger
from textrail.vocabulary.events import Event, EventName

Kind = Literal["call", "text"]


class Reached(Protocol):
    """A call or a text of somebody's. `counts` is false for what asks for nothing: a call that did
    not come through, and a goodbye. A text takes no seconds, and nobody answers it."""

    @property
    def id(self) -> int: ...
    @property
    def person_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def counts(self) -> bool: ...
    @property
    def answered(self) -> bool: ...
    @property
    def seconds(self) -> int: ...


# The call or text of the business with this id.
Lookup = Callable[[Business, Kind, int], Reached | None]

_answering: list[Lookup] = []


def register(lookup: Lookup) -> None:
    """Have `lookup` asked about calls and texts."""
    _answering[:] = [lookup]


def reached(business: Business, kind: Kind, reached_id: int) -> Reached | None:
    """What is known of a call or text; nothing while nobody is registered."""
    return _answering[0](business, kind, reached_id) if _answering else None


_TRIGGERS = {EventName.CALL_RECORDED: Trigger.CALL, EventName.MESSAGE_RECEIVED: Trigger.TEXT}


def counted(events: Sequence[Event]) -> Sequence[Event]:
    """Those of the events that a type counts; one statement."""
    types = ConversionType.objects.filter(
        business__in={event.business_id for event in events},
        trigger__in=_TRIGGERS.values(),
        ended_at=None,
    )
    wanted = set(types.values_list("business_id", "trigger"))
    return [event for event in events if (event.business_id, _TRIGGERS[event.name]) in wanted]
