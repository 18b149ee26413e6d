"""What one look at the database says about a batch of reports; kept true while it is recorded.

Conversions wait here and are written together: whoever looks for one of them flushes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from django.db.models import F

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import Naming, People, Raw
from textrail.domain.contacts.models import Person
from textrail.domain.conversions import queries, rules
from textrail.domain.conversions.actions.once import OncePerPerson
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    OrderAlias,
    ParkedReport,
    ParkReason,
    Repeats,
    Trigger,
    UnmatchedEvent,
)
from textrail.domain.conversions.rules.rates import Converted, Rates, convert
from textrail.outbox.actions import tell_all
from textrail.vocabulary import reports
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.money import Money

SEGMENT: Final = "segment"
MOST_UNMATCHED = 200
_SEEN: Final = (
    "SELECT sender_key FROM conversions_conversion"
    " WHERE business_id = %s AND sender = %s AND sender_key IN ({values})"
)
_PARKED: Final = (
    "SELECT id FROM conversions_parkedreport"
    " WHERE business_id = %s AND sender = %s AND sender_key IN ({values})"
)
_WAITING: Final = (
    "SELECT id FROM conversions_parkedreport"
    " WHERE business_id = %s AND reason IN (%s, %s) AND order_ref IN ({values})"
)
_ALIASES: Final = (
    "SELECT alias, order_ref FROM conversions_orderalias"
    " WHERE business_id = %s AND alias IN ({values})"
)
_NAMES: Final = (
    "SELECT alias, order_ref FROM conversions_orderalias"
    " WHERE business_id = %s AND order_ref IN ({values})"
)
# The index of orders has none that are empty, and is used where the question says so.
_ORDERED: Final = (
    "SELECT type_id, order_ref FROM conversions_conversion"
    " WHERE sale_id IS NULL AND NOT (order_ref = '') AND type_id IN ({types})"
    " AND order_ref IN ({values})"
)


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event as it came, in Segment's form. `key` is the sender's name for it, unique for ever
    among those of the `sender`.

    `site_id` is the site whose page sent it (0: none), with the browser's `agent`; `public` when
    its key, which is no secret, may report no sales."""

    call: IntakeCall
    key: str
    event: Mapping[str, object]
    received_at: datetime
    sender: str = SEGMENT
    site_id: int = 0
    agent: str = ""
    public: bool = False

    @property
    def name(self) -> tuple[str, str]:
        return self.sender, self.key


@dataclass(slots=True)
class Batch:
    """`types` are by the event that counts, `refunds` by the one that takes back; `seen` are the
    reports that were counted before; `orders` those that each type counted; `sold` the orders that
    were counted just now, for refunds that wait for them."""

    business: Business
    types: dict[str, ConversionType]
    refunds: dict[str, ConversionType]
    seen: set[tuple[str, str]]
    orders: set[tuple[int, str]]
    clickers: dict[str, Person]
    people: People
    namings: Sequence[Naming]
    aliases: dict[str, str]
    parked: dict[tuple[str, str], ParkedReport]
    once: OncePerPerson
    sold: set[str] = field(default_factory=set)
    unmatched: Counter[str] = field(default_factory=Counter)
    waiting: list[tuple[Conversion, Raw | None]] = field(default_factory=list)
    rates: dict[tuple[str, str, date], Rates] = field(default_factory=dict)

    def add(self, conversion: Conversion, raw: Raw | None = None) -> None:
        """Have a conversion written with the others; `raw` is its person, who may be new too."""
        self.waiting.append((conversion, raw))
        self.seen.add((conversion.sender, conversion.sender_key))
        if conversion.order_ref and conversion.sale_id is None:
            self.orders.add((conversion.type_id, conversion.order_ref))
            self.sold.add(conversion.order_ref)
        if raw is not None:
            self.once.note(conversion.type_id, raw)

    def has_counted(self, type_: ConversionType, raw: Raw) -> bool:
        """Whether a type that counts each person once counted this one."""
        if self.once.is_stale:
            self.flush()
        return self.once.has(type_.pk, raw)

    def flush(self) -> None:
        """Write what waits, and tell of it. An IntegrityError when somebody else was first."""
        self.people.flush()
        if not self.waiting:
            return
        for conversion, raw in self.waiting:
            if raw is not None and raw.id is not None:
                conversion.person_id = raw.id
        rows = [conversion for conversion, _ in self.waiting]
        self.waiting = []
        _store(self.business, rows)
        tell_all([_told(row) for row in rows])

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

    def order_of(self, event: Mapping[str, object]) -> str:
        """The order of an event, by the name that it was counted under."""
        given = reports.read_order(event)
        return self.aliases.get(given, given)

    def count_unmatched(self, at: datetime) -> None:
        """Remember the events that no type counts."""
        rows = UnmatchedEvent.objects.filter(business=self.business)
        for event, count in self.unmatched.items():
            if rows.filter(event=event).update(count=F("count") + count, last_at=at):
                continue
            # A sender that makes up names must not fill the table: the first ones are enough.
            if rows.count() < MOST_UNMATCHED:
                rows.create(business=self.business, event=event, count=count, last_at=at)


