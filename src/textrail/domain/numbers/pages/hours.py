"""Opening hours: the list, the page of one, its special days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import Hours
from textrail.vocabulary import opening
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.opening_words import (
    WEEKDAYS,
    read_spans,
    spans_in_words,
    state_in_words,
    uses_twelve,
    week_in_words,
)
from textrail.vocabulary.places import country_name
from textrail.web.showing import show_page

_ZONES = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
_COMING = timedelta(days=365)
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Row:
    """Opening hours as the list shows them."""

    hours: Hours
    week: str
    state: str
    is_open: bool
    numbers: int


@require_GET
@member_page(Permission.LOOK)
def hours_list(request: MemberRequest) -> HttpResponse:
    numbers = queries.numbers(request.business)
    all_hours = queries.all_hours(request.business)
    rows = [
        _row(
            request,
            row,
            sum(
                number.hours_id == row.id or (number.hours_id is None and row is all_hours[0])
                for number in numbers
            ),
        )
        for row in all_hours
    ]
    return render(request, "numbers/hours_list.html", {"rows": rows})


def _row(request: MemberRequest, row: Hours, numbers: int) -> Row:
    twelve = uses_twelve(request.business.country)
    hours = opening.decode_hours(row.opening)
    return Row(
        hours=row,
        week=week_in_words(hours, twelve=twelve),
        state=state_in_words(hours, request.now, twelve=twelve),
        is_open=opening.is_open(hours, request.now),
        numbers=numbers,
    )


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_hours(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _form(request, None, _usual(request.business), None)
    try:
        row = _save(request, None)
    except Refusal as refusal:
        return _form(request, None, _typed(request.POST), refusal)
    messages.success(request, "Saved. Holidays and special days are below.")
    return redirect("numbers:hours", request.business.slug, row.id)


@require_GET
@member_page(Permission.LOOK)
def hours(request: MemberRequest, hours_id: int) -> HttpResponse:
    row = queries.hours(request.business, hours_id)
    return _form(request, row, _given(request, row), None)


@require_POST
@member_page(Permission.MANAGE)
def edit_hours(request: MemberRequest, hours_id: int) -> HttpResponse:
    row = queries.hours(request.business, hours_id)
    try:
        _save(request, row)
    except Refusal as refusal:
        return _form(request, row, _typed(request.POST), refusal)
    messages.success(request, "Saved.")
    return redirect("numbers:hours", request.business.slug, hours_id)


@require_POST
@member_page(Permission.MANAGE)
def remove_hours(request: MemberRequest, hours_id: int) -> HttpResponse:
    actions.remove_hours(
        business=request.business, hours_id=hours_id, at=request.now, actor=request.user
    )
    messages.success(request, "Removed.")
    return redirect("numbers:hours_list", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def special_day(request: MemberRequest, hours_id: int) -> HttpResponse:
    """Add or change a special day; with `remove` it is an ordinary day again."""
    row = queries.hours(request.business, hours_id)
    try:
        day = _day(request.POST.get("day", ""))
        special = None if request.POST.get("remove") else _special(request.POST, day)
        actions.set_special_day(
            business=request.business,
            hours_id=hours_id,
            day=day,
            special=special,
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _form(request, row, _given(request, row), refusal, typed_day=request.POST.dict())
    return redirect("numbers:hours", request.business.slug, hours_id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed(
            "Which day?", hint="Choose one from the calendar, or write 2026-12-24.", field="day"
        ) from error


def _special(given: QueryDict, day: date) -> opening.SpecialDay:
    name = " ".join(given.get("day_name", "").split())[:_LONGEST_NAME]
    spans = read_spans(given.get("day_spans", ""), field="day_spans")
    return opening.SpecialDay(day.isoformat(), name, spans)


def _save(request: MemberRequest, row: Hours | None) -> Hours:
    given = request.POST
    known = () if row is None else opening.decode_hours(row.opening).special
    country = given.get("country", "")
    wanted = opening.Hours(
        time_zone=given.get("time_zone", "").strip(),
        week=tuple(
            read_spans(given.get(f"day-{index}", ""), field=f"day-{index}") for index in range(7)
        ),
        country=country,
        region=given.get("region", ""),
        open_on=tuple(name[:80] for name in given.getlist("open_on")) if country else (),
        special=known,
    )
    mine = {number.id for number in queries.numbers(request.business)}
    return actions.save_hours(
        business=request.business,
        hours_id=None if row is None else row.id,
        name=given.get("name", ""),
        wanted=wanted,
        number_ids=[number_id for number_id in mine if str(number_id) in given.getlist("numbers")],
        at=request.now,
        actor=request.user,
    )


def _usual(business: Business) -> dict[str, Any]:
    """What a new form offers: weekdays from nine to five, with the holidays of the country."""
    return {
        "name": "Opening hours",
        "time_zone": business.time_zone,
        "days": ["9 AM–5 PM" if uses_twelve(business.country) else "9:00–17:00"] * 5 + ["", ""],
        "country": business.country if business.country in opening.holiday_regions() else "",
        "region": "",
        "open_on": (),
        "numbers": None,
    }


def _given(request: MemberRequest, row: Hours) -> dict[str, Any]:
    hours = opening.decode_hours(row.opening)
    twelve = uses_twelve(request.business.country)
    return {
        "name": row.name,
        "time_zone": hours.time_zone,
        "days": [spans_in_words(spans, twelve=twelve) if spans else "" for spans in hours.week],
        "country": hours.country,
        "region": hours.region,
        "open_on": hours.open_on,
        "numbers": None,
    }


def _typed(given: QueryDict) -> dict[str, Any]:
    return {
        "name": given.get("name", ""),
        "time_zone": given.get("time_zone", ""),
        "days": [given.get(f"day-{index}", "") for index in range(7)],
        "country": given.get("country", ""),
        "region": given.get("region", ""),
        "open_on": tuple(given.getlist("open_on")),
        "numbers": given.getlist("numbers"),
    }


def _form(
    request: MemberRequest,
    row: Hours | None,
    given: dict[str, Any],
    refusal: Refusal | None,
    *,
    typed_day: dict[str, str] | None = None,
) -> HttpResponse:
    wrong = refusal.field if refusal else ""
    regions = opening.region_names(given["country"])
    context: dict[str, Any] = {
        "row": row,
        "state": _row(request, row, 0) if row else None,
        "given": given,
        "days": [
            {"index": index, "name": name, "value": value, "wrong": wrong == f"day-{index}"}
            for index, (name, value) in enumerate(zip(WEEKDAYS, given["days"], strict=True))
        ],
        "zones": _ZONES,
        "countries": [("", "None"), *_by_name(_countries())],
        "regions": [("", "All of the country"), *_by_name(regions)] if regions else [],
        "holidays": _holidays(request, given),
        "specials": _specials(request, row),
        "numbers": _numbers(request, row, given),
        "typed_day": typed_day or {},
    }
    return show_page(request, "numbers/hours.html", context, refusal)


def _countries() -> dict[str, str]:
    return {code: country_name(code) for code in opening.holiday_regions()}


def _by_name(named: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(named.items(), key=lambda each: each[1])


def _holidays(request: MemberRequest, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The public holidays of the coming year, each name once, and whether it is open on them."""
    if given["country"] not in opening.holiday_regions():
        return []
    today = request.now.date()
    found: dict[str, dict[str, Any]] = {}
    for each in opening.coming_holidays(
        given["country"], given["region"], since=today, until=today + _COMING
    ):
        name = opening.plain_holiday(each.name)
        entry = {"name": name, "day": each.day, "open": name in given["open_on"]}
        found.setdefault(name, entry)
    return list(found.values())


def _specials(request: MemberRequest, row: Hours | None) -> list[dict[str, str]]:
    if row is None:
        return []
    twelve = uses_twelve(request.business.country)
    return [
        {
            "day": each.day,
            "words": _day_words(each.day),
            "name": each.name,
            "spans": spans_in_words(each.spans, twelve=twelve),
        }
        for each in opening.decode_hours(row.opening).special
    ]


def _day_words(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day:%a}, {day.day} {day:%B %Y}"


def _numbers(
    request: MemberRequest, row: Hours | None, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Every number, and whether these hours are chosen for it."""
    ticked = given["numbers"]
    return [
        {
            "number": number,
            "chosen": str(number.id) in ticked
            if ticked is not None
            else row is not None and number.hours_id == row.id,
        }
        for number in queries.numbers(request.business)
    ]
