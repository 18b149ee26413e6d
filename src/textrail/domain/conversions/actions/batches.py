"""What one look at the database says about a batch of reports; kept true while it is recorded.

Conversions wait here and are written together: whoever looks for one of them flushes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import connection

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import Naming, People, Raw
from textrail.domain.conversions import queries, rules
from textrail.domain.conversions.actions.counted import Counted, write
from textrail.domain.conversions.actions.once import OncePerPerson
from textrail.domain.conversions.models import (
    ConversionType,
    OrderAlias,
    ParkedReport,
    ParkReason,
    Repeats,
    Trigger,
    ValueRule,
)
from textrail.domain.conversions.rules.rates import Converted, Rates, convert
from textrail.domain.links.actions import EarlyReport, await_clicks
from textrail.vocabulary import reports
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.money import Money

SEGMENT: Final = "segment"
# By one key alone, and those of others left out by a sum that no index answers: with the business
# itself beside it, a database may read all that the business ever had.
_SEEN: Final = (
    "SELECT sender, sender_key FROM conversions_conversion"
    " WHERE business_id + 0 = %s AND sender_key IN ({values})"
)
_PARKED: Final = (
    "SELECT id FROM conversions_parkedreport"
    " WHERE business_id + 0 = %s AND sender_key IN ({values})"
)
_WAITING: Final = (
    "SELECT id FROM conversions_parkedreport WHERE business_id + 0 = %s AND order_ref IN ({values})"
)
# Most businesses have none of either, which one small question says for three large ones.
_ANY: Final = (
    "SELECT EXISTS (SELECT 1 FROM conversions_orderalias WHERE business_id = %s),"
    " EXISTS (SELECT 1 FROM conversions_parkedreport WHERE business_id = %s)"
)
_ALIASES: Final = (
    "SELECT alias, order_ref FROM conversions_orderalias"
    " WHERE business_id + 0 = %s AND alias IN ({values})"
)
_NAMES: Final = (
    "SELECT alias, order_ref FROM conversions_orderalias"
    " WHERE business_id + 0 = %s AND order_ref IN ({values})"
)
_ORDERED: Final = (
    "SELECT type_id, order_ref FROM conversions_conversion"
    " WHERE sale_id IS NULL AND type_id IN ({types}) AND order_ref IN ({values})"
)


class SentEvent(NamedTuple):
    """One event as it came, in Segment's form. `key` is the sender's name for it, unique for ever
    among those of the `sender`.

    `site_id` is the site whose page sent it (0: none), with the browser's `agent`; `public` when
    its key, which is no secret, may report no sales. `refusal` is why the door refused it."""

    call: IntakeCall
    key: str
    event: Mapping[str, object]
    received_at: datetime
    sender: str = SEGMENT
    site_id: int = 0
    agent: str = ""
    public: bool = False
    refusal: Refusal | None = None

    @property
    def name(self) -> tuple[str, str]:
        return self.sender, self.key


class Report(NamedTuple):
    """A sent event as it was read: cleaned, with whom it names. `order` is empty where there is
    none, and where it cannot be one, for which the event is refused later."""

    sent: SentEvent
    event: Mapping[str, object]
    click_id: str
    order: str
    naming: Naming


@dataclass(slots=True)
class Batch:
    """`types` are by the event that counts, `refunds` by the one that takes back, and `countings`
    say by the type's id what is the value; `seen` are the reports that were counted before, and
    `orders` those that each type counted; `sold` the orders that were counted just now, for refunds
    that wait for them. `unmatched` are the names that no type counts, and `keeping` the reports of
    them that are to be kept. `any_parked` says whether anything of the business was parked before:
    who has its turn knows of the rest."""

    business: Business
    types: dict[str, ConversionType]
    refunds: dict[str, ConversionType]
    seen: set[tuple[str, str]]
    orders: set[tuple[int, str]]
    countings: dict[int, rules.Counting]
    people: People
    reports: Sequence[Report]
    aliases: dict[str, str]
    any_parked: bool
    parked: dict[tuple[str, str], ParkedReport]
    once: OncePerPerson
    sold: set[str] = field(default_factory=set)
    unmatched: Counter[str] = field(default_factory=Counter)
    keeping: dict[tuple[str, str], Report] = field(default_factory=dict)
    waiting: list[Counted] = field(default_factory=list)
    rates: dict[tuple[str, str, date], Rates] = field(default_factory=dict)

    def add(self, conversion: Counted) -> None:
        """Have a conversion written with the others."""
        self.waiting.append(conversion)
        self.seen.add((conversion.sender, conversion.sender_key))
        if conversion.order_ref and conversion.sale_id is None:
            self.orders.add((conversion.type_id, conversion.order_ref))
            self.sold.add(conversion.order_ref)
        if conversion.raw is not None:
            self.once.note(conversion.type_id, conversion.raw)

    def has_counted(self, type_: ConversionType, raw: Raw) -> bool:
        """Whether a type that counts each person once counted this one."""
        if self.once.is_stale:
            self.flush()
        return self.once.has(type_.pk, raw)

    def flush(self) -> None:
        """Write what waits, and tell of it. An IntegrityError when somebody else was first."""
        self.people.flush()
        waiting, self.waiting = self.waiting, []
        if waiting:
            write(waiting)

    def convert(self, amount: Money, currency: str, at: datetime) -> Converted | None:
        """`amount` in `currency` at the rate of the day of `at` (UTC); None where there is nothing
        to convert. Raises RateMissing."""
        if amount.currency == currency or not amount.minor:
            return None
        key = (amount.currency, currency, at.date())
        if key not in self.rates:
            self.rates[key] = queries.rates_before(self.business, key[:2], at.date())
        return convert(amount, currency, self.rates[key], at.date())

    def add_alias(self, alias: str, order_ref: str) -> None:
        """Let an order be found by another name. The first order to have it keeps it."""
        row, made = OrderAlias.objects.get_or_create(
            business=self.business, alias=alias, defaults={"order_ref": order_ref}
        )
        self.aliases[alias] = row.order_ref
        if made:
            self.sold.add(alias)

    def order_of(self, report: Report) -> str:
        """The order of a report, by the name that it was counted under."""
        return self.aliases.get(report.order, report.order)

    def note_unmatched(self, report: Report, *, listening: bool) -> None:
        """Have an event that no type counts listed, once for its key, and kept unless its sender
        hears of it."""
        name = report.sent.name
        if name in self.parked or name in self.keeping:
            return
        self.unmatched[reports.read_event_name(report.event)] += 1
        if not listening:
            self.keeping[name] = report

    def let_go(self, name: tuple[str, str]) -> None:
        """Keep a report no more that no type counted, since it waits for none."""
        self.keeping.pop(name, None)
        if (kept := self.parked.pop(name, None)) is not None:
            kept.delete()


def open_batch(business: Business, events: Sequence[SentEvent]) -> Batch:
    """What is known of these events before any of them is recorded.

    Whoever else reports of the business waits from here on: batches lock sales and people in any
    order, and of two who turn out to be one and are told of at once, one is new.
    """
    take_turns(business)
    rows = list(ConversionType.objects.filter(business=business, trigger=Trigger.EVENT))
    read = read_reports(business, events)
    tracked = [report for report in read if report.sent.call == "track"]
    people = People(business, [report.naming for report in read], in_turn=True)
    once = [row.pk for row in rows if row.repeats == Repeats.PERSON]
    orders = {report.order for report in tracked} - {""}
    any_alias, any_parked = _answer(_ANY, business.pk, business.pk) if tracked else (False, False)
    batch = Batch(
        business=business,
        types={row.event: row for row in rows},
        refunds={row.refund_event: row for row in rows if row.refund_event},
        seen=set(),
        orders=set(),
        countings={row.pk: counting_of(row) for row in rows},
        people=people,
        reports=read,
        aliases=_aliases(business, _ALIASES, orders if any_alias else ()),
        any_parked=any_parked,
        parked={},
        once=OncePerPerson(people, once),
    )
    if tracked:
        reported = [report.sent for report in tracked]
        _look_up(batch, reported, {batch.aliases.get(order, order) for order in orders})
        batch.parked = _parked(business, reported) if any_parked else {}
    return batch


def read_reports(business: Business, events: Sequence[SentEvent]) -> list[Report]:
    """Each event read, once for all that is asked of it."""
    cleaned = [reports.clean(sent.event) for sent in events]
    clicks = [rules.read_click_id(event) for event in cleaned]
    clickers = _clickers(business, clicks, events) if any(clicks) else {}
    return [
        Report(
            sent,
            event,
            click_id,
            reports.order_of(event),
            _naming(business, sent, event, clickers.get(click_id)),
        )
        for sent, event, click_id in zip(events, cleaned, clicks, strict=True)
    ]


def _clickers(
    business: Business, clicks: Sequence[str], events: Sequence[SentEvent]
) -> dict[str, int]:
    """The ids of who tapped, by click id, also of taps that are not recorded yet."""
    clickers = queries.people_of_clicks(business, {*clicks} - {""})
    early = [
        EarlyReport(click_id, sent.received_at, f"click in {sent.call} {sent.key[:80]}")
        for click_id, sent in zip(clicks, events, strict=True)
        if click_id not in clickers
    ]
    return clickers | await_clicks(business=business, reports=early) if early else clickers


def _naming(
    business: Business, sent: SentEvent, event: Mapping[str, object], clicker: int | None
) -> Naming:
    """Whom an event names."""
    keys = rules.read_keys(event, country=business.country)
    shared = dict.fromkeys(key.kind for key in keys)
    names = ", ".join(shared if clicker is None else ("click", *shared))
    return Naming(keys, sent.received_at, clicker, f"{names} in {sent.call} {sent.key[:80]}")


def counting_of(type_: ConversionType) -> rules.Counting:
    """What a type takes for the value of what it counts."""
    if type_.value_rule == ValueRule.FIXED:
        return rules.Counting("fixed", fixed=Money(type_.fixed_minor, type_.fixed_currency))
    if type_.value_rule == ValueRule.NONE:
        return rules.Counting("none")
    return rules.Counting("property", property=type_.value_property)


def _look_up(batch: Batch, sent: Sequence[SentEvent], orders: Collection[str]) -> None:
    """Which of the reports, and which of their orders, were counted before. Two questions, each of
    an index of its own: for both at once a database reads all that the business ever counted."""
    batch.seen.update(bulk.found(_SEEN, [each.key for each in sent], batch.business.pk))
    types = [row.pk for row in batch.types.values()]
    if types:
        statement = _ORDERED.replace("{types}", ",".join(["%s"] * len(types)))
        batch.orders.update(bulk.found(statement, orders, *types))


def _answer(statement: str, *values: bulk.Value) -> tuple[bool, ...]:
    """The one row that a statement asks for."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(map(bool, cursor.fetchone()))


