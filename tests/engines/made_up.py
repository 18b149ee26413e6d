"""Columns with every oddity that the rooms can record, made from a seed and written by the feed's
own code: ties to the millisecond, ages of exact half-lives, refunds, sums beyond 2^50, merged
persons, seeds, persons that nobody knows, calls that are conversions, three currencies."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textrail.analytics import chunks
from textrail.analytics.attribution import DAY_MS
from textrail.analytics.engine import Files
from textrail.domain.reports.columns import TABLES

NOON = 1_772_452_800_000
PEOPLE = 160
HUGE = 2**51 + 1
ROWS = {
    "clicks": 1500,
    "messages": 900,
    "receipts": 900,
    "calls": 240,
    "conversions": 420,
    "people": 24,
    "seeds": 4,
    "sources": 6,
    "conversion_types": 6,
}
OTHER_ROWS = 200
CHUNKS = 3

Row = dict[str, Any]


def write_columns(
    folder: Path, *, business_id: int = 1, seed: int = 7, rows: Mapping[str, int] | None = None
) -> Files:
    """Table → its files. A table that is new to these tests is filled by what its columns are
    called; one with no rows has no file."""
    maker = Maker(business_id, random.Random(seed), {**ROWS, **(rows or {})})
    return {
        table.name: tuple(
            str(folder / chunks.write(folder, table.name, table.schema, [part]).path)
            for part in _parts(maker.rows(table.name, table.schema.names, table.schema.types))
        )
        for table in TABLES
    }


def _parts(rows: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    return [part for part in (rows[place::CHUNKS] for place in range(CHUNKS)) if part]


class Maker:
    def __init__(self, business_id: int, dice: random.Random, rows: Mapping[str, int]) -> None:
        self._business_id = business_id
        self._dice = dice
        self._rows = rows
        self._by_name: dict[str, Callable[[], Any]] = {
            "business_id": lambda: self._some({business_id: 12, business_id + 1: 1}),
            "person": lambda: None if self._rarely() else self._person(),
            "verdict": lambda: self._some({"human": 6, "preview": 1, "scanner": 1, "unknown": 1}),
            "direction": lambda: self._some({"inbound": 2, "outbound": 1}),
            "currency": lambda: self._some({"USD": 8, "EUR": 1, "GBP": 1}),
            "campaign_id": lambda: self._maybe(4),
            "variant_id": lambda: self._maybe(8),
            "number_id": lambda: self._maybe(5),
            "source_id": lambda: self._maybe(7),
            "traffic_id": lambda: self._maybe(9),
            "link_id": lambda: self._maybe(9),
            "price_micros": lambda: self._some({None: 1, 0: 1, 7900: 3, 83_000: 1}),
        }

    def rows(self, table: str, names: list[str], types: list[Any]) -> list[tuple[Any, ...]]:
        make = getattr(self, f"_{table}", lambda row: row)
        made: list[Row] = []
        for id_ in range(1, self._rows.get(table, OTHER_ROWS) + 1):
            row = {
                name: self._value(name, str(kind)) for name, kind in zip(names, types, strict=True)
            }
            made.append(make({**row, "id": id_}))
        return [tuple(row[name] for name in names) for row in made]

    def _value(self, name: str, kind: str) -> Any:
        if name in self._by_name:
            return self._by_name[name]()
        if name.endswith("_ms"):
            return self._moment()
        if kind == "string":
            return self._some({"email": 1, "paid_search": 1, "Direct": 1, "": 1, None: 1})
        return self._maybe(ROWS["messages"])

    def _messages(self, row: Row) -> Row:
        kind = {"inbound": {"chat": 8, "opt_out": 1}, "outbound": {"campaign": 1}}
        return {**row, "kind": self._some(kind[row["direction"]])}

    def _receipts(self, row: Row) -> Row:
        """Of the first messages, two or three each, of the message's own campaign and person."""
        message = row["id"] // 3 + 1
        own = random.Random(message)
        statuses = {"accepted": 3, "sent": 1, "delivered": 4, "undelivered": 1, "failed": 1}
        return {
            **row,
            "message_id": message,
            "status": self._some(statuses),
            "person": own.randrange(PEOPLE) * 7919,
            "campaign_id": own.choice((None, 1, 2, 3)),
            "variant_id": own.choice((1, 2)),
            "business_id": self._business_id,
        }

    def _calls(self, row: Row) -> Row:
        return {**row, "status": self._some({"answered": 3, "missed": 1})}

    def _conversions(self, row: Row) -> Row:
        """Every tenth takes back an earlier one's value: its path is that one's. Leads and texts
        count once for each person, and one in five of the purchases."""
        at_ms = self._moment()
        values = (0, 1, 2, 99, 100, 101, 9_999, 12_345, 10**10 + 7, HUGE, -HUGE, -1, -250)
        refund = row["id"] % 10 == 0
        kind = self._some({1: 5, 2: 2, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1})
        return {
            **row,
            "person": self._person(),
            "at_ms": at_ms + (DAY_MS if refund else 0),
            "credited_at_ms": at_ms,
            "type_id": kind,
            "once_per_person": int(kind in {2, 4} or (kind == 1 and row["id"] % 5 == 1)),
            "value_minor": -4_999 if refund else self._dice.choice(values),
            "origin_id": self._dice.randrange(1, 240),
            "sale_id": row["id"] - 1 if refund else None,
        }

    def _conversion_types(self, row: Row) -> Row:
        """Types 3 and 4 are calls and texts that earn nothing elsewhere; a seventh is unknown."""
        id_ = row["id"]
        return {
            **row,
            "kind": {2: "lead"}.get(id_, "purchase"),
            "trigger": {3: "call", 4: "text"}.get(id_, "event"),
            "window_days": (1, 7, 30, 90)[id_ % 4],
            "view_days": (1, 2, 7)[id_ % 3],
            "is_touchpoint": int(id_ not in {3, 4}),
        }

    def _people(self, row: Row) -> Row:
        """Every third person of the first turned out to be the next one."""
        return {**row, "person": row["id"] * 3 * 7919, "canonical": (row["id"] * 3 + 1) * 7919}

    def _seeds(self, row: Row) -> Row:
        return {**row, "person": row["id"] * 31 * 7919}

    def _sources(self, row: Row) -> Row:
        channels = ("offline", "direct", "Direct", "email", "paid_search", None)
        return {**row, "channel": channels[row["id"] % 6]}

    def _person(self) -> int:
        """Some do much more than others."""
        return int(PEOPLE * self._dice.random() ** 1.5) * 7919

    def _moment(self) -> int:
        """In 100 days: hours that repeat, and whole weeks, the half-life of time decay."""
        if self._dice.random() < 0.2:
            return NOON - self._dice.randrange(14) * 7 * DAY_MS
        return NOON - self._dice.randrange(100 * 24) * 3_600_000 - self._dice.choice((0, 0, 1))

    def _some(self, weights: Mapping[Any, int]) -> Any:
        return self._dice.choices(list(weights), list(weights.values()))[0]

    def _maybe(self, most: int) -> int | None:
        return None if self._dice.random() < 0.3 else self._dice.randrange(1, most + 1)

    def _rarely(self) -> bool:
        return self._dice.random() < 0.02
