"""Changing links and their codes. A stored code leads to its link for ever."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.links.models import Code, Link
from textrail.domain.links.queries import taken_codes
from textrail.domain.links.rules import (
    Utm,
    check_destination,
    check_utm,
    clean_name,
    header_safe,
    merge_utm,
)
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.ids import new_codes

_ATTEMPTS = 5
_ROWS_PER_INSERT = 249  # of four values each, below the oldest limit of SQLite, 999
_LINES_PER_COPY = 10_000


class NewCode(NamedTuple):
    """A reserved code and what it will lead to; plain numbers, so that millions are cheap."""

    code: str
    link_id: int
    contact_id: int | None = None
    message_id: int | None = None


def create_link(
    *,
    business: Business,
    name: str,
    destination: str,
    utm: Utm,
    at: datetime,
    actor: User | None = None,
    campaign_id: int | None = None,
    variant_id: int | None = None,
    shared: bool = False,
) -> Link:
    """A link to `destination` with its UTM parameters merged in; Malformed for what cannot be one.

    `shared` gives it a code for anyone at once. Whether a private address will do is decided by
    who takes the destination in, with `check_destination`.
    """
    utm = check_utm(utm)
    destination = check_destination(destination, allow_private=True)
    with transaction.atomic():
        link = Link.objects.create(
            business=business,
            name=clean_name(name),
            destination=destination,
            landing=header_safe(merge_utm(destination, utm)),
            campaign_id=campaign_id,
            variant_id=variant_id,
            created_at=at,
            **dict(utm.pairs()),
        )
        if shared:
            link.share_code = share_code(link=link, at=at).code
        record_audit(
            business=business, actor=actor, action="link.created", subject=link.name, at=at
        )
    return link


def share_code(*, link: Link, at: datetime) -> Code:
    """The code of a link that is for anyone; made on the first call, the same ever after."""
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                held = Link.objects.select_for_update().get(id=link.id)
                if held.share_code:
                    return Code.objects.get(code=held.share_code)
                code = Code.objects.create(code=new_codes(1)[0], link=held)
                Link.objects.filter(id=held.id).update(share_code=code.code)
                return code
        except IntegrityError:  # the code exists: 46 bits are many, and not infinitely many
            continue
    raise Conflict("No free code was found.", hint="Try again.")


def archive_link(*, link: Link, at: datetime, actor: User | None = None) -> None:
    """Take a link off the list. Its codes go on leading people to the page."""
    with transaction.atomic():
        changed = Link.objects.filter(id=link.id, archived_at=None).update(archived_at=at)
        if changed:
            record_audit(
                business=link.business,
                actor=actor,
                action="link.archived",
                subject=link.name,
                at=at,
            )


def reserve_codes(count: int) -> list[str]:
    """`count` different codes that nobody holds now. `store_codes` has the last word."""
    codes = set(new_codes(count))
    codes -= taken_codes(codes)
    while len(codes) < count:
        more = set(new_codes(count - len(codes))) - codes
        codes |= more - taken_codes(more)
    return list(codes)


def store_codes(rows: Iterable[NewCode]) -> None:
    """Store reserved codes in bulk, inside the caller's transaction.

    IntegrityError when one of them was taken meanwhile: roll back, reserve again, repeat.
    In the order of the codes, so that the index grows page by page and not all over the place.
    """
    with (
        _collector_paused(),
        transaction.atomic(),
        connection.wrap_database_errors,
        connection.cursor() as cursor,
    ):
        ordered = sorted(rows, key=itemgetter(0))
        if connection.vendor == "postgresql":
            _copy(cursor, ordered)
        else:
            _insert(ordered)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Rows hold no cycles, but the collector walks millions of them again and again: half the time.

    It works for rows that are made while they are read, from a generator.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _insert(rows: Sequence[NewCode]) -> None:
    """Many rows per statement: a third of the time of one row per statement.

    On the connection itself, because Django's cursor remembers every row of an executemany.
    """
    whole = len(rows) - len(rows) % _ROWS_PER_INSERT
    blocks = (
        list(chain.from_iterable(rows[start : start + _ROWS_PER_INSERT]))
        for start in range(0, whole, _ROWS_PER_INSERT)
    )
    connection.connection.executemany(_insert_statement(_ROWS_PER_INSERT), blocks)
    connection.connection.executemany(_insert_statement(1), rows[whole:])


def _insert_statement(rows: int) -> str:
    places = ",".join(["(?,?,?,?)"] * rows)
    return f"INSERT INTO links_code (code, link_id, contact_id, message_id) VALUES {places}"  # noqa: S608 -- places only


def _copy(cursor: CursorWrapper, rows: Sequence[NewCode]) -> None:
    """COPY in text form, lines joined by hand: half the time of handing over row by row."""
    statement = "COPY links_code (code, link_id, contact_id, message_id) FROM STDIN"
    with cursor.copy(statement) as copy:
        for start in range(0, len(rows), _LINES_PER_COPY):
            copy.write("".join(map(_copy_line, rows[start : start + _LINES_PER_COPY])))


def _copy_line(row: NewCode) -> str:
    contact = r"\N" if row.contact_id is None else row.contact_id
    message = r"\N" if row.message_id is None else row.message_id
    return f"{row.code}\t{row.link_id}\t{contact}\t{message}\n"
