from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import MONDAY
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions, queries, tasks
from textrail.domain.conversions.models import Conversion, ExchangeRate, ParkedReport
from textrail.domain.conversions.rules.rates import RateMissing, Rates, convert, read_file
from textrail.domain.conversions.tests.conftest import Send, order, rate, refund
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money

FRIDAY = date(2026, 2, 27)
# As the European Central Bank writes it: newest first, N/A for what is not, a comma at the end.
ECB = b"""Date,USD,JPY,BGN,GBP,CHF,
2026-03-02,1.1000,170.00,N/A,0.8500,0.9400,
2026-02-27,1.0800,169.55,N/A,0.8450,0.9350,
1999-01-04,1.1789,133.73,N/A,0.7111,1.6168,
"""


def table(day: date = FRIDAY, **per_euro: str) -> Rates:
    return {day: {code: Decimal(value) for code, value in per_euro.items()}}


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (Money(10000, "EUR"), "USD", 10800),
        (Money(10800, "USD"), "EUR", 10000),
        (Money(10000, "GBP"), "USD", 12781),  # 100 / 0.845 * 1.08 = 127.8106…
        (Money(16955, "JPY"), "USD", 10800),  # no minor unit
        (Money(10000, "USD"), "JPY", 15699),  # 100 / 1.08 * 169.55 = 15699.07…
        (Money(-10000, "EUR"), "USD", -10800),
        (Money(1000, "KWD"), "USD", 353),  # three decimals: 1.000 KWD
        (Money(1, "EUR"), "USD", 1),
    ],
)
def test_money_crosses_over_the_euro_and_is_rounded_once(
    amount: Money, currency: str, expected: int
) -> None:
    rates = table(USD="1.08", JPY="169.55", GBP="0.845", KWD="0.3059490")
    assert convert(amount, currency, rates, FRIDAY).money == Money(expected, currency)


def test_half_a_cent_goes_to_the_even_cent() -> None:
    rates = table(USD="1.25")
    minors = [convert(Money(n, "EUR"), "USD", rates, FRIDAY).money.minor for n in (2, 6, 10)]
    assert minors == [2, 8, 12]  # 2.5, 7.5, 12.5


def test_the_nearest_day_before_it_counts_up_to_a_week() -> None:
    rates = {FRIDAY: {"USD": Decimal("1.08")}, FRIDAY - timedelta(1): {"USD": Decimal("9")}}
    for later in range(8):
        found = convert(Money(100, "EUR"), "USD", rates, FRIDAY + timedelta(days=later))
        assert (found.money.minor, found.day) == (108, FRIDAY)
    with pytest.raises(RateMissing) as missing:
        convert(Money(100, "EUR"), "USD", rates, FRIDAY + timedelta(days=8))
    assert missing.value.sentence == (
        "There is no rate between EUR and USD for 7 Mar 2026, nor for the 7 days before it."
    )
    with pytest.raises(RateMissing):
        convert(Money(100, "EUR"), "USD", rates, FRIDAY - timedelta(days=2))


def test_both_currencies_are_of_one_day() -> None:
    rates = {
        FRIDAY: {"USD": Decimal("2")},
        FRIDAY - timedelta(1): {"USD": Decimal("1"), "GBP": Decimal("1")},
    }
    found = convert(Money(100, "GBP"), "USD", rates, FRIDAY)
    assert (found.money.minor, found.day) == (100, FRIDAY - timedelta(1))


@given(st.integers(-(10**13), 10**13), st.decimals("0.001", "9999", places=4))
def test_money_that_goes_and_comes_back_is_off_by_rounding_only(minor: int, usd: Decimal) -> None:
    rates = {FRIDAY: {"USD": usd}}
    there = convert(Money(minor, "EUR"), "USD", rates, FRIDAY).money
    back = convert(there, "EUR", rates, FRIDAY).money
    assert abs(back.minor - minor) <= 1 + Decimal("0.5") / usd


