"""Buying, giving back and checking, with the simulated carrier on the other side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from textrail.carriers.contract import Credentials, Desk, Health, NumberOffer, NumberWanted
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.numbers import actions, queries, tasks
from textrail.domain.numbers.models import Connection, NumberOrder, TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outbox.rules import MOST_ATTEMPTS
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import (
    CarryFailure,
    Conflict,
    Malformed,
    Permanent,
    Transient,
    Unknown,
)
from textrail.vocabulary.sealing import Seal

OFFER = NumberOffer("+14155550131", "San Francisco", monthly_micros=1_150_000, currency="USD")
WHO = Credentials("SIM", "simulator-secret")


class Failing:
    """The world's edge: a desk at which everything fails."""

    def __init__(self, failure: CarryFailure) -> None:
        self.failure = failure

    def search(self, wanted: NumberWanted, credentials: Credentials) -> list[NumberOffer]:
        raise self.failure

    def owned(self, credentials: Credentials) -> list[object]:
        raise self.failure

    def buy(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        raise self.failure

    def release(self, phone: str, credentials: Credentials) -> None:
        raise self.failure

    def check(self, credentials: Credentials) -> Health:
        raise self.failure


@pytest.fixture
def context(context: Context, desk: SimulatorDesk, at_carrier: SimulatorClient) -> Context:
    return replace(context, desks={"simulator": desk}, clients={"simulator": at_carrier})


def failing(context: Context, failure: CarryFailure) -> Context:
    desks: Mapping[str, Desk] = {"simulator": Failing(failure)}  # type: ignore[dict-item]
    return replace(context, desks=desks)


def order(
    business: Business,
    connection: Connection,
    clock: ManualClock,
    offer: NumberOffer = OFFER,
    **changed: object,
) -> NumberOrder:
    fields = {"name": "Vans", "source_name": "Vans", "channel": "offline", "sms_enabled": True}
    return actions.order_number(
        business=business,
        connection=connection,
        offer=offer,
        at=clock.now(),
        actor=None,
        **(fields | changed),  # type: ignore[arg-type]
    )


def buy(context: Context, order: NumberOrder, *, attempt: int = 1) -> None:
    tasks.buy_number(context, Task(1, actions.BUY, {"order_id": order.pk}, attempt))


def test_an_order_becomes_a_number_that_is_set_up(
    context: Context,
    desk: SimulatorDesk,
    business: Business,
    connection: Connection,
    clock: ManualClock,
) -> None:
    made = order(business, connection, clock)
    assert Work.objects.get(kind=actions.BUY).payload == {"order_id": made.pk}
    buy(context, made)
    number = queries.order(business, made.pk).number
    assert number is not None
    assert (number.phone, number.name, number.source.name) == (OFFER.phone, "Vans", "Vans")
    assert number.connected_at == clock.now()
    assert number.registration == "not_needed"
    (owned,) = desk.owned(WHO)
    assert owned.points_at == f"{context.links_url}/in/simulator/{connection.token}"
    buy(context, made)  # the same work once more
    assert TrackingNumber.objects.count() == 1
    assert AuditEntry.objects.filter(action="number.added").count() == 1


@pytest.mark.parametrize(
    ("phone", "carrier", "registration"),
    [
        ("+14155550131", "twilio", "pending"),
        ("+14155550131", "simulator", "not_needed"),
        ("+18885550131", "simulator", "pending"),
        ("+18885550131", "telnyx", "pending"),
        ("+14165550131", "twilio", "not_needed"),
        ("+447700900131", "twilio", "not_needed"),
    ],
)
def test_what_a_bought_number_waits_for(
    business: Business,
    connection: Connection,
    clock: ManualClock,
    phone: str,
    carrier: str,
    registration: str,
) -> None:
    Connection.objects.filter(id=connection.pk).update(carrier=carrier)
    connection.refresh_from_db()
    number = actions.complete_order(
        order=order(business, connection, clock, replace(OFFER, phone=phone)), at=clock.now()
    )
    assert number is not None
    assert number.registration == registration


def test_a_refusal_is_told_and_can_be_tried_again(
    context: Context, business: Business, connection: Connection, clock: ManualClock
) -> None:
    made = order(business, connection, clock)
    with pytest.raises(Permanent):
        buy(failing(context, Permanent("Somebody else was faster.")), made)
    made.refresh_from_db()
    assert (made.state, made.problem) == ("failed", "Somebody else was faster.")
    assert [row.pk for row in queries.open_orders(business)] == [made.pk]
    actions.order_again(order=made, at=clock.now(), actor=None)
    buy(context, made)
    assert queries.open_orders(business) == []
    assert TrackingNumber.objects.get().phone == OFFER.phone


@pytest.mark.parametrize("failure", [Transient("Busy."), Unknown("No answer.")])
def test_an_unclear_purchase_is_repeated_until_the_last_attempt(
    context: Context,
    business: Business,
    connection: Connection,
    clock: ManualClock,
    failure: CarryFailure,
) -> None:
    made = order(business, connection, clock)
    for attempt, state in ((1, "buying"), (MOST_ATTEMPTS, "failed")):
        with pytest.raises(Transient):
            buy(failing(context, failure), made, attempt=attempt)
        made.refresh_from_db()
        assert made.state == state


def test_a_number_is_ordered_once_and_not_when_it_is_held(
    business: Business,
    other_business: Business,
    connection: Connection,
    number: TrackingNumber,
    clock: ManualClock,
) -> None:
    order(business, connection, clock)
    with pytest.raises(Conflict, match="being bought"):
        order(business, connection, clock)
    with pytest.raises(Conflict, match="one of your numbers"):
        order(business, connection, clock, replace(OFFER, phone=number.phone))
    with pytest.raises(Conflict):
        order(other_business, connection, clock, replace(OFFER, phone="+14155550132"))
    with pytest.raises(Conflict, match="calls only"):
        order(business, connection, clock, replace(OFFER, phone="+14155550133", sms=False))
    with pytest.raises(Malformed):
        order(business, connection, clock, replace(OFFER, phone="+14155550134"), name=" ")


def test_a_number_that_somebody_added_meanwhile_fails_the_order(
    context: Context, business: Business, connection: Connection, clock: ManualClock
) -> None:
    made = order(business, connection, clock)
    actions.add_number(
        business=business,
        connection=connection,
        phone=OFFER.phone,
        name="By hand",
        source_name="By hand",
        at=clock.now(),
    )
    buy(context, made)
    made.refresh_from_db()
    assert made.state == "failed"
    assert "one of your numbers" in made.problem
    assert TrackingNumber.objects.get().name == "By hand"


def give_up(number: TrackingNumber, clock: ManualClock, context: Context) -> None:
    actions.release_number(number=number, at=clock.now(), give_back=True)
    tasks.give_back(context, Task(1, actions.GIVE_BACK, {"number_id": number.pk}, 1))


def test_a_number_is_given_back_to_its_carrier(
    context: Context, desk: SimulatorDesk, number: TrackingNumber, clock: ManualClock
) -> None:
    desk.buy(number.phone, "http://links.test/in/simulator/x", WHO)
    give_up(number, clock, context)
    assert desk.owned(WHO) == []
    number.refresh_from_db()
    assert number.at_carrier == "given_back"


def test_a_number_that_stays_in_the_account_is_not_given_back(
    number: TrackingNumber, clock: ManualClock
) -> None:
    actions.release_number(number=number, at=clock.now())
    assert not Work.objects.filter(kind=actions.GIVE_BACK).exists()
    number.refresh_from_db()
    assert number.at_carrier == ""


def test_a_number_that_is_used_again_is_not_given_back(
    context: Context,
    desk: SimulatorDesk,
    business: Business,
    connection: Connection,
    number: TrackingNumber,
    clock: ManualClock,
) -> None:
    desk.buy(number.phone, "http://links.test/in/simulator/x", WHO)
    actions.release_number(number=number, at=clock.now(), give_back=True)
    actions.add_number(
        business=business,
        connection=connection,
        phone=number.phone,
        name="Again",
        source_name="Again",
        at=clock.now(),
    )
    tasks.give_back(context, Task(1, actions.GIVE_BACK, {"number_id": number.pk}, 1))
    assert [owned.phone for owned in desk.owned(WHO)] == [number.phone]
    number.refresh_from_db()
    assert number.at_carrier == ""


def test_what_the_carrier_does_not_take_back_says_so(
    context: Context, number: TrackingNumber, clock: ManualClock
) -> None:
    actions.release_number(number=number, at=clock.now(), give_back=True)
    task = Task(1, actions.GIVE_BACK, {"number_id": number.pk}, 1)
    with pytest.raises(Permanent):
        tasks.give_back(failing(context, Permanent("It cannot be given back.")), task)
    number.refresh_from_db()
    assert (number.at_carrier, number.connect_problem) == ("failed", "It cannot be given back.")
    actions.give_back_again(number=number, at=clock.now())
    number.refresh_from_db()
    assert number.at_carrier == "asked"


def check(context: Context, connection: Connection) -> Connection:
    task = Task(1, actions.CHECK, {"connection_id": connection.pk}, 1)
    tasks.check_connection(context, task)
    connection.refresh_from_db()
    return connection


def test_a_check_tells_how_the_account_is(context: Context, connection: Connection) -> None:
    checked = check(context, connection)
    assert checked.is_well
    assert (checked.balance_micros, checked.balance_currency) == (25_000_000, "USD")


@pytest.mark.parametrize("failure", [Permanent("No."), Transient("Later."), Unknown("Silence.")])
def test_a_check_that_fails_says_what_to_do(
    context: Context, connection: Connection, failure: CarryFailure
) -> None:
    checked = check(failing(context, failure), connection)
    assert not checked.is_well
    assert checked.health == failure.sentence
    assert checked.health_hint


def test_a_check_points_strayed_numbers_at_us_and_names_lost_ones(
    context: Context,
    desk: SimulatorDesk,
    connection: Connection,
    number: TrackingNumber,
) -> None:
    check(context, connection)
    number.refresh_from_db()
    assert number.connect_problem == ""  # it was never set up so far
    actions.mark_connected(number=number, at=context.clock.now())
    check(context, connection)
    number.refresh_from_db()
    assert "does not have this number" in number.connect_problem
    desk.buy(number.phone, "http://elsewhere.test/in/simulator/x", WHO)
    check(context, connection)
    number.refresh_from_db()
    assert number.connect_problem == ""
    assert Work.objects.filter(kind=actions.CONNECT).count() == 1


def test_an_account_without_numbers_is_removed_with_its_secret(
    business: Business,
    connection: Connection,
    number: TrackingNumber,
    clock: ManualClock,
    seal: Seal,
) -> None:
    with pytest.raises(Conflict, match="still hang"):
        actions.remove_connection(connection=connection, at=clock.now())
    actions.release_number(number=number, at=clock.now())
    token = connection.token
    actions.remove_connection(connection=connection, at=clock.now())
    connection.refresh_from_db()
    assert connection.secret == ""
    assert connection.token != token
    assert queries.connections(business) == []
    again = actions.connect_carrier(
        business=business,
        carrier="simulator",
        account_ref="SIM",
        secret="another",
        seal=seal,
        at=clock.now(),
    )
    assert again.pk != connection.pk


def test_an_account_is_kept_while_it_gives_a_number_back(
    connection: Connection, number: TrackingNumber, clock: ManualClock
) -> None:
    actions.release_number(number=number, at=clock.now(), give_back=True)
    with pytest.raises(Conflict, match="on their way back"):
        actions.remove_connection(connection=connection, at=clock.now())
    actions.mark_given_back(number=number)
    actions.remove_connection(connection=connection, at=clock.now())
    connection.refresh_from_db()
    assert connection.secret == ""


def test_what_the_owner_knows_of_a_registration_is_kept(
    number: TrackingNumber, clock: ManualClock, ada: User
) -> None:
    actions.set_registration(number=number, registration="approved", at=clock.now(), actor=ada)
    assert actions.heed_unregistered(
        number_id=number.pk, carrier="twilio", code="30034", sentence="Not registered."
    )
    number.refresh_from_db()
    assert (number.registration, number.registration_note) == ("pending", "Not registered.")
    assert not actions.heed_unregistered(
        number_id=number.pk, carrier="simulator", code="30034", sentence="x"
    )
    with pytest.raises(Malformed):
        actions.set_registration(number=number, registration="maybe", at=clock.now(), actor=ada)


def test_a_number_that_cannot_text_is_not_switched_on(
    number: TrackingNumber, clock: ManualClock
) -> None:
    number.sms_capable = False
    with pytest.raises(Conflict, match="calls only"):
        actions.switch_sms(number=number, enabled=True, at=clock.now())
