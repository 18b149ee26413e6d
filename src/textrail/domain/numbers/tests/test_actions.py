from __future__ import annotations

import pytest

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import Connection, Source, TrackingNumber
from textrail.domain.numbers.rules import SourceFields
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed, NotFound
from textrail.vocabulary.sealing import Seal

SID = "AC" + "0" * 32


def add(
    business: Business, connection: Connection, clock: ManualClock, phone: str = "+14155550123"
) -> TrackingNumber:
    return actions.add_number(
        business=business,
        connection=connection,
        phone=phone,
        name="Van",
        source_name="Vans",
        at=clock.now(),
    )


def test_adding_a_number_leaves_its_source_and_the_work_to_connect_it(
    business: Business, connection: Connection, clock: ManualClock
) -> None:
    number = add(business, connection, clock)
    assert (number.source.name, number.source.channel) == ("Vans", "offline")
    assert Work.objects.get().payload == {"number_id": number.pk}
    assert queries.number_held(connection.pk, "+14155550123") == number


def test_numbers_of_one_source_share_it(
    business: Business, connection: Connection, clock: ManualClock
) -> None:
    first = add(business, connection, clock)
    second = add(business, connection, clock, "+14155550124")
    assert first.source == second.source


@pytest.mark.parametrize("phone", ["4155550123", "+1 415 555 0123", "", "+0155", "tel:+1415"])
def test_a_number_that_is_not_e164_is_refused_whole(
    business: Business, connection: Connection, clock: ManualClock, phone: str
) -> None:
    with pytest.raises(Malformed):
        add(business, connection, clock, phone)
    assert not TrackingNumber.objects.exists()
    assert not Source.objects.exists()
    assert not Work.objects.exists()


def test_a_held_number_is_a_conflict_that_says_whose(
    business: Business,
    other_business: Business,
    connection: Connection,
    number: TrackingNumber,
    clock: ManualClock,
    seal: Seal,
) -> None:
    with pytest.raises(Conflict, match="one of your numbers"):
        add(business, connection, clock, number.phone)
    theirs = actions.connect_carrier(
        business=other_business,
        carrier="simulator",
        account_ref="",
        secret="another",
        seal=seal,
        at=clock.now(),
    )
    with pytest.raises(Conflict, match="another business"):
        add(other_business, theirs, clock, number.phone)
    assert not Source.objects.filter(name="Vans").exists()


def test_a_connection_of_another_business_is_refused(
    other_business: Business, connection: Connection, clock: ManualClock
) -> None:
    with pytest.raises(Conflict):
        add(other_business, connection, clock)


def test_a_number_that_was_given_up_can_be_held_again_and_not_be_changed(
    business: Business, connection: Connection, number: TrackingNumber, clock: ManualClock
) -> None:
    actions.release_number(number=number, at=clock.now())
    assert queries.numbers(business) == []
    assert queries.number_held(connection.pk, number.phone) is None
    with pytest.raises(Conflict, match="given up"):
        actions.rename_number(number=number, name="Van", at=clock.now())
    assert add(business, connection, clock, number.phone).pk != number.pk


def test_changing_the_source_leaves_the_old_one_to_what_came_before(
    number: TrackingNumber, clock: ManualClock
) -> None:
    old = number.source
    actions.change_source(
        number=number, fields=SourceFields("Radio", "offline", "kqed", "spot"), at=clock.now()
    )
    number.refresh_from_db()
    old.refresh_from_db()
    assert (number.source.name, number.source.source) == ("Radio", "kqed")
    assert old.name == "Billboard"


def test_an_edit_is_whole_or_not_at_all(
    number: TrackingNumber, ada: User, clock: ManualClock
) -> None:
    with pytest.raises(Malformed):
        actions.update_number(
            number=number,
            name="Van",
            sms_enabled=False,
            fields=SourceFields("Radio", "nonsense"),
            at=clock.now(),
            actor=ada,
        )
    number.refresh_from_db()
    assert (number.name, number.sms_enabled) == ("Billboard I-80", True)
    assert not AuditEntry.objects.exists()


def test_connecting_again_replaces_the_secret_and_keeps_the_addresses(
    business: Business, seal: Seal, clock: ManualClock
) -> None:
    first, again = (
        actions.connect_carrier(
            business=business,
            carrier="twilio",
            account_ref=SID,
            secret=secret,
            seal=seal,
            at=clock.now(),
        )
        for secret in ("old", "new")
    )
    again.refresh_from_db()
    assert (first.pk, first.token) == (again.pk, again.token)
    assert "new" not in again.secret
    assert seal.open(again.secret) == "new"


@pytest.mark.parametrize(
    ("carrier", "account_ref", "secret"),
    [
        ("twilio", "SK" + "0" * 32, "token"),
        ("twilio", "AC123", "token"),
        ("twilio", SID, "  "),
        ("pigeon", SID, "token"),
    ],
)
def test_an_account_that_cannot_be_one_is_refused(
    business: Business, seal: Seal, clock: ManualClock, carrier: str, account_ref: str, secret: str
) -> None:
    with pytest.raises(Malformed):
        actions.connect_carrier(
            business=business,
            carrier=carrier,
            account_ref=account_ref,
            secret=secret,
            seal=seal,
            at=clock.now(),
        )
    assert not Connection.objects.exists()


def test_tenants_stay_apart(
    other_business: Business, number: TrackingNumber, connection: Connection
) -> None:
    assert queries.numbers(other_business) == []
    assert queries.connections(other_business) == []
    assert queries.sources(other_business) == []
    with pytest.raises(NotFound):
        queries.number(other_business, number.pk)
    with pytest.raises(NotFound):
        queries.connection(other_business, connection.pk)


def test_free_numbers_leave_out_what_anybody_holds(
    business: Business, other_business: Business, connection: Connection, clock: ManualClock
) -> None:
    offered = queries.free_simulated_numbers(business)
    add(business, connection, clock, offered[0])
    assert offered[0] not in queries.free_simulated_numbers(business, count=1200)
    assert offered[0] not in queries.free_simulated_numbers(other_business, count=1200)
