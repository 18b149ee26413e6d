"""Money in: by hand, by Stripe, and the switches of the balance. For owners."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.billing import actions, queries
from textrail.domain.billing.models import FundsSource
from textrail.domain.billing.pages.overview import show_overview
from textrail.domain.billing.rules.payments import METADATA, NEEDED
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.sealing import Seal
from textrail.web.showing import show_page

_FIELDS = ("amount", "reference", "note", "key")


@require_http_methods(["GET", "POST"])
@member_page(Permission.OWN)
def funds(request: MemberRequest) -> HttpResponse:
    """Add funds by hand, and everything else that brings money in."""
    if request.method == "GET":
        return _funds(request, None)
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    try:
        row = actions.top_up(business=request.business, at=request.now, actor=request.user, **given)
    except Refusal as refusal:
        return _funds(request, refusal, form="top_up", given=given)
    messages.success(request, "The funds are added." if row else "They were added already.")
    return redirect("billing:overview", request.business.slug)


@require_POST
@member_page(Permission.OWN)
def correct(request: MemberRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in ("amount", "note", "key")}
    try:
        row = actions.correct(
            business=request.business, at=request.now, actor=request.user, **given
        )
    except Refusal as refusal:
        return _funds(request, refusal, form="correct", corrected=given)
    messages.success(request, "The balance is corrected." if row else "That was done already.")
    return redirect("billing:overview", request.business.slug)


@require_POST
@member_page(Permission.OWN, shows=False)
def connect_stripe(request: MemberRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in ("secret", "payment_link")}
    try:
        actions.connect_source(
            business=request.business,
            seal=Seal(settings.CONFIG.secret_key()),
            at=request.now,
            actor=request.user,
            **given,
        )
    except Refusal as refusal:
        return _funds(request, refusal, form="stripe", link=given["payment_link"])
    messages.success(request, "Stripe is connected.")
    return redirect("billing:funds", request.business.slug)


@require_POST
@member_page(Permission.OWN)
def end_stripe(request: MemberRequest) -> HttpResponse:
    actions.end_source(business=request.business, at=request.now, actor=request.user)
    messages.success(request, "Payments at Stripe are not listened to any more.")
    return redirect("billing:funds", request.business.slug)


@require_POST
@member_page(Permission.OWN)
def prepaid(request: MemberRequest) -> HttpResponse:
    """Switch the account to prepaid (`on` is 1) or back."""
    wanted = request.POST.get("on") == "1"
    try:
        actions.set_prepaid(
            business=request.business, prepaid=wanted, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return show_overview(request, refusal)
    messages.success(
        request, "The account is prepaid." if wanted else "The account is not prepaid."
    )
    return redirect("billing:overview", request.business.slug)


@require_POST
@member_page(Permission.OWN)
def low_line(request: MemberRequest) -> HttpResponse:
    try:
        actions.set_low_line(
            business=request.business,
            amount=request.POST.get("amount", ""),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return show_overview(request, refusal)
    messages.success(request, "Saved.")
    return redirect("billing:overview", request.business.slug)


def _funds(
    request: MemberRequest, refusal: Refusal | None, *, form: str = "", **more: object
) -> HttpResponse:
    source = queries.source_of(request.business)
    balance = queries.balance_of(request.business)
    context: dict[str, object] = {
        "balance": balance,
        "currency": balance.currency if balance else request.business.currency,
        "source": source,
        "webhook": _webhook(source),
        "pay": pay_url(source),
        "needed": NEEDED,
        "metadata": METADATA,
        "problems": queries.payments_with_problems(request.business),
        "key": new_token(),
        "refused": {form: refusal},
        "link": source.payment_link if source else "",
        **more,
    }
    return show_page(request, "billing/funds.html", context, refusal)


def _webhook(source: FundsSource | None) -> str:
    """Where Stripe tells of payments."""
    if source is None:
        return ""
    return f"{settings.CONFIG.links_url.rstrip('/')}/shops/funds/{source.token}"


def pay_url(source: FundsSource | None) -> str:
    """The payment link, so that a payment through it is known to be for this account; or nothing.

    The browser decides no amount: what was paid is what the signed webhook says.
    """
    if source is None or not source.payment_link:
        return ""
    parts = urlsplit(source.payment_link)
    query = [*parse_qsl(parts.query), ("client_reference_id", source.reference)]
    return urlunsplit(parts._replace(query=urlencode(query)))
