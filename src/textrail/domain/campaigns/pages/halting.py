"""Pause, go on, stop: the buttons of a campaign that is under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.campaigns import actions, queries
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page

MAY_STOP: Final = (
    CampaignStatus.CHECKING,
    CampaignStatus.PLANNING,
    CampaignStatus.SENDING,
    CampaignStatus.PAUSED,
)


@require_POST
@member_page(Permission.CAMPAIGN)
def pause(request: MemberRequest, campaign_id: int) -> HttpResponse:
    return _done(request, campaign_id, actions.pause)


@require_POST
@member_page(Permission.CAMPAIGN)
def go_on(request: MemberRequest, campaign_id: int) -> HttpResponse:
    return _done(request, campaign_id, actions.go_on)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def stop(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """What stopping comes to, and the button that does it."""
    if request.method == "POST":
        return _done(request, campaign_id, actions.stop)
    row = queries.campaign(request.business, campaign_id)
    if row.status not in MAY_STOP:
        return _page_of(request, row)
    context = {"campaign": row, "progress": queries.progress(row)}
    return show_page(request, "campaigns/stop.html", context, None)


def _done(request: MemberRequest, campaign_id: int, action: Callable[..., None]) -> HttpResponse:
    row = queries.campaign(request.business, campaign_id)
    try:
        action(business=request.business, campaign=row, at=request.now, actor=request.user)
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.hint}".strip())
    return _page_of(request, row)


def _page_of(request: MemberRequest, row: Campaign) -> HttpResponse:
    return redirect("campaigns:campaign", request.business.slug, row.pk)
