"""Clicks and costs of other channels, told by files and programs: whose they are, what they are
worth in the business's currency, and, where there is no rate yet, that they are tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import queries
from textrail.domain.conversions.rules.rates import Converted, RateMissing, Rates, convert
from textrail.domain.visitors.actions import costs as visitors_costs
from textrail.domain.visitors.actions import outside
from textrail.domain.visitors.queries.outside import costs_that_wait, visits_of_ad_clicks
from textrail.domain.visitors.rules.outside import Outcome, PricedCost, ToldClick, ToldCost
from textrail.vocabulary.money import Money


def record_clicks(
    *, business: Business, clicks: Sequence[ToldClick], sender: str, at: datetime
) -> list[Outcome]:
    """Record clicks of other channels, each once for ever; the fate of each, in their order."""
    visits = visits_of_ad_clicks(business, {click.ad_click for click in clicks} - {""})
    return outside.record_clicks(
        business=business, clicks=clicks, sender=sender, at=at, visits=visits
    )


def record_costs(
    *, business: Business, costs: Sequence[ToldCost], origin: str, at: datetime
) -> list[Outcome]:
    """Record costs in the business's currency, at the rate of their day; the fate of each, in their
    order. Those without a rate are kept and wait for it."""
    rates: _Rates = {}
    return visitors_costs.record_costs(
        business=business,
        costs=[_priced(business, cost, rates) for cost in costs],
        origin=origin,
        at=at,
    )


def retry_costs(*, business: Business, at: datetime) -> int:
    """Count the costs that waited for a rate and have one now; how many there were."""
    rates: _Rates = {}
    counted = last = 0
    while rows := costs_that_wait(business, after=last):
        priced = {}
        for row in rows:
            given = Money(row.given_minor, row.given_currency)
            found = _convert(business, given, row.day, rates)
            if found is not None:
                priced[row.pk] = visitors_costs.Priced(found.money.minor, found.day)
        counted += visitors_costs.settle_costs(business=business, priced=priced, at=at)
        last = rows[-1].pk
    return counted


# The currency of what was given and the day → what is known of their rates.
_Rates = dict[tuple[str, date], Rates]


def _priced(business: Business, cost: ToldCost, rates: _Rates) -> PricedCost:
    if cost.given.currency == business.currency or not cost.given.minor:
        return PricedCost(cost, cost.given.minor)
    found = _convert(business, cost.given, cost.day, rates)
    return PricedCost(cost, found.money.minor, found.day) if found else PricedCost(cost, None)


def _convert(business: Business, given: Money, day: date, rates: _Rates) -> Converted | None:
    """The amount in the business's currency; None where there is no rate of the day."""
    key = (given.currency, day)
    if key not in rates:
        pair = {given.currency, business.currency}
        rates[key] = queries.rates_before(business, pair, day)
    try:
        return convert(given, business.currency, rates[key], day)
    except RateMissing:
        return None
