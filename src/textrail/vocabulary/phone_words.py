"""Saying what is wrong with a phone number as somebody types it, with an example of a right one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber, parse_phone

_NAMES = {"US": "the United States", "CA": "Canada", "GB": "the United Kingdom", "DE": "Germany"}
_LONGEST_SHOWN = 32
_LOCAL = ValidationResult.IS_POSSIBLE_LOCAL_ONLY
# What is dialled once somebody has answered: “ext 5”, “x5”, “#5”, “,,5”.
_EXTENSION: Final = re.compile(
    r"(?<=[\d)\s])\s*(?:[,;#]+|(?=[a-zд]))\s*(?:(?:ext(?:ension|n)?|x|int|anexo|poste|доб)\.?)?"
    r"[\s:=]*\d{1,9}\s*#?\s*\Z",
    re.IGNORECASE,
)


def read_phone(text: str, *, country: str) -> PhoneNumber:
    """E.164 from any way of writing a number, as `parse_phone`; but Malformed says what is wrong
    with this one: letters, an extension, too short, too long, no such country."""
    if _EXTENSION.search(text) and not is_name(text):
        raise Malformed(
            f"“{text.strip()[:_LONGEST_SHOWN]}” has an extension, and a text reaches none.",
            hint="Write the number without it.",
            field="recipient",
            code="phone_extension",
        )
    try:
        phone = parse_phone(text, country=country)
    except Malformed as error:
        raise _explained(text, country, error.name) from error
    number = phonenumbers.parse(phone, None)
    if phonenumbers.is_possible_number_with_reason(number) == _LOCAL:
        raise _explained(text, country, "phone_impossible")
    return phone


def is_name(text: str) -> bool:
    """Whether what somebody typed is a name and no number: it has letters, beside those of an
    extension."""
    return any(character.isalpha() for character in _EXTENSION.sub("", text))


def _explained(text: str, country: str, code: str) -> Malformed:
    return Malformed(
        f"“{text.strip()[:_LONGEST_SHOWN]}” {_wrong(text, country)}",
        hint=f"Write it as {example_of(country)}, or with a plus and the country code.",
        field="recipient",
        code=code,
    )


def _wrong(text: str, country: str) -> str:
    if sum(character.isdecimal() for character in text) < 3:
        return "is not a phone number."
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return "begins with a country code that does not exist."
        if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
            return "has more digits than any phone number."
        return "is not a phone number."
    where = phonenumbers.region_code_for_country_code(number.country_code or 0)
    place = _NAMES.get(where, f"+{number.country_code}")
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT:
            return f"is too short for a number of {place}."
        case ValidationResult.TOO_LONG:
            return f"is too long for a number of {place}."
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "lacks the area code."
        case ValidationResult.INVALID_COUNTRY_CODE:
            return "begins with a country code that does not exist."
    return f"has a length that no number of {place} has."


@lru_cache(maxsize=300)
def example_of(country: str) -> str:
    """A number as people of `country` write it."""
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if number is None:
        return "+14155550123"
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
