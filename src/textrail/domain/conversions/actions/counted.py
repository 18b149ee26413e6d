"""A conversion on its way into its table, as plain values: what Django makes of a row takes longer
than the row does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from textrail.domain import bulk
from textrail.domain.contacts.actions import Raw
from textrail.domain.conversions.models import Conversion
from textrail.outbox.actions import tell_all
from textrail.vocabulary.events import Event, EventName


@dataclass(slots=True)
class Counted:
    """The fields of `models.Conversion`. The person is `raw`, who may be new too, where no
    `person_id` is given; it and the id are known when it is written. What is not `is_new` is kept
    and nobody is told of it: its person had counted when it came, or when the sale came that it
    takes back."""

    business_id: int
    type_id: int
    sender: str
    sender_key: str
    order_ref: str
    once_per: str
    value_minor: int
    currency: str
    given_minor: int | None
    given_currency: str
    rate_day: date | None
    click_id: str
    properties: Mapping[str, object]
    at: datetime
    received_at: datetime
    raw: Raw | None = None
    person_id: int | None = None
    sale_id: int | None = None
    origin_id: int | None = None
    is_new: bool = True
    id: int = 0


def write(rows: Sequence[Counted]) -> None:
    """Insert conversions, give each its id, and tell of the new ones. Their people are stored
    before. An IntegrityError when somebody else was first."""
    for row in rows:
        if row.raw is not None:
            row.person_id = row.raw.id
    for row, id_ in zip(rows, bulk.insert_rows(Conversion, rows), strict=True):
        row.id = id_
    tell_all(
        [
            Event(
                EventName.CONVERSION_RECORDED,
                row.business_id,
                row.received_at,
                {"conversion_id": row.id},
            )
            for row in rows
            if row.is_new
        ]
    )
