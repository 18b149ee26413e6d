"""What the dashboard says of people who turned out to be one since."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.pages.frame import choice_of


@require_safe
@member_page(Permission.LOOK)
def news(request: MemberRequest) -> HttpResponse:
    """A sentence for the place that the dashboard left for it, or nothing."""
    found = queries.identity_news(request.business, choice_of(request), request.now)
    return render(request, "reports/news.html", {"news": found})