def test_the_table_of_the_central_bank_is_read() -> None:
    days = list(read_file(io.BytesIO(ECB)))
    assert [each.day for each in days] == [date(2026, 3, 2), FRIDAY, date(1999, 1, 4)]
    assert dict(days[1].rates) == {
        "USD": Decimal("1.0800"),
        "JPY": Decimal("169.55"),
        "GBP": Decimal("0.8450"),
        "CHF": Decimal("0.9350"),
    }
    daily = b"\xef\xbb\xbfDate, USD, JPY, \r\n02 March 2026, 1.1, 170, \r\n"
    assert [each.day for each in read_file(io.BytesIO(daily))] == [date(2026, 3, 2)]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "first line must name"),
        (b"day,USD\n", "first line must name"),
        (b"Date\n2026-03-02\n", "names no currency"),
        (b"Date,USD,usd\n2026-03-02,1,2\n", "“USD” stands twice in the first line"),
        (b"Date,USD\n2026-03-02,1_0\n", "“1_0” in line 2 is not a rate of USD"),
        (b"Date,DOLLARS\n", "“DOLLARS” in the first line"),
        (b"Date,USD\n2026-13-02,1\n", "“2026-13-02” in line 2 is not a day"),
        (b"Date,USD\n2026-03-02,1\n2026-03-03,x\n", "“x” in line 3 is not a rate of USD"),
        (b"Date,USD\n2026-03-02,0\n", "is not a rate"),
        (b"Date,USD\n2026-03-02,-1\n", "is not a rate"),
        (b"Date,USD\n2026-03-02,Infinity\n", "is not a rate"),
        (b"Date,USD\n2026-03-02,1.123456789\n", "is not a rate"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"Date,USD\n\xff\xfe", "not a CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(content: bytes, part: str) -> None:
    with pytest.raises(Malformed) as refused:
        list(read_file(io.BytesIO(content)))
    assert part in refused.value.sentence


def test_a_table_that_is_left_off_may_outlive_its_file(tmp_path: Path) -> None:
    """As one whose load is refused does: it used to complain about the file when it was let go."""
    (tmp_path / "rates.csv").write_bytes(ECB)
    with (tmp_path / "rates.csv").open("rb") as file:
        table = read_file(file)
        next(table)
    del table


@pytest.mark.django_db
def test_loading_again_corrects_and_a_bad_file_changes_nothing() -> None:
    loaded = actions.load_rates(table=read_file(io.BytesIO(ECB)), at=MONDAY)
    assert (loaded.days, loaded.rates, loaded.newest) == (3, 12, date(2026, 3, 2))
    corrected = b"Date,USD\n2026-03-02,1.3\n2026-03-02,1.2\n"
    actions.load_rates(table=read_file(io.BytesIO(corrected)), at=MONDAY)
    broken = b"Date,USD\n2026-03-02,1.3\n2026-03-03,?\n"
    with pytest.raises(Malformed):
        actions.load_rates(table=read_file(io.BytesIO(broken)), at=MONDAY)
    found = dict(ExchangeRate.objects.filter(currency="USD").values_list("day", "per_euro"))
    assert found[date(2026, 3, 2)] == Decimal("1.2")
    assert len(found) == 3
    assert Work.objects.filter(kind="conversions.retry_rates").count() == 1


@pytest.mark.django_db
def test_a_day_that_has_not_come_has_no_rate() -> None:
    """Tomorrow may have begun elsewhere."""
    early = b"Date,USD\n2026-03-03,1.2\n"
    assert actions.load_rates(table=read_file(io.BytesIO(early)), at=MONDAY).rates == 1
    with pytest.raises(Malformed, match="2026-03-04 is a day that has not come"):
        actions.load_rates(table=read_file(io.BytesIO(early + b"2026-03-04,1.2\n")), at=MONDAY)
    assert ExchangeRate.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_sale_is_converted_at_its_own_day_and_keeps_what_was_said(
    business: Business, send: Send
) -> None:
    actions.load_rates(table=read_file(io.BytesIO(ECB)), at=MONDAY)
    send(order("1", 100, currency="eur"))
    send(order("2", 100, currency="EUR") | {"timestamp": "2026-03-01T23:59:59Z"})
    send(order("3", 100, currency="USD"))
    send(order("4", 0, currency="KES"))  # nothing is nothing in any currency
    rows = Conversion.objects.order_by("id")
    assert list(rows.values_list("value_minor", "currency", "rate_day")) == [
        (11000, "USD", date(2026, 3, 2)),
        (10800, "USD", FRIDAY),
        (10000, "USD", None),
        (0, "USD", None),
    ]
    told = list(rows.values_list("given_minor", "given_currency"))
    assert told == [(10000, "EUR"), (10000, "EUR"), (None, ""), (None, "")]
    assert queries.rates_known(business).last == date(2026, 3, 2)


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_sale_without_a_rate_waits_for_it_and_its_refund_for_the_sale(
    business: Business, send: Send, context: Context
) -> None:
    waiting = send(order(revenue=100, currency="EUR"), key="s-1")
    assert waiting.fate == "parked"
    assert waiting.refusal is not None
    assert waiting.refusal.name == "rate_missing"
    assert send(refund(revenue=25), key="r-1").fate == "parked"
    assert {row.reason for row in queries.waiting_reports(business)} == {
        "rate_missing",
        "refund_early",
    }
    retry = Task(1, "conversions.retry_rates", {}, 1)
    tasks.retry_rates(context, retry)
    assert not Conversion.objects.exists()
    rate(date(2026, 3, 1), USD="1.10")
    tasks.retry_rates(context, retry)
    values = Conversion.objects.order_by("id").values_list("value_minor", "given_minor")
    assert list(values) == [(11000, 10000), (-2750, -2500)]
    assert not ParkedReport.objects.exists()
    assert send(order(revenue=100, currency="EUR"), key="s-1").fate == "repeated"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_no_currency_is_made_up(send: Send) -> None:
    refused = send(order(currency="XYZ"))
    assert refused.refusal is not None
    assert refused.refusal.sentence == "There is no currency “XYZ”."
    assert send(order(currency="XYZ"), listening=False).fate == "parked"
