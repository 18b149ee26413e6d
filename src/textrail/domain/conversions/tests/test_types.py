from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts.actions import resolve_person, set_limits
from textrail.domain.contacts.rules import Key, Limits
from textrail.domain.conversions import actions, queries, rules
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    ParkedReport,
    UnmatchedEvent,
)
from textrail.domain.conversions.rules.types import check_type
from textrail.domain.conversions.tests.conftest import Send, order, rate
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.money import Money

pytestmark = pytest.mark.django_db
Draft = rules.TypeDraft


def values() -> list[tuple[int, str]]:
    return list(Conversion.objects.order_by("id").values_list("value_minor", "currency"))


@pytest.mark.parametrize(
    ("draft", "properties", "value"),
    [
        (Draft("X", "lead", "X", value_property="fee"), {"fee": "3.5", "revenue": 9}, 350),
        (Draft("X", "lead", "X", value_property="fee"), {"revenue": 9}, 0),
        (Draft("X", "lead", "X", value_rule="fixed", fixed="25"), {"revenue": 9}, 2500),
        (Draft("X", "lead", "X", value_rule="none"), {"revenue": "n/a"}, 0),
        (Draft("X", "purchase", "X"), {"products": [{"price": 2, "quantity": 3}]}, 600),
        (Draft("X", "purchase", "X"), {"products": [{"price": "0.1"}, {"price": 0.2}]}, 30),
        (Draft("X", "purchase", "X"), {"total": 4, "products": [{"price": 2}]}, 400),
        (Draft("X", "purchase", "X"), {"products": []}, 0),
    ],
)
def test_the_value_is_what_the_type_says(
    business: Business, send: Send, draft: Draft, properties: dict[str, object], value: int
) -> None:
    actions.add_type(business=business, form=draft, at=MONDAY)
    send({"event": "X", "userId": "42", "properties": properties})
    assert values() == [(value, "USD")]


@pytest.mark.parametrize(("repeats", "counted"), [("always", 5), ("order", 4), ("person", 2)])
def test_a_repeat_counts_as_the_type_says(
    business: Business, send: Send, repeats: str, counted: int
) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats=repeats)
    actions.add_type(business=business, form=draft, at=MONDAY)
    for number in ("1", "1", "2", "3"):
        send(order(number, event="Booked"))
    send(order("4", event="Booked") | {"userId": "43"})
    send(order("4", event="Booked") | {"userId": "43"}, key="key 5")  # the same report again
    assert queries.types(business)[0].conversions == counted


def test_who_was_merged_is_one_person_that_counts_once(business: Business, send: Send) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    actions.add_type(business=business, form=draft, at=MONDAY)
    send({"event": "Booked", "userId": "42"})
    both = [Key("customer_id", "42"), Key("visitor_id", "v-1")]
    resolve_person(business=business, keys=both, at=MONDAY)
    assert send({"event": "Booked", "anonymousId": "v-1"}).fate == "repeated"


def _lead(*keys: tuple[str, str]) -> dict[str, object]:
    told: dict[str, object] = {"event": "Booked", **dict(keys)}
    if (email := told.pop("email", None)) is not None:
        told["traits"] = {"email": email}
    return told


def _book(business: Business, *events: dict[str, object], at: datetime = MONDAY) -> list[str]:
    made = [
        actions.SentEvent("track", f"{at:%H%M} {n}", event, at, "segment")
        for n, event in enumerate(events)
    ]
    outcomes = actions.record_reports(business=business, events=made, listening=True)
    return [str(outcome.fate) for outcome in outcomes]


