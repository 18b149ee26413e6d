"""What every page of conversions has: its tabs, and how much waits."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse

from textrail.domain.accounts.access import MemberRequest
from textrail.domain.conversions import queries
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page


def show(
    request: MemberRequest,
    template: str,
    context: Mapping[str, object],
    refusal: Refusal | None = None,
) -> HttpResponse:
    waiting = {"waiting": queries.parked_count(request.business)}
    return show_page(request, f"conversions/{template}.html", {**waiting, **context}, refusal)
