"""What every page of the reports has: the filter line, what is set, how fresh the numbers are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from textrail.analytics.attribution import Model, TeamModel
from textrail.analytics.engine import EngineUnavailable
from textrail.domain.accounts.access import MemberRequest
from textrail.domain.reports import queries
from textrail.domain.reports.chips import chips
from textrail.domain.reports.rules import (
    COMPARISONS,
    HALF_LIVES,
    MODEL_NAMES,
    ORDERS,
    PERIODS,
    TRANSFORMS,
    VIEW_WINDOWS,
    VIEWS,
    WINDOWS,
    Choice,
    meaning_of,
    read_choice,
)
from textrail.vocabulary.channels import channel_name
from textrail.vocabulary.errors import Malformed, Refusal

log = logging.getLogger(__name__)
# The feed writes every second; what is older than this is worth a word.
STALE = timedelta(minutes=1)
_ANY = ("", "Any")


def choice_of(request: MemberRequest) -> Choice:
    """What the address asks."""
    today = request.now.astimezone(ZoneInfo(request.business.time_zone)).date()
    return read_choice(request.GET.dict(), today)


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
    offered = queries.options(business)
    can_go = chips(choice, _named(choice, offered), kept)
    focused = _focused(request, len(can_go))
    return {
        "choice": choice,
        "kept": kept,
        "query": urlencode(choice.parameters),
        "address": urlencode({**kept, **choice.parameters}),
        "offers": _offers(choice, offered),
        "plain": f"?{urlencode(kept)}",
        "ninety_days": _ninety_days(choice, kept),
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


_NARROWING = {"via", "via_source", "type", "tag"}
_FINER = {"views", "view_window", "half_life", "repeats", "order"} | _NARROWING


def _ninety_days(choice: Choice, kept: Mapping[str, str]) -> str:
    """The address of the same question over 90 days."""
    rest = {k: v for k, v in choice.parameters.items() if k not in {"period", "from", "to"}}
    return f"?{urlencode({**kept, **rest, 'period': '90'})}"


def _focused(request: MemberRequest, left: int) -> int | None:
    """After a chip was taken away, the place of the one that gets the focus: the next, or the last
    one; 0 when none is left, None when it was no chip that asked."""
    name, _, place = (request.htmx.trigger or "").partition("-")
    return min(int(place), left) if name == "chip" and place.isdecimal() else None


def _offers(choice: Choice, offered: queries.Options) -> dict[str, list[tuple[object, str]]]:
    """Name of a control → its values and words."""
    return {
        "periods": list(PERIODS.items()),
        "comparisons": list(COMPARISONS.items()),
        "models": [(model.value, name) for model, name in MODEL_NAMES.items()],
        "windows": list(WINDOWS.items()),
        "views": list(VIEWS.items()),
        "view_windows": list(VIEW_WINDOWS.items()),
        "half_lives": list(HALF_LIVES.items()),
        "transforms": list(TRANSFORMS.items()),
        "orders": list(ORDERS.items()),
        "channels": [_ANY, *_with(choice.via, offered.channels)],
        "sources": [_ANY, *_with(choice.source_id, offered.sources)],
        "types": [_ANY, *_with(choice.type_id, offered.types)],
        "tags": [_ANY, *_with(choice.tag_id, offered.tags)],
    }


def _with(chosen: object, names: Mapping[Any, str]) -> list[tuple[object, str]]:
    """What can be chosen, and what was, though it may be gone."""
    pairs: list[tuple[object, str]] = list(names.items())
    return pairs if not chosen or chosen in names else [*pairs, (chosen, str(chosen))]


def _named(choice: Choice, offered: queries.Options) -> dict[str, str]:
    channel = offered.channels.get(choice.via) or channel_name(choice.via)
    return {
        "via": f"Only touches of {channel}",
        "via_source": f"Only touches of {offered.sources.get(choice.source_id or 0, 'a source')}",
        "type": f"Only {offered.types.get(choice.type_id or 0, 'one type')}",
        "tag": f"People tagged {offered.tags.get(choice.tag_id or 0, '…')}",
    }
