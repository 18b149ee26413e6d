"""Opening hours on the clocks of the business, at the edges where clocks and calendars are odd."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary import opening
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.opening import Hours, Span, SpecialDay
from textrail.vocabulary.opening_words import (
    now_in_words,
    opening_in_words,
    read_spans,
    spans_in_words,
    state_in_words,
    week_in_words,
)

NEW_YORK = "America/New_York"
OFFICE = Span(9 * 60, 17 * 60)
WEEKDAYS_ONLY = ((OFFICE,),) * 5 + ((), ())
CLOSED = ((),) * 7


def hours(week: tuple[tuple[Span, ...], ...] = WEEKDAYS_ONLY, **more: object) -> Hours:
    return Hours(time_zone=NEW_YORK, week=week, **more)  # type: ignore[arg-type]


def at(text: str, zone: str = NEW_YORK, *, fold: int = 0) -> datetime:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return local.astimezone(UTC)


def test_open_from_the_first_minute_up_to_not_including_the_last() -> None:
    assert not opening.is_open(hours(), at("2026-03-02T08:59:59.999"))
    assert opening.is_open(hours(), at("2026-03-02T09:00"))
    assert opening.is_open(hours(), at("2026-03-02T16:59:59.999"))
    assert not opening.is_open(hours(), at("2026-03-02T17:00"))


def test_several_spans_a_day_leave_the_lunch_closed() -> None:
    week = ((Span(540, 720), Span(780, 1080)),) * 7
    assert not opening.is_open(hours(week), at("2026-03-02T12:30"))
    assert opening.next_opening(hours(week), at("2026-03-02T12:30")) == at("2026-03-02T13:00")


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    friday = ((),) * 4 + ((Span(20 * 60, 2 * 60),), (), ())
    assert opening.is_open(hours(friday), at("2026-03-07T01:59"))
    assert not opening.is_open(hours(friday), at("2026-03-06T01:00"))
    assert opening.closing(hours(friday), at("2026-03-06T23:00")) == at("2026-03-07T02:00")


def test_spans_that_touch_close_at_the_last_of_them() -> None:
    week = ((Span(540, 720), Span(720, 1080)),) * 7
    assert opening.closing(hours(week), at("2026-03-02T10:00")) == at("2026-03-02T18:00")


def test_round_the_clock_never_closes_and_never_opens() -> None:
    always = hours(((Span(0, 1440),),) * 7)
    moment = at("2026-03-02T03:00")
    assert opening.closing(always, moment) is None
    assert now_in_words(always, moment) == "open around the clock"
    assert opening.next_opening(hours(CLOSED), moment) is None
    assert now_in_words(hours(CLOSED), moment) == "closed"


def test_a_holiday_closes_and_can_be_an_ordinary_day() -> None:
    thanksgiving = at("2026-11-26T10:00")
    american = hours(country="US")
    assert not opening.is_open(american, thanksgiving)
    assert opening.is_open(hours(), thanksgiving)
    assert opening.is_open(hours(country="US", open_on=("Thanksgiving Day",)), thanksgiving)
    assert opening.next_opening(american, thanksgiving) == at("2026-11-27T09:00")
    assert state_in_words(american, thanksgiving) == (
        "Closed (Thanksgiving Day), opens tomorrow at 9:00"
    )


def test_a_holiday_that_is_kept_on_another_day_has_one_name() -> None:
    observed = at("2026-07-03T10:00")  # the Fourth is a Saturday in 2026
    assert not opening.is_open(hours(country="US"), observed)
    assert opening.is_open(hours(country="US", open_on=("Independence Day",)), observed)


def test_a_region_has_holidays_of_its_own() -> None:
    epiphany = at("2026-01-06T10:00", "Europe/Berlin")
    week = ((OFFICE,),) * 7
    germany = Hours(time_zone="Europe/Berlin", week=week, country="DE")
    bavaria = Hours(time_zone="Europe/Berlin", week=week, country="DE", region="BY")
    assert opening.is_open(germany, epiphany)
    assert not opening.is_open(bavaria, epiphany)


def test_a_country_or_region_that_nobody_knows_closes_nothing() -> None:
    moment = at("2026-11-26T10:00")
    assert opening.is_open(hours(country="XX"), moment)
    assert not opening.is_open(hours(country="US", region="ZZ"), moment)


def test_a_special_day_decides_before_a_holiday() -> None:
    half = SpecialDay("2026-11-26", "Half a day", (Span(540, 720),))
    shut = SpecialDay("2026-11-27", "Inventory")
    special = hours(country="US", special=(half, shut))
    assert opening.is_open(special, at("2026-11-26T10:00"))
    assert not opening.is_open(special, at("2026-11-26T13:00"))
    assert opening.why_closed(special, date(2026, 11, 27)) == "Inventory"
    assert opening.next_opening(special, at("2026-11-26T13:00")) == at("2026-11-30T09:00")


def test_an_opening_that_the_clock_jumps_over_is_the_jump() -> None:
    night = hours(((Span(150, 300),),) * 7)  # 2:30 does not exist on 8 March 2026
    jump = at("2026-03-08T03:00")
    assert opening.next_opening(night, at("2026-03-08T01:00")) == jump
    assert opening.is_open(night, jump)
    assert not opening.is_open(night, jump - timedelta(seconds=1))


def test_an_hour_that_comes_twice_is_open_both_times() -> None:
    bar = hours(((Span(20 * 60, 90),),) * 7)  # until 1:30, which comes twice on 1 November 2026
    assert opening.closing(bar, at("2026-10-31T22:00")) == at("2026-11-01T01:30", fold=1)
    early = hours(((Span(90, 300),),) * 7)
    assert opening.next_opening(early, at("2026-11-01T00:30")) == at("2026-11-01T01:30", fold=0)


def test_a_day_of_23_hours_keeps_its_wall_times() -> None:
    office = hours(((OFFICE,),) * 7)
    assert opening.next_opening(office, at("2026-03-07T18:00")) == at("2026-03-08T09:00")
    assert at("2026-03-08T09:00") - at("2026-03-07T17:00") == timedelta(hours=15)


@given(
    st.integers(1_735_689_600, 1_830_297_600).map(
        lambda second: datetime.fromtimestamp(second, UTC)
    ),
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=3),
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_what_opens_is_open_and_what_closes_is_closed(
    moment: datetime, spans: list[tuple[int, int]], zone: str
) -> None:
    any_week = Hours(time_zone=zone, week=(tuple(Span(*span) for span in spans),) * 7)
    opens = opening.next_opening(any_week, moment)
    closes = opening.closing(any_week, moment)
    assert opening.decode_hours(opening.encode_hours(any_week)) == any_week
    if opens is not None:
        assert opens >= moment
        assert opening.is_open(any_week, opens)
        assert opens == moment or not opening.is_open(any_week, opens - timedelta(seconds=1))
    if closes is not None:
        assert closes > moment
        assert not opening.is_open(any_week, closes)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-03-02T10:00", "open until 5 PM"),
        ("2026-03-02T08:00", "closed until 9 AM"),
        ("2026-03-02T18:00", "closed until tomorrow at 9 AM"),
        ("2026-03-06T18:00", "closed until Monday at 9 AM"),
    ],
)
def test_hours_in_the_words_of_an_answer(moment: str, words: str) -> None:
    assert now_in_words(hours(), at(moment), twelve=True) == words


def test_an_opening_far_away_has_a_date() -> None:
    shut = tuple(SpecialDay(f"2026-03-{day:02}", "Holiday") for day in range(2, 14))
    assert opening_in_words(hours(special=shut), at("2026-03-02T10:00")) == (
        "Monday, 16 March at 9:00"
    )


def test_a_week_in_words() -> None:
    week = ((OFFICE,),) * 5 + ((Span(600, 840),), ())
    assert week_in_words(hours(week)) == "Mon–Fri 9:00–17:00, Sat 10:00–14:00"
    assert week_in_words(hours(CLOSED)) == "closed"


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("9-17", (Span(540, 1020),)),
        ("9:00 – 12:30, 13.30–18h00", (Span(540, 750), Span(810, 1080))),
        ("9am to 5:30 PM", (Span(540, 1050),)),
        ("1 p.m. - 6 p.m.", (Span(780, 1080),)),
        ("22-2", (Span(1320, 120),)),
        ("18:00-24:00", (Span(1080, 1440),)),
        ("13-17, 9-12", (Span(540, 720), Span(780, 1020))),
        ("24 hours", (Span(0, 1440),)),
        ("Closed", ()),
        ("", ()),
    ],
)
def test_hours_as_people_write_them(text: str, spans: tuple[Span, ...]) -> None:
    assert read_spans(text) == spans
    assert read_spans(spans_in_words(spans)) == spans
    assert read_spans(spans_in_words(spans, twelve=True)) == tuple(
        Span(span.opens, span.closes % 1440 if span != Span(0, 1440) else 1440) for span in spans
    )


@pytest.mark.parametrize(
    "text", ["9", "9-25", "13pm-14pm", "9-12-15", "soon", "9-12, 11-14", "20-3, 2-4", "9:75-10"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_spans(text)
