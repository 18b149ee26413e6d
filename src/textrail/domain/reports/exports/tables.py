"""The figures and ranked tables of the dashboard, and the list behind a number, as sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain, islice
from typing import Final
from zoneinfo import ZoneInfo

from textrail.domain.accounts.models import Business
from textrail.domain.reports import queries
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Sheet
from textrail.domain.reports.queries import Figures, Overview, Rankings, Reading
from textrail.domain.reports.queries.credited import CreditRow
from textrail.domain.reports.queries.happened import Happening
from textrail.domain.reports.queries.long_lists import every_credit
from textrail.domain.reports.rules import COMPARISONS, Choice
from textrail.vocabulary.clock import from_ms

_SUMS: Final = (
    Column("revenue", "Revenue", Kind.MONEY),
    Column("credited", "Credited revenue", Kind.MONEY),
    Column("texted", "Credited to texts", Kind.MONEY),
    Column("conversions", "Conversions", Kind.COUNT),
    Column("sent", "Texts sent", Kind.COUNT),
    Column("taps", "Taps by people", Kind.COUNT),
    Column("raw_taps", "All requests", Kind.COUNT),
    Column("replies", "Texts back", Kind.COUNT),
    Column("calls", "Calls", Kind.COUNT),
    Column("spend", "Spent elsewhere", Kind.MONEY),
    Column("cost_of_texts", "Cost of texts", Kind.AMOUNT),
)
_RANKED: Final = (
    Column("credit", "Credit", Kind.MONEY),
    Column("conversions", "Conversions", Kind.COUNT),
    Column("sent", "Texts sent", Kind.COUNT),
    Column("taps", "Taps by people", Kind.COUNT),
    Column("raw_taps", "All requests", Kind.COUNT),
    Column("texts", "Texts in", Kind.COUNT),
    Column("calls", "Calls", Kind.COUNT),
    Column("removal_effect", "Lost without", Kind.RATIO),
)
# Table → its name, and what its rows are called.
_RANKINGS: Final = {
    "campaigns": ("Campaigns", (Column("campaign", "Campaign"),)),
    "variants": ("Wordings", (Column("campaign", "Campaign"), Column("wording", "Wording"))),
    "numbers": ("Numbers", (Column("number", "Number"), Column("source", "Source"))),
    "links": ("Links", (Column("link", "Link"),)),
    "ways": ("Visits without a text", (Column("channel", "Channel"),)),
}


class Tables:
    """The tables of a dashboard, each asked for when it is wanted; what several need, once."""

    def __init__(self, business: Business, reading: Reading, choice: Choice, now: datetime) -> None:
        self.business, self.reading, self.choice = business, reading, choice
        self.now = now

    @cached_property
    def overview(self) -> Overview:
        return queries.overview(self.business, self.reading, self.choice, self.now)

    @cached_property
    def rankings(self) -> Rankings:
        return queries.rankings(self.business, self.reading, self.choice, longest=None)

    def sheet(
        self, key: str, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]
    ) -> Sheet:
        return Sheet(key, name, columns, list(rows), self.business.currency)


def figures(asked: Tables) -> Sheet:
    """The period, and what it is compared with as far as that has come."""
    choice, zone = asked.choice, ZoneInfo(asked.business.time_zone)
    rows: list[tuple[Cell, ...]] = [
        ("This period", choice.period.first, choice.period.last, *_sums(asked.overview.now))
    ]
    earlier = choice.compared
    if earlier is not None:
        reached = choice.period.passed_of(earlier, zone, asked.now)
        last = from_ms(reached.until_ms - 1).astimezone(zone).date()
        sums = _sums(asked.overview.before)
        rows.append((COMPARISONS[choice.compare], earlier.first, last, *sums))
    columns = (
        Column("period", "Period"),
        Column("from", "From", Kind.DAY),
        Column("to", "To", Kind.DAY),
        *_SUMS,
    )
    return asked.sheet("figures", "Figures", columns, rows)


def days(asked: Tables) -> Sheet:
    rows = [(day, *_sums(sums)) for day, sums in asked.overview.days.items()]
    return asked.sheet("days", "Days", (Column("day", "Day", Kind.DAY), *_SUMS), rows)


def _sums(sums: Figures) -> tuple[Cell, ...]:
    """In the order of _SUMS; the cost in millionths, for a text costs parts of a cent."""
    counts = (getattr(sums, column.key) for column in _SUMS[:-1])
    return (*counts, sums.cost_micros)


def origins(asked: Tables) -> Sheet:
    """Campaigns, numbers, links, visits and what nobody earned: together all revenue."""
    found = asked.rankings
    rows: list[tuple[Cell, ...]] = [
        (_RANKINGS[key][0], sum(row.credit for row in getattr(found, key)))
        for key in ("campaigns", "numbers", "links", "ways")
    ]
    rows.append(("No touchpoint", found.unattributed.credit if found.unattributed else 0))
    columns = (Column("origin", "Origin"), Column("credit", "Credit", Kind.MONEY))
    return asked.sheet("origins", "Origins", columns, rows)


def ranked(asked: Tables, key: str) -> Sheet:
    """A ranked table, whole: campaigns, variants, numbers, links or ways."""
    name, words = _RANKINGS[key]
    rows = (
        (*(row.name, row.detail)[: len(words)], *(getattr(row, each.key) for each in _RANKED))
        for row in getattr(asked.rankings, key)
    )
    return asked.sheet(key, name, (*words, *_RANKED), rows)


def credits_sheet(
    business: Business, reading: Reading, choice: Choice, earner: Earner, *, who: bool
) -> Sheet:
    """Every conversion that `earner` has a part in; without `who` nobody is named."""
    named = (Column("name", "Name"), Column("phone", "Phone")) if who else ()
    columns = (
        Column("conversion_id", "Conversion", Kind.COUNT),
        Column("at", "When", Kind.MOMENT),
        Column("type", "Type"),
        *named,
        Column("value", "Value", Kind.MONEY),
        Column("credit", "Credit", Kind.MONEY),
    )
    found = every_credit(business, reading, choice, earner)
    # Asked now, so that a question that cannot be answered is refused before a file begins.
    begun = chain(list(islice(found, 1)), found)
    rows = _credit_rows(begun, who=who)
    return Sheet("conversions", "Conversions", columns, rows, business.currency)


def happened_sheet(
    business: Business,
    reading: Reading,
    choice: Choice,
    what: queries.What,
    earner: Earner,
    *,
    who: bool,
) -> Sheet:
    """Everything that a number counts; without `who` nobody is named."""
    named = (Column("name", "Name"), Column("phone", "Phone")) if who else ()
    columns = (
        Column("at", "When", Kind.MOMENT),
        *named,
        Column("what", "What"),
        Column("how", "How"),
        Column("kind", "Kind"),
        Column("id", "Id", Kind.COUNT),
    )
    found = queries.every_happening(business, reading, choice, what, earner)
    begun = chain(list(islice(found, 1)), found)
    rows = _happened_rows(begun, who=who)
    return Sheet(what, what.capitalize(), columns, rows, business.currency)


def spending_sheet(business: Business, reading: Reading, choice: Choice, earner: Earner) -> Sheet:
    """What each day and way in cost; the cost in millionths, for a text costs parts of a cent."""
    columns = (
        Column("day", "Day", Kind.DAY),
        Column("source", "Source"),
        Column("medium", "Medium"),
        Column("campaign", "Campaign"),
        Column("clicks", "Clicks", Kind.COUNT),
        Column("impressions", "Impressions", Kind.COUNT),
        Column("texts", "Texts sent", Kind.COUNT),
        Column("cost", "Cost", Kind.AMOUNT),
    )
    rows = [
        (
            *(row.day, row.source, row.medium, row.campaign, row.clicks, row.impressions),
            *(row.texts, row.micros),
        )
        for row in queries.spending(business, reading, choice, earner)
    ]
    return Sheet("cost", "Cost", columns, rows, business.currency)


def _happened_rows(rows: Iterable[Happening], *, who: bool) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        contact = row.contact
        named = (contact.name if contact else "", contact.phone if contact else "") if who else ()
        yield row.at, *named, row.what, row.detail, row.kind, row.id


def _credit_rows(rows: Iterable[CreditRow], *, who: bool) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        named = (row.who, row.phone) if who else ()
        yield row.conversion_id, row.at, row.type, *named, row.value, row.credit
