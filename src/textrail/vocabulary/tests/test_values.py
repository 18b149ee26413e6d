"""Money, phone numbers, identifiers, time and sealed secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.clock import ManualClock, from_ms, to_ms
from textrail.vocabulary.errors import Malformed, Unavailable
from textrail.vocabulary.ids import CODE_ALPHABET, new_codes
from textrail.vocabulary.micros import parse_micros
from textrail.vocabulary.money import Money, parse_money
from textrail.vocabulary.phone import format_national, parse_phone, require_e164
from textrail.vocabulary.sealing import Seal


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "shown"),
    [
        ("49.90", "usd", 4990, "$49.90"),
        (12.5, "USD", 1250, "$12.50"),
        (0.1 + 0.2, "USD", 30, "$0.30"),
        ("1234567.891", "EUR", 123456789, "€1,234,567.89"),
        ("-3", "USD", -300, "-$3.00"),
        ("500", "JPY", 500, "¥500"),
        ("1.2345", "KWD", 1234, "KWD 1.234"),
    ],
)
def test_money(amount: str | float, currency: str, minor: int, shown: str) -> None:
    money = parse_money(amount, currency)
    assert money.minor == minor
    assert str(money) == shown


@pytest.mark.parametrize(
    "amount",
    [
        *("", "ten", "NaN", "Infinity", "1e400", "10000000000000000", "9e999999", "-9e9999999"),
        *("5_0", "1_000.5", "１２", "1,234.50"),
    ],
)
def test_what_is_not_money_is_malformed(amount: str) -> None:
    with pytest.raises(Malformed):
        parse_money(amount, "USD")


@pytest.mark.parametrize("currency", ["", "US", "DOLLAR", "U$D", "ÜSD"])
def test_what_is_not_a_currency_is_malformed(currency: str) -> None:
    with pytest.raises(Malformed):
        parse_money("1", currency)


def test_money_knows_nothing_of_binary_fractions() -> None:
    assert Money(30, "USD") == parse_money("0.30", "USD")


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("(415) 555-0123", "US", "+14155550123"),
        ("415.555.0123", "US", "+14155550123"),
        ("+1 415 555 0123", "DE", "+14155550123"),
        ("020 7946 0018", "GB", "+442079460018"),
    ],
)
def test_phone_numbers_in_any_format(written: str, country: str, number: str) -> None:
    assert parse_phone(written, country=country) == number


@pytest.mark.parametrize("written", ["", "hello", "123", "+1", "+1415555012345678", "٤١٥"])
def test_what_is_not_a_number_is_malformed_with_a_hint(written: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_phone(written, country="US")
    assert "+14155550123" in refusal.value.hint


@pytest.mark.parametrize(
    "text", ["4155550123", "+0155550123", "+1415555\n", "+1 4155550123", "＋14155550123"]
)
def test_what_is_not_e164_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        require_e164(text)


def test_a_number_is_shown_as_its_country_writes_it() -> None:
    assert format_national("+14155550123") == "(415) 555-0123"
    assert format_national("short code") == "short code"


def test_codes_are_of_the_alphabet_and_use_all_of_it() -> None:
    codes = new_codes(5000)
    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) == set(CODE_ALPHABET)
    assert len(set(codes)) == 5000


def test_no_character_of_a_code_is_likelier_than_another() -> None:
    """A chi-squared bound that a fair source passes all but once in 10^7 runs."""
    text = "".join(new_codes(20_000))
    expected = len(text) / len(CODE_ALPHABET)
    deviation = sum((text.count(c) - expected) ** 2 / expected for c in CODE_ALPHABET)
    assert deviation < 125


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_milliseconds_round_trip(moment: datetime) -> None:
    assert from_ms(to_ms(moment)) == moment - timedelta(microseconds=moment.microsecond % 1000)


def test_the_manual_clock_never_goes_back() -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    assert clock.move_to(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_secret_opens_only_with_its_key() -> None:
    sealed = Seal(b"1" * 32).close("auth token")
    assert "auth" not in sealed
    assert Seal(b"1" * 32).open(sealed) == "auth token"
    with pytest.raises(Unavailable):
        Seal(b"2" * 32).open(sealed)


def test_a_signature_belongs_to_its_text() -> None:
    seal = Seal(b"1" * 32)
    assert seal.matches("media/7", seal.sign("media/7"))
    assert not seal.matches("media/8", seal.sign("media/7"))


@pytest.mark.parametrize("amount", ["2_5", "２５", "0.0000001", "NaN"])
def test_what_is_not_millionths_is_malformed(amount: str) -> None:
    with pytest.raises(Malformed):
        parse_micros(amount, "USD")