def test_the_people_of_a_batch_are_looked_up_together(
    business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    actions.add_type(business=business, form=draft, at=MONDAY)
    _book(business, *(_lead(("userId", f"u-{n}")) for n in range(30)))
    for n in range(10):  # who was somebody else before
        both = [Key("customer_id", f"u-{n}"), Key("visitor_id", f"v-{n}")]
        resolve_person(business=business, keys=both, at=MONDAY)
    told = [_lead(("anonymousId", f"v-{n}")) for n in range(60)]
    with django_assert_max_num_queries(30):
        fates = _book(business, *told, at=MONDAY + timedelta(hours=1))
    assert fates == ["repeated"] * 10 + ["recorded"] * 50
    with django_assert_max_num_queries(30):
        fates = _book(business, *told, at=MONDAY + timedelta(hours=2))
    assert fates == ["repeated"] * 60


def test_a_person_who_is_found_out_or_parted_within_a_batch_counts_as_they_are(
    business: Business,
) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    actions.add_type(business=business, form=draft, at=MONDAY)
    one, two = ("userId", "u-1"), ("anonymousId", "v-1")
    assert _book(business, _lead(one), _lead(one, two), _lead(two)) == [
        "recorded",
        "repeated",
        "repeated",
    ]
    set_limits(business=business, limits=Limits(email=1), at=MONDAY)
    office = ("email", "office@harbor.example")
    told = [_lead(("userId", f"w-{n}"), office) for n in range(3)]
    fates = _book(business, *told, *told, at=MONDAY + timedelta(hours=1))
    assert fates == ["recorded"] * 3 + ["repeated"] * 3


def test_a_report_that_somebody_tried_or_put_away_meanwhile_counts_no_more(
    business: Business, types: None, send: Send, ada: User
) -> None:
    for number in ("1", "2"):
        send(order(number, currency="EUR"), listening=False)
    rate(MONDAY.date(), USD="1.1")
    first, second = ParkedReport.objects.order_by("id")
    stale = ParkedReport.objects.get(pk=first.pk)
    assert actions.retry_one(business=business, parked=first, at=MONDAY).fate == "recorded"
    assert actions.retry_one(business=business, parked=stale, at=MONDAY).fate == "repeated"
    kept = ParkedReport.objects.get(pk=second.pk)
    actions.put_away(business=business, parked=second, at=MONDAY, actor=ada)
    assert actions.retry_one(business=business, parked=kept, at=MONDAY).fate == "repeated"
    assert Conversion.objects.count() == 1


def test_a_person_counts_once_within_one_batch(business: Business) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats="person")
    actions.add_type(business=business, form=draft, at=MONDAY)
    events = [
        actions.SentEvent("track", f"k{n}", {"event": "Booked", "userId": "42"}, MONDAY)
        for n in range(3)
    ]
    assert actions.record_events(business=business, events=events) == 1