def _parked(business: Business, sent: Sequence[SentEvent]) -> dict[tuple[str, str], ParkedReport]:
    """Which of the reports wait already; mostly none, which the first question says in less time
    than the second takes to be put together."""
    found = [row[0] for row in bulk.found(_PARKED, [each.key for each in sent], business.pk)]
    rows = ParkedReport.objects.filter(business=business, id__in=found) if found else ()
    return {(row.sender, row.sender_key): row for row in rows}


def waiting_refunds(batch: Batch) -> list[ParkedReport]:
    """Refunds that wait for an order which was counted or named just now, by any of its names, and
    those of it for which too little was left. What failed comes first, for it leaves more."""
    business, sold = batch.business, batch.sold
    reasons = (ParkReason.REFUND_EARLY.value, ParkReason.REFUND_REFUSED.value)
    if not (batch.any_parked or batch.parked):
        return []
    aliases = _aliases(business, _NAMES, sold)
    batch.aliases |= aliases
    ids = [row[0] for row in bulk.found(_WAITING, {*sold, *aliases}, business.pk)]
    if not ids:
        return []
    found = ParkedReport.objects.filter(business=business, id__in=ids, reason__in=reasons)
    return sorted(found.order_by("id"), key=lambda row: not _undoes(row))


def _aliases(business: Business, statement: str, orders: Collection[str]) -> dict[str, str]:
    return dict(bulk.found(statement, orders, business.pk))


def _undoes(row: ParkedReport) -> bool:
    return bool(reports.object_of(row.event.get("properties")).get("undoes"))
