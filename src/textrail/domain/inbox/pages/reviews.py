"""Words that may be an opt-out, for a member to decide."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox import actions, queries
from textrail.vocabulary.errors import Conflict, Refusal
from textrail.vocabulary.ids import read_id


@require_GET
@member_page(Permission.LOOK)
def reviews(request: MemberRequest) -> HttpResponse:
    return _reviews(request, None, None)


@require_POST
@member_page(Permission.CONVERSE)
def review(request: MemberRequest, review_id: int) -> HttpResponse:
    """They left, or they did not and why; goes back to the conversation it was decided in."""
    business = request.business
    waiting = contacts.review(business, review_id)
    left = request.POST.get("left") == "1"
    try:
        actions.decide_review(
            business=business,
            review=waiting,
            left=left,
            why=request.POST.get("why", "").replace("\0", ""),
            actor=request.user,
            at=request.now,
        )
    except Conflict as refusal:
        messages.warning(request, refusal.sentence)
    except Refusal as refusal:
        return _reviews(request, refusal, review_id)
    else:
        messages.success(request, "They get no more texts." if left else "They can be texted.")
    conversation_id = read_id(request.POST.get("conversation", ""))
    if conversation_id is not None:
        return redirect("inbox:conversation", business.slug, conversation_id)
    return redirect("inbox:reviews", business.slug)


def _reviews(request: MemberRequest, refusal: Refusal | None, refused: int | None) -> HttpResponse:
    rows = contacts.reviews(request.business, at=request.now)
    people = [row.contact.pk for row in rows if row.contact]
    by_contact = queries.conversations_of(request.business, people)
    context = {
        "tab": "reviews",
        "to_review": len(rows),
        "rows": [(row, by_contact.get(row.contact.pk) if row.contact else None) for row in rows],
        "refusal": refusal,
        "refused": refused,
    }
    status = refusal.status if refusal else 200
    return render(request, "inbox/reviews.html", context, status=status)
