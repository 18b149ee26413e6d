"""The arithmetic of balances: it depends on what is known, never on the order of learning it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.billing.rules import (
    Facts,
    Funds,
    Position,
    RateBook,
    RateRow,
    credit,
    credited,
    list_rates,
    minutes,
    move,
    read_payment,
    read_rates,
    target,
    write_rates,
)
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.micros import Micros, parse_micros
from textrail.vocabulary.money import Money

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
micros = st.integers(0, 10**9)
positions = st.builds(Position, micros, micros)


@st.composite
def funds(draw: st.DrawFn) -> Funds:
    net = draw(st.integers(-(10**9), 10**9))
    return Funds(max(net, 0), draw(micros), max(-net, 0))


@given(funds(), positions, positions)
def test_a_movement_sums_to_zero_and_nothing_falls_below_it(
    before: Funds, held: Position, then: Position
) -> None:
    before = Funds(before.available, before.held + held.held, before.owed)
    moved = move(before, held, then)
    after = moved.funds
    assert sum(moved.entries.values()) == 0
    assert min(after.available, after.held, after.owed) >= 0
    assert not (after.available and after.owed)
    assert move(after, then, held).funds == before  # what was done can be taken back to the micro


@given(funds(), st.integers(-(10**9), 10**9))
def test_money_in_pays_what_is_owed_first(before: Funds, amount: int) -> None:
    moved = credit(before, amount, ledger="funds")
    assert sum(moved.entries.values()) == 0
    net = moved.funds.available - moved.funds.owed
    assert net == before.available - before.owed + amount
    assert not (moved.funds.available and moved.funds.owed)


@pytest.mark.parametrize(
    ("facts", "position"),
    [
        (Facts(8300, 2), Position()),
        (Facts(8300, 2, claimed=True), Position(held=16_600)),
        (Facts(8300, 2, claimed=True, left=True), Position(charged=16_600)),
        (Facts(8300, 2, counted=3, claimed=True, left=True), Position(charged=24_900)),
        (Facts(8300, 2, counted=1, claimed=True, left=True), Position(charged=8300)),
        (Facts(8300, 2, claimed=True, failed=True), Position()),
        (Facts(8300, 2, claimed=True, failed=True, left=True), Position(charged=16_600)),
        (Facts(22_000, 4, counted=1, per_unit=False, claimed=True), Position(held=22_000)),
        (Facts(22_000, 4, counted=2, per_unit=False, left=True), Position(charged=22_000)),
        (Facts(0, 4, claimed=True, left=True), Position()),
    ],
)
def test_where_the_money_of_a_text_belongs(facts: Facts, position: Position) -> None:
    assert target(facts) == position


def row(
    micros: int,
    country: str = "",
    kind: str = "sms",
    *,
    days: int = -1,
    direction: str = "outbound",
) -> RateRow:
    return RateRow(country, direction, kind, micros, NOW + timedelta(days=days))


def price(book: RateBook, phone: str, kind: str = "sms", segments: int = 1) -> int:
    return book.price(phone=phone, direction="outbound", kind=kind, segments=segments).micros


def test_the_list_is_asked_where_an_account_has_no_rates() -> None:
    book = RateBook([], currency="USD", at=NOW)
    assert price(book, "+14155550100", segments=3) == 24_900
    assert price(book, "+14155550100", "mms", segments=3) == 22_000
    assert price(book, "+447700900123") == 100_000
    assert price(book, "32665") == 100_000  # a short code has no country
    assert book.missing() == []


def test_own_rates_come_before_the_list_and_later_ones_before_earlier() -> None:
    rates = [row(5000, "US", days=-9), row(6000, "US"), row(7000, "US", days=1), row(9000)]
    book = RateBook(rates, currency="USD", at=NOW)
    assert price(book, "+14155550100") == 6000
    assert price(book, "+14165550100") == 9000  # Canada: its own “everywhere else”, not the list
    assert price(book, "+14165550100", "mms") == 22_000
    later = RateBook(rates, currency="USD", at=NOW + timedelta(days=2))
    assert price(later, "+14155550100") == 7000
    assert [r.micros for r in book.rows() if r.kind == "sms" and r.direction == "outbound"] == [
        6000,
        9000,
    ]


def test_the_list_is_no_help_in_another_currency() -> None:
    book = RateBook([row(9000)], currency="EUR", at=NOW)
    assert price(book, "+14155550100") == 9000
    assert "outbound mms" in book.missing()
    with pytest.raises(Conflict) as refused:
        price(book, "+14155550100", "mms")
    assert refused.value.name == "rate_missing"


def test_the_shipped_list_knows_everything_somewhere() -> None:
    assert len({(r.direction, r.kind) for r in list_rates() if not r.country}) == 6
    assert all(r.micros > 0 and not r.own for r in list_rates())


@pytest.mark.parametrize(("seconds", "paid"), [(0, 0), (1, 1), (60, 1), (61, 2), (-5, 0)])
def test_each_begun_minute_is_paid(seconds: int, paid: int) -> None:
    assert minutes(seconds) == paid


def test_rates_are_read_back_as_they_were_written() -> None:
    rows = RateBook([row(1, "DE")], currency="USD", at=NOW).rows()
    read = read_rates(write_rates(rows).encode(), currency="USD", at=NOW)
    assert [(r.country, r.direction, r.kind, r.micros) for r in read] == [
        (r.country, r.direction, r.kind, r.micros) for r in rows
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("land,direction\nUS,in\n", "no column “country”"),
        ("country,direction,kind,price\nUSA,outbound,sms,1\n", "Row 2: “USA” is no country"),
        ("country,direction,kind,price\nUS,out,sms,1\n", "Row 2: “out” is no direction"),
        ("country,direction,kind,price\nUS,outbound,fax,1\n", "Row 2: “fax” is no kind"),
        ("country,direction,kind,price\nUS,outbound,sms,free\n", "Row 2: “free” is not an amount"),
        ("country,direction,kind,price\nUS,outbound,sms,9e999999\n", "Row 2: “9e999999” is not"),
        ("country,direction,kind,price\nUS,outbound,sms,-1\n", "Row 2: A price is not below"),
        ("country,direction,kind,price\nUS,outbound,sms,0.00000001\n", "Row 2: “0.00000001”"),
        ("country,direction,kind,price,from\nUS,outbound,sms,1,2026-03-01\n", "is over"),
        ("country,direction,kind,price,from\nUS,outbound,sms,1,soon\n", "“soon” is no day"),
        ("country,direction,kind,price\nUS,outbound,sms,1\nUS,outbound,sms,2\n", "file twice"),
    ],
)
def test_a_file_of_rates_that_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_rates(text.encode(), currency="USD", at=NOW)
    assert says in refused.value.sentence
    assert refused.value.hint


def test_rates_may_begin_later_and_stand_under_a_semicolon() -> None:
    text = (
        "Country;Direction;Kind;Price;From\nus;Outbound;SMS;0.0075;2026-04-01\n;inbound;call;0;\n"
    )
    one, two = read_rates(text.encode("utf-8-sig"), currency="USD", at=NOW)
    assert (one.country, one.micros, one.effective_at.month) == ("US", 7500, 4)
    assert (two.country, two.micros, two.effective_at) == ("", 0, NOW)


def checkout(**changes: object) -> dict[str, object]:
    session: dict[str, object] = {
        "id": "cs_1",
        "amount_total": 2500,
        "currency": "usd",
        "client_reference_id": "ref",
        "mode": "payment",
        "payment_status": "paid",
        "payment_intent": "pi_1",
    }
    return event("checkout.session.completed", session | changes)


def event(kind: str, about: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": kind, "livemode": True, "data": {"object": about}, **more}


def test_only_a_paid_checkout_with_our_reference_is_money() -> None:
    told = read_payment(checkout(), reference="ref")
    assert told is not None
    assert (told.reference, told.paid, told.currency, told.test) == (
        "pi_1",
        25_000_000,
        "USD",
        False,
    )
    metadata = {"textrail_account": "ref"}
    assert read_payment(checkout(client_reference_id=None, metadata=metadata), reference="ref")
    for other in (
        checkout(client_reference_id="another"),
        checkout(client_reference_id=None),
        checkout(payment_status="unpaid"),
        checkout(mode="subscription"),
        event("invoice.paid", {"id": "in_1"}),
    ):
        assert read_payment(other, reference="ref") is None


def test_currencies_without_cents_and_tests_are_read_for_what_they_are() -> None:
    yen = read_payment(checkout(currency="jpy", amount_total=2500), reference="ref")
    assert yen is not None
    assert yen.paid == 2500 * 1_000_000
    tried = read_payment({**checkout(), "livemode": False}, reference="ref")
    assert tried is not None
    assert tried.test


@pytest.mark.parametrize(
    "webhook",
    [
        {},
        {"type": 1, "data": {"object": {}}},
        checkout(amount_total="25"),
        checkout(amount_total=True),
        checkout(amount_total=-1),
        checkout(currency=None),
        checkout(amount_total=10**18),
    ],
)
def test_what_is_no_webhook_of_stripes_is_refused(webhook: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read_payment(webhook, reference="ref")


def test_what_of_a_payment_is_credited_does_not_depend_on_order() -> None:
    told = [("paid", 25), ("refunded", 5), ("refunded", 10), ("withdrawn", 25), ("reinstated", 25)]
    ends = set()
    for order in permutations(told):
        sums = dict.fromkeys(("paid", "refunded", "withdrawn", "reinstated"), 0)
        for fact, amount in order:
            sums[fact] = max(sums[fact], amount)
            assert credited(**sums) >= 0
        ends.add(credited(**sums))
    assert ends == {15}


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (8300, "USD", "$0.0083"),
        (25_000_000, "USD", "$25.00"),
        (-1_234_567_800_000, "EUR", "-€1,234,567.80"),
        (5_000_000, "JPY", "¥5"),
        (1, "CHF", "CHF 0.000001"),
        (0, "USD", "$0.00"),
    ],
)
def test_millionths_are_shown_whole(value: int, currency: str, shown: str) -> None:
    assert str(Micros(value, currency)) == shown


def test_millionths_stand_in_columns_and_are_never_rounded_up() -> None:
    assert Micros(25_000_000, "USD").in_column == "$25.0000"
    assert Micros(8_300, "USD").in_column == "$0.0083"
    assert Micros(1, "JPY").in_column == "¥0.000001"
    assert Micros(19_999, "USD").floor == "$0.01"


@given(st.integers(-(10**15), 10**15))
def test_millionths_are_read_as_they_are_written(value: int) -> None:
    amount = Micros(value, "USD")
    assert parse_micros(amount.plain, "USD") == amount
    assert parse_micros(str(Money(7, "USD")).removeprefix("$"), "USD").value == 70_000
