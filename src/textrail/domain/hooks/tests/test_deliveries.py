"""From an event to the receiver: signed, told again until it arrives, and never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import WebhookVerificationError

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.hooks import actions
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.queries.describing import described
from textrail.domain.hooks.tests.conftest import AddEndpoint
from textrail.domain.hooks.tests.receiver import Receiver, listen
from textrail.domain.links.models import Click
from textrail.outbox import work
from textrail.outbox.actions import tell_all
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.sealing import Seal

pytestmark = pytest.mark.django_db
Run = Callable[..., None]
Tap = Callable[..., Click]
HOUR = timedelta(hours=1)


def test_a_tap_is_told_and_signed(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, maya: Contact, business: Business
) -> None:
    made, click = add(), tap()
    run()
    (call,) = receiver.calls
    call.verify(made.secret)
    assert call.headers["content-type"] == "application/json"
    assert call.event["type"] == "link.clicked"
    assert call.event["business"] == "harbor-hvac"
    data = call.event["data"]
    assert data["click_id"] == click.click_id
    assert data["contact"] == {"id": maya.pk, "phone": maya.phone, "name": "Maya Alvarez"}
    assert data["place"] == {"country": "US", "region": "US-FL", "city": "Tampa"}
    assert (data["verdict"], data["reasons"]) == ("human", ["phone_browser"])
    assert "abcdefgh" not in call.body  # the code of a link is of no use to anybody
    delivery = Delivery.objects.get()
    assert delivery.delivered_at is not None
    assert (delivery.status_code, delivery.attempts, delivery.due_at) == (204, 1, None)
    assert not Work.objects.exists()


def test_a_refund_names_its_sale_so_that_one_that_failed_is_no_other_sale(
    business: Business, maya: Contact
) -> None:
    type_ = ConversionType.objects.create(business=business, name="Purchase", kind="purchase")
    made: list[Conversion] = []
    for number, value in enumerate((1_000, -1_000, 1_000)):
        row = Conversion.objects.create(
            business=business,
            type=type_,
            person_id=maya.person_id,
            sale=made[0] if made else None,
            sender="stripe",
            sender_key=f"key {number}",
            value_minor=value,
            currency="USD",
            at=MONDAY,
            received_at=MONDAY,
        )
        made.append(row)
    told = []
    for row in made:
        subject: dict[str, int | str] = {"conversion_id": row.pk}
        told.append(
            described(business, Event(EventName.CONVERSION_RECORDED, business.pk, MONDAY, subject))
        )
    sale = made[0].pk
    assert [getattr(each, "sale_id", "") for each in told] == [None, sale, sale]


def test_a_body_that_was_changed_or_another_secret_does_not_verify(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    made, other = add(), add(url="http://127.0.0.1:9/")
    tap()
    run()
    call = receiver.calls[0]
    with pytest.raises(WebhookVerificationError):
        replace(call, body=call.body.replace("Maya", "Mara")).verify(made.secret)
    with pytest.raises(WebhookVerificationError):
        call.verify(other.secret)


def test_an_endpoint_hears_only_of_what_it_chose(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    add(events=["campaign.sent"])
    tap()
    assert not Work.objects.exists()  # nobody hears of it, so nothing is written down
    run()
    assert receiver.calls == []


def test_taps_of_machines_are_told_only_where_they_are_wanted(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    with listen() as other:
        add()
        add(url=other.url, machines=True)
        tap("scanner")
        tap()
        run()
        assert [call.event["data"]["verdict"] for call in receiver.calls] == ["human"]
        heard = sorted(call.event["data"]["verdict"] for call in other.calls)
        assert heard == ["human", "scanner"]


def test_another_business_is_never_told(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, cys: Business
) -> None:
    add(business=cys)
    tap()
    run()
    assert receiver.calls == []
    assert not Delivery.objects.exists()


def test_an_event_that_names_a_row_of_another_business_tells_nothing_of_it(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, cys: Business, clock: ManualClock
) -> None:
    add(business=cys)
    subject: dict[str, int | str] = {"click_id": tap().click_id, "verdict": "human"}
    tell_all([Event(EventName.LINK_CLICKED, cys.pk, clock.now(), subject)])
    run()
    assert receiver.calls == []


def test_a_failed_delivery_comes_again_with_the_same_id(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    made = add()
    receiver.answers = [500, 302]
    receiver.headers = {"location": receiver.url}
    tap()
    run()
    assert Delivery.objects.get().due_at is not None
    assert Endpoint.objects.get().failing_since is not None
    run(HOUR / 60)
    assert [call.id for call in receiver.calls] == [receiver.calls[0].id] * 3
    assert len({call.body for call in receiver.calls}) == 1
    receiver.calls[-1].verify(made.secret)
    assert Endpoint.objects.get().failing_since is None
    assert Delivery.objects.get().attempts == 3


def test_after_its_last_try_it_is_given_up_and_the_endpoint_shows_it(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    add()
    receiver.answers = [503] * 100
    receiver.body = b"come back \0 later" + b"x" * 5000
    tap()
    run(HOUR * 3)
    assert len(receiver.calls) == 12
    delivery, endpoint = Delivery.objects.get(), Endpoint.objects.get()
    assert (delivery.due_at, delivery.delivered_at, delivery.status_code) == (None, None, 503)
    assert delivery.problem == "It answered 503."
    assert delivery.response.startswith("come back  later")
    assert len(delivery.response) <= 500
    assert endpoint.failing_since is not None
    assert endpoint.turn_at is None
    assert not Work.objects.exists()


def test_a_receiver_that_is_down_is_called_now_and_then_however_much_waits(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, clock: ManualClock
) -> None:
    add()
    receiver.answers = [500] * 1000
    for _ in range(60):
        tap()
    run(HOUR / 6)
    assert len(receiver.calls) < 100  # each of the sixty alone would have come nine times
    receiver.answers = []
    run(HOUR)
    assert not Delivery.objects.filter(delivered_at=None).exists()


def test_what_waited_for_three_days_is_given_up_without_a_call(
    add: AddEndpoint, tap: Tap, run: Run, clock: ManualClock, receiver: Receiver
) -> None:
    add()
    receiver.answers = [500] * 1000
    tap()
    run()
    before = len(receiver.calls)
    clock.advance(timedelta(days=4))
    run()
    assert len(receiver.calls) == before
    assert "three days" in Delivery.objects.get().problem


def test_nothing_answers(add: AddEndpoint, tap: Tap, run: Run) -> None:
    add(url="http://127.0.0.1:9/")
    tap()
    run()
    delivery = Delivery.objects.get()
    assert delivery.status_code is None
    assert delivery.problem == "Nothing answers at this address."


@pytest.mark.parametrize(
    "headers", [{"content-encoding": "gzip"}, {"transfer-encoding": "chunked"}]
)
def test_a_word_of_thanks_that_cannot_be_read_is_one_all_the_same(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, headers: dict[str, str]
) -> None:
    add()
    receiver.answers, receiver.headers, receiver.body = [200], headers, b"no gzip, no chunks"
    tap()
    run()
    delivery = Delivery.objects.get()
    assert (delivery.status_code, delivery.problem) == (200, "")
    assert delivery.delivered_at is not None


def test_410_disables_the_endpoint(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    add()
    receiver.answers = [410]
    tap()
    run()
    tap()
    run(HOUR)
    assert len(receiver.calls) == 1
    endpoint = Endpoint.objects.get()
    assert endpoint.disabled_at is not None
    assert "410" in endpoint.disabled_because


def test_a_busy_receiver_is_given_the_time_that_it_asks_for(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    add()
    receiver.answers = [429]
    receiver.headers = {"retry-after": "120"}
    tap()
    run(timedelta(seconds=110))
    assert len(receiver.calls) == 1
    run(timedelta(seconds=30))
    assert len(receiver.calls) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_name_that_leads_into_a_private_network_is_not_called(
    add: AddEndpoint,
    tap: Tap,
    receiver: Receiver,
    context: Context,
    clock: ManualClock,
    host: str,
) -> None:
    """The address was fine when it was added; what it leads to is looked at for each call."""
    made = add()
    port = receiver.url.rpartition(":")[2]
    Endpoint.objects.filter(id=made.endpoint.pk).update(url=f"http://{host}:{port}")
    public = replace(context, links_url="https://go.harbor.example")
    tap()
    for item in [*work.claim(now=clock.now(), limit=9), *work.claim(now=clock.now(), limit=9)]:
        work.run(public, item)
    for item in work.claim(now=clock.now(), limit=9):
        work.run(public, item)
    assert receiver.calls == []
    assert "private network" in Delivery.objects.get().problem


def test_for_a_day_after_a_new_secret_both_verify(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, seal: Seal, clock: ManualClock
) -> None:
    old = add()
    new = actions.rotate_secret(endpoint=old.endpoint, seal=seal, at=clock.now())
    tap()
    run()
    receiver.calls[0].verify(old.secret)
    receiver.calls[0].verify(new.secret)
    assert len(receiver.calls[0].headers["webhook-signature"].split()) == 2
    Endpoint.objects.update(old_secret_until=clock.now())
    tap()
    run()
    receiver.calls[1].verify(new.secret)
    with pytest.raises(WebhookVerificationError):
        receiver.calls[1].verify(old.secret)
    actions.tidy(at=clock.now() + HOUR)
    assert Endpoint.objects.get().old_secret == ""


def test_a_delivery_is_sent_again_by_hand_with_its_id(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver, clock: ManualClock
) -> None:
    add()
    tap()
    run()
    delivery = Delivery.objects.select_related("endpoint").get()
    actions.replay(delivery=delivery, at=clock.now())
    run()
    assert len(receiver.calls) == 2
    assert receiver.calls[0].id == receiver.calls[1].id


def test_all_that_failed_since_is_sent_again_and_nothing_else(
    business: Business,
    add: AddEndpoint,
    tap: Tap,
    run: Run,
    receiver: Receiver,
    clock: ManualClock,
) -> None:
    endpoint = add().endpoint
    receiver.answers = [400] * 24
    tap()
    run(HOUR * 3)
    clock.advance(timedelta(days=2))
    tap()
    run(HOUR * 3)
    receiver.answers = []
    tap()
    run()
    assert Delivery.objects.filter(due_at=None, delivered_at=None).count() == 2
    count = actions.replay_failed(
        business=business,
        endpoint=endpoint,
        since=clock.now() - timedelta(days=1),
        at=clock.now(),
        actor=None,
    )
    run()
    assert count == 1
    assert Delivery.objects.filter(due_at=None, delivered_at=None).count() == 1


def test_a_test_event_goes_to_one_endpoint_alone(
    add: AddEndpoint, run: Run, receiver: Receiver, clock: ManualClock
) -> None:
    made = add(events=["campaign.sent"])
    add()
    actions.send_test(endpoint=made.endpoint, at=clock.now())
    run()
    (call,) = receiver.calls
    call.verify(made.secret)
    assert call.event["type"] == "endpoint.test"


def test_an_event_that_is_recorded_twice_is_delivered_once(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    """As when the worker dies after the commit and before its work is settled."""
    add()
    tap()
    told = Work.objects.get()
    again = dict(told.payload)
    run()
    Work.objects.create(
        kind=told.kind, payload=again, run_at=told.run_at, created_at=told.created_at
    )
    run()
    assert len(receiver.calls) == 1
    assert Delivery.objects.count() == 1


def test_a_worker_that_dies_in_a_call_calls_again_and_the_receiver_can_tell(
    add: AddEndpoint,
    tap: Tap,
    run: Run,
    receiver: Receiver,
    context: Context,
    clock: ManualClock,
) -> None:
    """The call went out, what came of it was never written: the lease runs out, it comes again."""
    add()
    tap()
    (told,) = work.claim(now=clock.now(), limit=5)
    work.run(context, told)
    (turn,) = work.claim(now=clock.now(), limit=5)
    with transaction.atomic():
        work.run(context, turn)
        transaction.set_rollback(True)  # a kill leaves nothing of what was not committed
    run(work.LEASE + timedelta(seconds=20))
    assert len(receiver.calls) == 2
    assert receiver.calls[0].id == receiver.calls[1].id
    assert Delivery.objects.get().delivered_at is not None


def test_telling_many_clicks_asks_once_who_hears(
    add: AddEndpoint, tap: Tap, clock: ManualClock, business: Business
) -> None:
    add()
    click_id = tap().click_id
    events = [
        Event(EventName.LINK_CLICKED, business.pk, clock.now(), {"click_id": click_id})
        for _ in range(200)
    ]
    with CaptureQueriesContext(connection) as asked:
        tell_all(events)
    assert len(asked) <= 4


def test_old_deliveries_are_forgotten_and_a_lost_turn_is_given_back(
    add: AddEndpoint,
    tap: Tap,
    run: Run,
    receiver: Receiver,
    context: Context,
    clock: ManualClock,
) -> None:
    add()
    tap()
    run()
    clock.advance(timedelta(days=31))
    tap()
    (told,) = work.claim(now=clock.now(), limit=5)
    work.run(context, told)
    Work.objects.all().delete()
    clock.advance(timedelta(minutes=11))
    actions.tidy(at=clock.now())
    run()
    assert len(receiver.calls) == 2
    assert Delivery.objects.count() == 1


def test_the_payload_is_plain_json_of_less_than_20_kb(
    add: AddEndpoint, tap: Tap, run: Run, receiver: Receiver
) -> None:
    add()
    tap()
    run()
    assert len(receiver.calls[0].body.encode()) < 20_000
    assert set(json.loads(receiver.calls[0].body)) == {"type", "timestamp", "business", "data"}
