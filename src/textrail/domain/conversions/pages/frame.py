"""What every page of conversions has: its tabs, and how much waits."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render

from textrail.domain.accounts.access import MemberRequest
from textrail.domain.conversions import queries


def show(
    request: MemberRequest, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    waiting = queries.parked_count(request.business)
    return render(
        request, f"conversions/{template}.html", {"waiting": waiting, **context}, status=status
    )
