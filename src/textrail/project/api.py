"""The API as one whole: whose routers it has, who may call it, and how it says no."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.responses import NinjaJSONEncoder

from textrail.domain.accounts.access import open_page
from textrail.domain.accounts.api_access import (
    CALLS_AT_ONCE,
    CALLS_PER_MINUTE,
    LARGEST_BODY,
    Allowance,
    BasicKey,
    BearerKey,
)
from textrail.domain.billing.api import router as balance
from textrail.domain.contacts.api import router as contacts
from textrail.domain.conversions.api import router as conversions
from textrail.domain.conversions.outside_api import router as outside
from textrail.domain.inbox.api import routers as inbox
from textrail.domain.links.api import router as links
from textrail.domain.numbers.api import router as numbers
from textrail.domain.reports.api import router as reports
from textrail.web.api_errors import MethodNotAllowed, answer_refusals, nothing_here, refuse
from textrail.web.api_reference import markdown, reference

View = Callable[..., HttpResponseBase]

_DESCRIPTION = (
    "The links, conversions, reports, conversations, contacts and numbers of a business, for its "
    "own programs. A call carries a "
    "key that opens the API, made under Settings, API keys: as a Bearer token, or as the user name "
    "of Basic authorization with an empty password. A key acts for its business as a whole, may "
    f"call {CALLS_AT_ONCE} times at once and {CALLS_PER_MINUTE} times a minute, and sends at most "
    f"{LARGEST_BODY >> 20} MB in a call. What is refused is answered with ErrorOut; a field that "
    "is not known is refused too."
)

api = NinjaAPI(
    title="Textrail API",
    version="1",
    description=_DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    auth=[BearerKey(), BasicKey()],
    throttle=[Allowance()],
)
api.add_router("", links)
api.add_router("", conversions)
api.add_router("", outside)
api.add_router("", reports)
for room in (*inbox, contacts, numbers, balance):
    api.add_router("", room)
answer_refusals(api)


def document() -> str:
    """docs/reference/api.md."""
    return markdown(reference(_openapi()))


def _openapi() -> Mapping[str, Any]:
    """The OpenAPI document in plain values, as whoever fetches it gets it."""
    plain: Mapping[str, Any] = json.loads(NinjaJSONEncoder().encode(api.get_openapi_schema()))
    return plain


def api_urls() -> list[URLPattern | URLResolver]:
    """The addresses below `/api/`. What is none of them is refused as JSON too."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        assert pattern.callback is not None
        open_to = "anyone" if pattern.name == "openapi-json" else "key"
        pattern.callback = _answering(pattern.callback, open_to)
    docs = path("docs", docs_page, name="docs")
    return [path("v1/", ([docs, *patterns], app, namespace)), path("<path:rest>", nowhere)]


@require_GET
@open_page
def docs_page(request: HttpRequest) -> HttpResponse:
    """The reference, made from the OpenAPI document."""
    given = reference(_openapi())
    base = f"{settings.CONFIG.pages_url}/api/v1"
    return render(request, "web/api.html", {"reference": given, "base": base})


@csrf_exempt
@open_page
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    return refuse(nothing_here())


def _answering(view: View, permission: str) -> View:
    """`view` with the refusals that Ninja leaves to Django, in the one shape."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **named: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **named)
        except Http404:
            return refuse(nothing_here())
        if isinstance(response, HttpResponseNotAllowed):
            allowed = ", ".join(sorted(response["Allow"].split(", ")))
            response = refuse(MethodNotAllowed(f"This address answers to {allowed} only."))
            response["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    answer.permission = permission  # type: ignore[attr-defined]
    return answer
