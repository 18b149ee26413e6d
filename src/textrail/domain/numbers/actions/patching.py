"""Changing several things about a number at once, as programs do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor
from textrail.domain.numbers.actions.editing import update_number
from textrail.domain.numbers.actions.flows import set_call_flow
from textrail.domain.numbers.actions.sources import source_fields
from textrail.domain.numbers.models import CallFlow, TrackingNumber
from textrail.domain.numbers.rules import SourceFields


@dataclass(frozen=True, slots=True)
class NumberChanges:
    """What is to change about a number; None leaves it as it is. `sets_flow` says whether
    `call_flow` counts, which may be none."""

    name: str | None = None
    sms_enabled: bool | None = None
    source: SourceFields | None = None
    call_flow: CallFlow | None = None
    sets_flow: bool = False


@transaction.atomic
def change_number_in_parts(
    *, number: TrackingNumber, changes: NumberChanges, at: datetime, actor: Actor
) -> None:
    """Change what `changes` names, all of it or nothing when a part is refused."""
    update_number(
        number=number,
        name=number.name if changes.name is None else changes.name,
        sms_enabled=number.sms_enabled if changes.sms_enabled is None else changes.sms_enabled,
        fields=changes.source or source_fields(number.source),
        at=at,
        actor=actor,
    )
    if changes.sets_flow and changes.call_flow != number.call_flow:
        set_call_flow(number=number, call_flow=changes.call_flow, at=at, actor=actor)
