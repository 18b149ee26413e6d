from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.phonenumberutil import NumberParseException

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import is_e164, parse_phone

COUNTRIES = st.sampled_from(["US", "CA", "GB", "DE", "IT", "MX", "AR", "BR", "BB", "JM"])
CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
DIGITS = st.text("0123456789", min_size=1, max_size=13)
TEN_DIGITS = st.text("0123456789", min_size=10, max_size=10)
FORMS = st.sampled_from(
    [
        *("{}{}{}", "({}) {}-{}", "({}){}-{}", "{}-{}-{}", "{}.{}.{}", "{} {} {}", "({} {}-{}"),
        *("1{}{}{}", "1-{}-{}-{}", "1 ({}) {}-{}", "1.{}.{}.{}", "11{}{}{}", "01{}{}{}"),
        *("+1{}{}{}", "+1 {} {} {}", "+1 ({}) {}-{}", "+1-{}-{}-{}", "+ 1{}{}{}", "++1{}{}{}"),
        *(" {}{}{} ", "{}--{}-{}", "{} - {} - {}", "{}){}-{}", "{}{}{}.", "{}{}{} x9", "{}{}{}0"),
    ]
)


def by_the_library(text: str, country: str) -> str | None:
    """What phonenumbers alone makes of it, or None for a number that cannot exist."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if is_e164(written) else None


def by_us(text: str, country: str) -> str | None:
    try:
        return parse_phone(text, country=country)
    except Malformed:
        return None


@given(CODES, DIGITS, COUNTRIES)
def test_the_quick_way_reads_e164_as_the_library_does(code: int, rest: str, country: str) -> None:
    text = f"+{code}{rest}"
    assert by_us(text, country) == by_the_library(text, country)


@given(TEN_DIGITS, FORMS, COUNTRIES)
def test_the_quick_way_reads_ten_digits_as_the_library_does(
    digits: str, form: str, country: str
) -> None:
    text = form.format(digits[:3], digits[3:6], digits[6:])
    assert by_us(text, country) == by_the_library(text, country)


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_examples_of_every_calling_code_are_read_alike(code: int) -> None:
    """Every number of a plan that the library gives as an example, with what is dialled inside the
    country in front of it too: the quick way may not take that for part of the number."""
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        assert metadata is not None
        for kind in (metadata.mobile, metadata.fixed_line, metadata.voip, metadata.toll_free):
            example = getattr(kind, "example_number", None)
            if example is None:
                continue
            for inside in ("", "0", "1", "8", metadata.national_prefix or ""):
                text = f"+{code}{inside}{example}"
                assert by_us(text, "US") == by_the_library(text, "US"), text


@pytest.mark.parametrize("country", ["US", "CA", "DE", "GB"])
def test_the_prefix_that_most_of_the_world_dials_abroad_with_is_read_everywhere(
    country: str,
) -> None:
    assert parse_phone("0049 30 901820", country=country) == "+4930901820"
    assert parse_phone(" 0044 20 7946 0018", country=country) == "+442079460018"
    with pytest.raises(Malformed):
        parse_phone("00 12", country=country)
