"""Call flows: the list, a new one, the steps of one as cards, which numbers follow it."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import CallFlow
from textrail.domain.numbers.pages.flow_cards import (
    NEW,
    NEW_WORDS,
    cards,
    choices_of_steps,
    summary,
)
from textrail.domain.numbers.pages.flow_forms import (
    add_step,
    read_lines,
    read_step,
    save_step,
    without_step,
)
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.flow_presets import PRESETS, preset
from textrail.vocabulary.flows import KEYS, LANGUAGES, Flow, Menu, Ring, Step, decode_flow, problem
from textrail.vocabulary.ids import read_id
from textrail.web.formats import phone_text
from textrail.web.showing import show_page

_YES = (("", "No"), ("1", "Yes"))
_HOW = (("", "All at once"), ("1", "One after the other"))
_SHOWS = (("caller", "The caller’s number"), ("number", "Your tracking number"))
_BLANK_ROWS = 2


@require_GET
@member_page(Permission.LOOK)
def flows(request: MemberRequest) -> HttpResponse:
    rows = [(row, summary(live_flow(row))) for row in queries.call_flows(request.business)]
    without = [n for n in queries.numbers(request.business) if n.call_flow_id is None]
    return render(request, "numbers/flows.html", {"rows": rows, "without": without})


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_flow(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _new_form(request, {"preset": "team"}, None)
    given = request.POST.dict()
    hours = queries.all_hours(request.business)
    try:
        flow = preset(
            given.get("preset", ""),
            business=request.business.name,
            lines=read_lines(given, request.business),
            hours_id=hours[0].pk if hours else 0,
        )
        row = actions.create_flow(
            business=request.business,
            name=given.get("name", ""),
            flow=flow,
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _new_form(request, given, refusal)
    messages.success(request, "Saved. Now choose the numbers that follow it.")
    return redirect("numbers:flow", request.business.slug, row.pk)


def _new_form(
    request: MemberRequest, given: dict[str, str], refusal: Refusal | None
) -> HttpResponse:
    context = {
        "presets": PRESETS,
        "given": given,
        "phones": _rows(given),
        "has_hours": bool(queries.all_hours(request.business)),
    }
    return show_page(request, "numbers/flow_new.html", context, refusal)


def _rows(given: dict[str, str]) -> list[tuple[int, str, str]]:
    return [(n, given.get(f"phone-{n}", ""), given.get(f"name-{n}", "")) for n in range(1, 5)]


@require_GET
@member_page(Permission.LOOK)
def flow(request: MemberRequest, flow_id: int) -> HttpResponse:
    """The cards; `?step=` opens the form of one."""
    row = queries.call_flow(request.business, flow_id)
    return _flow_page(request, row, open_step=request.GET.get("step", ""))


@require_POST
@member_page(Permission.MANAGE)
def edit_step(request: MemberRequest, flow_id: int) -> HttpResponse:
    """Save a step in the draft, and open the one that was made for a way out, if any."""
    row = queries.call_flow(request.business, flow_id)
    given = request.POST.dict()
    edited = edited_flow(row)
    step = edited.step(given.get("step", ""))
    if step is None:
        raise NotFound("This step is not there any more.", hint="Open the call flow again.")
    try:
        changed, made = save_step(
            edited,
            read_step(step, given, request.business),
            business=request.business,
            hours_id=_usual_hours(request),
        )
        _draft(request, row, changed)
    except Refusal as refusal:
        return _flow_page(request, row, open_step=step.id, refusal=refusal, typed=given)
    return _to_step(request, row, made) if made else _to_flow(request, row, step.id)


@require_POST
@member_page(Permission.MANAGE)
def change_flow(request: MemberRequest, flow_id: int) -> HttpResponse:
    """Everything about a flow that is no step: `do` says what."""
    row = queries.call_flow(request.business, flow_id)
    done = _DEEDS.get(request.POST.get("do", ""))
    if done is None:
        raise Malformed("There is nothing to do.")
    try:
        return done(request, row)
    except Refusal as refusal:
        row = queries.call_flow(request.business, flow_id)
        return _flow_page(request, row, refusal=refusal)


def _use(request: MemberRequest, row: CallFlow) -> HttpResponse:
    actions.use_draft(
        call_flow=row, seen=request.POST.get("seen", ""), at=request.now, actor=request.user
    )
    messages.success(request, "Callers hear it from now on.")
    return _to_flow(request, row)


def _discard(request: MemberRequest, row: CallFlow) -> HttpResponse:
    actions.discard_draft(call_flow=row, at=request.now)
    messages.success(request, "The changes are gone. Callers hear what they heard before.")
    return _to_flow(request, row)


def _remove(request: MemberRequest, row: CallFlow) -> HttpResponse:
    actions.remove_flow(call_flow=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” was removed.")
    return redirect("numbers:flows", request.business.slug)


def _remove_step(request: MemberRequest, row: CallFlow) -> HttpResponse:
    _draft(request, row, without_step(edited_flow(row), request.POST.get("step", "")))
    return _to_flow(request, row)


def _add_step(request: MemberRequest, row: CallFlow) -> HttpResponse:
    """A new step in front of all others."""
    flow = edited_flow(row)
    wanted = request.POST.get("kind", "")
    flow, made = add_step(flow, wanted, business=request.business, hours_id=_usual_hours(request))
    step = flow.step(made)
    assert step is not None
    leading = _leading(step, flow.first)
    steps = tuple(leading if each.id == made else each for each in flow.steps)
    _draft(request, row, msgspec.structs.replace(flow, first=made, steps=steps))
    return _to_step(request, row, made)


def _settle(request: MemberRequest, row: CallFlow) -> HttpResponse:
    """The name, the voice, and which numbers follow it."""
    named = request.POST.getlist("numbers")
    ids = {number_id for each in named if (number_id := read_id(each)) is not None}
    if any(read_id(each) is None for each in named):
        raise Malformed("That is no number.", hint="Reload the page.", field="numbers")
    actions.rename_flow(
        call_flow=row, name=request.POST.get("name", ""), at=request.now, actor=request.user
    )
    actions.use_for_numbers(call_flow=row, number_ids=ids, at=request.now, actor=request.user)
    row = queries.call_flow(request.business, row.pk)
    flow, language = edited_flow(row), request.POST.get("language", "")
    if language != flow.language:
        if language not in LANGUAGES:
            raise Malformed("This language cannot be spoken.", field="language")
        _draft(
            request,
            row,
            msgspec.structs.replace(flow, language=language),
            seen=actions.version_of(row),
        )
    messages.success(request, "Saved.")
    return _to_flow(request, row)


_DEEDS = {
    "use": _use,
    "discard": _discard,
    "remove": _remove,
    "remove_step": _remove_step,
    "add_step": _add_step,
    "settle": _settle,
}


def live_flow(row: CallFlow) -> Flow:
    """What callers hear."""
    return decode_flow(row.flow)


def edited_flow(row: CallFlow) -> Flow:
    """What is being changed, or what callers hear when nothing is."""
    return decode_flow(row.draft or row.flow)


def _draft(request: MemberRequest, row: CallFlow, flow: Flow, *, seen: str = "") -> None:
    actions.draft_flow(
        call_flow=row,
        flow=flow,
        seen=seen or request.POST.get("seen", ""),
        at=request.now,
        actor=request.user,
    )


def _leading(step: Step, first: str) -> Step:
    """A new step in front leads to what was first."""
    names = {"greeting": "next", "menu": "no_key", "ring": "no_answer", "hours": "open"}
    way = names.get(step.id.rstrip("0123456789"))
    return msgspec.structs.replace(step, **{way: first}) if way else step


def _usual_hours(request: MemberRequest) -> int:
    hours = queries.all_hours(request.business)
    return hours[0].pk if hours else 0


def _to_flow(request: MemberRequest, row: CallFlow, step: str = "") -> HttpResponse:
    address = reverse("numbers:flow", args=(request.business.slug, row.pk))
    return redirect(f"{address}#{step}" if step else address)


def _to_step(request: MemberRequest, row: CallFlow, step: str) -> HttpResponse:
    address = reverse("numbers:flow", args=(request.business.slug, row.pk))
    return redirect(f"{address}?step={step}#{step}")


def _flow_page(
    request: MemberRequest,
    row: CallFlow,
    *,
    open_step: str = "",
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    edited = edited_flow(row)
    hours = queries.all_hours(request.business)
    sounds = queries.sounds(request.business)
    may_edit = request.may["manage"]
    opened = edited.step(open_step) if may_edit else None
    context: dict[str, Any] = {
        "flow": row,
        "cards": cards(edited, hours, sounds),
        "seen": actions.version_of(row),
        "problem": problem(edited) if row.draft else "",
        "opened": opened,
        "form": _form_of(opened, typed) if opened else None,
        "steps": choices_of_steps(edited, but=open_step),
        "new_steps": [(NEW + kind, words.capitalize()) for kind, words in NEW_WORDS],
        "hours_choices": [(hour.pk, hour.name) for hour in hours],
        "sound_choices": [("", "Words, spoken"), *((s.token, f"♪ {s.name}") for s in sounds)],
        "languages": LANGUAGES.items(),
        "language": edited.language,
        "numbers": queries.numbers(request.business),
        "yes": _YES,
        "how": _HOW,
        "shows": _SHOWS,
        "phone_url": settings.CONFIG.phone_url if settings.CONFIG.simulator else "",
    }
    return show_page(request, "numbers/flow.html", context, refusal)


def _form_of(step: Step, typed: dict[str, str] | None) -> dict[str, Any]:
    """The values of a step's form: what somebody typed, else what the step says."""
    values: dict[str, Any] = {
        **msgspec.structs.asdict(step),
        "kind": step.id.rstrip("0123456789"),
        **(typed or {}),
    }
    if isinstance(step, Menu):
        rows = [(each.key, each.label, each.next) for each in step.choices]
        values["rows"] = _menu_rows(rows, typed)
        values["keys"] = [("", "–"), *((key, key) for key in KEYS)]
    if isinstance(step, Ring):
        lines = [(phone_text(each.phone), each.name) for each in step.lines]
        values["rows"] = _phone_rows(lines, typed)
        values["in_turn"] = "1" if values["in_turn"] in (True, "1") else ""
        values["record"] = "1" if values["record"] in (True, "1") else ""
    return values


def _menu_rows(
    rows: list[tuple[str, str, str]], typed: dict[str, str] | None
) -> list[tuple[int, str, str, str]]:
    count = len(rows) + _BLANK_ROWS
    if typed is not None:
        names = ("key", "label", "next")
        rows = [tuple(typed.get(f"{x}-{n}", "") for x in names) for n in range(1, count + 1)]  # type: ignore[misc]
    rows += [("", "", "")] * (count - len(rows))
    return [(n, *row) for n, row in enumerate(rows, 1)]


def _phone_rows(
    rows: list[tuple[str, str]], typed: dict[str, str] | None
) -> list[tuple[int, str, str]]:
    count = len(rows) + _BLANK_ROWS
    if typed is not None:
        rows = [
            (typed.get(f"phone-{n}", ""), typed.get(f"name-{n}", "")) for n in range(1, count + 1)
        ]
    rows += [("", "")] * (count - len(rows))
    return [(n, *row) for n, row in enumerate(rows, 1)]
