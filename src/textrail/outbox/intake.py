"""From the journal into the rooms: in order within a kind, exactly once, nothing dropped.

The cursor moves in the transaction of what the handlers did, so a crash repeats or loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby, islice

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from textrail.journal.port import Arrival, Store
from textrail.outbox import rules, table
from textrail.outbox.contract import Context
from textrail.outbox.models import Cursor, ParkedArrival
from textrail.outbox.turn import turn
from textrail.vocabulary.arrivals import CARRIER, CLICK
from textrail.vocabulary.clock import from_ms, to_ms

logger = logging.getLogger("textrail.intake")

READER = "rooms"
BATCH = 400
# Somebody waits for what a carrier brings, and what it causes begins when its turn is committed.
AT_ONCE = 25


def take(context: Context, store: Store, *, limit: int = BATCH) -> int:
    """Hand the next arrivals to the rooms; how many there were.

    A database that does not answer raises and changes nothing. An arrival whose handler fails is
    parked whole, with the reason, and the ones behind it go on.
    """
    Cursor.objects.get_or_create(reader=READER)
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update().get(reader=READER)
        if cursor.position > (newest := store.newest()):
            _start_again(cursor, newest)
        arrivals = _one_turn(store.read(after=cursor.position, limit=limit))
        for kind, group in groupby(sorted(arrivals, key=_turn), key=lambda each: each.kind):
            _hand_to_room(context, kind, list(group))
        if arrivals:
            Cursor.objects.filter(id=cursor.id).update(position=arrivals[-1].position)
    return len(arrivals)


def _one_turn(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The arrivals up to the last of the first `AT_ONCE` from carriers."""
    from_carriers = (index for index, each in enumerate(arrivals) if each.kind == CARRIER)
    beyond = next(islice(from_carriers, AT_ONCE, None), len(arrivals))
    return arrivals[:beyond]


def _turn(arrival: Arrival) -> tuple[bool, str]:
    """Kinds together, so that a room asks once for many; clicks before the sales that name them."""
    return arrival.kind != CLICK, arrival.kind


def _start_again(cursor: Cursor, newest: int) -> None:
    """The journal is a younger or an older one than the cursor was moved in: read all of it.

    Rooms know what they have recorded; what waits behind the cursor they would never see, and it
    would be trimmed as read. Arrivals that are parked give their positions up to the new ones.
    """
    logger.error(
        "the journal ends at %d but was read up to %d: it is not the one of this database;"
        " reading all of it again",
        newest,
        cursor.position,
    )
    ParkedArrival.objects.filter(position__gt=0).update(position=-F("id"))
    cursor.position = 0
    cursor.save(update_fields=["position"])


def _hand_to_room(context: Context, kind: str, arrivals: Sequence[Arrival]) -> None:
    try:
        _handle(context, kind, arrivals)
    except (OperationalError, InterfaceError):
        raise
    except Exception as failure:  # one bad arrival must not hold up the rest
        if len(arrivals) == 1:
            _park(context, arrivals[0], failure)
            return
        for arrival in arrivals:
            _hand_to_room(context, kind, [arrival])


def _handle(context: Context, kind: str, arrivals: Sequence[Arrival]) -> None:
    handler = table.arrivals().get(kind)
    if handler is None:
        raise LookupError(f"no handler is wired for arrivals of kind “{kind}”")
    with turn(), transaction.atomic():
        handler(context, arrivals)


def _park(context: Context, arrival: Arrival, failure: Exception) -> None:
    why = rules.reason(failure)
    logger.warning("arrival %d (%s) parked: %s", arrival.position, arrival.kind, why)
    ParkedArrival.objects.bulk_create(
        [
            ParkedArrival(
                position=arrival.position,
                kind=arrival.kind,
                received_at=from_ms(arrival.at),
                body=arrival.body,
                error=why,
                parked_at=context.clock.now(),
            )
        ],
        ignore_conflicts=True,
    )


def retry_parked(context: Context, parked: Iterable[ParkedArrival]) -> int:
    """Try parked arrivals again, each in its own transaction; how many went through."""
    through = 0
    for row in parked:
        arrival = Arrival(row.position, row.kind, to_ms(row.received_at), bytes(row.body))
        try:
            with transaction.atomic():
                _handle(context, row.kind, [arrival])
                row.delete()
        except Exception as failure:
            row.error = rules.reason(failure)
            ParkedArrival.objects.filter(id=row.id).update(error=row.error)
        else:
            through += 1
    return through


def position() -> int:
    """The position of the last arrival that the rooms have taken."""
    cursor = Cursor.objects.filter(reader=READER).first()
    return cursor.position if cursor else 0
