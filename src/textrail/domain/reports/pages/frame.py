"""What every page of the reports has: the filter line, what is set, how fresh the numbers are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from textrail.analytics.attribution import Model, TeamModel
from textrail.analytics.engine import EngineUnavailable
from textrail.domain.accounts.access import MemberRequest
from textrail.domain.reports import queries
from textrail.domain.reports.chips import chips, period_words
from textrail.domain.reports.rules import (
    COMPARISONS,
    HALF_LIVES,
    LONGEST_DAYS,
    MODEL_NAMES,
    ORDERS,
    PERIODS,
    TRANSFORMS,
    VIEW_WINDOWS,
    VIEWS,
    WINDOWS,
    Choice,
    days_offered,
    is_cut,
    meaning_of,
)
from textrail.vocabulary.channels import channel_name
from textrail.vocabulary.errors import Malformed, Refusal

log = logging.getLogger(__name__)
# The feed writes every second; what is older than this is worth a word.
STALE = timedelta(minutes=1)
_ANY = ("", "Any")


def choice_of(request: MemberRequest) -> Choice:
    """What the address asks."""
    return queries.read_question(request.business, request.GET.dict(), today_of(request))


def today_of(request: MemberRequest) -> date:
    """The day by the business's own clock."""
    return request.now.astimezone(ZoneInfo(request.business.time_zone)).date()


def answer(
    request: MemberRequest,
    template: str,
    frame: Mapping[str, Any],
    look: Callable[[], Mapping[str, Any]],
) -> HttpResponse:
    """The page with what `look` finds, or with the sentence of why it cannot be found now.

    htmx takes no page of a failure into its place, so it gets the sentence with status 200.
    """
    refusal: Refusal | None = None
    found: Mapping[str, Any] = {}
    try:
        found = look()
    except EngineUnavailable as failure:
        log.error("%s: %s", request.path, failure.reason)
        refusal = failure
    except Malformed as failure:
        refusal = failure
    status = 200 if refusal is None or request.htmx else refusal.status
    response = render(request, template, {**frame, **found, "refusal": refusal}, status=status)
    if request.htmx and request.htmx.target in {"answer", "content"}:
        response.headers["HX-Push-Url"] = f"{request.path}?{frame['address']}"
    return response


def frame_of(
    request: MemberRequest,
    reading: queries.Reading,
    choice: Choice,
    kept: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The filter line and how fresh the numbers are. `kept` are parameters of the address that are
    no part of the choice and stay when it changes."""
    business, kept = request.business, kept or {}
    through = reading.complete_through
    offered, called = queries.options(business), queries.narrowed_names(business, choice)
    if choice.via:
        called["via"] = offered.channels.get(choice.via) or channel_name(choice.via)
    can_go = chips(choice, _narrowed(called), kept)
    focused = _focused(request, len(can_go))
    return {
        "choice": choice,
        "kept": kept,
        "query": urlencode(choice.parameters),
        "address": urlencode({**kept, **choice.parameters}),
        "offers": _offers(choice, offered, called),
        "plain": f"?{urlencode(kept)}",
        "most_days": LONGEST_DAYS if is_cut(request.GET.dict(), choice) else 0,
        "narrow": bool(set(choice.parameters) & _NARROWING),
        "chips": can_go,
        "focused": focused,
        "no_chip_left": focused == 0,
        "finer": bool(set(choice.parameters) & _FINER),
        "decays": choice.model is Model.DECAY,
        "removal": choice.model is TeamModel.MARKOV,
        "of_teams": isinstance(choice.model, TeamModel),
        "meaning": meaning_of(choice.model, choice.half_life_days),
        "currency": business.currency,
        "complete_through": through,
        "stale": through is not None and request.now - through > STALE,
        "ever_fed": through is not None,
    }


_NARROWING = {"via", "via_source", "via_way_source", "type", "tag"}
_FINER = {"views", "view_window", "half_life", "repeats", "order"} | _NARROWING


def _focused(request: MemberRequest, left: int) -> int | None:
    """After a chip was taken away, the place of the one that gets the focus: the next, or the last
    one; 0 when none is left, None when it was no chip that asked."""
    name, _, place = (request.htmx.trigger or "").partition("-")
    return min(int(place), left) if name == "chip" and place.isdecimal() else None


def _offers(
    choice: Choice, offered: queries.Options, called: Mapping[str, str]
) -> dict[str, list[tuple[object, str]]]:
    """Name of a control → its values and words; `called` is what the chosen ones are called."""
    return {
        "periods": _with(choice.period_key, PERIODS, period_words(choice)),
        "comparisons": list(COMPARISONS.items()),
        "models": [(model.value, name) for model, name in MODEL_NAMES.items()],
        "windows": days_offered(WINDOWS, choice.window_days),
        "views": list(VIEWS.items()),
        "view_windows": days_offered(VIEW_WINDOWS, choice.view_days),
        "half_lives": days_offered(HALF_LIVES, choice.half_life_days),
        "transforms": list(TRANSFORMS.items()),
        "orders": list(ORDERS.items()),
        "channels": [_ANY, *_with(choice.via, offered.channels, called.get("via"))],
        "sources": [_ANY, *_with(choice.source_id, offered.sources, called.get("via_source"))],
        "way_sources": [_ANY, *_with(choice.way_source, offered.way_sources, choice.way_source)],
        "types": [_ANY, *_with(choice.type_id, offered.types, called.get("type"))],
        "tags": [_ANY, *_with(choice.tag_id, offered.tags, called.get("tag"))],
    }


def _with(chosen: object, names: Mapping[Any, str], called: str | None) -> list[tuple[object, str]]:
    """What can be chosen, and what was, though it may be gone or far down in a long list."""
    pairs: list[tuple[object, str]] = list(names.items())
    return [*pairs, (chosen, called)] if called and chosen not in names else pairs


_NARROWED = {
    "via": "Only touches of {}",
    "via_source": "Only touches of {}",
    "via_way_source": "Only visits from {}",
    "type": "Only {}",
    "tag": "People tagged {}",
}


def _narrowed(called: Mapping[str, str]) -> dict[str, str]:
    return {name: _NARROWED[name].format(words) for name, words in called.items()}
