"""A CSV file that is to be imported: how it is written, and in which column what is. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, get_args

from textrail.domain.conversions.rules.amounts import Mark, guess_decimal
from textrail.domain.conversions.rules.cells import DateOrder, guess_dates
from textrail.domain.conversions.rules.headings import (
    FIELDS,
    KINDS,
    Kind,
    guess_places,
    guess_way,
    told_currency,
)
from textrail.vocabulary.csv_reading import (
    DELIMITERS,
    ENCODINGS,
    Encoding,
    Writing,
    first_rows,
    guess_delimiter,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import parse_currency
from textrail.vocabulary.utm import Utm, check_utm

MOST_COLUMNS: Final = 200
LONGEST_ACCOUNT: Final = 60
_TELLS: Final = re.compile(r"[0-9@]")
_LOOKED_AT: Final = 200
_PREAMBLE: Final = 12  # rows that may stand above the headings
WHOSE: Final = frozenset({"email", "phone", "customer_id", "visitor_id", "click_id", "ad_click"})
_DAYS: Final = ("at", "day")
_UNTOLD: Final = Utm()
_AMOUNTS: Final = ("value", "cost", "clicks", "impressions")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written, and in which column what is; places count from 0.

    `skip` rows stand above the headings. What no column says is the same for all rows: `event` is
    what they are, `source`, `medium` and `campaign` their way in, then `account` and `currency`.
    `dates` is None where nobody has said yet in which order day and month are.
    """

    encoding: Encoding
    mark: int
    delimiter: str
    headed: bool
    width: int
    places: Mapping[str, int] = field(default_factory=dict)
    event: str = ""
    dates: DateOrder | None = "iso"
    decimal: Mark = "point"
    kind: Kind = "conversions"
    skip: int = 0
    source: str = ""
    medium: str = ""
    campaign: str = ""
    account: str = ""
    currency: str = ""
    headings: tuple[str, ...] = ()

    @property
    def writing(self) -> Writing:
        return Writing(self.encoding, self.mark)

    @property
    def order(self) -> DateOrder:
        return self.dates or "iso"

    def heading(self, name: str) -> str:
        """What stands above a column, or nothing."""
        place = self.places.get(name, len(self.headings))
        return self.headings[place] if place < len(self.headings) else ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of a file as it was understood. A file without headings has numbers for them;
    `rows` are what stands beneath, as people read it, and `numbers` which rows of the file they
    are, counted from 1 as spreadsheets do."""

    layout: Layout
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


def look(
    head: bytes,
    writing: Writing,
    *,
    headed: bool | None = None,
    most: int = _LOOKED_AT,
    kind: Kind = "conversions",
    name: str = "",
) -> Look:
    """How a file called `name` that begins with `head` is to be read; Malformed for one without
    rows. Whether its first row is a heading is guessed where it is not told; reports have their
    title above it."""
    raw = writing.decode(head[writing.mark :])
    delimiter = guess_delimiter(raw)
    rows = [
        tuple(writing.says(cell).strip() for cell in row)
        for row in first_rows(raw, delimiter, most=most)
    ]
    told = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if not told:
        raise Malformed("The file holds no rows.", hint="Choose another one.", field="file")
    skip = 0 if headed is False else _title_rows([row for _, row in told], kind)
    told = told[skip:]
    first = told[0][1]
    if len(first) > MOST_COLUMNS:
        raise Malformed(
            f"The file has {len(first):,} columns; at most {MOST_COLUMNS} can be read.",
            hint="Leave out those that say nothing that counts.",
            field="file",
        )
    if headed is None:
        # Names of columns hold no numbers and no addresses.
        headed = bool(guess_places(first, kind)) or not any(_TELLS.search(cell) for cell in first)
    headings = first if headed else tuple(f"Column {n}" for n in range(1, len(first) + 1))
    layout = Layout(
        *(writing.encoding, writing.mark, delimiter, headed, len(first)),
        places=guess_places(first, kind) if headed else {},
        kind=kind,
        skip=skip,
        headings=tuple(heading[:120] for heading in headings) if headed else (),
    )
    told = told[1:] if headed else told
    seen = Look(layout, headings, tuple(row for _, row in told), tuple(at for at, _ in told))
    return replace(seen, layout=_guessed(seen, name))


def _title_rows(rows: Sequence[Sequence[str]], kind: Kind) -> int:
    """How many rows stand above the row that names the columns."""
    known = [len(guess_places(row, kind)) for row in rows[:_PREAMBLE]]
    most = max(known)
    return known.index(most) if most > max(1, known[0]) else 0


def _guessed(seen: Look, name: str) -> Layout:
    """The layout with what the first rows and the name of the file tell."""
    layout = seen.layout

    def cells(names: Sequence[str]) -> list[str]:
        places = [layout.places[name] for name in names if name in layout.places]
        return [row[place] for row in seen.rows for place in places if place < len(row)]

    way = guess_way(layout.kind, seen.headings, name)
    return replace(
        layout,
        dates=guess_dates(cells(_DAYS)),
        decimal=guess_decimal(
            cells(_AMOUNTS), otherwise="comma" if layout.delimiter == ";" else "point"
        ),
        source=way.source,
        medium=way.medium,
        currency=told_currency(seen.headings, layout.places),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose for all rows of a file, as it was typed."""

    event: str = ""
    dates: str = ""
    decimal: str = ""
    way: Utm = _UNTOLD
    account: str = ""
    currency: str = ""


