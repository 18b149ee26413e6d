"""Phone numbers: E.164 inside, the national format of their country for people."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple, NewType

import phonenumbers
from phonenumbers import PhoneMetadata

from textrail.vocabulary.errors import Malformed

PhoneNumber = NewType("PhoneNumber", str)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_IN_ADDRESS = re.compile(r"[a-z]{1,12}:(\+[1-9][0-9]{6,14})(?:@.*)?\Z", re.DOTALL)
WITHHELD: Final = "anonymous"
# What stands in the place of a number that its owner hides; the digits spell such words on a
# phone's keys (anonymous, blocked, restricted, unavailable, unknown) and belong to nobody.
_HIDDEN: Final = {"", "anonymous", "blocked", "private", "restricted", "unavailable", "unknown"}
_SPELLED: Final = ("+266696687", "+2562533", "+7378742833", "+86282452253", "+8656696", "+8566696")
# How a number of the United States and Canada is written, with or without the 1.
_NORTH_AMERICA = ("US", "CA")
_TEN_DIGITS = re.compile(
    r" *(?:\+?1[ .-]?)?"
    r"(?:\(([2-9][0-9]{2})\) ?|([2-9][0-9]{2})[ .-]?)([0-9]{3})[ .-]?([0-9]{4}) *\Z"
)


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
    plan (as the 555 numbers of films are) pass: the carrier is the judge of those. The ways in
    which a million rows are written take a twentieth of the time of the rest.
    """
    plain = _read_plain(text, country)
    if plain is not None:
        return plain
    number = _possible(text, country)
    if number is None and text.lstrip().startswith("00"):
        # Most of the world dials abroad with 00, and writes it where other prefixes hold too.
        number = _possible("+" + text.lstrip()[2:], country)
    if number is None:
        raise _not_a_number(text, country)
    return require_e164(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _possible(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


class _Plan(NamedTuple):
    """What the library asks of a number that follows a calling code: how long it may be, and which
    beginnings it would take for a prefix that is dialled inside the country."""

    lengths: tuple[int, ...]
    prefix: re.Pattern[str] | None


def _read_plain(text: str, country: str) -> PhoneNumber | None:
    """What the library would make of a number in one of its two commonest forms, else None.

    E.164 is what it is when its plan allows that length and sees no dialling prefix in it; a zero
    in front is left to the library. Ten digits of North America that begin with 2 to 9 are neither.
    """
    if text[:1] == "+" and _E164.match(text):
        plan = _plan_of(text[1:4])
        national = text[1 + plan[0] :] if plan else ""
        if plan and len(national) in plan[1].lengths and national[0] != "0":
            prefix = plan[1].prefix
            if prefix is None or not prefix.match(national):
                return PhoneNumber(text)
    if country in _NORTH_AMERICA and (found := _TEN_DIGITS.match(text)):
        return PhoneNumber("+1" + "".join(filter(None, found.groups())))
    return None


@lru_cache(maxsize=1000)
def _plan_of(digits: str) -> tuple[int, _Plan] | None:
    """How many of `digits`, the first three behind a plus, are the calling code, and its plan."""
    for length in range(1, 4):
        code = int(digits[:length])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return length, _read_plan(code)
    return None


def _read_plan(code: int) -> _Plan:
    region = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or metadata.general_desc is None:
        return _Plan((), None)
    prefix = metadata.national_prefix_for_parsing
    return _Plan(metadata.general_desc.possible_length, re.compile(prefix) if prefix else None)


def named_sender(shown: str) -> str:
    """Who it is from, as a network shows it: the number where one is in it, WITHHELD for whoever
    hides it, else the short code or the name as it is.

    Channels and trunks write more around a number (`whatsapp:+1…`, `sip:+1…@host`).
    """
    text = shown.strip()
    if text.casefold() in _HIDDEN or text in _SPELLED:
        return WITHHELD
    around = _IN_ADDRESS.match(text)
    return around[1] if around else text


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


def format_phone(number: str, *, home: str) -> str:
    """The number as people of the country `home` (ISO 3166) read it: as `format_national` where
    they dial it without a country code, else international, such as +44 20 7946 0018. Where no
    home is known, as its own people write it."""
    code = calling_code(home)
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat.NATIONAL
    if code and parsed.country_code != code:
        style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def calling_code(country: str) -> int:
    """The code that numbers of a country (ISO 3166) begin with behind the plus; 0 if unknown."""
    return phonenumbers.country_code_for_region(country)


def country_of(number: str) -> str:
    """The ISO 3166 country of a number's plan, or an empty string."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


@lru_cache(maxsize=10_000)
def country_billed(number: str) -> str:
    """The ISO 3166 country whose price a text to `number` has, or an empty string.

    A number that its plan does not know yet (or never will, as those of films) has the price of
    the first country of its calling code. Short codes and names of senders have no country.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    found = phonenumbers.region_code_for_number(parsed)
    if not found and parsed.country_code:
        found = phonenumbers.region_code_for_country_code(parsed.country_code)
    return found if found and found != "001" and found != "ZZ" else ""
