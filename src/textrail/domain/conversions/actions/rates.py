"""Keeping what a euro cost on each day. The operator loads it; it is of no business."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction

from textrail.domain.conversions.models import ExchangeRate
from textrail.domain.conversions.rules.rates import DayOfRates
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Malformed

_AT_ONCE = 5_000
RETRY = "conversions.retry_rates"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a table held: its days, its rates, and its newest day (None: it held nothing)."""

    days: int
    rates: int
    newest: date | None


def load_rates(*, table: Iterable[DayOfRates], at: datetime) -> Loaded:
    """Keep a table of rates, all of it or nothing; a day that was there takes the rates of the new
    one. What waits for a rate is tried again. What was converted before stays as it was. Malformed
    for a day more than one ahead."""
    days = count = 0
    newest: date | None = None
    latest = at.date() + timedelta(days=1)

    def rows() -> Iterable[ExchangeRate]:
        nonlocal days, newest
        for each in table:
            if each.day > latest:
                raise Malformed(
                    f"{each.day} is a day that has not come.", hint="Mend the day of its line."
                )
            days += 1
            newest = max(newest or each.day, each.day)
            for currency, rate in each.rates:
                yield ExchangeRate(day=each.day, currency=currency, per_euro=rate)

    with transaction.atomic():
        waiting = iter(rows())
        while part := list(islice(waiting, _AT_ONCE)):
            # A day that a table has twice is written once, as PostgreSQL wants it: the later row.
            rates = {(each.day, each.currency): each for each in part}
            count += len(rates)
            ExchangeRate.objects.bulk_create(
                rates.values(),
                update_conflicts=True,
                unique_fields=["day", "currency"],
                update_fields=["per_euro"],
            )
        if count:
            enqueue(RETRY, {}, at=at, key=RETRY)
    return Loaded(days, count, newest)
