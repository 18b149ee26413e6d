"""Lists of any length, read piece by piece: a million conversions take no more memory than some."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Scope
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.narrowing import BEGINNING
from textrail.domain.reports.queries.behind import behind, with_states
from textrail.domain.reports.queries.credited import CreditRow, credit_lines
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import QUARTER_MS, Choice, Span

# Conversions that one question weighs, and those whose facts are read at once.
AT_ONCE = 20_000
_FACTS_AT_ONCE = 500
_COUNTS = """
SELECT at_ms // 900000 AS quarter, COUNT(*) AS conversions FROM conversions
WHERE business_id = $business_id AND currency = $currency
  AND at_ms >= $from_ms AND at_ms < $until_ms
GROUP BY quarter ORDER BY quarter DESC
"""


def every_credit(
    business: Business,
    reading: Reading,
    choice: Choice,
    earner: Earner,
    *,
    at_once: int = AT_ONCE,
) -> Iterator[CreditRow]:
    """All that `credit_page` would show, page after page, newest first.

    The credits of a conversion depend on its own path alone, so the period is weighed in stretches
    of about `at_once` conversions.
    """
    span = choice.period.span(ZoneInfo(business.time_zone))
    whole = scope_of(business, choice, span)
    earner = with_states(business, reading, choice, earner)
    for stretch in _stretches(reading, whole, at_once):
        scope = scope_of(business, choice, stretch)
        yield from _credits_within(business, reading, choice, earner, scope, at_once)


def _stretches(reading: Reading, scope: Scope, at_once: int) -> Iterator[Span]:
    """Stretches of whole quarters of an hour, newest first, which hold all conversions."""
    counts = reading.ask(Query(_COUNTS, scope.parameters())).rows
    until, held, first = scope.until_ms, 0, scope.until_ms
    for quarter, conversions in counts:
        if held and held + conversions > at_once:
            yield Span(first, until)
            until, held = first, 0
        first = max(quarter * QUARTER_MS, scope.from_ms)
        held += conversions
    if held:
        yield Span(first, until)


def _credits_within(
    business: Business,
    reading: Reading,
    choice: Choice,
    earner: Earner,
    scope: Scope,
    at_once: int,
) -> Iterator[CreditRow]:
    before: tuple[int, int] | None = BEGINNING
    while before is not None:
        query = behind(business, choice, earner, scope, before=before)
        limited = Query(f"{query.sql}LIMIT {at_once}", query.parameters)
        rows = reading.ask(limited).records()
        for start in range(0, len(rows), _FACTS_AT_ONCE):
            yield from credit_lines(business, choice, earner, rows[start : start + _FACTS_AT_ONCE])
        last = rows[-1] if len(rows) == at_once else None
        before = (last["at_ms"], last["conversion_id"]) if last else None
