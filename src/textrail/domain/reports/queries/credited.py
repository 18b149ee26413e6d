"""The conversions behind a number: which ones, and how much of each was earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from textrail.analytics.attribution import TeamModel
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.models import Conversion
from textrail.domain.finding import by_key
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.narrowing import read_place
from textrail.domain.reports.queries.behind import behind, behind_in_all, with_states
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice

PAGE = 50


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
        channels=[earner.way, earner.channel, *earner.path],
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
    earner = with_states(business, reading, choice, earner)
    query = behind(business, choice, earner, scope, before=read_place(after))
    found = reading.ask(Query(f"{query.sql}LIMIT {limit + 1}", query.parameters)).records()
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return CreditPage(
        rows=credit_lines(business, choice, earner, shown),
        after=f"{last['at_ms']}~{last['conversion_id']}" if last else "",
    )


@dataclass(frozen=True, slots=True)
class InAll:
    """How many conversions stand behind a number, and what they earned in minor units; None where
    Markov credits all of them at once."""

    conversions: int
    credit: int | None


def credited_in_all(business: Business, reading: Reading, choice: Choice, earner: Earner) -> InAll:
    """All that `credit_page` lists, page after page; refunds take away and are no conversions."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    earner = with_states(business, reading, choice, earner)
    row = reading.ask(behind_in_all(business, choice, earner, scope)).records()[0]
    known = choice.model is not TeamModel.MARKOV or not earner.is_split
    return InAll(int(row["conversions"] or 0), int(row["credit"] or 0) if known else None)


def credit_lines(
    business: Business, choice: Choice, earner: Earner, rows: Sequence[Mapping[str, Any]]
) -> tuple[CreditRow, ...]:
    """The facts beside the credits. A conversion that was erased since is left out."""
    credited = choice.model is not TeamModel.MARKOV or earner.has_shares
    ids = [row["conversion_id"] for row in rows]
    known = Conversion.objects.filter(by_key(Q(business=business)), id__in=ids)
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
