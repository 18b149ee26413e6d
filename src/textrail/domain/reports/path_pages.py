"""The page of one conversion: what led to it, what each touch earned, and how that came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import MODELS, Model, Part, TeamModel
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.pages.frame import answer, choice_of
from textrail.domain.reports.queries.paths import PathStep
from textrail.domain.reports.queries.stitching import Joined
from textrail.domain.reports.rules import (
    MODEL_NAMES,
    WINDOWS,
    Choice,
    days_offered,
    meaning_of,
    share,
)
from textrail.vocabulary.money import Money, minor_digits


@require_safe
@member_page(Permission.LOOK)
def conversion_path(request: MemberRequest, conversion_id: int) -> HttpResponse:
    choice = choice_of(request)
    everything = "all" in request.GET
    reading = queries.Reading()
    weigh_wholes = "wholes" in request.GET or isinstance(choice.model, TeamModel)
    kept = _kept(choice, everything=everything)
    frame = {
        "choice": choice,
        "query": urlencode(choice.parameters),
        "address": urlencode({**kept, **choice.parameters}),
        "kept": kept,
        "model_options": [(model.value, name) for model, name in MODEL_NAMES.items()],
        "windows": days_offered(WINDOWS, choice.window_days),
        "meaning": meaning_of(choice.model, choice.half_life_days),
        "called": MODEL_NAMES[choice.model],
        "everything": everything,
        "wholes_are_asked": weigh_wholes,
        "files": [("touches", "Touches"), ("parts", "How it came about")],
    }

    def look() -> dict[str, object]:
        path = queries.path(
            request.business,
            reading,
            choice,
            conversion_id,
            MODELS,
            everything=everything,
            weigh_wholes=weigh_wholes,
        )
        return {**_shown(path, choice), "complete_through": reading.complete_through}

    return answer(request, "reports/path.html", frame, look)


def _shown(path: queries.Path, choice: Choice) -> dict[str, object]:
    called = [MODEL_NAMES[model] for model in MODELS]
    chosen = choice.model if isinstance(choice.model, Model) else None
    return {
        "path": path,
        "steps": [_told(step, path, chosen) for step in path.steps],
        "table": [(step, list(zip(called, step.earned, strict=True))) for step in path.steps],
        "counting": sum(not step.refused for step in path.steps),
        "value": Money(path.conversion.value_minor, path.conversion.currency),
        "models": [
            (model, MODEL_NAMES[model], meaning_of(model, choice.half_life_days))
            for model in MODELS
        ],
        "opened": _opened(path, chosen) if chosen and path.attributed else None,
        "joins": [(join, _joined(join)) for join in path.stitch.joins],
    }


def _kept(choice: Choice, *, everything: bool) -> dict[str, str]:
    """What the filter line of this page does not offer, and carries along."""
    rest = {k: v for k, v in choice.parameters.items() if k not in {"model", "window"}}
    return rest | ({"all": "1"} if everything else {})


@dataclass(frozen=True, slots=True)
class Told:
    """A step as the story shows it; `credit` is None where the model credits no single touch."""

    step: PathStep
    credit: Money | None
    part: float
    who: str


def _told(step: PathStep, path: queries.Path, chosen: Model | None) -> Told:
    value, currency = path.conversion.value_minor, path.conversion.currency
    several = len(path.stitch.numbers) > 1
    opened = step.parts.get(chosen) if chosen else None
    return Told(
        step=step,
        credit=Money(opened.credit, currency) if opened else None,
        part=share(abs(opened.credit), abs(value)) if opened else 0.0,
        who=f"Person {step.person}" if several and step.person else "",
    )


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A touch in the sum that shares the value. `exact` is its part before rounding, `rest` what of
    a unit was rounded off."""

    step: PathStep
    weight: float
    exact: str
    rounded: Money
    rest: str
    extra: bool
    credit: Money


@dataclass(frozen=True, slots=True)
class Opened:
    """`left` units of `unit` were left over after rounding down."""

    parts: Sequence[OpenedPart]
    left: int
    unit: Money


def _opened(path: queries.Path, model: Model) -> Opened:
    kept = [(step, step.parts[model]) for step in path.steps if model in step.parts]
    currency = path.conversion.currency
    sign = -1 if path.conversion.value_minor < 0 else 1
    return Opened(
        parts=[_opened_part(step, part, sign, currency) for step, part in kept],
        left=sum(part.extra for _, part in kept),
        unit=Money(sign, currency),
    )


def _opened_part(step: PathStep, part: Part, sign: int, currency: str) -> OpenedPart:
    digits = minor_digits(currency)
    rest = Decimal(part.remainder) / part.whole
    exact = (sign * (part.share + rest)).scaleb(-digits)
    return OpenedPart(
        step=step,
        weight=part.weight / part.whole,
        exact=f"{exact:,.{digits + 4}f}",
        rounded=Money(sign * part.share, currency),
        rest=f"{rest:.4f}",
        extra=bool(part.extra),
        credit=Money(part.credit, currency),
    )


def _joined(join: Joined) -> str:
    one, two = join.who
    return f"{one.capitalize()} and {two} were found to be one person by {join.evidence}."
