"""What came to numbers that nobody holds, for who runs the installation."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import UserRequest, operator_page
from textrail.domain.inbox import queries
from textrail.vocabulary.ids import read_id


@require_GET
@operator_page
def unclaimed(request: UserRequest) -> HttpResponse:
    key = read_id(request.GET.get("after", ""))
    return render(request, "inbox/unclaimed.html", {"page": queries.unclaimed(after=key)})
