"""Reports that do not count yet: why, and what can be done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import ParkReason
from textrail.domain.conversions.pages.frame import show
from textrail.domain.conversions.rules.wording import as_json
from textrail.vocabulary.ids import read_id


@require_GET
@member_page(Permission.LOOK)
def parked(request: MemberRequest) -> HttpResponse:
    reason = request.GET.get("reason", "")
    reason = reason if reason in ParkReason.values else ""
    page = queries.parked_page(
        request.business,
        reason=reason,
        event=request.GET.get("event", ""),
        after=read_id(request.GET.get("after", "")),
    )
    counts = queries.parked_reasons(request.business)
    reasons = [("", "Every reason"), *((each.reason, each.label) for each in counts)]
    unmatched = reason == ParkReason.NO_TYPE
    if unmatched:
        reasons.append((reason, ParkReason.NO_TYPE.label))
    context = {"page": page, "reasons": reasons, "reason": reason, "unmatched": unmatched}
    return show(request, "parked", context)


@require_GET
@member_page(Permission.LOOK)
def parked_report(request: MemberRequest, report_id: int) -> HttpResponse:
    row = queries.parked_report(request.business, report_id)
    return show(request, "parked_report", {"row": row, "event": as_json(row.event)})


@require_POST
@member_page(Permission.MANAGE)
def retry(request: MemberRequest, report_id: int) -> HttpResponse:
    row = queries.parked_report(request.business, report_id)
    outcome = actions.retry_one(business=request.business, parked=row, at=request.now)
    if outcome.fate == actions.Fate.PARKED:
        why = outcome.refusal.sentence if outcome.refusal else ""
        messages.warning(request, f"Still parked. {why}")
        return redirect("conversions:parked_report", request.business.slug, report_id)
    messages.success(request, "It counts now.")
    return redirect("conversions:parked", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def retry_all(request: MemberRequest) -> HttpResponse:
    """Try again what waits for one reason, or for any."""
    reason = request.POST.get("reason", "")
    fates = actions.retry_all(
        business=request.business,
        at=request.now,
        reason=reason if reason in ParkReason.values else "",
    )
    still = fates.pop(actions.Fate.PARKED, 0)
    done = sum(fates.values())
    messages.success(request, f"{done:,} went through, {still:,} still wait.")
    return redirect("conversions:parked", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def put_away(request: MemberRequest, report_id: int) -> HttpResponse:
    row = queries.parked_report(request.business, report_id)
    actions.put_away(business=request.business, parked=row, at=request.now, actor=request.user)
    messages.success(request, "Put away. It never counts; the audit trail remembers it.")
    return redirect("conversions:parked", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def put_away_unmatched(request: MemberRequest) -> HttpResponse:
    """Put away what is kept of an event that no type counts."""
    event = request.POST.get("event", "")
    count = actions.put_away_unmatched(
        business=request.business, event=event, at=request.now, actor=request.user
    )
    messages.success(request, f"{count:,} of “{event}” put away: they never count.")
    return redirect("conversions:types", request.business.slug)
