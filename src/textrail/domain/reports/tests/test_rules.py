"""Periods and choices, where a wrong hour or a made-up address would bend every number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from textrail.analytics.attribution import Model, TeamModel
from textrail.domain.reports.rules import Period, read_choice

NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 3, 9)
MARCH_1, MARCH_5 = date(2026, 3, 1), date(2026, 3, 5)
MARCH_5_BEFORE = date(2025, 3, 5)
HOUR_MS = 3_600_000


def test_a_day_of_the_clock_change_has_23_hours() -> None:
    span = Period(date(2026, 3, 8), date(2026, 3, 8)).span(NEW_YORK)
    assert span.until_ms - span.from_ms == 23 * HOUR_MS


def test_periods_meet_without_a_gap() -> None:
    period = Period(date(2026, 3, 3), date(2026, 3, 9))
    assert period.before == Period(date(2026, 2, 24), date(2026, 3, 2))
    assert period.before.span(NEW_YORK).until_ms == period.span(NEW_YORK).from_ms
    assert len(period.days) == 7


def test_half_a_day_is_compared_with_half_a_day() -> None:
    """At noon, today against all of yesterday would be a loss every morning."""
    period = Period(TODAY, TODAY)
    noon = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
    compared = period.passed_of(period.before, ZoneInfo("UTC"), noon)
    assert compared.until_ms - compared.from_ms == 16 * HOUR_MS
    over = period.passed_of(period.before, ZoneInfo("UTC"), noon + timedelta(days=3))
    assert over == period.before.span(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("parameters", "first", "last"),
    [
        ({}, date(2026, 2, 10), TODAY),
        ({"period": "7"}, date(2026, 3, 3), TODAY),
        ({"period": "30"}, date(2026, 2, 8), TODAY),
        ({"period": "366"}, date(2025, 3, 9), TODAY),
        ({"period": "367"}, date(2026, 2, 10), TODAY),
        ({"period": "1e9"}, date(2026, 2, 10), TODAY),
        ({"period": "dates"}, date(2026, 2, 10), TODAY),
        (
            {"period": "dates", "from": "2026-03-05", "to": "2026-03-01"},
            date(2026, 3, 1),
            date(2026, 3, 5),
        ),
        ({"period": "dates", "from": "2026-03-05"}, MARCH_5, TODAY),
        ({"period": "dates", "from": "0001-01-01", "to": "x"}, date(2025, 3, 9), TODAY),
        ({"period": "dates", "from": "9001-01-01", "to": "x"}, date(2026, 2, 10), TODAY),
        (
            {"period": "dates", "from": "2001-01-01", "to": "2026-03-05"},
            date(2025, 3, 5),
            date(2026, 3, 5),
        ),
    ],
)
def test_any_address_gives_a_period(parameters: dict[str, str], first: date, last: date) -> None:
    assert read_choice(parameters, TODAY).period == Period(first, last)


def test_choice_comes_back_from_its_own_address() -> None:
    parameters = {"period": "7", "model": "decay", "window": "30"}
    choice = read_choice(parameters, TODAY)
    assert (choice.model, choice.window_days) == (Model.DECAY, 30)
    assert choice.parameters == parameters
    any_days = {"period": "45", "window": "180", "view_window": "2", "half_life": "10"}
    assert read_choice(any_days, TODAY).parameters == any_days
    too_many = {"period": "0", "window": "366", "view_window": "31", "half_life": "1e2"}
    assert read_choice(too_many, TODAY).parameters == {}
    assert read_choice({"model": "markov"}, TODAY).model is TeamModel.MARKOV
    assert read_choice({"model": "'; --", "window": "-1"}, TODAY).parameters == {}
