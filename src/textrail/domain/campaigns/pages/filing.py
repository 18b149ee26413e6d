"""The type of a campaign on its page: changed there at any time."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.campaigns import actions, queries
from textrail.domain.campaigns.models import CampaignType

TYPES: Final = (("", "Not said"), *CampaignType.choices)


@require_POST
@member_page(Permission.CAMPAIGN)
def file_under(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """As soon as another type is chosen; without scripts by its button."""
    row = queries.campaign(request.business, campaign_id)
    actions.file_under(
        business=request.business,
        campaign=row,
        type_=request.POST.get("type", ""),
        at=request.now,
        actor=request.user,
    )
    if not request.htmx:
        return redirect("campaigns:campaign", request.business.slug, row.pk)
    row = queries.campaign(request.business, campaign_id)
    return render(request, "campaigns/type.html", {"campaign": row, "types": TYPES, "saved": True})
