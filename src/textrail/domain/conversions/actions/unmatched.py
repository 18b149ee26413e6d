"""Events that no type counts: listed by their names, and kept until a type counts them.

Who makes a type and who reports take turns, so that nothing is kept which a type counts already.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from textrail.domain import bulk
from textrail.domain.conversions import queries
from textrail.domain.conversions.actions.batches import Batch
from textrail.domain.conversions.actions.parked_rows import TypeMissing, parked_row
from textrail.domain.conversions.models import (
    ConversionType,
    ParkedReport,
    ParkReason,
    UnmatchedEvent,
)
from textrail.outbox.actions import enqueue

RETRY: Final = "conversions.retry_kept"
MOST_UNMATCHED = 200
# Of one name: more than a busy shop sells in the days until somebody makes the type, and some
# 20 MB at most of what nobody ever makes a type of.
MOST_KEPT = 10_000
KEPT_FOR: Final = timedelta(days=90)
_AT_ONCE: Final = 500


def note_unmatched(batch: Batch, at: datetime) -> None:
    """List the events of a batch that no type counts, and keep the first of each name."""
    listed = _list(batch, at)
    kept = queries.kept_by_name(batch.business, listed) if batch.keeping else {}
    rows: list[ParkedReport] = []
    for report in batch.keeping.values():
        row = parked_row(batch.business, report, _no_type(report.event["event"]))
        number = kept.get(row.name, 0)
        if row.name in listed and number < MOST_KEPT:
            kept[row.name] = number + 1
            rows.append(row)
    if rows:
        bulk.insert_rows(ParkedReport, rows)


def _list(batch: Batch, at: datetime) -> set[str]:
    """Count the events of a batch; the names of those that are on the list."""
    rows = UnmatchedEvent.objects.filter(business=batch.business)
    listed = set()
    for event, count in batch.unmatched.items():
        if not rows.filter(event=event).update(count=F("count") + count, last_at=at):
            # A sender that makes up names must not fill the table: the first ones are enough.
            if rows.count() >= MOST_UNMATCHED:
                continue
            rows.create(business=batch.business, event=event, count=count, last_at=at)
        listed.add(event)
    return listed


def _no_type(event: object) -> TypeMissing:
    return TypeMissing(f"No type counts “{event}”.", hint="Make a type of it, and it counts.")


def count_from_now(types: Collection[ConversionType], *, at: datetime) -> None:
    """Take what these types count off the list, and have what is kept of it tried again. Runs in
    the transaction that makes them, behind `take_turns`."""
    for type_ in types:
        if type_.ended_at is None and (type_.event or type_.refund_event):
            events = {type_.event, type_.refund_event} - {""}
            UnmatchedEvent.objects.filter(business=type_.business_id, event__in=events).delete()
            if queries.keeps_any(type_.business):
                retry_later(type_, above=0, at=at)


def retry_later(type_: ConversionType, *, above: int, at: datetime) -> None:
    """Have the kept reports of a type tried again, from those above an id on."""
    enqueue(RETRY, {"type_id": type_.pk, "above": above}, at=at)


def forget_unmatched(*, at: datetime) -> None:
    """Keep events of which nobody made a type for 90 days, and their names as long."""
    kept = ParkedReport.objects.filter(
        reason=ParkReason.NO_TYPE, received_at__lt=at - KEPT_FOR
    ).order_by("received_at")
    while old := list(kept.values_list("pk", flat=True)[:_AT_ONCE]):
        ParkedReport.objects.filter(pk__in=old, reason=ParkReason.NO_TYPE).delete()
    UnmatchedEvent.objects.filter(last_at__lt=at - KEPT_FOR).delete()
