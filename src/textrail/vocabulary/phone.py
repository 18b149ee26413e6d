"""Phone numbers: E.164 inside, the national format of their country for people."""

from __future__ import annotations

import re
from typing import NewType

import phonenumbers

from textrail.vocabulary.errors import Malformed

PhoneNumber = NewType("PhoneNumber", str)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


def is_e164(text: str) -> bool:
    return _E164.match(text) is not None


def require_e164(text: str) -> PhoneNumber:
    """The number as given, or Malformed unless it has E.164's form (`+` and 7 to 15 digits)."""
    if not is_e164(text):
        raise Malformed(
            f"“{text[:32]}” is not a phone number in E.164 form.",
            hint="Write it with a plus and the country code, such as +14155550123.",
            field="phone",
            code="phone_not_e164",
        )
    return PhoneNumber(text)


def parse_phone(text: str, *, country: str) -> PhoneNumber:
    """E.164 from any way of writing a number; `country` (ISO 3166) is assumed without a plus.

    Raises Malformed with what to write instead. Numbers that are possible but not assigned in the
    plan (as the 555 numbers of films are) pass: the carrier is the judge of those.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise _not_a_number(text, country) from error
    if not phonenumbers.is_possible_number(number):
        raise _not_a_number(text, country)
    return require_e164(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _not_a_number(text: str, country: str) -> Malformed:
    return Malformed(
        f"“{text[:32]}” is not a phone number that can exist in {country}.",
        hint="Write it with a plus and the country code, such as +14155550123.",
        field="phone",
        code="phone_impossible",
    )


def format_national(number: str) -> str:
    """The number as people of its country write it; unparsable text comes back unchanged."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def country_of(number: str) -> str:
    """The ISO 3166 country of a number's plan, or an empty string."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
