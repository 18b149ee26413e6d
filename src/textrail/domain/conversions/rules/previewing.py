"""How the first rows of a file read, before any is recorded. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from textrail.domain.conversions.rules.headings import Kind
from textrail.domain.conversions.rules.imports import Layout, Look
from textrail.domain.conversions.rules.reading import (
    Surroundings,
    read_click_id,
    read_conversion,
    read_keys,
)
from textrail.domain.conversions.rules.rows import Around, ReadRow, read
from textrail.domain.visitors.rules.outside import ToldClick, ToldCost
from textrail.vocabulary.csv_reading import quoted
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money
from textrail.vocabulary.utm import Utm

SHOWN = 6
# What may become of rows that can be taken, and wait all the same.
_WAIT: Mapping[Kind, str] = {"conversions": "for a sale or a rate", "costs": "for a rate"}


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A row as it would be recorded; `problem` says why it would not, or is empty, and `passed`
    that it is no data. `what` is the event of a conversion, or the channel of a click or cost."""

    number: int
    what: str
    problem: str = ""
    passed: bool = False
    at: datetime | None = None
    day: date | None = None
    who: str = ""
    order: str = ""
    way: str = ""
    clicks: int = 0
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, those that would be refused before the others, of `looked` that were read:
    so many would be `refused`, and so many can be `taken`."""

    kind: Kind
    lines: tuple[ReadLine, ...]
    looked: int
    refused: int
    taken: int

    @property
    def warning(self) -> str:
        """What would be refused, and what can become of the others; nothing where all are good."""
        if not self.refused:
            return ""
        some = f"{self.refused} of the first {self.looked} rows cannot"
        if self.looked == 1:
            some = "The first row cannot"
        elif self.refused == self.looked:
            some = f"None of the first {self.looked} rows can"
        would = "It would" if self.refused == 1 else "They would"
        sentence = f"{some} be taken as the columns are chosen now. {would} be refused."
        return f"{sentence} {self._others()}".strip()

    def _others(self) -> str:
        if not self.taken:
            return ""
        others, may = ("The other", "it") if self.taken == 1 else ("The others", "some")
        wait = f"; {may} may wait {_WAIT[self.kind]}" if self.kind in _WAIT else ""
        return f"{others} can be taken{wait}."


def preview(
    seen: Look,
    layout: Layout,
    around: Around,
    *,
    events: Collection[str] = (),
    channel: Callable[[Utm], str] = lambda way: "",
) -> Preview:
    """How the rows of `seen` read with the columns of `layout`, where `events` count and `channel`
    names that of a way in."""
    lines = [
        _line(number, cells, layout, around, events, channel)
        for number, cells in zip(seen.numbers, seen.rows, strict=True)
        if any(cells)
    ]
    refused = [line for line in lines if line.problem]
    shown = [*refused[:SHOWN], *(line for line in lines if not line.problem)]
    taken = sum(not (line.problem or line.passed) for line in lines)
    return Preview(layout.kind, tuple(shown[: 2 * SHOWN]), len(lines), len(refused), taken)


def _line(
    number: int,
    cells: Collection[str],
    layout: Layout,
    around: Around,
    events: Collection[str],
    channel: Callable[[Utm], str],
) -> ReadLine:
    raw = [layout.writing.writes(cell) for cell in cells]
    text = quoted(raw, layout.delimiter)
    try:
        row = read(text, raw, layout, around)
        if row is None:
            return ReadLine(number, text[:80], passed=True)
        if isinstance(row, ReadRow):
            return _conversion(number, row, around, events)
    except Malformed as refusal:
        return ReadLine(number, text[:80], problem=refusal.sentence)
    if isinstance(row, ToldClick):
        who = ", ".join(key.value for key in row.keys) or row.ad_click
        return ReadLine(number, channel(row.way), at=row.at, who=who[:80], way=_words(row.way))
    return _cost(number, row, channel(row.way))


def _conversion(number: int, row: ReadRow, around: Around, events: Collection[str]) -> ReadLine:
    if (event := str(row.event.get("event", ""))) not in events:
        raise Malformed(f"No type counts “{event}”.")
    surroundings = Surroundings(around.country, around.currency, around.received_at)
    read_as = read_conversion(row.event, surroundings)
    keys = read_keys(row.event, country=around.country)
    who = ", ".join(key.value for key in keys) or read_click_id(row.event)
    return ReadLine(
        number,
        event,
        at=read_as.at,
        who=who[:80],
        order=read_as.order_ref,
        value=read_as.value,
    )


def _cost(number: int, row: ToldCost, channel: str) -> ReadLine:
    return ReadLine(
        number, channel, day=row.day, way=_words(row.way), clicks=row.clicks, value=row.given
    )


def _words(way: Utm) -> str:
    return " / ".join(part for part in (way.source, way.medium, way.campaign) if part)
