"""Codes in bulk: reserved, then stored by the million inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textrail.domain import bulk
from textrail.domain.links.models import Code
from textrail.domain.links.queries import taken_codes
from textrail.vocabulary.ids import CODE_ALPHABET, CODE_LENGTH, new_codes

_EXPECTED_COLLISIONS = 0.1


class NewCode(NamedTuple):
    """A reserved code and what it will lead to; plain numbers, so that thousands are cheap."""

    code: str
    link_id: int
    contact_id: int | None = None
    message_id: int | None = None


def reserve_codes(count: int, *, length: int = CODE_LENGTH) -> list[str]:
    """`count` different codes, at random; `store_codes` has the last word on which are free.

    The table is asked only where n new codes among m old ones would meet more than 0.1 of them on
    average, n·m / 57^length, because asking takes longer than repeating one transaction in ten.
    Of eight characters (57^8 is 1.1e14), two million new codes meet one of five million old ones
    with a chance of 1 in 11, and a chunk of 5,000 does with 1 in 4,000.
    """
    asks = count * _codes_ever() > _EXPECTED_COLLISIONS * len(CODE_ALPHABET) ** length
    # In the order of drawing and not that of a set: neighbours in memory sort in half the time.
    codes: dict[str, None] = {}
    while len(codes) < count:
        drawn = new_codes(count - len(codes), length=length)
        taken = taken_codes(drawn) if asks else ()
        codes.update(dict.fromkeys(drawn))
        for code in taken:
            del codes[code]
    return list(codes)


def _codes_ever() -> int:
    """How many codes were stored so far, or a few more: their ids may leave gaps."""
    return Code.objects.order_by("-id").values_list("id", flat=True).first() or 0


def store_codes(rows: Iterable[NewCode]) -> None:
    """Store reserved codes inside the caller's transaction.

    IntegrityError when one of them was taken: roll back, reserve again, repeat.
    """
    given = list(rows)
    store_code_columns(
        codes=[row.code for row in given],
        link_ids=[row.link_id for row in given],
        contact_ids=[row.contact_id for row in given],
        message_ids=[row.message_id for row in given],
    )


def store_code_columns(
    *,
    codes: Sequence[str],
    link_ids: Sequence[int],
    contact_ids: Sequence[int | None],
    message_ids: Sequence[int | None],
) -> None:
    """Store reserved codes by the million inside the caller's transaction: equally long columns.

    IntegrityError when one of them was taken: roll back, reserve again, repeat. In the order of the
    codes, so that the index grows page by page, and says nothing about the order of recipients.
    """
    bulk.insert(
        "links_code",
        [
            bulk.Column("code", "varchar", codes),
            bulk.Column("link_id", "int8", link_ids),
            bulk.Column("contact_id", "int8", contact_ids),
            bulk.Column("message_id", "int8", message_ids),
        ],
        order=sorted(range(len(codes)), key=codes.__getitem__),
    )
