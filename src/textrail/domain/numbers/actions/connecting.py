"""Where a number stands with its carrier, and giving it up. The carrier is told by tasks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor
from textrail.domain.numbers.actions.adding import CONNECT
from textrail.domain.numbers.actions.editing import change_number
from textrail.domain.numbers.models import AtCarrier, TrackingNumber
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.events import Event, EventName

GIVE_BACK = "numbers.give_back"


def release_number(
    *,
    number: TrackingNumber,
    at: datetime,
    actor: Actor = None,
    give_back: bool = False,
) -> None:
    """Give a number up: nothing new is taken or sent on it, and somebody else may hold it.

    With `give_back` its carrier takes it back, too, and charges nothing more for it; otherwise the
    account keeps it.
    """
    with transaction.atomic():
        number.released_at = at
        number.at_carrier = AtCarrier.ASKED if give_back else AtCarrier.KEPT
        change_number(number, ["released_at", "at_carrier"], "number.released", at, actor)
        tell(Event(EventName.NUMBER_RELEASED, number.business_id, at, {"number_id": number.pk}))
        if give_back:
            enqueue(GIVE_BACK, {"number_id": number.pk}, at=at)


def give_back_again(*, number: TrackingNumber, at: datetime) -> None:
    """Ask the carrier once more to take back a number that was given up."""
    with transaction.atomic():
        failed = TrackingNumber.objects.filter(id=number.pk, at_carrier=AtCarrier.FAILED)
        if failed.update(at_carrier=AtCarrier.ASKED, connect_problem=""):
            enqueue(GIVE_BACK, {"number_id": number.pk}, at=at)


def mark_given_back(*, number: TrackingNumber) -> None:
    """The carrier has the number again."""
    rows = TrackingNumber.objects.filter(id=number.pk)
    rows.update(at_carrier=AtCarrier.GIVEN_BACK, connect_problem="")


def mark_not_given_back(*, number: TrackingNumber, problem: str) -> None:
    """The carrier did not take the number back; `problem` is its sentence."""
    rows = TrackingNumber.objects.filter(id=number.pk)
    rows.update(at_carrier=AtCarrier.FAILED, connect_problem=problem[:200])


def mark_kept(*, number: TrackingNumber) -> None:
    """Nobody gives the number back any more: the account uses it again."""
    rows = TrackingNumber.objects.filter(id=number.pk, at_carrier=AtCarrier.ASKED)
    rows.update(at_carrier=AtCarrier.KEPT, connect_problem="")


def connect_again(*, number: TrackingNumber, at: datetime, actor: Actor = None) -> None:
    """Ask the carrier once more to point the number at us."""
    with transaction.atomic():
        number.connect_problem = ""
        change_number(number, ["connect_problem"], "number.connected_again", at, actor)
        enqueue(CONNECT, {"number_id": number.pk}, at=at)


def mark_connected(*, number: TrackingNumber, at: datetime) -> None:
    """The carrier points the number at us."""
    rows = TrackingNumber.objects.filter(id=number.pk)
    rows.update(connected_at=at, connect_problem="")


def mark_not_connected(*, number: TrackingNumber, problem: str) -> None:
    """The carrier will not point the number at us; `problem` is its sentence."""
    TrackingNumber.objects.filter(id=number.pk).update(connect_problem=problem[:200])