def check_layout(
    seen: Layout, places: Mapping[str, int], chosen: Chosen, *, refunds: Collection[str] = ()
) -> Layout:
    """The layout with what was chosen, or Malformed naming what is missing. `refunds` are the
    events that take back: their orders say whose they are."""
    if any(not 0 <= place < seen.width for place in places.values()):
        raise Malformed("There is no such column.", hint="Choose one from the list.")
    doubled = [place for place in places.values() if list(places.values()).count(place) > 1]
    if doubled:
        raise Malformed(
            "One column cannot be two things.", hint="Choose another column for one of them."
        )
    _check_columns(seen.kind, places, chosen, refunds)
    dates = _check_dates(places, chosen.dates)
    if chosen.decimal not in get_args(Mark):
        raise Malformed("Choose how days and amounts are written.", field="decimal")
    way = check_utm(chosen.way)
    account = chosen.account.strip()
    if len(account) > LONGEST_ACCOUNT or not account.isprintable():
        raise Malformed(f"An account has at most {LONGEST_ACCOUNT} characters.", field="account")
    return replace(
        seen,
        places=dict(places),
        event=chosen.event.strip(),
        dates=dates,
        decimal=chosen.decimal,  # type: ignore[arg-type]
        source=way.source,
        medium=way.medium,
        campaign=way.campaign,
        account=account,
        currency=parse_currency(chosen.currency) if chosen.currency.strip() else "",
    )


def _check_columns(
    kind: Kind, places: Mapping[str, int], chosen: Chosen, refunds: Collection[str]
) -> None:
    if kind == "conversions" and "event" not in places and not chosen.event.strip():
        raise Malformed(
            "What are the rows?",
            hint="Choose the type that they are, or the column that says it.",
            field="as_event",
        )
    needed = {"clicks": ("at",), "costs": ("day", "cost")}.get(kind, ())
    questions = {"at": "when a click was", "day": "which day it was", "cost": "what was spent"}
    missing = next((name for name in needed if name not in places), None)
    if missing:
        raise Malformed(
            f"No column says {questions[missing]}.", hint="Choose the column.", field=missing
        )
    if kind != "costs" and not (places.keys() & WHOSE or _may_refund(places, chosen, refunds)):
        raise Malformed(
            f"No column says whose the {kind} are.",
            hint="Choose the column with an email, a phone, an id or a click.",
            field="email",
        )
    if kind != "conversions" and "source" not in places and not chosen.way.source.strip():
        raise Malformed(
            f"Where did the {kind} come from?",
            hint="Write the source that all rows have, such as google, or choose its column.",
            field="all_source",
        )


def _may_refund(places: Mapping[str, int], chosen: Chosen, refunds: Collection[str]) -> bool:
    """Whether the rows can be refunds: of those the order says whose they are."""
    if "order_id" not in places or not refunds:
        return False
    return "event" in places or chosen.event.strip() in refunds


def _check_dates(places: Mapping[str, int], dates: str) -> DateOrder:
    if dates in get_args(DateOrder):
        return dates  # type: ignore[return-value]
    if dates:
        raise Malformed("Choose how days and amounts are written.", field="dates")
    if places.keys() & set(_DAYS):
        raise Malformed(
            "Is the month written first, or the day?",
            hint="The first rows do not tell: 03/02/2026 may be in March or in February.",
            field="dates",
        )
    return "iso"


def stored_layout(kept: Mapping[str, Any]) -> Layout:
    """A layout from its JSON; ValueError for what is none."""
    if kept.get("encoding") not in ENCODINGS or kept.get("delimiter") not in DELIMITERS:
        raise ValueError("this is no layout")
    if kept.get("kind", "conversions") not in KINDS:
        raise ValueError("this is no layout")
    return Layout(**{**kept, "headings": tuple(kept.get("headings", ()))})


def fields_of(kind: Kind) -> tuple[str, ...]:
    """What a column of such a file may be."""
    return FIELDS[kind]
