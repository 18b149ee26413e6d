"""What a row of a CSV file says: a conversion, a click of another channel, or a cost. Pure.

A row without a key of its sender's has its own text for a key, so that a file that is sent twice
counts once. A day without an hour is taken at noon, where the business is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from textrail.domain.conversions.rules.amounts import (
    Amount,
    is_blank,
    read_amount,
    read_count,
)
from textrail.domain.conversions.rules.cells import read_day, read_moment
from textrail.domain.conversions.rules.currencies import check_currency, settle_currency
from textrail.domain.conversions.rules.headings import signs_in
from textrail.domain.conversions.rules.imports import WHOSE, Layout
from textrail.domain.conversions.rules.typed import Given, as_event
from textrail.domain.visitors.rules.outside import (
    ToldClick,
    ToldCost,
    check_click,
    check_cost,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, parse_money
from textrail.vocabulary.reports import check_time
from textrail.vocabulary.utm import Utm


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as a report in the form in which all are read."""

    key: str
    event: dict[str, object]


@dataclass(frozen=True, slots=True)
class Around:
    """What the file itself leaves out: the business's zone, country and currency, and now.
    `valued` are the events whose types take their value from the row, `refunds` those that take
    their order back."""

    zone: str
    country: str
    currency: str
    received_at: datetime
    valued: frozenset[str] = frozenset()
    refunds: frozenset[str] = frozenset()


_TOTAL: Final = re.compile(r"(?:grand )?totals?(?![\w-])", re.IGNORECASE)
# Stands where a person or a day would, and is none.
_TOTAL_ALONE: Final = re.compile(r"(?:(?:grand )?totals?:?)?", re.IGNORECASE)

# A row that says something.
Read = ReadRow | ToldClick | ToldCost


class _Cells:
    """The cells of a row by what they are."""

    def __init__(self, cells: Sequence[str], layout: Layout) -> None:
        self._cells, self._layout = cells, layout

    def __call__(self, name: str) -> str:
        place = self._layout.places.get(name, len(self._cells))
        if place >= len(self._cells):
            return ""
        return self._layout.writing.says(self._cells[place]).strip()

    def amount(self, name: str) -> Amount | None:
        """The amount of a row, with the signs that stand beside it and in its heading."""
        amount = read_amount(self(name), self._layout.decimal)
        if amount is None:
            return None
        return replace(amount, signs=(*signs_in(self._layout.heading(name)), *amount.signs))

    def currency(self, amount: Amount | None, own: str) -> str:
        """The currency of an amount, or nothing; a column goes before what is said of all rows."""
        told = (self("currency") or self._layout.currency).upper()
        return settle_currency(amount.signs, told=told, own=own) if amount else told

    def way(self) -> Utm:
        layout = self._layout
        return Utm(
            self("source") or layout.source,
            self("medium") or layout.medium,
            self("campaign") or layout.campaign,
            self("term"),
            self("content"),
        )


def read(raw: str, cells: Sequence[str], layout: Layout, around: Around) -> Read | None:
    """What a row says, or Malformed with the reason; None for one that is not meant to count: a
    total of the others, a line beneath the table, an event that is no click. `raw` is its text."""
    if any(cell.strip() for cell in cells[layout.width :]):
        raise _uneven(cells, layout, "Put cells that hold the delimiter into quotation marks.")
    if (_is_total if layout.kind == "conversions" else _is_beneath)(cells, layout):
        return None
    if any(place >= len(cells) for place in layout.places.values()):
        raise _uneven(cells, layout, "Complete the row; what it does not say stays an empty cell.")
    if layout.kind == "conversions":
        return read_row(raw, cells, layout, around)
    if layout.kind == "clicks":
        return _read_click(_Cells(cells, layout), layout, around)
    return _read_cost(raw, _Cells(cells, layout), layout, around)


def _uneven(cells: Sequence[str], layout: Layout, hint: str) -> Malformed:
    have = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return Malformed(f"This row has {have}, and the first one {layout.width}.", hint=hint)


