"""Payments at Stripe: credited once, whatever the order; what is not ours or no money is not."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business, User
from textrail.domain.billing import actions, queries, tasks
from textrail.domain.billing.models import Balance, FundsSource, Payment, Transaction
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import FUNDS, FundsArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.sealing import Seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(business: Business, ada: User, seal: Seal) -> FundsSource:
    return actions.connect_source(
        business=business,
        secret="whsec_of_the_shop",
        payment_link="https://buy.stripe.com/abc",
        seal=seal,
        at=MONDAY,
        actor=ada,
    )


def event(kind: str, **about: object) -> dict[str, object]:
    whole = {"id": "x", "currency": "usd", "payment_intent": "pi_1", **about}
    return {"type": kind, "livemode": True, "data": {"object": whole}}


def checkout(source: FundsSource, amount: int = 2500, **more: object) -> dict[str, object]:
    return event(
        "checkout.session.completed",
        amount_total=amount,
        payment_status="paid",
        mode="payment",
        client_reference_id=source.reference,
        **more,
    )


def tell(context: Context, source: FundsSource, *webhooks: dict[str, object]) -> None:
    tasks.record_funds(
        context,
        [
            Arrival(
                position,
                FUNDS,
                to_ms(MONDAY),
                encode(FundsArrival(source.pk, json.dumps(webhook).encode())),
            )
            for position, webhook in enumerate(webhooks, start=1)
        ],
    )
    assert [found.sentence for found in queries.verify()] == []


def funds() -> tuple[int, int]:
    balance = Balance.objects.get()
    return balance.available_micros, balance.owed_micros


def test_a_payment_is_credited_once(context: Context, source: FundsSource) -> None:
    later = {**checkout(source), "type": "checkout.session.async_payment_succeeded"}
    tell(context, source, checkout(source), checkout(source), later)
    assert funds() == (25_000_000, 0)
    [row] = Transaction.objects.all()
    assert (row.kind, row.reference, row.note) == ("top_up", "pi_1", "Stripe")
    source.refresh_from_db()
    assert source.last_at == MONDAY


def test_what_is_sold_otherwise_at_the_same_stripe_is_left_alone(
    context: Context, source: FundsSource
) -> None:
    sold = event("checkout.session.completed", amount_total=9900, payment_status="paid")
    tell(context, source, sold, event("charge.refunded", payment_intent="pi_9", amount_refunded=5))
    tell(context, source, event("invoice.paid"))
    assert funds() == (0, 0)
    assert queries.payments_with_problems(Business.objects.get()) == []


def test_refunds_and_disputes_take_back_in_any_order(context: Context, source: FundsSource) -> None:
    told = [
        checkout(source),
        event("charge.refunded", amount_refunded=500),
        event("charge.refunded", amount_refunded=1000),
        event("charge.dispute.funds_withdrawn", amount=1500),
    ]
    for number, order in enumerate(permutations(told)):
        Payment.objects.all().delete()
        before = funds()[0]
        named = json.dumps(order).replace("pi_1", f"pi_{number}")
        tell(context, source, *json.loads(named))
        assert funds()[0] == before
    tell(context, source, checkout(source, payment_intent="pi_x"))
    won = event("charge.dispute.funds_reinstated", amount=2500, payment_intent="pi_x")
    lost = event("charge.dispute.funds_withdrawn", amount=2500, payment_intent="pi_x")
    tell(context, source, won, lost)
    assert funds() == (25_000_000, 0)


def test_a_refund_of_money_that_is_spent_is_owed(context: Context, source: FundsSource) -> None:
    business = Business.objects.get()
    tell(context, source, checkout(source))
    actions.correct(business=business, amount="-20", note="Moved", key="c", at=MONDAY)
    tell(context, source, event("charge.refunded", amount_refunded=2500))
    assert funds() == (0, 20_000_000)
    actions.top_up(business=business, amount="25", key="t", at=MONDAY)
    assert funds() == (5_000_000, 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data": {"object": {"currency": "eur"}}}, "paid in EUR, and the balance is in USD"),
        ({"livemode": False}, "test mode"),
    ],
)
def test_what_cannot_be_credited_is_kept_with_the_reason(
    context: Context, source: FundsSource, change: dict[str, object], says: str
) -> None:
    webhook = checkout(source, currency="eur" if "data" in change else "usd")
    if "livemode" in change:
        webhook["livemode"] = False
    tell(context, source, webhook)
    assert funds() == (0, 0)
    [row] = queries.payments_with_problems(Business.objects.get())
    assert says in row.problem


def test_a_webhook_that_cannot_be_read_is_parked(context: Context, source: FundsSource) -> None:
    for body in (b"{", b"[]", b'{"type": "charge.refunded"}'):
        arrival = Arrival(1, FUNDS, to_ms(MONDAY), encode(FundsArrival(source.pk, body)))
        with pytest.raises(Malformed):
            tasks.record_funds(context, [arrival])


def test_funds_are_added_by_hand_once_for_each_form(business: Business, ada: User) -> None:
    for _ in range(2):
        actions.top_up(
            business=business, amount="1,000.50", key="form", at=MONDAY, actor=ada, note="Wire"
        )
    assert funds() == (1_000_500_000, 0)
    for wrong in ("0", "-5", "much", "2000000", "0.0000001", ""):
        with pytest.raises(Malformed):
            actions.top_up(business=business, amount=wrong, key="next", at=MONDAY, actor=ada)
    with pytest.raises(Malformed):
        actions.top_up(business=business, amount="5", key="", at=MONDAY, actor=ada)


def test_a_correction_says_why_and_never_takes_what_is_not_there(
    business: Business, ada: User
) -> None:
    actions.top_up(business=business, amount="5", key="t", at=MONDAY, actor=ada)
    with pytest.raises(Conflict) as refused:
        actions.correct(business=business, amount="-5.01", note="x", key="c", at=MONDAY)
    assert "$5.00" in refused.value.sentence
    with pytest.raises(Malformed):
        actions.correct(business=business, amount="-5", note=" ", key="c", at=MONDAY)
    actions.correct(business=business, amount="-5", note="Typo", key="c", at=MONDAY, actor=ada)
    assert funds() == (0, 0)


def test_a_source_is_replaced_and_ended(
    business: Business, source: FundsSource, seal: Seal
) -> None:
    again = actions.connect_source(
        business=business, secret="whsec_another_one", payment_link="", seal=seal, at=MONDAY
    )
    assert (again.pk, again.token) == (source.pk, source.token)
    assert seal.open(again.secret) == "whsec_another_one"
    for secret, link in (("secret", ""), ("whsec_1234567", "javascript:alert(1)")):
        with pytest.raises(Malformed):
            actions.connect_source(
                business=business, secret=secret, payment_link=link, seal=seal, at=MONDAY
            )
    actions.end_source(business=business, at=MONDAY)
    source.refresh_from_db()
    assert (source.secret, source.ended_at) == ("", MONDAY)
    assert queries.source_of(business) is None
