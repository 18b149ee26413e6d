"""The desks of carriers as pages reach them. Only looking (what is for sale, what the account has)
is done while somebody waits for a page; whatever changes something there is a task's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textrail.carriers.account_form import AccountForm
from textrail.carriers.contract import (
    Credentials,
    Desk,
    NumberOffer,
    NumberWanted,
    OwnedNumber,
)
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.vocabulary.errors import CarryFailure, Unavailable
from textrail.vocabulary.sealing import Seal

Opening = Callable[[], Mapping[str, Desk]]

_opening: Opening | None = None
_desks: Mapping[str, Desk] = {}
_forms: Mapping[str, AccountForm] = {}


def register(opening: Opening, forms: Mapping[str, AccountForm]) -> None:
    """The composition root says which carriers sell numbers, and which accounts can be connected.
    `opening` is called once, when a desk is first needed."""
    global _opening, _desks, _forms
    _opening, _desks, _forms = opening, {}, forms


def forms() -> Mapping[str, AccountForm]:
    """The carriers whose accounts can be connected by hand, with what they ask."""
    return _forms


def desk_of(connection: Connection) -> Desk | None:
    """The desk of the carrier, or None when it sells no numbers."""
    global _desks
    if not _desks and _opening is not None:
        _desks = _opening()
    return _desks.get(connection.carrier)


def can_give_back(number: TrackingNumber) -> bool:
    """Whether the number's carrier takes numbers back, and the account is still ours."""
    return number.connection.removed_at is None and desk_of(number.connection) is not None


def offers(connection: Connection, wanted: NumberWanted, seal: Seal) -> Sequence[NumberOffer]:
    """What the carrier sells of that; Unavailable with its sentence when it does not say."""
    desk = _open_desk(connection)
    try:
        return desk.search(wanted, _credentials(connection, seal))
    except CarryFailure as failure:
        raise _silent(failure) from failure


def owned(connection: Connection, seal: Seal) -> Sequence[OwnedNumber]:
    """What the account has at the carrier; Unavailable with its sentence when it does not say."""
    desk = _open_desk(connection)
    try:
        return desk.owned(_credentials(connection, seal))
    except CarryFailure as failure:
        raise _silent(failure) from failure


def _open_desk(connection: Connection) -> Desk:
    desk = desk_of(connection)
    if desk is None:
        raise Unavailable(
            f"{connection.get_carrier_display()} sells no numbers here.",
            hint="Type the number that you have.",
            code="no_desk",
        )
    return desk


def _credentials(connection: Connection, seal: Seal) -> Credentials:
    return Credentials(connection.account_ref, seal.open(connection.secret))


def _silent(failure: CarryFailure) -> Unavailable:
    return Unavailable(
        failure.sentence,
        hint="Check the account on the Carriers page, then try again.",
        code="carrier_failed",
    )
