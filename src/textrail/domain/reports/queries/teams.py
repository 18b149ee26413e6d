"""What Markov and Shapley credit, as rows like those that the other models' SQL gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Earned,
    Grain,
    PathCount,
    TeamModel,
    origin_paths,
    path_counts,
    team_credits,
)
from textrail.domain.accounts.models import Business
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice

_IDS = ("campaign_id", "variant_id", "number_id", "source_id", "link_id", "way")
_NO = ("no_campaign", "no_variant", "no_number", "no_link", "no_way")


def team_rows(
    business: Business, reading: Reading, choice: Choice, model: TeamModel
) -> list[dict[str, Any]]:
    """A row for each campaign, number with its source, and link; for each wording, where wordings
    earn instead of their campaigns; and for what nobody earned.

    `conversions` are those with it on their path. `removal_effect` is None under Shapley.
    """
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    wordings = path_counts(reading.ask, replace(scope, grain=Grain.WORDING))
    origins = origin_paths(wordings, scope.transform)
    rows = list(_rows(origins, team_credits(model, origins, order=choice.order)))
    if any(row["origin"] == "campaign" for row in rows):
        earned = team_credits(model, wordings, order=choice.order)
        rows += [row for row in _rows(wordings, earned) if row["origin"] == "campaign"]
    nobody = [path for path in origins if not path.channels]
    return rows + [_nothing(path) for path in nobody if path.conversions or path.value]


def _rows(paths: Sequence[PathCount], earned: Mapping[str, Earned]) -> Iterator[dict[str, Any]]:
    seen = dict.fromkeys(earned, 0)
    for path in paths:
        for state in set(path.channels):
            seen[state] += int(path.conversions)
    for state, each in earned.items():
        if seen[state] or each.credit:
            yield {
                **read_state(state),
                "credit": each.credit,
                "conversions": seen[state],
                "removal_effect": each.removal_effect,
            }


def read_state(state: str) -> dict[str, Any]:
    """`c5` is a campaign, `c5/6` its wording, `n2/3` a number with its source (0: none), `l7` a
    link, `wemail` a channel of visits."""
    kind = state[:1]
    parts = [state[1:]] if kind == "w" else state[1:].split("/")
    ids = [part if kind == "w" else int(part) or None for part in parts]
    names = {"c": _IDS[:2], "n": _IDS[2:4], "l": _IDS[4:5], "w": _IDS[5:]}[kind]
    found = dict.fromkeys(_IDS) | dict(zip(names, ids, strict=False))
    return {
        **found,
        "origin": {"c": "campaign", "n": "number", "l": "link", "w": "way"}[kind],
        "no_campaign": kind != "c",
        "no_variant": kind != "c" or len(ids) == 1,
        "no_number": kind != "n",
        "no_link": kind != "l",
        "no_way": kind != "w",
    }


def _nothing(path: PathCount) -> dict[str, Any]:
    return {
        **dict.fromkeys(_IDS),
        **dict.fromkeys(_NO, True),
        "origin": "nothing",
        "credit": int(path.value),
        "conversions": int(path.conversions),
        "removal_effect": None,
    }
