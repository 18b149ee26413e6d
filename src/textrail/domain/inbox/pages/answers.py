"""Automatic answers: the list in its order, the page of one with its preview, and trying them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer
from textrail.domain.inbox.rules.answers import FIELDS, Filling, fill_answer
from textrail.domain.inbox.rules.counting import count_words
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.moments import read_moment
from textrail.vocabulary.opening_words import uses_twelve
from textrail.vocabulary.phone import parse_phone
from textrail.web.formats import phone_text

_HINTS: Final = {
    AnswerTrigger.KEYWORD: "The whole text is one of these words.",
    AnswerTrigger.IN_HOURS: "A text comes in while you are open.",
    AnswerTrigger.AFTER_HOURS: "A text comes in while you are closed.",
    AnswerTrigger.FIRST_TEXT: "Somebody texts for the first time.",
    AnswerTrigger.ALWAYS: "Any text, when nothing above it holds.",
    AnswerTrigger.MISSED_CALL: "Nobody answered a call.",
}
_PERIODS: Final = (
    (0, "Every time"),
    (1, "Once in an hour"),
    (12, "Once in 12 hours"),
    (24, "Once in a day"),
    (168, "Once in a week"),
    (720, "Once in 30 days"),
)
_QUIET: Final = (
    (0, "Whenever it is its turn"),
    (15, "Not within 15 minutes after one of you wrote"),
    (60, "Not within an hour after one of you wrote"),
    (480, "Not within 8 hours after one of you wrote"),
    (1440, "Not within a day after one of you wrote"),
)
_EVENTS: Final = (
    ("text", "A text"),
    ("missed_call", "A call that nobody answers"),
    ("voicemail", "A call that ends with a voicemail"),
)
_EXAMPLE_NAME: Final = "Dana"


@require_GET
@member_page(Permission.LOOK)
def answers(request: MemberRequest) -> HttpResponse:
    context = {
        "rows": queries.answers_of(request.business),
        "stopped": queries.stopped_texts(request.business),
        "order": [(trigger.label, _HINTS[trigger]) for trigger in AnswerTrigger],
        "has_numbers": bool(numbers.numbers(request.business)),
    }
    return render(request, "inbox/answers.html", context)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_answer(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _form(request, None, _fresh(request.GET), None)
    try:
        row = _save(request, None)
    except Refusal as refusal:
        return _form(request, None, request.POST.dict(), refusal)
    messages.success(request, "Saved. It is on." if row.enabled else "Saved. It is off.")
    return redirect("inbox:answers", request.business.slug)


@require_GET
@member_page(Permission.LOOK)
def answer(request: MemberRequest, answer_id: int) -> HttpResponse:
    row = queries.answer(request.business, answer_id)
    return _form(request, row, _given(row), None)


@require_POST
@member_page(Permission.MANAGE)
def edit_answer(request: MemberRequest, answer_id: int) -> HttpResponse:
    row = queries.answer(request.business, answer_id)
    try:
        _save(request, row)
    except Refusal as refusal:
        return _form(request, row, request.POST.dict(), refusal)
    messages.success(request, "Saved.")
    return redirect("inbox:answers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def switch_answer(request: MemberRequest, answer_id: int) -> HttpResponse:
    actions.switch_answer(
        business=request.business,
        answer_id=answer_id,
        enabled=request.POST.get("enabled") == "1",
        at=request.now,
        actor=request.user,
    )
    return redirect("inbox:answers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove_answer(request: MemberRequest, answer_id: int) -> HttpResponse:
    actions.remove_answer(
        business=request.business, answer_id=answer_id, at=request.now, actor=request.user
    )
    messages.success(request, "Removed.")
    return redirect("inbox:answers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def preview_answer(request: MemberRequest) -> HttpResponse:
    """The answer on a phone, with its fields filled in, and what it counts."""
    return render(request, "inbox/answer_preview.html", _preview(request, request.POST.dict()))


@require_GET
@member_page(Permission.LOOK)
def try_answers(request: MemberRequest) -> HttpResponse:
    """What a text at a time to a number would be answered with, why, and why not the others."""
    given = request.GET.dict()
    rows = numbers.numbers(request.business)
    context: dict[str, Any] = {
        "numbers": [(row.id, _number_words(row)) for row in rows],
        "events": _EVENTS,
        "given": {"at": _local(request, request.now), "event": "text", **given},
        "trial": None,
        "refusal": None,
    }
    if rows and "event" in given:
        try:
            context["trial"] = _try(request, given, rows)
        except Refusal as refusal:
            context["refusal"] = refusal
    return render(request, "inbox/try_answers.html", context)


def _try(
    request: MemberRequest, given: dict[str, str], rows: list[TrackingNumber]
) -> queries.Trial:
    chosen = next((row for row in rows if str(row.id) == given.get("number")), rows[0])
    event = next((key for key, _ in _EVENTS if key == given["event"]), "text")
    phone = given.get("phone", "").strip()
    return queries.try_answer(
        request.business,
        numbers.number(request.business, chosen.id),
        event=event,  # type: ignore[arg-type]
        body=given.get("text", ""),
        at=_moment(request, given.get("at", "")),
        phone=parse_phone(phone, country=request.business.country) if phone else "",
        texted_before=given.get("before") == "1",
    )


def _local(request: MemberRequest, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(request.business.time_zone))
    return local.strftime("%Y-%m-%dT%H:%M")


def _moment(request: MemberRequest, text: str) -> datetime:
    if not text:
        return request.now
    moment = read_moment(text, ZoneInfo(request.business.time_zone))
    if moment is None:
        raise Malformed("This is not a time.", hint="Write it as 2026-03-02T10:00.", field="at")
    return moment


def _save(request: MemberRequest, row: AutoAnswer | None) -> AutoAnswer:
    given = request.POST
    if given.get("trigger", "") not in AnswerTrigger.values:
        raise Malformed("Answer what?", hint="Choose one from the list.", field="trigger")
    number, source = _scope(request, given.get("scope", ""))
    draft = actions.AnswerDraft(
        trigger=AnswerTrigger(given["trigger"]),
        body=given.get("body", ""),
        number=number,
        source=source,
        keywords=given.get("keywords", ""),
        enabled=given.get("enabled") == "1",
        period_hours=_whole(given.get("period_hours", ""), "period_hours"),
        quiet_minutes=_whole(given.get("quiet_minutes", ""), "quiet_minutes"),
        after_voicemail=given.get("after_voicemail") == "1",
        tag=given.get("tag", ""),
    )
    return actions.save_answer(
        business=request.business,
        draft=draft,
        answer_id=None if row is None else row.id,
        at=request.now,
        actor=request.user,
    )


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Malformed("This is no number.", hint="Choose one from the list.", field=field)
    return int(text)


def _scope(request: MemberRequest, text: str) -> tuple[Any, Any]:
    """The number or the source that `number:5` or `source:3` names; neither for an empty one."""
    kind, _, id_ = text.partition(":")
    if kind == "number":
        found = [row for row in numbers.numbers(request.business) if str(row.id) == id_]
    else:
        found = []
    sources = [row for row in numbers.sources(request.business) if str(row.id) == id_]
    if kind == "source" and sources:
        return None, sources[0]
    if text and not found:
        raise Malformed(
            "There is no such number or source.", hint="Choose one from the list.", field="scope"
        )
    return (found[0] if found else None), None


def _fresh(asked: QueryDict) -> dict[str, str]:
    return {
        "trigger": asked.get("trigger", AnswerTrigger.FIRST_TEXT.value),
        "scope": asked.get("scope", ""),
        "period_hours": "12",
        "quiet_minutes": "0",
        "enabled": "1",
        "after_voicemail": "1",
        "body": "Thanks for texting {business}! We answer soon.",
    }


def _given(row: AutoAnswer) -> dict[str, str]:
    scope = f"number:{row.number_id}" if row.number_id else ""
    return {
        "trigger": row.trigger,
        "scope": f"source:{row.source_id}" if row.source_id else scope,
        "keywords": ", ".join(row.keywords.split("\n")),
        "body": row.body,
        "enabled": "1" if row.enabled else "",
        "period_hours": str(row.period_hours),
        "quiet_minutes": str(row.quiet_minutes),
        "after_voicemail": "1" if row.after_voicemail else "",
        "tag": row.tag,
    }


def _form(
    request: MemberRequest, row: AutoAnswer | None, given: dict[str, str], refusal: Refusal | None
) -> HttpResponse:
    context = {
        "row": row,
        "given": given,
        "triggers": [
            (trigger.value, f"{trigger.label}: {_HINTS[trigger]}") for trigger in AnswerTrigger
        ],
        "scopes": _scopes(request),
        "periods": _with_own(_PERIODS, given.get("period_hours", ""), "Once in {} hours"),
        "quiet": _with_own(_QUIET, given.get("quiet_minutes", ""), "Not within {} minutes"),
        "fields": FIELDS.items(),
        "has_hours": bool(numbers.all_hours(request.business)),
        "refusal": refusal,
        **_preview(request, given),
    }
    status = refusal.status if refusal else 200
    return render(request, "inbox/answer.html", context, status=status)


def _with_own(choices: tuple[tuple[int, str], ...], kept: str, words: str) -> list[tuple[int, str]]:
    """The choices, and what is kept, when it was set to something that is none of them."""
    known = {value for value, _ in choices}
    if kept.isdecimal() and len(kept) < 9 and int(kept) not in known:
        return sorted([*choices, (int(kept), words.format(int(kept)))])
    return list(choices)


def _scopes(request: MemberRequest) -> list[tuple[str, str]]:
    return [
        ("", "All numbers"),
        *((f"source:{row.id}", f"Source: {row.name}") for row in numbers.sources(request.business)),
        *(
            (f"number:{row.id}", f"Number: {_number_words(row)}")
            for row in numbers.numbers(request.business)
        ),
    ]


def _number_words(row: TrackingNumber) -> str:
    return f"{row.name} {phone_text(row.phone)}"


def _preview(request: MemberRequest, given: dict[str, str]) -> dict[str, Any]:
    rows = numbers.numbers(request.business)
    chosen = next((row for row in rows if f"number:{row.id}" == given.get("scope")), None)
    sample = chosen or next(iter(rows), None)
    filling = Filling(
        business=request.business.name,
        number=sample.phone if sample else "",
        name=_EXAMPLE_NAME,
        hours=numbers.opening_of(sample) if sample else None,
        at=request.now,
        twelve=uses_twelve(request.business.country),
    )
    words = fill_answer(given.get("body", "").strip(), filling) if sample else ""
    return {"words": words, "count": count_words(words), "at": request.now}
