"""How a number is shown to people of a country, and that they can write it as it is shown."""

from __future__ import annotations

import pytest

from textrail.vocabulary.phone import format_phone, parse_phone


@pytest.mark.parametrize(
    ("number", "home", "shown"),
    [
        ("+14155550123", "US", "(415) 555-0123"),
        ("+14165550123", "US", "(416) 555-0123"),  # Canada: dialled without a country code
        ("+442079460018", "US", "+44 20 7946 0018"),
        ("+442079460018", "GB", "020 7946 0018"),
        ("+442079460018", "JE", "020 7946 0018"),
        ("+14155550123", "GB", "+1 415-555-0123"),
        ("+813555501777", "US", "+81 3555501777"),
        ("+442079460018", "", "020 7946 0018"),
        ("72345", "US", "72345"),
        ("ACME", "US", "ACME"),
        ("anonymous", "US", "anonymous"),
    ],
)
def test_a_number_from_abroad_has_its_country_code(number: str, home: str, shown: str) -> None:
    assert format_phone(number, home=home) == shown


@pytest.mark.parametrize("home", ["US", "CA", "GB", "DE", "IT", "FR", "BR", "IN", "AU", "JP"])
@pytest.mark.parametrize(
    "number",
    ["+14155550123", "+442079460018", "+493012345678", "+390612345678", "+5511961234567"],
)
def test_what_is_shown_can_be_written(number: str, home: str) -> None:
    """A form that shows a number reads the same one when it is sent."""
    assert parse_phone(format_phone(number, home=home), country=home) == number
