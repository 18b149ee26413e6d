"""Quiet hours by the clocks of whoever is texted. Hours: domain rules D3."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone_words import read_phone
from textrail.vocabulary.quiet import Recipient, Span, house_rules, quiet_now, read_rules

TAMPA = "+18135550123"
DALLAS = "+12145550123"
OAKLAND = "+15105550123"
PROVIDENCE = "+14015550123"
LONDON = "+442079460018"


def who(phone: str, time_zone: str = "", region: str = "") -> Recipient:
    return Recipient(phone, "America/New_York", time_zone, region)


@pytest.mark.parametrize(
    ("phone", "at", "place", "opens"),
    [
        # Monday, 2 March 2026, winter time: Tampa is UTC-5, Oakland UTC-8, Dallas UTC-6.
        (OAKLAND, "2026-03-02T15:59", "United States", "2026-03-02T08:00"),
        (OAKLAND, "2026-03-02T16:00", None, None),
        (OAKLAND, "2026-03-03T04:59", None, None),
        (OAKLAND, "2026-03-03T05:00", "United States", "2026-03-03T08:00"),
        (TAMPA, "2026-03-03T00:59", None, None),
        (TAMPA, "2026-03-03T01:00", "Florida", "2026-03-03T08:00"),
        (DALLAS, "2026-03-02T14:59", "Texas", "2026-03-02T09:00"),
        (DALLAS, "2026-03-01T17:59", "Texas", "2026-03-01T12:00"),
        (DALLAS, "2026-03-01T18:00", None, None),
        (DALLAS, "2026-03-02T03:30", "Texas", "2026-03-02T09:00"),
        (PROVIDENCE, "2026-03-06T23:30", "Rhode Island", "2026-03-07T10:00"),
        # The night in which clocks go forward: 8:00 in Oakland is an hour earlier by UTC.
        (OAKLAND, "2026-03-08T14:59", "United States", "2026-03-08T08:00"),
        (OAKLAND, "2026-03-08T15:00", None, None),
        (LONDON, "2026-03-02T03:00", None, None),
        ("12345", "2026-03-02T03:00", None, None),
    ],
)
def test_quiet_hours_of_places(phone: str, at: str, place: str | None, opens: str | None) -> None:
    quiet = quiet_now(who(phone), datetime.fromisoformat(at).replace(tzinfo=UTC))
    found = (quiet.rule.place, f"{quiet.opens_at:%Y-%m-%dT%H:%M}") if quiet else (None, None)
    assert found == (place, opens)


def test_it_must_be_day_by_every_clock_that_they_may_live_by() -> None:
    """A number of Tampa whose owner said that they live in Oakland."""
    moved = who(TAMPA, "America/Los_Angeles")
    morning = datetime(2026, 3, 2, 14, tzinfo=UTC)  # 9:00 in Tampa, 6:00 in Oakland
    quiet = quiet_now(moved, morning)
    assert quiet is not None
    assert f"{quiet.local:%H:%M}" == "06:00"
    assert quiet.opens_at is not None
    assert quiet.opens_at.astimezone(UTC).hour == 16
    evening = datetime(2026, 3, 3, 2, tzinfo=UTC)  # 21:00 in Tampa, 18:00 in Oakland
    assert quiet_now(moved, evening) is not None


def test_the_region_on_record_counts_beside_the_area_code() -> None:
    at = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)  # 20:30 in Oakland
    assert quiet_now(who(OAKLAND), at) is None
    assert quiet_now(who(OAKLAND, region="fl"), at) is not None


def test_a_number_without_a_place_follows_the_clocks_of_the_business() -> None:
    assert quiet_now(who("+18005550123"), datetime(2026, 3, 2, 12, 30, tzinfo=UTC)) is not None
    assert quiet_now(who("+18005550123"), datetime(2026, 3, 2, 13, 0, tzinfo=UTC)) is None


def test_hours_of_ones_own_only_narrow() -> None:
    noon = datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert quiet_now(who(LONDON), noon, own=Span(9 * 60, 17 * 60)) is not None
    assert quiet_now(who(TAMPA), noon, own=Span(9 * 60, 13 * 60)) is None
    assert quiet_now(who(TAMPA), noon, own=Span(13 * 60, 14 * 60)) is not None


def test_hours_that_never_open_together_do_not_loop() -> None:
    rules = read_rules(
        '[US]\nname = "X"\nhours = "08:00-09:00"\ncitation = "c"\nverified_on = 2026-01-01\n'
    )
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    quiet = quiet_now(who(TAMPA), at, rules=rules, own=Span(12 * 60, 13 * 60))
    assert quiet is not None
    assert quiet.opens_at is None


@pytest.mark.parametrize("hours", ["8-21", "21:00-08:00", "08:00-25:00"])
def test_a_span_that_is_none_is_said(hours: str) -> None:
    with pytest.raises(ValueError, match=hours.replace(".", r"\.")):
        read_rules(
            f'[US]\nname = "X"\nhours = "{hours}"\ncitation = "c"\nverified_on = 2026-01-01\n'
        )


def test_every_rule_has_its_source() -> None:
    rules = house_rules()
    for rule in [*rules.countries.values(), *rules.regions.values()]:
        assert rule.citation
        assert rule.verified_on.year >= 2026
    areas = [area for rule in rules.regions.values() for area in rule.areas]
    assert len(areas) == len(set(areas))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("415555", "too short for a number of the United States"),
        ("555-0199", "lacks the area code"),
        ("+999123456", "a country code that does not exist"),
        ("+1 415 555 01990", "too long for a number of the United States"),
        ("Maya", "is not a phone number"),
        ("+44 20 7946 0018 1234", "too long for a number of the United Kingdom"),
    ],
)
def test_a_wrong_number_is_explained(text: str, wrong: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_phone(text, country="US")
    assert wrong in refused.value.sentence
    assert refused.value.field == "recipient"
    assert "(201) 555-0123" in refused.value.hint


@pytest.mark.parametrize(
    "text", ["(415) 555-0199", "415.555.0199", "+1 415 555 0199", "1-415-555-0199", "4155550199"]
)
def test_a_right_number_in_any_form(text: str) -> None:
    assert read_phone(text, country="US") == "+14155550199"
