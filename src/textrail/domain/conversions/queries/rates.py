"""Looking up what a euro cost. The rates are the installation's, the same for every business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import ExchangeRate
from textrail.domain.conversions.rules.rates import DAYS_BACK


def rates_before(
    business: Business, currencies: Collection[str], day: date
) -> dict[date, dict[str, Decimal]]:
    """The rates of `currencies` on `day` and on the days before it that would do."""
    since = day - timedelta(days=DAYS_BACK)
    rows = ExchangeRate.objects.filter(day__gte=since, day__lte=day, currency__in=currencies)
    table: dict[date, dict[str, Decimal]] = {
        day - timedelta(days=back): {} for back in range(DAYS_BACK + 1)
    }
    for on, currency, rate in rows.values_list("day", "currency", "per_euro"):
        table[on][currency] = rate
    return table


@dataclass(frozen=True, slots=True)
class RatesKnown:
    """From which day to which there are rates, and of how many currencies; None without any."""

    first: date | None
    last: date | None
    currencies: int


def rates_known(business: Business) -> RatesKnown:
    found = ExchangeRate.objects.aggregate(
        first=Min("day"), last=Max("day"), currencies=Count("currency", distinct=True)
    )
    return RatesKnown(**found)
