"""The balance at a glance, and what was spent this month."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.billing import queries
from textrail.domain.billing.models import Balance
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.micros import Micros
from textrail.web.showing import show_page


@require_GET
@member_page(Permission.MANAGE)
def overview(request: MemberRequest) -> HttpResponse:
    return show_overview(request, None)


def show_overview(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    balance = queries.balance_of(request.business)
    currency = balance.currency if balance else request.business.currency
    since = month_began(request.now, request.business.time_zone)
    seen = queries.visible(request.business, request.user)
    context: dict[str, object] = {
        "balance": balance,
        "currency": currency,
        "since": since,
        "source": queries.source_of(request.business),
        "problems": queries.payments_with_problems(request.business),
    }
    if balance is not None:
        spending = queries.spending(request.business, since=since, currency=currency, seen=seen)
        context["spending"] = spending
        context["figures"] = _figures(balance, spent=str(spending.total), since=since)
        context["shared"] = queries.shares(request.business)
    return show_page(request, "billing/overview.html", context, refusal)


def _figures(balance: Balance, *, spent: str, since: datetime) -> dict[str, str]:
    """The large figures, in whole cents, and the exact amounts below them."""
    available = Micros(balance.available_micros, balance.currency)
    return {
        "available": available.floor,
        "available_hint": f"May be spent now: {available}.",
        "held": str(Micros(balance.held_micros, balance.currency)),
        "owed": str(Micros(balance.owed_micros, balance.currency)),
        "spent_hint": f"{spent} since the first of {since:%B}.",
    }


def month_began(now: datetime, zone: str) -> datetime:
    """The first moment of this month where the business is."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
