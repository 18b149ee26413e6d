"""Taking numbers that the carrier account has already. Owners and admins only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from textrail.carriers.contract import OwnedNumber
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, desks, queries
from textrail.domain.numbers.models import Connection
from textrail.domain.numbers.pages.forms import CHANNELS, status_of
from textrail.domain.numbers.rules import webhooks
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.sealing import Seal
from textrail.web.formats import phone_text

_MOST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A number of the account. `held` is empty, “ours” or “others”; `elsewhere` says that its texts
    go to another address now."""

    number: OwnedNumber
    held: str
    elsewhere: bool


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def owned(request: MemberRequest) -> HttpResponse:
    """The numbers of an account, to be ticked. What is ticked is added and pointed at us."""
    rows = queries.connections(request.business)
    sellers = [row for row in rows if desks.desk_of(row) is not None]
    given = request.POST.get("connection") or request.GET.get("connection", "")
    chosen = next((row for row in sellers if str(row.pk) == given), next(iter(sellers), None))
    if chosen is None:
        return _page(request, sellers, None, [], None)
    try:
        found = desks.owned(chosen, Seal(settings.CONFIG.secret_key()))
        if request.method == "POST":
            return _add(request, chosen, found)
    except Refusal as refusal:
        listed = [] if refusal.status == 503 else _rows(request, chosen, found)
        return _page(request, sellers, chosen, listed, refusal)
    return _page(request, sellers, chosen, _rows(request, chosen, found), None)


def _add(
    request: MemberRequest, connection: Connection, found: Sequence[OwnedNumber]
) -> HttpResponse:
    """Add all that were ticked; what is held by now is passed over."""
    ticked = set(request.POST.getlist("phone"))
    wanted = [number for number in found if number.phone in ticked][:_MOST]
    if not wanted:
        raise Malformed("No number is ticked.", hint="Tick those that are to come here.")
    held = queries.held_of(request.business, (number.phone for number in wanted))
    fresh = [number for number in wanted if number.phone not in held]
    for number in fresh:
        actions.add_number(
            business=request.business,
            connection=connection,
            phone=number.phone,
            name=phone_text(number.phone),
            source_name=request.POST.get("source_name", "").strip() or phone_text(number.phone),
            channel=request.POST.get("channel", ""),
            sms_enabled=number.sms,
            abilities=actions.Abilities(number.sms, number.mms, number.voice),
            at=request.now,
            actor=request.user,
        )
    count = "1 number was" if len(fresh) == 1 else f"{len(fresh)} numbers were"
    messages.success(request, f"{count} added. The carrier is being told where to find us.")
    return redirect("numbers:numbers", request.business.slug)


def _rows(
    request: MemberRequest, connection: Connection, found: Sequence[OwnedNumber]
) -> list[Row]:
    held = queries.held_of(request.business, (number.phone for number in found))
    base = webhooks(settings.CONFIG.links_url, connection.carrier, connection.token).base
    return [
        Row(
            number,
            held={None: "", True: "ours", False: "others"}[held.get(number.phone)],
            elsewhere=bool(number.points_at) and not number.points_at.startswith(base),
        )
        for number in found
    ]


def _page(
    request: MemberRequest,
    connections: list[Connection],
    chosen: Connection | None,
    rows: list[Row],
    refusal: Refusal | None,
) -> HttpResponse:
    context = {
        "connections": connections,
        "chosen": chosen,
        "rows": rows,
        "any_free": any(not row.held for row in rows),
        "sources": queries.sources(request.business),
        "channels": CHANNELS,
        "given": request.POST.dict() or {"channel": "offline"},
        "refusal": refusal,
    }
    return render(request, "numbers/owned.html", context, status=status_of(refusal))
