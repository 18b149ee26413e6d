"""All models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import Grain
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.exports.dashboard import TABLES
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of
from textrail.domain.reports.rules import MODEL_NAMES, AnyModel, Choice, meaning_of
from textrail.vocabulary.money import Money


@require_safe
@member_page(Permission.LOOK)
def models(request: MemberRequest) -> HttpResponse:
    choice = choice_of(request)
    reading = queries.Reading()
    grain = Grain.ORIGIN if request.GET.get("by") == "earner" else Grain.CHANNEL
    kept = {"by": "earner"} if grain is Grain.ORIGIN else {}
    tabs: tuple[tuple[str, dict[str, str]], ...] = (
        ("Channels", {}),
        ("Campaigns, numbers and links", {"by": "earner"}),
    )
    frame = {
        **frame_of(request, reading, choice, kept),
        "models": [
            (model, name, meaning_of(model, choice.half_life_days))
            for model, name in MODEL_NAMES.items()
        ],
        "export_tables": [table for table in TABLES if table[0].startswith("models_")],
        "tabs": [
            (name, urlencode({**parameters, **choice.parameters}), parameters == kept)
            for name, parameters in tabs
        ],
        "first": "Channel" if grain is Grain.CHANNEL else "Earned by",
    }

    def look() -> dict[str, object]:
        found = queries.compare_models(request.business, reading, choice, grain)
        currency = request.business.currency
        rows = [
            {
                "name": row.name,
                "query": urlencode(row.link),
                "lost": row.removal_effect,
                "cells": _cells(row, found.total, choice, currency),
            }
            for row in found.rows
        ]
        sums = [sum(row.credits[model] for row in found.rows) for model in MODEL_NAMES]
        return {"rows": rows, "totals": _totals(sums, choice, currency)}

    return answer(request, "reports/models.html", frame, look)


def _cells(
    row: queries.Compared, total: int, choice: Choice, currency: str
) -> list[tuple[str, Money, float, str]]:
    """What each model is called and credits; its part of all, and the question for the list."""
    return [
        (
            name,
            Money(row.credits[model], currency),
            row.credits[model] / total if total > 0 else 0.0,
            _list_of(choice, model, row.link),
        )
        for model, name in MODEL_NAMES.items()
    ]


def _totals(sums: list[int], choice: Choice, currency: str) -> list[tuple[str, Money, str]]:
    pairs = zip(MODEL_NAMES.items(), sums, strict=True)
    return [
        (name, Money(minor, currency), _list_of(choice, model, {"origin": "all"}))
        for (model, name), minor in pairs
    ]


def _list_of(choice: Choice, model: AnyModel, earner: Mapping[str, str]) -> str:
    """The parameters of the list behind an amount: under its own model."""
    return urlencode({**replace(choice, model=model).parameters, **earner})
