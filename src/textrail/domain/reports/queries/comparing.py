"""All models side by side for one question: what each would credit to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    MODELS,
    Grain,
    TeamModel,
    credits_query,
    path_counts,
    team_credits,
)
from textrail.analytics.counted import CountedPaths
from textrail.domain.accounts.models import Business
from textrail.domain.reports.earners import NONE
from textrail.domain.reports.narrowing import OTHERS, read_state
from textrail.domain.reports.queries.channel_credits import CHANNEL_OF_CREDIT
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.teams import TABLES_OF
from textrail.domain.reports.rules import MODEL_NAMES, AnyModel, Choice
from textrail.domain.reports.traits import (
    others_of,
    others_together,
    rarest_channels,
    rarest_origins,
)
from textrail.vocabulary.channels import channel_name


@dataclass(frozen=True, slots=True)
class Compared:
    """A line: what each model credits to it, in minor units. `link` are the parameters of the page
    of conversions behind it, `removal_effect` what would be lost without it, from 0 to 1."""

    name: str
    credits: Mapping[AnyModel, int]
    link: Mapping[str, str]
    removal_effect: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The greatest credit of any model first, what nobody earned last; the credits of each model
    sum to `total`, the revenue of the period."""

    rows: Sequence[Compared]
    total: int


def compare_models(
    business: Business, reading: Reading, choice: Choice, grain: Grain
) -> Comparison:
    """Every model for each channel, or for each campaign, number with its source, link and channel
    of visits. Those that Markov weighs as one are a line under every model."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    sums = ", ".join(f"SUM(credit_{model}) AS credit_{model}" for model in MODELS)
    # What is a repeat on a path does not depend on who asks for the sums: it is of one origin.
    key = CHANNEL_OF_CREDIT if grain is Grain.CHANNEL else "state"
    select = f"SELECT {key} AS earner, {sums} FROM credits GROUP BY 1"  # noqa: S608 -- ours
    paths = reading.meanwhile(lambda: path_counts(reading.columns, replace(scope, grain=grain)))
    found: dict[str, dict[AnyModel, int]] = {}
    for row in reading.ask(credits_query(MODELS, scope, select)).records():
        found[row["earner"]] = {model: int(row[f"credit_{model}"]) for model in MODELS}
    weighed = paths()
    _add(found, TeamModel.SHAPLEY, weighed, choice)
    rarest = rarest_channels if grain is Grain.CHANNEL else rarest_origins
    weighed, rare = rarest(weighed, choice.transform, order=choice.order)
    others = {key: OTHERS if grain is Grain.CHANNEL else others_of(key) for key in rare}
    found, together = _as_one(found, others), Counter(others.values())
    effects = _add(found, TeamModel.MARKOV, weighed, choice)
    called = _called(business, grain, found.keys() - together.keys())
    rows = [
        Compared(
            name=others_together(together[key]) if key in together else _name(grain, key, called),
            credits={model: found[key].get(model, 0) for model in MODEL_NAMES},
            link=_link(grain, key),
            removal_effect=effects.get(key),
        )
        for key in found
        if any(found[key].values())
    ]
    rows.sort(key=lambda row: ("origin" in row.link, -max(row.credits.values()), row.name))
    return Comparison(rows, sum(each.get(MODELS[0], 0) for each in found.values()))


def _add(
    found: dict[str, dict[AnyModel, int]], model: TeamModel, paths: CountedPaths, choice: Choice
) -> dict[str, float | None]:
    """Markov or Shapley beside the others; the removal effect of each state."""
    credited = team_credits(model, paths, order=choice.order)
    for key, earned in credited.items():
        found.setdefault(key, {})[model] = earned.credit
    nobody = int(paths.untouched.value)
    if nobody:
        found.setdefault("", {})[model] = nobody
    return {key: earned.removal_effect for key, earned in credited.items()}


def _as_one(
    found: Mapping[str, Mapping[AnyModel, int]], others: Mapping[str, str]
) -> dict[str, dict[AnyModel, int]]:
    """The same credits, with one line for all that have the same of `others`."""
    lines: dict[str, dict[AnyModel, int]] = {}
    for key, credited in found.items():
        line = lines.setdefault(others.get(key, key), {})
        for model, credit in credited.items():
            line[model] = line.get(model, 0) + credit
    return lines


def _called(business: Business, grain: Grain, keys: Iterable[str]) -> Names:
    if grain is Grain.CHANNEL:
        return names(business, channels=[key for key in keys if key])
    states = [read_state(key) for key in keys if key]
    return names(
        business,
        campaigns=[each["campaign_id"] for each in states],
        numbers=[each["number_id"] for each in states],
        sources=[each["source_id"] for each in states],
        links=[each["link_id"] for each in states],
        channels=[each["way"] for each in states if each["way"]],
    )


def _name(grain: Grain, key: str, called: Names) -> str:
    if not key:
        return "No touchpoint"
    if grain is Grain.CHANNEL:
        return called.channels.get(key) or channel_name(key)
    each = read_state(key)
    if each["campaign_id"]:
        return called.campaigns.get(each["campaign_id"], "Deleted campaign")
    if each["link_id"] or each["origin"] == "link":
        return called.links.get(each["link_id"] or 0, "Deleted link")
    if each["way"]:
        return called.channels.get(each["way"]) or channel_name(each["way"])
    number = called.numbers.get(each["number_id"] or 0, "Deleted number")
    source = called.sources.get(each["source_id"] or 0)
    return f"{number}, {source}" if source and source != number else number


def _link(grain: Grain, key: str) -> dict[str, str]:
    if not key:
        return {"origin": "nothing"}
    if OTHERS in key:
        return {"together": TABLES_OF.get(key[0], "channels")}
    if grain is Grain.CHANNEL:
        return {"channel": key}
    each = read_state(key)
    wanted = {
        "campaign": ("campaign_id",),
        "number": ("number_id", "source_id"),
        "link": ("campaign_id", "link_id"),
        "way": ("way",),
    }
    return {name.removesuffix("_id"): str(each[name] or NONE) for name in wanted[each["origin"]]}
