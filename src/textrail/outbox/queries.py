"""What is waiting, and what was given up."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from textrail.outbox.models import ParkedArrival, Work, WorkState


def next_due() -> datetime | None:
    """When the next piece of work wants to run, or None when nothing waits."""
    return (
        Work.objects.exclude(state=WorkState.PARKED)
        .order_by("run_at")
        .values_list("run_at", flat=True)
        .first()
    )


def parked_work() -> QuerySet[Work]:
    return Work.objects.filter(state=WorkState.PARKED).order_by("-id")


def parked_arrivals() -> QuerySet[ParkedArrival]:
    return ParkedArrival.objects.order_by("-id")
