"""What cannot be right is refused while somebody listens, and else parked with why: never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import Conversion, ParkedReport, ParkReason
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.tests.conftest import Send, order, refund
from textrail.vocabulary.errors import NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("types")]


def bought(*products: dict[str, object]) -> dict[str, object]:
    return order(revenue=None, products=list(products))


BAD = [
    (order() | {"timestamp": "1999-12-31T23:59:59Z"}, "1999-12-31 23:59 UTC is before the year"),
    (order() | {"timestamp": "2026-03-03T15:01:00Z"}, "is more than a day in the future"),
    (order() | {"timestamp": "yesterday"}, "“yesterday” is not a time"),
    (order(revenue="a lot"), "“a lot” is not an amount of money"),
    (order(revenue=1e300), "“1e+300” is more than an amount of money can be"),
    (order(revenue="-9e999999"), "“-9e999999” is more than an amount of money can be"),
    (order(revenue="Infinity"), "“Infinity” is not an amount of money"),
    (order(revenue="1_000.5"), "“1_000.5” is not an amount of money"),
    (order(revenue="１２"), "“１２” is not an amount of money"),
    (bought({"price": "5_0"}), "The price of product 1, “5_0”, cannot be read, so the order"),
    (bought({"price": "9e9999999"}), "The price of product 1, “9e9999999”, cannot be read"),
    (bought({"price": "10,50"}), "The price of product 1, “10,50”, cannot be read"),
    (bought({"price": 1e300}), "The price of product 1, “1e+300”, cannot be read"),
    (bought({"price": " "}), "Product 1 has no price, so the order has no value"),
    (bought({"price": 1, "quantity": "2,5"}), "The quantity of product 1, “2,5”, cannot be read"),
    (bought({"price": 1}, {"price": 1, "quantity": "x"}), "The quantity of product 2, “x”, cannot"),
    (bought({"price": 1, "quantity": [2]}), "The quantity of product 1, “[2]”, cannot be read"),
    (bought({"price": 1, "quantity": True}), "The quantity of product 1, “True”, cannot be read"),
    (bought({"price": 1, "quantity": "1e300"}), "The quantity of product 1, “1e300”, cannot"),
    (order(revenue=None, products={"0": {"price": 1}}), "The products are not a list"),
    (order(revenue=None, products='{"0": {"price": 1}}'), "The products are not a list"),
    (order(revenue=None, products="[" * 20_000), "The products are not a list"),
    (refund(products="a filter"), "The products are not a list"),
    (order(1001.5), "order_id must be a text or a whole number"),
    (order(True), "order_id must be a text or a whole number"),
    (order(["X"]), "order_id must be a text or a whole number"),
    (order({}), "order_id must be a text or a whole number"),
    (order(revenue=2 * 10**11), "$200,000,000,000.00 is more than one conversion can be worth"),
    (order(currency="XYZ"), "There is no currency “XYZ”"),
    (order(currency="dollars"), "“dollars” is not a currency"),
    (order("x" * 121), "order_id has 121 characters"),
    (order("", -5), "must name the order that it takes back"),
    (order(revenue=None, products=[{"name": "Filter"}]), "Product 1 has no price"),
]


@pytest.mark.parametrize(("event", "part"), BAD)
def test_it_is_refused_while_its_sender_listens(
    event: dict[str, object], part: str, send: Send
) -> None:
    outcome = send(event)
    assert outcome.fate == "refused"
    assert outcome.refusal is not None
    assert part in outcome.refusal.sentence
    assert not Conversion.objects.exists()
    assert not ParkedReport.objects.exists()


@pytest.mark.parametrize(("event", "part"), BAD)
def test_it_is_parked_when_nobody_listens_and_once(
    event: dict[str, object], part: str, send: Send
) -> None:
    for _ in range(2):
        assert send(event, key="k", listening=False).fate == "parked"
    assert part in ParkedReport.objects.get().sentence
    assert not Conversion.objects.exists()


def test_both_clocks_of_a_late_event_are_kept(send: Send) -> None:
    send(order() | {"timestamp": "2025-11-30T09:00:00+01:00"})
    row = Conversion.objects.get()
    assert (row.at, row.received_at) == (datetime(2025, 11, 30, 8, tzinfo=UTC), MONDAY)


def test_a_day_ahead_is_believed(send: Send) -> None:
    ahead = MONDAY + timedelta(hours=24)
    assert send(order() | {"timestamp": ahead.isoformat()}).fate == "recorded"


def test_a_key_of_ten_kilobytes_is_refused(send: Send) -> None:
    outcome = send(order(), key="k" * 10_240)
    assert outcome.refusal is not None
    assert outcome.refusal.sentence == "The key of the report has 10,240 characters."


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (order() | {"userId": "u" * 10_240}, "userId"),
        (order() | {"anonymousId": "v" * 10_240}, "anonymousId"),
        (order(email="e" * 10_240), "email"),
        (order() | {"context": {"traits": {"phone": "5" * 10_240}}}, "phone"),
    ],
)
def test_an_identity_of_ten_kilobytes_is_refused_or_parked(
    event: dict[str, object], name: str, business: Business, send: Send
) -> None:
    said = f"{name} has 10,240 characters; at most 255 are kept."
    outcome = send(event)
    assert (outcome.fate, outcome.refusal and outcome.refusal.sentence) == ("refused", said)
    assert send(event, listening=False).fate == "parked"
    parked = queries.waiting_reports(business)[0]
    assert parked.sentence == said
    assert actions.retry_one(business=business, parked=parked, at=MONDAY).fate == "parked"
    assert not Conversion.objects.exists()


def test_properties_that_are_no_object_are_no_sale_of_nothing(send: Send) -> None:
    assert send(order() | {"properties": "x"}, listening=False).fate == "parked"


def test_what_waits_is_tried_again_when_a_type_reads_it_otherwise(
    business: Business, send: Send, ada: User
) -> None:
    send(order(revenue="a lot", fee=3), listening=False)
    parked = queries.waiting_reports(business)[0]
    assert actions.retry_one(business=business, parked=parked, at=MONDAY).fate == "parked"
    type_ = queries.conversion_type(business, queries.types(business)[-1].id)
    assert type_.event == "Order Completed"
    form = TypeDraft(
        "Order", "purchase", "Order Completed", 30, value_property="fee", refund_event="Refund"
    )
    actions.change_type(business=business, type_=type_, form=form, at=MONDAY, actor=ada)
    assert actions.retry_all(business=business, at=MONDAY) == {"recorded": 1}
    assert Conversion.objects.get().value_minor == 300
    assert not ParkedReport.objects.exists()


def test_what_is_put_away_counts_never_and_is_remembered(
    business: Business, send: Send, ada: User
) -> None:
    send(order(revenue="a lot"), listening=False, key="k-1")
    parked = queries.waiting_reports(business)[0]
    actions.put_away(business=business, parked=parked, at=MONDAY, actor=ada)
    actions.put_away(business=business, parked=parked, at=MONDAY, actor=ada)
    entry = AuditEntry.objects.get(action="conversion.put_away")
    assert entry.subject == "Order Completed 7 (segment k-1)"
    assert not Conversion.objects.exists()


def test_what_is_put_away_stays_away_when_it_is_sent_again(
    business: Business, other_business: Business, send: Send, ada: User
) -> None:
    send(refund(), key="r-1")
    send(refund("8"), key="r-2")
    away = queries.waiting_reports(business)[0]
    actions.put_away(business=other_business, parked=away, at=MONDAY, actor=ada)
    assert queries.parked_count(business) == 2
    actions.put_away(business=business, parked=away, at=MONDAY, actor=ada)
    for listening in (True, False):
        again = send(refund(), key="r-1", listening=listening)
        assert (again.fate, again.conversion) == ("repeated", None)
        assert again.refusal is not None
        assert again.refusal.sentence == "Somebody put this report away, so it never counts."
    assert send(refund(), key="r-1", sender="dub").fate == "parked"
    assert [row.sender for row in queries.parked_page(business).rows] == ["dub", "segment"]
    send(order())
    assert actions.retry_reports(business=business, parked=[away], at=MONDAY)[0].fate == "repeated"
    assert list(Conversion.objects.values_list("sender", "value_minor")) == [
        ("segment", 4990),
        ("dub", -4990),
    ]


def test_what_is_put_away_is_shown_nowhere_and_keeps_nothing_of_its_person(
    business: Business, send: Send, ada: User
) -> None:
    send(order(revenue="a lot") | {"userId": "ann@example.com"}, listening=False)
    away = queries.waiting_reports(business)[0]
    actions.put_away(business=business, parked=away, at=MONDAY, actor=ada)
    assert queries.parked_count(business) == 0
    assert queries.parked_reasons(business) == []
    for reason in ("", *ParkReason.values):
        assert queries.parked_page(business, reason=reason).rows == ()
        assert actions.retry_all(business=business, at=MONDAY, reason=reason) == {}
    with pytest.raises(NotFound):
        queries.parked_report(business, away.pk)
    assert ParkedReport.objects.get().event == {}


def test_what_waits_is_found_by_its_business_only(
    business: Business, other_business: Business, send: Send
) -> None:
    for number in range(3):
        send(order(str(number), "a lot"), listening=False)
    assert [row.reports for row in queries.parked_reasons(business)] == [3]
    first = queries.parked_page(business, limit=2)
    rest = queries.parked_page(business, limit=2, after=first.after)
    assert [row.order_ref for row in (*first.rows, *rest.rows)] == ["2", "1", "0"]
    assert rest.after is None
    assert queries.parked_count(other_business) == 0
    assert queries.parked_page(other_business).rows == ()
    assert actions.retry_all(business=other_business, at=MONDAY) == {}
