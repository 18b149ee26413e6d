"""What came to numbers that nobody holds, for who runs the installation."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import UserRequest, operator_page
from textrail.domain.inbox import queries


@require_GET
@operator_page
def unclaimed(request: UserRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    key = int(after) if after.isdecimal() and len(after) < 19 else None
    return render(request, "inbox/unclaimed.html", {"page": queries.unclaimed(after=key)})
