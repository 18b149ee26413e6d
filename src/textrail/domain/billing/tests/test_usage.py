"""Holding, settling and giving back: every report counts once, whatever its order."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from conftest import MONDAY, make_business

from textrail.domain.accounts.models import Account, Business, User
from textrail.domain.billing import actions, queries
from textrail.domain.billing.actions import Used
from textrail.domain.billing.models import (
    Balance,
    Direction,
    Kind,
    LedgerEntry,
    Transaction,
    Usage,
)
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Conflict

pytestmark = pytest.mark.django_db


def text(reference: str = "text-1", *, segments: int = 2, kind: Kind = Kind.SMS) -> Used:
    return Used(
        reference=reference,
        direction=Direction.OUTBOUND,
        kind=kind,
        phone="+17275550142",
        number="+14155550100",
        units=segments,
    )


def inbound(reference: str = "in-1", *, units: int = 1, kind: Kind = Kind.SMS) -> Used:
    return Used(
        reference=reference,
        direction=Direction.INBOUND,
        kind=kind,
        phone="+17275550142",
        number="+14155550100",
        units=units,
    )


@pytest.fixture
def prepaid(business: Business, ada: User) -> Business:
    """Harbor HVAC with $1.00 on a prepaid account."""
    actions.set_prepaid(business=business, prepaid=True, at=MONDAY, actor=ada)
    actions.top_up(business=business, amount="1", key="first", at=MONDAY, actor=ada)
    return business


def has(business: Business) -> tuple[int, int, int]:
    """Available, held and owed; and the books add up."""
    assert [found.sentence for found in queries.verify()] == []
    balance = Balance.objects.get(account=business.account)
    return balance.available_micros, balance.held_micros, balance.owed_micros


def test_a_text_is_held_and_then_charged_by_what_the_carrier_counted(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(), at=MONDAY)
    assert has(prepaid) == (983_400, 16_600, 0)
    actions.settle(
        business=prepaid,
        reference="text-1",
        outcome="left",
        segments=3,
        cost_micros=15_000,
        cost_currency="USD",
        at=MONDAY,
    )
    assert has(prepaid) == (975_100, 0, 0)
    usage = Usage.objects.get()
    assert (usage.units, usage.counted, usage.charged_micros) == (2, 3, 24_900)
    assert usage.cost_micros == 15_000


def test_every_order_of_reports_ends_at_the_same_place(prepaid: Business) -> None:
    reports: list[tuple[actions.Outcome, int | None]] = [
        ("accepted", 2),
        ("left", 3),
        ("left", None),
        ("failed", None),
    ]
    ends = set()
    for number, order in enumerate(permutations(reports)):
        before = has(prepaid)[0]
        reference = f"text-{number}"
        actions.hold(business=prepaid, used=text(reference), at=MONDAY)
        for outcome, segments in (*order, *order):
            actions.settle(
                business=prepaid,
                reference=reference,
                outcome=outcome,
                segments=segments,
                at=MONDAY,
            )
        ends.add(before - has(prepaid)[0])
    assert ends == {24_900}


def test_what_never_left_is_given_back_and_may_be_held_again(prepaid: Business) -> None:
    for _ in range(3):
        actions.hold(business=prepaid, used=text(), at=MONDAY)
        actions.hold(business=prepaid, used=text(), at=MONDAY)
        assert has(prepaid) == (983_400, 16_600, 0)
        actions.release(business=prepaid, reference="text-1", at=MONDAY)
        actions.release(business=prepaid, reference="text-1", at=MONDAY)
        assert has(prepaid) == (1_000_000, 0, 0)
    actions.settle(business=prepaid, reference="text-1", outcome="left", at=MONDAY)
    assert has(prepaid) == (983_400, 0, 0)
    assert Transaction.objects.filter(usage__reference="text-1").count() == 7


def test_what_the_balance_does_not_cover_is_refused_and_says_what_to_do(prepaid: Business) -> None:
    with pytest.raises(Conflict) as refused:
        actions.hold(business=prepaid, used=text(segments=121), at=MONDAY)
    assert refused.value.name == "balance_too_low"
    assert refused.value.sentence == "This costs $1.0043, and the balance has $1.00."
    assert "Billing" in refused.value.hint
    assert has(prepaid) == (1_000_000, 0, 0)
    actions.hold(business=prepaid, used=text(segments=120), at=MONDAY)
    assert has(prepaid) == (4_000, 996_000, 0)


def test_a_carrier_that_counts_more_than_there_is_leaves_a_debt_not_a_hole(
    prepaid: Business,
) -> None:
    actions.hold(business=prepaid, used=text(segments=120), at=MONDAY)
    actions.settle(business=prepaid, reference="text-1", outcome="left", segments=125, at=MONDAY)
    assert has(prepaid) == (0, 0, 37_500)
    with pytest.raises(Conflict):
        actions.hold(business=prepaid, used=text("text-2", segments=1), at=MONDAY)
    actions.top_up(business=prepaid, amount="1", key="second", at=MONDAY)
    assert has(prepaid) == (962_500, 0, 0)


def test_a_released_hold_pays_what_came_to_be_owed_first(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(segments=120), at=MONDAY)
    actions.charge(business=prepaid, used=inbound(units=2), at=MONDAY)
    assert has(prepaid) == (0, 996_000, 12_600)
    actions.release(business=prepaid, reference="text-1", at=MONDAY)
    assert has(prepaid) == (983_400, 0, 0)


def test_what_comes_in_is_charged_once_and_never_refused(prepaid: Business) -> None:
    for _ in range(2):
        actions.charge(business=prepaid, used=inbound(), at=MONDAY)
    assert has(prepaid) == (991_700, 0, 0)
    actions.charge(business=prepaid, used=inbound("in-2", units=200), at=MONDAY)
    assert has(prepaid) == (0, 0, 668_300)


def test_a_call_is_charged_by_the_minutes_it_came_to(prepaid: Business) -> None:
    for units in (1, 3, 2):
        actions.charge(
            business=prepaid, used=inbound("call:1", units=units, kind=Kind.CALL), at=MONDAY
        )
    assert has(prepaid) == (974_500, 0, 0)
    actions.charge(business=prepaid, used=inbound("call:2", units=0, kind=Kind.CALL), at=MONDAY)
    assert Usage.objects.count() == 1


def test_what_the_law_wants_said_is_said_without_money(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(segments=120), at=MONDAY)
    actions.hold(business=prepaid, used=text("stop", segments=1), at=MONDAY, must=True)
    assert has(prepaid) == (0, 1_004_300, 4_300)


def test_a_text_with_media_is_paid_whole(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(segments=4, kind=Kind.MMS), at=MONDAY)
    actions.settle(business=prepaid, reference="text-1", outcome="left", segments=1, at=MONDAY)
    assert has(prepaid) == (978_000, 0, 0)


def test_nothing_is_written_for_an_account_that_is_not_prepaid(business: Business) -> None:
    actions.hold(business=business, used=text(segments=9999), at=MONDAY)
    actions.charge(business=business, used=inbound(), at=MONDAY)
    actions.settle(business=business, reference="text-1", outcome="left", at=MONDAY)
    assert not Usage.objects.exists()
    assert not Balance.objects.exists()


def test_what_was_held_is_settled_after_prepaid_is_switched_off(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(), at=MONDAY)
    actions.set_prepaid(business=prepaid, prepaid=False, at=MONDAY)
    actions.settle(business=prepaid, reference="text-1", outcome="left", at=MONDAY)
    actions.hold(business=prepaid, used=text("text-2"), at=MONDAY)
    assert has(prepaid) == (983_400, 0, 0)


def test_holds_that_nobody_settles_end(prepaid: Business) -> None:
    for reference in ("taken", "lost"):
        actions.hold(business=prepaid, used=text(reference), at=MONDAY)
    actions.settle(business=prepaid, reference="taken", outcome="accepted", at=MONDAY)
    assert actions.end_old_holds(at=MONDAY + timedelta(hours=71)) == 0
    assert actions.end_old_holds(at=MONDAY + timedelta(hours=73)) == 2
    assert has(prepaid) == (983_400, 0, 0)
    late = MONDAY + timedelta(hours=80)
    actions.settle(business=prepaid, reference="lost", outcome="left", at=late)
    actions.settle(business=prepaid, reference="taken", outcome="left", at=late)
    assert has(prepaid) == (966_800, 0, 0)


def test_a_rate_of_tomorrow_changes_nothing_that_was_priced_today(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(), at=MONDAY)
    rates = queries.rate_book(prepaid, at=MONDAY)
    assert rates.price(phone="+17275550142", direction="outbound", kind="sms", segments=1).micros
    content = b"country,direction,kind,price,from\nUS,outbound,sms,0.5,2026-03-03\n"
    from textrail.domain.billing.rules import read_rates

    actions.load_rates(
        business=prepaid, rates=read_rates(content, currency="USD", at=MONDAY), at=MONDAY
    )
    tomorrow = MONDAY + timedelta(days=1)
    actions.settle(business=prepaid, reference="text-1", outcome="left", at=tomorrow)
    assert has(prepaid) == (983_400, 0, 0)
    with pytest.raises(Conflict):
        actions.hold(business=prepaid, used=text("text-2", segments=2), at=tomorrow)


def test_businesses_of_one_account_share_its_balance(prepaid: Business) -> None:
    second = Business.objects.create(
        account=prepaid.account, name="Harbor Spas", slug="harbor-spas", created_at=MONDAY
    )
    actions.hold(business=second, used=text(), at=MONDAY)
    assert has(prepaid) == (983_400, 16_600, 0)
    assert queries.spendable(second) == 983_400


def test_another_accounts_texts_of_the_same_name_are_another_matter(prepaid: Business) -> None:
    other = make_business("Cy’s Cycles", "cys-cycles")
    actions.hold(business=prepaid, used=text(), at=MONDAY)
    actions.settle(business=other, reference="text-1", outcome="left", at=MONDAY)
    actions.release(business=other, reference="text-1", at=MONDAY)
    assert has(prepaid) == (983_400, 16_600, 0)


def test_falling_below_the_line_is_told_once_for_each_time(prepaid: Business) -> None:
    def told() -> int:
        return Work.objects.filter(payload__event="balance.low").count()

    from textrail.domain.hooks.models import Endpoint

    Endpoint.objects.create(
        business=prepaid,
        url="https://crm.example/",
        secret="",
        created_at=MONDAY,
        events=["balance.low"],
    )
    actions.set_low_line(business=prepaid, amount="0.5", at=MONDAY)
    assert told() == 0
    actions.charge(business=prepaid, used=inbound(units=61), at=MONDAY)
    actions.charge(business=prepaid, used=inbound("in-2"), at=MONDAY)
    assert told() == 1
    assert Account.objects.get(id=prepaid.account_id).notice == "balance_low"
    actions.charge(business=prepaid, used=inbound("in-3", units=999), at=MONDAY)
    assert told() == 1
    assert Account.objects.get(id=prepaid.account_id).notice == "balance_empty"
    actions.top_up(business=prepaid, amount="50", key="again", at=MONDAY)
    assert Account.objects.get(id=prepaid.account_id).notice == ""
    actions.charge(business=prepaid, used=inbound("in-4", units=5050), at=MONDAY)
    assert told() == 2


def test_books_that_were_tampered_with_are_found_out(prepaid: Business) -> None:
    actions.hold(business=prepaid, used=text(), at=MONDAY)
    actions.settle(business=prepaid, reference="text-1", outcome="left", at=MONDAY)
    entry = LedgerEntry.objects.filter(ledger="usage").get()
    for table, changes in (
        (LedgerEntry.objects.filter(id=entry.pk), {"micros": 1}),
        (Balance.objects.all(), {"available_micros": 5}),
        (Usage.objects.all(), {"charged_micros": 0}),
        (Usage.objects.all(), {"left": False}),
        (Transaction.objects.filter(kind="charge"), {"available_after": 7}),
    ):
        before = table.values(*changes).get()
        table.update(**changes)
        assert queries.verify(), changes
        table.update(**before)
        assert not queries.verify()
