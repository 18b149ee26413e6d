"""What every page answers with: the content security policy, and refusals in the asker's form."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from textrail.vocabulary.errors import Refusal

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
        return render(request, "web/refused.html", {"error": error}, status=error.status)


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
