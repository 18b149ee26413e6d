"""A page, and what was refused on it."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from textrail.vocabulary.errors import Refusal


def show_page(
    request: HttpRequest, template: str, context: Mapping[str, object], refusal: Refusal | None
) -> HttpResponse:
    """The page with the status of `refusal`, 200 when there is none. The template has it by this
    name, but where the context has another: None, when it is shown at its field already."""
    status = refusal.status if refusal else 200
    return render(request, template, {"refusal": refusal, **context}, status=status)
