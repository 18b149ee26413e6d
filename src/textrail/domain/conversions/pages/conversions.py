"""The list of conversions, one of them, and how to report them."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import queries
from textrail.domain.conversions.pages.frame import show
from textrail.domain.conversions.rules.shopify import SHOPIFY_TOPICS
from textrail.domain.conversions.rules.stripe import STRIPE_NEEDED
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.money import parse_money

_WAYS = (
    ("segment", "Segment"),
    ("page", "Your pages"),
    ("stripe", "Stripe"),
    ("shopify", "Shopify"),
    ("api", "API"),
    ("dub", "Dub"),
    ("posthog", "PostHog"),
    ("csv", "CSV"),
)


@require_GET
@member_page(Permission.LOOK)
def conversions(request: MemberRequest) -> HttpResponse:
    type_id = read_id(request.GET.get("type", ""))
    page = queries.conversion_page(
        request.business, type_id=type_id, after=request.GET.get("after", "")
    )
    kinds = [("", "All types"), *queries.type_names(request.business)]
    context = {
        "page": page,
        "kinds": kinds,
        "type": "" if type_id is None else type_id,
        "unmatched": queries.unmatched_events(request.business),
    }
    return show(request, "conversions", context)


@require_GET
@member_page(Permission.LOOK)
def conversion(request: MemberRequest, conversion_id: int) -> HttpResponse:
    """What was reported, by whom, when, and what of it was taken back."""
    facts = queries.facts_of(request.business, conversion_id)
    currency = (facts.given or facts.value).currency
    lines = [(each, _price(each.price, currency)) for each in facts.products]
    return show(request, "conversion", {"facts": facts, "products": lines})


def _price(price: Decimal | None, currency: str) -> str:
    """As money of the report's currency; as it was told, where it is no amount of money."""
    if price is None:
        return ""
    try:
        return str(parse_money(price, currency))
    except Malformed:
        return str(price)


@require_GET
@member_page(Permission.LOOK)
def send(request: MemberRequest) -> HttpResponse:
    """Where conversions are sent to, way by way, with snippets to copy."""
    config = settings.CONFIG
    by = request.GET.get("by", "")
    way = by if by in dict(_WAYS) else _WAYS[0][0]
    context = {
        "ways": _WAYS,
        "way": way,
        "template": f"conversions/send/{way}.html",
        "stripe_events": STRIPE_NEEDED,
        "shopify_topics": SHOPIFY_TOPICS,
        "links_url": config.links_url.rstrip("/"),
        "pages_url": config.pages_url.rstrip("/"),
        "rates": queries.rates_known(request.business),
    }
    return show(request, "send", context)
