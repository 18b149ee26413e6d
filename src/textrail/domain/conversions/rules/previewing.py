"""How the first rows of a file read, before any is recorded. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.conversions.rules.imports import Layout, Look, read_row
from textrail.domain.conversions.rules.reading import Surroundings, read_conversion
from textrail.vocabulary.csv_reading import quoted
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money

SHOWN = 6


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A row as it would be recorded; `problem` says why it would not, or is empty."""

    number: int
    at: datetime | None
    event: str
    who: str
    order: str
    value: Money | None
    problem: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, those that would be refused before the others, of `looked` that were read."""

    lines: tuple[ReadLine, ...]
    looked: int
    refused: int


def preview(
    seen: Look,
    layout: Layout,
    *,
    events: Collection[str],
    zone: str,
    country: str,
    currency: str,
    received_at: datetime,
) -> Preview:
    """How the rows of `seen` read with the columns of `layout`, where `events` count."""
    around = Surroundings(country, currency, received_at)
    first = 2 if layout.headed else 1
    lines = [
        _line(number, cells, layout, events=events, zone=zone, around=around)
        for number, cells in enumerate(seen.rows, start=first)
        if any(cells)
    ]
    refused = [line for line in lines if line.problem]
    shown = [*refused[:SHOWN], *(line for line in lines if not line.problem)]
    return Preview(tuple(shown[: 2 * SHOWN]), len(lines), len(refused))


def _line(
    number: int,
    cells: Sequence[str],
    layout: Layout,
    *,
    events: Collection[str],
    zone: str,
    around: Surroundings,
) -> ReadLine:
    raw = [layout.writing.writes(cell) for cell in cells]
    text = quoted(raw, layout.delimiter)
    try:
        row = read_row(text, raw, layout, zone=zone, country=around.country)
        if (event := str(row.event.get("event", ""))) not in events:
            raise Malformed(f"No type counts “{event}”.")
        read = read_conversion(row.event, around)
    except Malformed as refusal:
        return ReadLine(number, None, text[:80], "", "", None, refusal.sentence)
    who = ", ".join(key.value for key in read.keys) or read.click_id
    return ReadLine(number, read.at, event, who[:80], read.order_ref, read.value, "")
