"""What each number says by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed, Refusal

_HINTS = {
    AnswerTrigger.FIRST_TEXT: "Sent once to somebody who texts for the first time.",
    AnswerTrigger.MISSED_CALL: "Sent when nobody answered a call, also when a voicemail was left.",
}


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def answers(request: MemberRequest) -> HttpResponse:
    """A form for each number and trigger; one is saved at a time."""
    refusal = None
    if request.method == "POST":
        try:
            return _save(request)
        except Refusal as error:
            refusal = error
    known = queries.answers_of(request.business)
    panels = [
        {
            "number": number,
            "forms": [_form(request, number, trigger, known, refusal) for trigger in AnswerTrigger],
        }
        for number in numbers.numbers(request.business)
    ]
    context = {"panels": panels, "refusal": refusal}
    return render(request, "inbox/answers.html", context, status=refusal.status if refusal else 200)


def _save(request: MemberRequest) -> HttpResponse:
    number_id, trigger = request.POST.get("number", ""), request.POST.get("trigger", "")
    readable = number_id.isdecimal() and len(number_id) < 19
    if not readable or trigger not in AnswerTrigger.values:
        raise Malformed("That answer does not exist.", hint="Reload the page.")
    answer = actions.set_answer(
        business=request.business,
        number=numbers.number(request.business, int(number_id)),
        trigger=AnswerTrigger(trigger),
        body=request.POST.get("body", ""),
        enabled=request.POST.get("enabled") == "1",
        at=request.now,
        actor=request.user,
    )
    messages.success(request, "Saved. It is on." if answer.enabled else "Saved. It is off.")
    return redirect("inbox:answers", request.business.slug)


def _form(
    request: MemberRequest,
    number: TrackingNumber,
    trigger: AnswerTrigger,
    known: dict[tuple[int, str], AutoAnswer],
    refusal: Refusal | None,
) -> dict[str, Any]:
    """The answer as it is kept, or as it was just refused."""
    answer = known.get((number.id, trigger.value))
    typed = (
        refusal is not None
        and request.POST.get("number") == str(number.id)
        and request.POST.get("trigger") == trigger.value
    )
    return {
        "trigger": trigger.value,
        "label": trigger.label,
        "hint": _HINTS[trigger],
        "body": request.POST.get("body", "") if typed else (answer.body if answer else ""),
        "enabled": request.POST.get("enabled") == "1" if typed else bool(answer and answer.enabled),
        "error": refusal.sentence if typed and refusal else "",
    }