def _is_beneath(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a row is a total, or a sentence beneath the table: neither has a day of its own."""
    told = [cell.strip() for cell in cells if cell.strip()]
    cell = _Cells(cells, layout)
    if not told or (cell("day") or cell("at")) not in {"", told[0]}:
        return False
    is_sentence = len(told) == 1 and len(told[0].split()) > 2
    return is_sentence or told[0].casefold().startswith(("total", "grand total"))


def _is_total(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a row of conversions sums up the others: it begins with that word, and names nobody
    and no day."""
    told = next((cell.strip() for cell in cells if cell.strip()), "")
    cell = _Cells(cells, layout)
    if not _TOTAL.match(told) or cell("order_id") not in {"", layout.writing.says(told)}:
        return False
    return all(_TOTAL_ALONE.fullmatch(cell(name)) for name in ("at", *WHOSE))


def read_row(raw: str, cells: Sequence[str], layout: Layout, around: Around) -> ReadRow:
    """The conversion of a row, or Malformed with the reason."""
    cell = _Cells(cells, layout)
    event, amount = cell("event") or layout.event, cell.amount("value")
    given = Given(
        event=event,
        at=_moment(cell("at"), layout, around),
        value=amount.value if amount else None,
        currency=cell.currency(amount, around.currency),
        order_id=cell("order_id").removeprefix("#"),
        click_id=cell("click_id"),
        customer_id=cell("customer_id"),
        visitor_id=cell("visitor_id"),
        email=cell("email"),
        phone=cell("phone"),
    )
    if not given.event:
        raise Malformed("The row does not say what it is.", field="event")
    is_told = any((given.customer_id, given.visitor_id, given.email, given.phone, given.click_id))
    if not is_told and not (event in around.refunds and given.order_id):
        raise Malformed("The row does not say whose it is.", field="email")
    if given.at is None and "at" in layout.places:
        raise Malformed(
            "The row does not say when it was.",
            hint="Write its time, or choose no column for it if all are of now.",
            field="at",
        )
    if amount is None and "value" in layout.places and event in around.valued:
        raise Malformed(
            "The row does not say what it was worth.",
            hint="Write its value, 0 for nothing, or choose no column for the value.",
            field="value",
        )
    key = cell("key") or f"row {part_of(raw)[:32]}"
    return ReadRow(key, as_event(given, country=around.country))


def _moment(text: str, layout: Layout, around: Around) -> datetime | None:
    """When a row was, or Malformed, which names a time that cannot be as the file wrote it."""
    at = read_moment(text, layout.order, zone=around.zone)
    if at is not None:
        check_time(at, received_at=around.received_at, field="at", written=text)
    return at


def part_of(raw: str) -> str:
    """What tells a row apart from all that are written otherwise: 64 letters."""
    return sha256(raw.strip().encode("utf-8", "replace")).hexdigest()


def _read_click(cell: _Cells, layout: Layout, around: Around) -> ToldClick | None:
    event = cell("event")
    if event and "click" not in event.casefold():
        return None
    return check_click(
        at=_moment(cell("at"), layout, around),
        way=cell.way(),
        whose={
            "email": cell("email"),
            "phone": cell("phone"),
            "customer_id": cell("customer_id"),
            "visitor_id": cell("visitor_id"),
        },
        country=around.country,
        received_at=around.received_at,
        key=cell("key"),
        ad_click=cell("ad_click"),
    )


def given_money(amount: Decimal | int, currency: str, own: str) -> Money:
    """An amount in whole units as money of `currency`, or of the business's `own` without one."""
    given = parse_money(amount, currency or own, field="cost")
    if given.currency != own:
        check_currency(given.currency)
    return given


def _read_cost(raw: str, cell: _Cells, layout: Layout, around: Around) -> ToldCost:
    day, until = read_day(cell("day"), layout.order), cell("until")
    if until and read_day(until, layout.order) != day:
        raise Malformed(
            f"The row is about more than one day: {cell('day')[:20]} to {until[:20]}.",
            hint="Break the report down by day and export it again.",
            field="day",
        )
    if not (text := cell("cost")):
        raise Malformed("The row does not say what was spent.", field="cost")
    amount = None if is_blank(text) else cell.amount("cost")
    currency = cell.currency(amount, around.currency)
    return check_cost(
        day=day,
        way=cell.way(),
        given=given_money(amount.value if amount else 0, currency, around.currency),
        today=around.received_at.astimezone(ZoneInfo(around.zone)).date(),
        clicks=read_count(cell("clicks"), layout.decimal, name="clicks"),
        impressions=read_count(cell("impressions"), layout.decimal, name="impressions"),
        account=cell("account") or layout.account,
        part=part_of(raw),
    )
