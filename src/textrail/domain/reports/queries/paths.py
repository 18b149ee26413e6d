"""The path to one conversion: what came before, what each step earned, why others did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.analytics.attribution import Model, Step, explain
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions import queries as conversions
from textrail.domain.conversions.models import Conversion
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice, Span
from textrail.vocabulary.clock import from_ms, to_ms

_ICONS = {"sent": "send", "tap": "mouse-pointer-click", "text": "message-square", "call": "phone"}
_OUTSIDE = {"too_early", "after"}
_REASONS = {
    "sent": "Our own text: it earns when somebody acts on it.",
    "opt_out": "A goodbye earns nothing.",
    "after": "After the conversion.",
    "too_early": "Before the window began.",
    "counted": "A conversion itself, which earns nothing of others.",
    "elsewhere": "Of another channel or source.",
    "repeat": "A repeat.",
    "preview": "A preview, not a person.",
    "scanner": "A scanner, not a person.",
    "prefetch": "Fetched ahead by a browser, not a person.",
    "duplicate": "The same tap again.",
    "unknown": "Not known to be a person.",
}


@dataclass(frozen=True, slots=True)
class PathStep:
    """One line of the path. `reason` says why it earned nothing under any model, or is empty;
    `earned` are minor units of the conversion's currency, in the order of the models asked for."""

    at: datetime
    icon: str
    lead: str
    name: str
    reason: str
    earned: Sequence[int]


@dataclass(frozen=True, slots=True)
class Path:
    """A conversion and what was considered for it, oldest first. `outside` counts the steps before
    the window and after the conversion, whether they are shown or not."""

    conversion: Conversion
    contact: Contact | None
    steps: Sequence[PathStep]
    outside: int
    attributed: bool
    window_days: int


def path(
    business: Business,
    reading: Reading,
    choice: Choice,
    conversion_id: int,
    models: Sequence[Model],
    *,
    everything: bool = False,
) -> Path:
    """The path of a conversion of this business, or NotFound; with `everything`, also the steps
    that lie outside its window."""
    conversion = conversions.conversion(business, conversion_id)
    at_ms = to_ms(conversion.at)
    scope = scope_of(business, choice, Span(at_ms, at_ms + 1), conversion_id=conversion.pk)
    steps = explain(reading.ask, scope)
    inside = [step for step in steps if step.refused not in _OUTSIDE]
    shown = steps if everything else inside
    called = _called(business, shown)
    people = contacts.contacts_of_persons(business, [conversion.person_id])
    return Path(
        conversion=conversion,
        contact=people.get(conversion.person_id),
        steps=[_line(step, called, models) for step in shown],
        outside=len(steps) - len(inside),
        attributed=any(not step.refused for step in steps),
        window_days=choice.window_days or conversion.type.window_days,
    )


def _called(business: Business, steps: Sequence[Step]) -> Names:
    return names(
        business,
        campaigns=[step.campaign_id for step in steps],
        variants=[step.variant_id for step in steps],
        links=[step.link_id for step in steps],
        numbers=[step.number_id for step in steps],
    )


def _line(step: Step, called: Names, models: Sequence[Model]) -> PathStep:
    lead, name = _words(step, called)
    return PathStep(
        at=from_ms(step.at_ms),
        icon=_ICONS[step.kind],
        lead=lead,
        name=name,
        reason=_REASONS.get(step.refused, step.refused),
        earned=[step.credits[model] for model in models],
    )


def _words(step: Step, called: Names) -> tuple[str, str]:
    number = called.numbers.get(step.number_id or 0, "")
    if step.kind == "tap":
        return "Tapped", _wording(step, called) or called.links.get(step.link_id or 0, "a link")
    if step.kind == "sent":
        return "We texted", _wording(step, called) or number
    return ("Texted" if step.kind == "text" else "Called"), number


def _wording(step: Step, called: Names) -> str:
    """The campaign and the variant that was sent, such as “Spring sale · B”."""
    campaign = called.campaigns.get(step.campaign_id or 0, "")
    variant = called.variants.get(step.variant_id or 0, "")
    return f"{campaign} · {variant}" if campaign and variant else campaign
