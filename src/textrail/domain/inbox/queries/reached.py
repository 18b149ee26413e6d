"""Calls and texts that reached us, for the room of conversions, which may count them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Call, CallStatus, Direction, Message

_CAME_THROUGH = {CallStatus.ANSWERED, CallStatus.MISSED, CallStatus.VOICEMAIL}


@dataclass(frozen=True, slots=True)
class Reached:
    """A call or a text of somebody's. `counts` is false for a call that did not come through, and
    for a goodbye."""

    id: int
    person_id: int
    at: datetime
    counts: bool
    answered: bool = False
    seconds: int = 0


def reached(business: Business, kind: Literal["call", "text"], reached_id: int) -> Reached | None:
    """The call or the inbound text with this id, as it stands now."""
    return _call(business, reached_id) if kind == "call" else _text(business, reached_id)


def _call(business: Business, call_id: int) -> Reached | None:
    call = Call.objects.filter(business=business, id=call_id).first()
    if call is None:
        return None
    return Reached(
        id=call.pk,
        person_id=call.person_id,
        at=call.at,
        counts=call.status in _CAME_THROUGH,
        answered=call.status == CallStatus.ANSWERED,
        seconds=call.duration_seconds,
    )


def _text(business: Business, message_id: int) -> Reached | None:
    rows = Message.objects.filter(business=business, id=message_id, direction=Direction.INBOUND)
    text = rows.only("person_id", "at", "kind").first()
    if text is None:
        return None
    return Reached(text.pk, text.person_id, text.at, counts=text.kind != "opt_out")
