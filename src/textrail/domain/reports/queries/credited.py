"""The conversions behind a number: which ones, and how much of each was earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Grain,
    Model,
    Scope,
    TeamModel,
    Transform,
    credits_query,
)
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.models import Conversion
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice, Earner

PAGE = 50
_SELECT = """
SELECT conversion_id, MAX(converted_at_ms) AS at_ms, SUM(credit_{0}) AS credit,
       COUNT(touch) AS touches
FROM credits
WHERE weight_{0} > 0
  AND ($campaign IS NULL OR campaign_id = $campaign)
  AND ($variant IS NULL OR variant_id = $variant)
  AND ($number IS NULL OR (kind <> 'tap' AND number_id = $number))
  AND ($source IS NULL OR source_id = $source)
  AND ($link IS NULL OR link_id = $link)
  AND ($of_channel IS NULL OR channel = $of_channel)
  AND ($way IS NULL OR (traffic_id IS NOT NULL AND channel = $way))
  AND ($untouched = 0 OR touch IS NULL)
  AND ($touched = 0 OR touch IS NOT NULL)
  AND (converted_at_ms < $before_ms
       OR (converted_at_ms = $before_ms AND conversion_id < $before_id))
GROUP BY conversion_id
ORDER BY at_ms DESC, conversion_id DESC
"""
_END = 2**62


@dataclass(frozen=True, slots=True)
class CreditRow:
    """A conversion and the part of its value, in minor units, that the earner gets; None under
    Markov, which credits what all conversions together owe to it."""

    conversion_id: int
    at: datetime
    type: str
    who: str
    phone: str
    value: int
    credit: int | None


@dataclass(frozen=True, slots=True)
class CreditPage:
    rows: tuple[CreditRow, ...]
    after: str


def earner_names(business: Business, earner: Earner) -> Names:
    return names(
        business,
        campaigns=[earner.campaign],
        variants=[earner.variant],
        links=[earner.link],
        numbers=[earner.number],
        sources=[earner.source],
        channels=[earner.way, earner.channel],
    )


def credit_page(
    business: Business,
    reading: Reading,
    choice: Choice,
    earner: Earner,
    *,
    after: str = "",
    limit: int = PAGE,
) -> CreditPage:
    """Conversions of the period that `earner` has a part in, newest first."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    query = credited_query(business, choice, earner, scope, before=_read_key(after))
    found = reading.ask(Query(f"{query.sql}LIMIT {limit + 1}", query.parameters)).records()
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return CreditPage(
        rows=credit_lines(business, choice, shown),
        after=f"{last['at_ms']}~{last['conversion_id']}" if last else "",
    )


def credited_query(
    business: Business,
    choice: Choice,
    earner: Earner,
    scope: Scope,
    *,
    before: tuple[int, int] = (_END, _END),
) -> Query:
    """Conversions of `scope` that `earner` has a part in, newest first, from `before` on: a moment
    and an id. Rows for `credit_lines`."""
    model, scope = _by_touch(choice, scope, earner)
    query = credits_query([model], scope, _SELECT.format(model))
    narrowed = {
        "campaign": earner.campaign,
        "variant": earner.variant,
        "number": earner.number,
        "source": earner.source,
        "link": earner.link,
        "of_channel": earner.channel or None,
        "way": earner.way or None,
        "untouched": int(earner.origin == "nothing"),
        "touched": int(not earner.origin),
        "before_ms": before[0],
        "before_id": before[1],
    }
    return Query(query.sql, {**query.parameters, **narrowed})


def _by_touch(choice: Choice, scope: Scope, earner: Earner) -> tuple[Model, Scope]:
    """The model that tells which conversions an earner has a part in. Shapley's part of one path
    is an even split among all that is on it; Markov knows no parts, but the same conversions."""
    if isinstance(choice.model, Model):
        return choice.model, scope
    grain = Grain.WORDING if earner.variant else Grain.ORIGIN
    grain = Grain.CHANNEL if earner.channel else grain
    return Model.LINEAR, replace(scope, transform=Transform.UNIQUE, grain=grain)


def credit_lines(
    business: Business, choice: Choice, rows: Sequence[Mapping[str, Any]]
) -> tuple[CreditRow, ...]:
    """The facts beside the credits. A conversion that was erased since is left out."""
    credited = choice.model is not TeamModel.MARKOV
    ids = [row["conversion_id"] for row in rows]
    known = Conversion.objects.filter(business=business, id__in=ids)
    facts = {row.pk: row for row in known.select_related("type").defer("properties")}
    people = contacts.contacts_of_persons(business, {row.person_id for row in facts.values()})
    return tuple(
        _line(fact, people.get(fact.person_id), int(row["credit"]) if credited else None)
        for row in rows
        if (fact := facts.get(row["conversion_id"])) is not None
    )


def _line(fact: Conversion, contact: Contact | None, credit: int | None) -> CreditRow:
    return CreditRow(
        conversion_id=fact.pk,
        at=fact.at,
        type=fact.type.name,
        who=contact.name if contact else "",
        phone=contact.phone if contact else "",
        value=fact.value_minor,
        credit=credit,
    )


def _read_key(after: str) -> tuple[int, int]:
    at_ms, _, conversion_id = after.partition("~")
    usable = at_ms.isdecimal() and conversion_id.isdecimal() and len(after) < 38
    return (int(at_ms), int(conversion_id)) if usable and after.isascii() else (_END, _END)
