"""Anything may happen in any order, twice: the books add up, and no text is paid twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import MONDAY, make_business, tries
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textrail.domain.billing import actions, queries
from textrail.domain.billing.actions import Used
from textrail.domain.billing.models import (
    Balance,
    Direction,
    FundsSource,
    Kind,
    LedgerEntry,
    Transaction,
    Usage,
)
from textrail.domain.billing.rules import PaymentTold
from textrail.vocabulary.errors import Conflict

pytestmark = pytest.mark.django_db

NAMES = st.sampled_from(["a", "b", "c", "d"])
SEGMENTS = st.integers(1, 6)
STEPS = st.one_of(
    st.tuples(st.just("hold"), NAMES, SEGMENTS),
    st.tuples(st.just("release"), NAMES, SEGMENTS),
    st.tuples(st.just("accepted"), NAMES, SEGMENTS),
    st.tuples(st.just("left"), NAMES, SEGMENTS),
    st.tuples(st.just("left"), NAMES, st.none()),
    st.tuples(st.just("failed"), NAMES, st.none()),
    st.tuples(st.just("inbound"), NAMES, SEGMENTS),
    st.tuples(st.just("top_up"), NAMES, SEGMENTS),
    st.tuples(st.just("paid"), NAMES, SEGMENTS),
    st.tuples(st.just("refunded"), NAMES, SEGMENTS),
    st.tuples(st.just("withdrawn"), NAMES, SEGMENTS),
    st.tuples(st.just("reinstated"), NAMES, SEGMENTS),
    st.tuples(st.just("sweep"), NAMES, SEGMENTS),
)


class _Enough(Exception):
    pass


class Story:
    """One account, and what a fair book-keeper would know of it."""

    def __init__(self) -> None:
        self.business = make_business("Harbor", "harbor")
        actions.set_prepaid(business=self.business, prepaid=True, at=MONDAY)
        actions.top_up(business=self.business, amount="0.05", key="first", at=MONDAY)
        self.refused: set[str] = set()
        self.source = FundsSource.objects.create(
            account=self.business.account, secret="s", created_at=MONDAY
        )

    def happens(self, step: str, name: str) -> bool:
        """Nobody reports a text that was never handed over, and what failed is not sent again."""
        usage = Usage.objects.filter(reference=name).first()
        if step in {"release", "accepted", "left", "failed"}:
            return usage is not None
        return step != "hold" or usage is None or not usage.failed

    def tell(self, step: str, name: str, count: int | None) -> None:
        number = count or 1
        if step == "hold":
            try:
                actions.hold(business=self.business, used=self.used(name, number), at=MONDAY)
            except Conflict as refusal:
                self.refused.add(refusal.name)
        elif step == "release":
            actions.release(business=self.business, reference=name, at=MONDAY)
        elif step in {"accepted", "left", "failed"}:
            actions.settle(
                business=self.business,
                reference=name,
                outcome=step,  # type: ignore[arg-type]
                segments=count,
                at=MONDAY,
            )
        elif step == "inbound":
            used = self.used(f"in-{name}", number, Direction.INBOUND)
            actions.charge(business=self.business, used=used, at=MONDAY)
        elif step == "top_up":
            actions.top_up(business=self.business, amount="0.02", key=name, at=MONDAY)
        elif step == "sweep":
            actions.end_old_holds(at=MONDAY + timedelta(days=9))
        else:
            sums: dict[str, Any] = {step: number * 10_000}
            told = PaymentTold(f"pi_{name}", "USD", **sums)
            actions.record_payment(source=self.source, told=told, at=MONDAY)

    @staticmethod
    def used(name: str, units: int, direction: Direction = Direction.OUTBOUND) -> Used:
        return Used(
            reference=name,
            direction=direction,
            kind=Kind.SMS,
            phone="+17275550142",
            number="+14155550100",
            units=units,
        )

    def check(self) -> None:
        assert self.refused <= {"balance_too_low"}
        balance = Balance.objects.get()
        assert min(balance.available_micros, balance.held_micros, balance.owed_micros) >= 0
        for usage in Usage.objects.all():
            segments = usage.counted or usage.units
            assert usage.charged_micros in {0, segments * usage.unit_micros}
            assert not (usage.charged_micros and usage.held_micros)

    def size(self) -> tuple[int, int]:
        return Transaction.objects.count(), LedgerEntry.objects.count()


@settings(
    max_examples=tries(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_the_books_add_up(
    db: None, steps: list[tuple[str, str, int | None]]
) -> None:
    try:
        with transaction.atomic():
            story = Story()
            heard = []
            for step in steps:
                if story.happens(*step[:2]):
                    story.tell(*step)
                    story.check()
                    heard.append(step)
            assert [found.sentence for found in queries.verify()] == []
            # What carriers and shops say again changes nothing.
            before, size = Balance.objects.values().get(), story.size()
            for step in heard:
                if step[0] not in {"hold", "release", "sweep"}:
                    story.tell(*step)
            assert Balance.objects.values().get() == before
            assert story.size() == size
            raise _Enough
    except _Enough:
        pass