def test_a_change_of_the_rule_leaves_what_was_counted(business: Business, send: Send) -> None:
    draft = Draft("Booked", "lead", "Booked", value_rule="none", repeats="always")
    row = actions.add_type(business=business, form=draft, at=MONDAY)
    for _ in range(2):
        send(order("1", event="Booked"))
    stricter = Draft("Booked", "lead", "Booked", value_rule="none", repeats="order")
    actions.change_type(business=business, type_=row, form=stricter, at=MONDAY)
    assert send(order("1", event="Booked")).fate == "repeated"
    assert Conversion.objects.count() == 2


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft("", "lead", "X"), "name"),
        (Draft("X", "other", "X"), "kind"),
        (Draft("X", "lead", ""), "event"),
        (Draft("X", "lead", "x" * 121), "event"),
        (Draft("X", "lead", "X", 0), "window_days"),
        (Draft("X", "lead", "X", 366), "window_days"),
        (Draft("X", "lead", "X", view_days=-1), "view_days"),
        (Draft("X", "lead", "X", view_days=31), "view_days"),
        (Draft("X", "lead", "X", refund_event="X"), "refund_event"),
        (Draft("X", "lead", "X", trigger="fax"), "trigger"),
        (Draft("X", "lead", "X", value_rule="guess"), "value_rule"),
        (Draft("X", "lead", trigger="call"), "value_rule"),
        (Draft("X", "lead", "X", value_rule="fixed", fixed="much"), "fixed"),
        (Draft("X", "lead", "X", value_rule="fixed", fixed="-1"), "fixed"),
        (Draft("X", "lead", "X", value_rule="fixed", fixed=""), "fixed"),
        (Draft("X", "lead", "X", repeats="sometimes"), "repeats"),
        (Draft("X", "lead", trigger="call", value_rule="none", least_seconds=-1), "least_seconds"),
    ],
)
def test_a_type_that_cannot_be_is_refused_by_its_field(draft: Draft, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_type(draft, currency="USD")
    assert refused.value.field == field
    assert refused.value.sentence


def test_what_does_not_apply_is_left_out() -> None:
    draft = Draft("Call", "call", "Order", trigger="call", value_rule="none", refund_event="Y")
    checked = check_type(draft, currency="USD")
    assert (checked.event, checked.refund_event, checked.repeats) == ("", "", "always")
    fixed = check_type(Draft("X", "lead", "X", value_rule="fixed", fixed="5"), currency="JPY")
    assert fixed.fixed == Money(5, "JPY")


@pytest.mark.parametrize("preset", rules.PRESETS)
def test_a_preset_is_added_once_and_leaves_what_is_there(
    business: Business, ada: User, preset: rules.PresetName
) -> None:
    actions.add_default_types(business=business, at=MONDAY)
    own = ConversionType.objects.get(event="Order Completed")
    ConversionType.objects.filter(id=own.pk).update(name="Sale", window_days=9)
    UnmatchedEvent.objects.create(business=business, event="Signed Up", count=3, last_at=MONDAY)
    before = ConversionType.objects.count()
    made = actions.add_preset(business=business, preset=preset, at=MONDAY, actor=ada)
    assert len(made) == ConversionType.objects.count() - before > 0
    assert actions.add_preset(business=business, preset=preset, at=MONDAY, actor=ada) == []
    assert AuditEntry.objects.filter(action="conversion_type.added").count() == len(made)
    own.refresh_from_db()
    assert (own.name, own.window_days) == ("Sale", 9)
    counts = {row.event for row in made}
    assert UnmatchedEvent.objects.exists() is ("Signed Up" not in counts)


def test_every_change_is_in_the_audit_trail(business: Business, ada: User, send: Send) -> None:
    draft = Draft("Quote", "lead", "Quote Asked", 14)
    row = actions.add_type(business=business, form=draft, at=MONDAY, actor=ada)
    same = queries.draft_of(business, row)
    actions.change_type(business=business, type_=row, form=same, at=MONDAY, actor=ada)
    longer = Draft("Quote", "lead", "Quote Asked", 21, view_days=0)
    actions.change_type(business=business, type_=row, form=longer, at=MONDAY, actor=ada)
    send({"event": "Quote Asked", "userId": "42"})
    actions.end_type(business=business, type_=row, at=MONDAY, actor=ada)
    assert send({"event": "Quote Asked", "userId": "42"}).fate == "noted"
    row.refresh_from_db()
    actions.resume_type(business=business, type_=row, at=MONDAY, actor=ada)
    assert send({"event": "Quote Asked", "userId": "42"}).fate == "recorded"
    trail = AuditEntry.objects.order_by("id").values_list("action", "subject", "actor_id")
    assert list(trail) == [
        ("conversion_type.added", "Quote", ada.pk),
        ("conversion_type.changed", "Quote: window_days, view_days", ada.pk),
        ("conversion_type.ended", "Quote", ada.pk),
        ("conversion_type.resumed", "Quote", ada.pk),
    ]
    assert not UnmatchedEvent.objects.exists()


def test_a_type_that_never_counted_goes(business: Business, ada: User) -> None:
    row = actions.add_type(business=business, form=Draft("X", "lead", "X"), at=MONDAY, actor=ada)
    actions.end_type(business=business, type_=row, at=MONDAY, actor=ada)
    assert not ConversionType.objects.exists()


def test_an_event_counts_or_takes_back_for_one_type_only(business: Business) -> None:
    first = Draft("Order", "purchase", "Order", refund_event="Back")
    actions.add_type(business=business, form=first, at=MONDAY)
    for draft, field in (
        (Draft("Other", "purchase", "Order"), "event"),
        (Draft("Other", "purchase", "Other", refund_event="Back"), "refund_event"),
    ):
        with pytest.raises(Conflict) as taken:
            actions.add_type(business=business, form=draft, at=MONDAY)
        assert taken.value.field == field
    for _ in range(2):  # any number of types may count calls
        actions.add_type(
            business=business,
            form=Draft("Call", "call", trigger="call", value_rule="none"),
            at=MONDAY,
        )


def test_types_of_another_business_count_nothing_here(
    business: Business, other_business: Business, send: Send
) -> None:
    actions.add_type(business=other_business, form=Draft("X", "lead", "X"), at=MONDAY)
    assert send({"event": "X", "userId": "42"}).fate == "unmatched"
    assert not Conversion.objects.exists()