def _store(business: Business, rows: Sequence[Conversion]) -> None:
    """Insert conversions, and give each its id."""
    bulk.insert_rows(rows)
    statement = (
        "SELECT sender, sender_key, id FROM conversions_conversion"
        " WHERE business_id = %s AND sender = %s AND sender_key IN ({values})"
    )
    by_name = {(row.sender, row.sender_key): row for row in rows}
    for sender in {row.sender for row in rows}:
        keys = [row.sender_key for row in rows if row.sender == sender]
        for _, key, id_ in bulk.found(statement, keys, business.pk, sender):
            by_name[sender, key].pk = id_


def _told(row: Conversion) -> Event:
    subject: dict[str, int | str] = {"conversion_id": row.pk}
    return Event(EventName.CONVERSION_RECORDED, row.business_id, row.received_at, subject)


def open_batch(
    business: Business, events: Sequence[tuple[SentEvent, Mapping[str, object]]]
) -> Batch:
    """What is known of these events before any of them is recorded."""
    rows = list(ConversionType.objects.filter(business=business, trigger=Trigger.EVENT))
    tracked = [(sent, event) for sent, event in events if sent.call == "track"]
    clicks = {rules.read_click_id(event) for _, event in events} - {""}
    orders = {_order(event) for _, event in tracked} - {""}
    clickers = queries.people_of_clicks(business, clicks) if clicks else {}
    namings = [naming_of(business, clickers, sent, event) for sent, event in events]
    people = People(business, namings)
    once = [row.pk for row in rows if row.repeats == Repeats.PERSON]
    if tracked and once:
        # Of two who turn out to be one and are told of at once, one counts.
        take_turns(business)
    batch = Batch(
        business=business,
        types={row.event: row for row in rows},
        refunds={row.refund_event: row for row in rows if row.refund_event},
        seen=set(),
        orders=set(),
        clickers=clickers,
        people=people,
        namings=namings,
        aliases=_aliases(business, orders),
        parked={},
        once=OncePerPerson(people, once),
    )
    if tracked:
        reported = [sent for sent, _ in tracked]
        _look_up(batch, reported, {batch.aliases.get(order, order) for order in orders})
        batch.parked = _parked(business, reported)
    return batch


def naming_of(
    business: Business,
    clickers: Mapping[str, Person],
    sent: SentEvent,
    event: Mapping[str, object],
) -> Naming:
    """Whom an event names."""
    keys = rules.read_keys(event, country=business.country)
    clicker = clickers.get(rules.read_click_id(event))
    shared = [*(["click"] if clicker else []), *dict.fromkeys(key.kind for key in keys)]
    why = f"{', '.join(shared)} in {sent.call} {sent.key[:80]}"
    return Naming(keys, sent.received_at, clicker, why)


def _look_up(batch: Batch, sent: Sequence[SentEvent], orders: Collection[str]) -> None:
    """Which of the reports, and which of their orders, were counted before. Two questions, each of
    an index of its own: for both at once a database reads all that the business ever counted."""
    for sender, keys in _keys_by_sender(sent).items():
        found = bulk.found(_SEEN, keys, batch.business.pk, sender)
        batch.seen.update((sender, key) for (key,) in found)
    types = [row.pk for row in batch.types.values()]
    if types:
        statement = _ORDERED.replace("{types}", ",".join(["%s"] * len(types)))
        batch.orders.update(bulk.found(statement, orders, *types))


def _order(event: Mapping[str, object]) -> str:
    """The order of an event; nothing where it cannot be one, for which it is refused later."""
    given = reports.object_of(event.get("properties")).get("order_id")
    order = reports.text_of(given).strip()
    return order if len(order) <= reports.LONGEST_ORDER else ""


def _aliases(business: Business, orders: Collection[str]) -> dict[str, str]:
    return dict(bulk.found(_ALIASES, orders, business.pk))


def _parked(business: Business, sent: Sequence[SentEvent]) -> dict[tuple[str, str], ParkedReport]:
    """Which of the reports wait already; mostly none, which the first question says in less time
    than the second takes to be put together."""
    found = [
        id_
        for sender, keys in _keys_by_sender(sent).items()
        for (id_,) in bulk.found(_PARKED, keys, business.pk, sender)
    ]
    rows = ParkedReport.objects.filter(business=business, id__in=found) if found else ()
    return {(row.sender, row.sender_key): row for row in rows}


def waiting_refunds(batch: Batch) -> list[ParkedReport]:
    """Refunds that wait for an order which was counted or named just now, by any of its names, and
    those of it for which too little was left. What failed comes first, for it leaves more."""
    business, sold = batch.business, batch.sold
    aliases: dict[str, str] = dict(bulk.found(_NAMES, sold, business.pk))
    batch.aliases |= aliases
    reasons = (ParkReason.REFUND_EARLY.value, ParkReason.REFUND_REFUSED.value)
    ids = [row[0] for row in bulk.found(_WAITING, {*sold, *aliases}, business.pk, *reasons)]
    if not ids:
        return []
    found = ParkedReport.objects.filter(business=business, id__in=ids).order_by("id")
    return sorted(found, key=lambda row: not _undoes(row))


def _undoes(row: ParkedReport) -> bool:
    return bool(reports.object_of(row.event.get("properties")).get("undoes"))


def _keys_by_sender(sent: Sequence[SentEvent]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for each in sent:
        keys.setdefault(each.sender, []).append(each.key)
    return keys
