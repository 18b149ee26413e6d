"""What no type counts is kept until one does, and counts once, as of when it happened."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from conftest import MONDAY, make_business
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.conversions import actions, queries, tasks
from textrail.domain.conversions.actions import recording, unmatched
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    ParkedReport,
    UnmatchedEvent,
)
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.tasks import recording as working
from textrail.domain.conversions.tests.conftest import Send, order
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work

LIST = "/b/harbor-hvac/conversions/"
LATER = MONDAY + timedelta(days=3)
STRANGE = TypeDraft("Sale", "purchase", "Strange Sale", refund_event="Strange Refund")


def strange(order_id: str = "ss1", revenue: object = 99, **more: object) -> dict[str, object]:
    return order(order_id, revenue, event="Strange Sale", **more)


def sent(key: str, event: dict[str, object], *, public: bool = False) -> actions.SentEvent:
    sender = "script" if public else "segment"
    return actions.SentEvent("track", key, event, MONDAY, sender, public=public)


def report(business: Business, *events: actions.SentEvent) -> list[str]:
    outcomes = actions.record_reports(business=business, events=events, listening=False)
    return [outcome.fate for outcome in outcomes]


def work(context: Context) -> None:
    """Do what waits of trying kept reports again, until nothing is left."""
    while (row := Work.objects.filter(kind="conversions.retry_kept").first()) is not None:
        tasks.retry_kept(context, Task(row.pk, row.kind, row.payload, 1))
        row.delete()


@pytest.mark.django_db
def test_what_came_before_its_type_counts_once_as_of_when_it_happened(
    business: Business, context: Context, send: Send
) -> None:
    happened = {"timestamp": "2026-03-01T08:00:00Z"}
    for _ in range(2):
        assert send(strange() | happened, key="k", listening=False).fate == "unmatched"
    row = queries.unmatched_events(business)[0]
    assert (row.event, row.count, row.kept) == ("Strange Sale", 1, 1)
    actions.add_type(business=business, form=STRANGE, at=LATER)
    work(context)
    counted = Conversion.objects.get()
    assert (counted.value_minor, counted.sender_key) == (9900, "k")
    assert (counted.at.day, counted.received_at) == (1, MONDAY)
    assert not ParkedReport.objects.exists()
    assert queries.unmatched_events(business) == []
    assert send(strange() | happened, key="k", listening=False).fate == "repeated"
    work(context)
    assert Conversion.objects.count() == 1


@pytest.mark.django_db
def test_a_type_that_is_changed_goes_on_or_comes_in_a_set_counts_what_was_kept(
    business: Business, context: Context, ada: User
) -> None:
    form = TypeDraft("Sale", "purchase", "Sale")
    row = actions.add_type(business=business, form=form, at=MONDAY)
    report(business, sent("k-0", order("0", event="Sale")), sent("k-1", strange()))
    actions.end_type(business=business, type_=row, at=MONDAY)
    row.refresh_from_db()
    actions.change_type(business=business, type_=row, form=STRANGE, at=MONDAY)
    work(context)
    assert queries.unmatched_events(business)[0].kept == 1
    actions.resume_type(business=business, type_=row, at=MONDAY)
    work(context)
    assert Conversion.objects.filter(sender_key="k-1").exists()
    report(business, sent("k-2", order("2", event="Signed Up")))
    actions.add_preset(business=business, preset="shop", at=MONDAY, actor=ada)
    work(context)
    assert Conversion.objects.filter(sender_key="k-2").exists()


@pytest.mark.django_db
def test_a_refund_that_came_before_its_type_takes_back(
    business: Business, context: Context
) -> None:
    back = order("ss1", None, event="Strange Refund")
    report(business, sent("r", back), sent("s", strange()))
    actions.add_type(business=business, form=STRANGE, at=LATER)
    work(context)
    assert sorted(Conversion.objects.values_list("value_minor", flat=True)) == [-9900, 9900]
    assert not ParkedReport.objects.exists()


@pytest.mark.django_db
def test_a_sale_that_counts_by_another_name_counts_when_that_has_a_type(
    business: Business, context: Context
) -> None:
    named = order(event="Purchase") | {"otherwise": "Order Completed"}
    report(business, sent("d", named))
    assert queries.unmatched_events(business)[0].event == "Purchase"
    form = TypeDraft("Order", "purchase", "Order Completed")
    actions.add_type(business=business, form=form, at=LATER)
    work(context)
    assert Conversion.objects.get().value_minor == 4990


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_report_that_is_sent_again_under_its_right_name_counts_once(
    business: Business, context: Context
) -> None:
    wrong, right = order(event="order completed"), order()
    assert report(business, sent("k", wrong)) == ["unmatched"]
    assert queries.unmatched_events(business)[0].alike == "Order Completed"
    assert report(business, sent("k", right)) == ["recorded"]
    assert report(business, sent("j", wrong), sent("j", order("8"))) == ["unmatched", "recorded"]
    assert not ParkedReport.objects.exists()
    lower = TypeDraft("Order", "purchase", "order completed")
    actions.add_type(business=business, form=lower, at=LATER)
    work(context)
    assert Conversion.objects.count() == 2


@pytest.mark.django_db
def test_a_sale_that_a_page_made_up_does_not_count_by_itself(
    business: Business, context: Context
) -> None:
    report(business, sent("p", strange(), public=True), sent("s", strange("ss2")))
    actions.add_type(business=business, form=STRANGE, at=LATER)
    work(context)
    assert Conversion.objects.get().sender_key == "s"
    parked = queries.waiting_reports(business)[0]
    assert (parked.sender_key, parked.reason) == ("p", "unreadable")
    assert "pages may report leads" in parked.sentence


@pytest.mark.django_db
def test_what_cannot_be_right_is_parked_when_its_type_is_made(
    business: Business, context: Context
) -> None:
    report(business, sent("k", strange(revenue="a lot")))
    assert queries.parked_count(business) == 0
    actions.add_type(business=business, form=STRANGE, at=LATER)
    work(context)
    assert "a lot" in queries.waiting_reports(business)[0].sentence


@pytest.mark.django_db
def test_whoever_listens_is_told_and_nothing_is_kept(send: Send, business: Business) -> None:
    assert send(strange()).fate == "unmatched"
    assert [(row.count, row.kept) for row in queries.unmatched_events(business)] == [(1, 0)]


@pytest.mark.django_db
def test_no_more_is_kept_than_there_is_room_for(
    business: Business, monkeypatch: pytest.MonkeyPatch, other_business: Business
) -> None:
    monkeypatch.setattr(unmatched, "MOST_KEPT", 3)
    monkeypatch.setattr(unmatched, "MOST_UNMATCHED", 2)
    report(other_business, sent("k", strange()))
    report(business, *(sent(f"a{n}", strange(str(n))) for n in range(2)))
    report(business, *(sent(f"b{n}", strange(str(n))) for n in range(3)))
    report(business, *(sent(f"c{n}", order(event=f"Other {n}")) for n in range(3)))
    found = [(row.event, row.count, row.kept) for row in queries.unmatched_events(business)]
    assert found == [("Strange Sale", 5, 3), ("Other 0", 1, 1)]
    assert ParkedReport.objects.filter(business=business).count() == 4


@pytest.mark.django_db
def test_events_without_a_type_cost_no_statement_each(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    events = [sent(f"k{n}", strange(str(n))) for n in range(100)]
    report(business, sent("first", strange("x")))
    with django_assert_max_num_queries(20):
        report(business, *events)
    assert ParkedReport.objects.count() == 101


@pytest.mark.django_db
def test_many_are_tried_in_portions_and_in_turns(
    business: Business, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "TURN_SECONDS", -1)
    report(business, *(sent(f"k{n}", strange(str(n))) for n in range(5)))
    row = actions.add_type(business=business, form=STRANGE, at=LATER)
    task = Work.objects.get(kind="conversions.retry_kept")
    tasks.retry_kept(context, Task(1, task.kind, task.payload, 1))
    assert Work.objects.filter(kind="conversions.retry_kept").count() == 2
    first = ParkedReport.objects.order_by("id").first()
    assert first is not None
    last = actions.retry_unmatched(type_=row, above=first.pk, at=LATER)
    assert Conversion.objects.count() == 4
    assert last is not None
    assert actions.retry_unmatched(type_=row, above=last, at=LATER) is None


@pytest.mark.django_db
def test_what_is_kept_asks_nobody_for_anything(business: Business, as_ada: Client) -> None:
    report(business, sent("k", strange()))
    assert queries.parked_count(business) == 0
    assert queries.parked_reasons(business) == []
    assert actions.retry_all(business=business, at=LATER) == {}
    assert "Strange Sale" not in as_ada.get(f"{LIST}parked/").text
    page = as_ada.get(f"{LIST}types/").text
    assert f"{LIST}parked/?reason=no_type&amp;event=Strange%20Sale" in page
    kept = as_ada.get(f"{LIST}parked/", {"reason": "no_type", "event": "Strange Sale"}).text
    assert "No type counts “Strange Sale”." in kept
    assert "Try all again" not in kept
    row = ParkedReport.objects.get()
    again = as_ada.post(f"{LIST}parked/{row.pk}/retry/", follow=True)
    assert "Still parked. No type counts “Strange Sale”." in again.text
    row.refresh_from_db()
    assert row.reason == "no_type"


@pytest.mark.django_db
def test_what_is_kept_of_a_name_is_put_away_at_once(
    business: Business, other_business: Business, as_ada: Client, client: Client, vi: User
) -> None:
    for each in (business, other_business):
        report(each, sent("k", strange()), sent("o", order(event="Other")))
    answer = as_ada.post(f"{LIST}parked/away/", {"event": "Strange Sale"}, follow=True)
    assert "1 of “Strange Sale” put away" in answer.text
    assert [(row.event, row.kept) for row in queries.unmatched_events(business)] == [
        ("Other", 1),
        ("Strange Sale", 0),
    ]
    assert queries.kept_by_name(other_business, ["Strange Sale"]) == {"Strange Sale": 1}
    entry = AuditEntry.objects.get(action="conversion.put_away")
    assert entry.subject == "Strange Sale: 1 without a type"
    assert report(business, sent("k", strange())) == ["repeated"]
    client.force_login(vi)
    assert client.post(f"{LIST}parked/away/", {"event": "Other"}).status_code == 403


@pytest.mark.django_db
def test_what_nobody_made_a_type_of_is_forgotten(business: Business, context: Context) -> None:
    old = MONDAY - timedelta(days=91)
    event = sent("old", order(event="Gone"))._replace(received_at=old)
    report(business, event)
    report(business, sent("new", strange()))
    tasks.sweep_imports(context, Task(1, "conversions.sweep_imports", {}, 1))
    assert ParkedReport.objects.get().sender_key == "new"
    assert UnmatchedEvent.objects.get().event == "Strange Sale"


@pytest.mark.django_db(transaction=True)
def test_a_type_made_while_its_event_is_recorded_counts_it(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch has read the types, and is not committed when the type is made."""
    business = make_business("Harbor", "harbor")
    holds = threading.Event()
    record_all = recording._record_all

    def slowly(*arguments: object, listening: bool) -> list[recording.Outcome]:
        outcomes = record_all(*arguments, listening=listening)  # type: ignore[arg-type]
        holds.set()
        time.sleep(0.5)  # the type comes as far as it can
        return outcomes

    monkeypatch.setattr(recording, "_record_all", slowly)

    def come() -> None:
        try:
            report(business, sent("k", strange()))
        finally:
            connection.close()

    thread = threading.Thread(target=come)
    thread.start()
    assert holds.wait(10)
    actions.add_type(business=business, form=STRANGE, at=LATER)
    thread.join(30)
    work(context)
    assert ConversionType.objects.get().conversions.count() == 1
    assert not UnmatchedEvent.objects.exists()
