from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from textrail.carriers.contract import Credentials, HandedOver, Outgoing
from textrail.domain.numbers import actions
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.numbers.tasks import connect_number
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import MOST_ATTEMPTS
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unavailable, Unknown
from textrail.vocabulary.sealing import Seal


@dataclass
class Carrier:
    """The world's edge: writes down what it was asked, and fails with `failure`."""

    failure: CarryFailure | None = None
    asked: list[tuple[str, str, Credentials]] = field(default_factory=list)
    can_find: bool = True

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        self.asked.append((phone, webhooks_url, credentials))
        if self.failure is not None:
            raise self.failure

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        raise NotImplementedError

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        raise NotImplementedError

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        raise NotImplementedError


def context(clock: ManualClock, seal: Seal, carriers: Sequence[Carrier]) -> Context:
    return Context(
        clock=clock,
        doors={},
        clients=dict(zip(["simulator"], carriers, strict=False)),
        seal=seal,
        links_url="http://127.0.0.1:8001",
        pages_url="http://127.0.0.1:8000",
        media_folder=Path("media"),
    )


def work(number: TrackingNumber) -> Task:
    return Task(1, actions.CONNECT, {"number_id": number.pk}, 1)


def test_the_carrier_is_told_where_to_find_us(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    carrier = Carrier()
    connect_number(context(clock, seal, [carrier]), work(number))
    ((phone, url, credentials),) = carrier.asked
    assert phone == number.phone
    assert url == f"http://127.0.0.1:8001/in/simulator/{number.connection.token}"
    assert credentials == Credentials("SIM", "simulator-secret")
    number.refresh_from_db()
    assert number.connected_at == clock.now()


def test_a_refusal_for_good_is_kept_with_the_number(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    carrier = Carrier(Permanent("This number is not in your account."))
    with pytest.raises(Permanent):
        connect_number(context(clock, seal, [carrier]), work(number))
    number.refresh_from_db()
    assert number.connect_problem == "This number is not in your account."
    carrier.failure = None
    connect_number(context(clock, seal, [carrier]), work(number))
    number.refresh_from_db()
    assert number.connect_problem == ""


def test_an_unknown_outcome_is_tried_again(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    with pytest.raises(Transient):
        connect_number(context(clock, seal, [Carrier(Unknown("No answer."))]), work(number))


def test_a_number_that_was_given_up_is_left_alone(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    actions.release_number(number=number, at=clock.now())
    carrier = Carrier()
    connect_number(context(clock, seal, [carrier]), work(number))
    assert carrier.asked == []


def test_a_carrier_that_is_switched_off_parks_the_work(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    with pytest.raises(Permanent):
        connect_number(context(clock, seal, []), work(number))
    number.refresh_from_db()
    assert "switched off" in number.connect_problem


@pytest.mark.parametrize("failure", [Transient("Out of reach."), Unknown("No answer.")])
def test_what_stood_in_the_way_at_the_last_attempt_is_kept_with_the_number(
    failure: CarryFailure, number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    for attempt in (MOST_ATTEMPTS - 1, MOST_ATTEMPTS):
        number.refresh_from_db()
        assert number.connect_problem == ""
        task = Task(1, actions.CONNECT, {"number_id": number.pk}, attempt)
        with pytest.raises(Transient):
            connect_number(context(clock, seal, [Carrier(failure)]), task)
    number.refresh_from_db()
    assert number.connect_problem == failure.sentence


def test_a_secret_that_stays_sealed_is_told_at_the_last_attempt(
    number: TrackingNumber, clock: ManualClock
) -> None:
    task = Task(1, actions.CONNECT, {"number_id": number.pk}, MOST_ATTEMPTS)
    with pytest.raises(Unavailable):
        connect_number(context(clock, Seal(b"x" * 32), [Carrier()]), task)
    number.refresh_from_db()
    assert number.connect_problem == "A stored secret cannot be opened."


def test_the_pause_that_the_carrier_asks_for_is_kept(
    number: TrackingNumber, clock: ManualClock, seal: Seal
) -> None:
    busy = Carrier(Transient("Too many at once.", retry_after_seconds=600))
    with pytest.raises(Transient) as failed:
        connect_number(context(clock, seal, [busy]), work(number))
    assert failed.value.retry_after_seconds == 600
