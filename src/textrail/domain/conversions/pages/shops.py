"""Shops that report by signed webhooks: connected here, and let go."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import ShopKind
from textrail.domain.conversions.pages.frame import show
from textrail.domain.conversions.rules.shopify import SHOPIFY_TOPICS
from textrail.domain.conversions.rules.stripe import STRIPE_NEEDED
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.sealing import Seal

_FIELDS = ("kind", "name", "secret")


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def shops(request: MemberRequest) -> HttpResponse:
    """The shops that are connected, and a form to connect another."""
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    if request.method == "GET":
        return _shops(request, {**given, "kind": request.GET.get("kind", "")}, None)
    try:
        shop = actions.add_shop(
            business=request.business,
            kind=given["kind"],
            name=given["name"],
            secret=given["secret"],
            seal=Seal(settings.CONFIG.secret_key()),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _shops(request, given, refusal)
    messages.success(request, f"“{shop.name}” is connected. Give the shop its address below.")
    return redirect("conversions:shops", request.business.slug)


def _shops(request: MemberRequest, given: dict[str, str], refusal: Refusal | None) -> HttpResponse:
    base = settings.CONFIG.links_url.rstrip("/")
    rows = [
        (row, f"{base}/shops/{row.kind}/{row.token}") for row in queries.shops(request.business)
    ]
    context = {
        "rows": rows,
        "given": given,
        "kinds": ShopKind.choices,
        "stripe_events": STRIPE_NEEDED,
        "shopify_topics": SHOPIFY_TOPICS,
    }
    return show(request, "shops", context, refusal)


@require_POST
@member_page(Permission.MANAGE)
def replace_secret(request: MemberRequest, shop_id: int) -> HttpResponse:
    """Take another signing secret for a shop, after it was rolled there."""
    shop = queries.shop(request.business, shop_id)
    try:
        actions.replace_secret(
            business=request.business,
            shop=shop,
            secret=request.POST.get(f"secret_{shop.token}", ""),
            seal=Seal(settings.CONFIG.secret_key()),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.hint}")
    else:
        messages.success(request, f"“{shop.name}” is checked by the new secret from now on.")
    return redirect("conversions:shops", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def end_shop(request: MemberRequest, shop_id: int) -> HttpResponse:
    shop = queries.shop(request.business, shop_id)
    actions.end_shop(business=request.business, shop=shop, at=request.now, actor=request.user)
    messages.success(request, f"“{shop.name}” is not listened to any more.")
    return redirect("conversions:shops", request.business.slug)
