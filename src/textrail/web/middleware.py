"""What every page answers with: the content security policy, and refusals in the asker's form."""

from __future__ import annotations

import json

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import resolve
from django.utils.deprecation import MiddlewareMixin

from textrail.vocabulary.errors import Refusal
from textrail.web.api_errors import MethodNotAllowed

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class ContentSecurityPolicy(MiddlewareMixin):
    """Only our own files, nothing inline, no evaluation of text as code."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class Fragments(MiddlewareMixin):
    """A page and its fragment share an address, so a fragment must never be kept: the browser's
    Back would show it in the place of the page."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if getattr(request, "htmx", False):
            response.headers["Cache-Control"] = "no-store"
        return response


class RefusalPages(MiddlewareMixin):
    """A Refusal that no view caught: a page, a toast for htmx, or JSON, always with its status."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        if _wants_json(request):
            return JsonResponse(error.as_dict(), status=error.status)
        if getattr(request, "htmx", False):
            return _toast(error)
        context = {"error": error, "back": way_back(request.path)}
        return render(request, "web/refused.html", context, status=error.status)


class NoPages(MiddlewareMixin):
    """What only a form sends to, opened as a page, as by a reload; and a page that is sent a form.
    One sentence and a way back, in the asker's form; the API says it itself."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        refusal = _not_allowed(shows="GET" in response["Allow"])
        if _wants_json(request):
            answer: HttpResponse = JsonResponse(refusal.as_dict(), status=405)
        elif getattr(request, "htmx", False):
            answer = _toast(refusal)
        else:
            back = request.path if "GET" in response["Allow"] else way_back(request.path)
            context = {"error": refusal, "back": back}
            answer = render(request, "405.html", context, status=405)
        answer["Allow"] = response["Allow"]
        return answer


def _not_allowed(*, shows: bool) -> MethodNotAllowed:
    if shows:
        return MethodNotAllowed("This page takes no forms.", hint="Nothing was changed.")
    return MethodNotAllowed(
        "This address has no page of its own.",
        hint="It only takes what a form sends, and nothing was changed now.",
    )


def way_back(path: str) -> str:
    """The nearest address above `path` that shows a page; the start in the end. A view that shows
    none carries `shows_page = False`."""
    above = path.rstrip("/")
    while above:
        above = above.rpartition("/")[0]
        try:
            view = resolve(f"{above}/").func
        except Http404:
            continue
        if getattr(view, "shows_page", True):
            return f"{above}/"
    return "/"


def _wants_json(request: HttpRequest) -> bool:
    if "/api/" in request.path or request.path.startswith("/v1/"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _toast(error: Refusal) -> HttpResponse:
    text = f"{error.sentence} {error.hint}".strip()
    response = HttpResponse(text, status=error.status, content_type="text/plain; charset=utf-8")
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": "danger"}})
    return response
