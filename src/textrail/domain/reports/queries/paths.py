"""The path to one conversion: what came before, what each step earned, why others did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from textrail.analytics.attribution import Model, Part, Step, explain, split_openly
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions import queries as conversions
from textrail.domain.conversions.models import Conversion
from textrail.domain.conversions.queries import Facts
from textrail.domain.links.models import Click
from textrail.domain.links.rules.explaining import explain as judged_by
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.stitching import Stitch, stitch_of
from textrail.domain.reports.queries.wholes import Wholes, paths_beside, wholes_of
from textrail.domain.reports.rules import Choice, Span
from textrail.domain.reports.wording import distance, too_early, within
from textrail.vocabulary.channels import channel_name
from textrail.vocabulary.clock import from_ms, to_ms

_ICONS = {
    "sent": "send",
    "tap": "mouse-pointer-click",
    "text": "message-square",
    "call": "phone",
    "session": "globe",
    "click_elsewhere": "mouse-pointer-click",
}
_OUTSIDE = {"too_early", "after"}
_REASONS = {
    "sent": "Our own text: it earns when somebody acts on it.",
    "opt_out": "A goodbye earns nothing.",
    "after": "After the conversion.",
    "counted": "A conversion itself, which earns nothing of others.",
    "elsewhere": "Of another channel or source.",
    "repeat": "A repeat.",
    "uncounted": "The conversion itself counts nothing.",
    "tapped": "It began with a tap on our link: only the tap itself earns, if a person's.",
    "visited": "The click of a visit that stands here too: the visit earns.",
    "clicked": "A direct visit within half an hour of a click elsewhere, to which it belongs.",
    "preview": "A preview, not a person.",
    "scanner": "A scanner, not a person.",
    "prefetch": "Fetched ahead by a browser, not a person.",
    "duplicate": "The same tap again.",
    "unknown": "Not known to be a person.",
}


@dataclass(frozen=True, slots=True)
class PathStep:
    """One line of the path. `reason` says why it earned nothing under any model, or is empty, and
    `evidence` what a tap was judged by; `earned` are minor units of the conversion's currency, in
    the order of the models asked for, and `parts` open them. `person` is a number of the stitch."""

    kind: str
    id: int
    at: datetime
    icon: str
    lead: str
    name: str
    channel: str
    channel_code: str
    distance: str
    within: str
    refused: str
    reason: str
    evidence: Sequence[str]
    person: int
    earned: Sequence[int]
    parts: Mapping[Model, Part]


@dataclass(frozen=True, slots=True)
class Path:
    """A conversion and what was considered for it, oldest first. `outside` counts the steps before
    the window and after the conversion, whether they are shown or not; `view_days` is the window of
    delivered texts, None where these do not count."""

    facts: Facts
    steps: Sequence[PathStep]
    outside: int
    attributed: bool
    window_days: int
    view_days: int | None
    stitch: Stitch
    wholes: Wholes | None

    @property
    def conversion(self) -> Conversion:
        return self.facts.row

    @property
    def contact(self) -> Contact | None:
        return self.facts.contact


def path(
    business: Business,
    reading: Reading,
    choice: Choice,
    conversion_id: int,
    models: Sequence[Model],
    *,
    everything: bool = False,
    weigh_wholes: bool = True,
) -> Path:
    """The path of a conversion of this business, or NotFound; with `everything`, also the steps
    that lie outside its window. To `weigh_wholes` takes a look at all paths of the period."""
    facts = conversions.facts_of(business, conversion_id)
    conversion = facts.row
    at_ms = to_ms(conversion.at)
    scope = scope_of(business, choice, Span(at_ms, at_ms + 1), conversion_id=conversion.pk)
    beside = partial(paths_beside, business, reading, choice, conversion)
    # The reports leave out what is in another currency.
    is_weighed = weigh_wholes and conversion.currency == business.currency
    paths = reading.meanwhile(beside) if is_weighed else None
    steps = explain(reading.ask, scope, reading.meanwhile)
    inside = [step for step in steps if step.refused not in _OUTSIDE]
    shown = steps if everything else inside
    tokens = (*(step.person for step in shown), conversion.person.token)
    stitch = stitch_of(business, conversion.person, tokens)
    seen = _Seen(_called(business, shown), _evidence(business, shown), stitch)
    parts = _parts(conversion.value_minor, steps, models)
    return Path(
        facts=facts,
        steps=[_line(step, seen, models, parts.get(step.touch, {})) for step in shown],
        outside=len(steps) - len(inside),
        attributed=any(not step.refused for step in steps),
        window_days=choice.window_days or conversion.type.window_days,
        view_days=(choice.view_days or conversion.type.view_days) if choice.with_views else None,
        stitch=stitch,
        wholes=wholes_of(business, choice, conversion, steps, paths()) if paths else None,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the lines of a path are told with, read once for all of them."""

    called: Names
    evidence: Mapping[int, Sequence[str]]
    stitch: Stitch


def _parts(
    value: int, steps: Sequence[Step], models: Sequence[Model]
) -> dict[int, dict[Model, Part]]:
    """Touch → model → how its credit came about."""
    kept = [step for step in steps if not step.refused]
    found: dict[int, dict[Model, Part]] = {step.touch: {} for step in kept}
    for model in models if kept else ():
        opened = split_openly(value, [step.weights[model] for step in kept])
        for step, part in zip(kept, opened, strict=True):
            found[step.touch][model] = part
    return found


def _evidence(business: Business, steps: Sequence[Step]) -> dict[int, Sequence[str]]:
    """What each tap was judged by, in sentences."""
    taps = [step.id for step in steps if step.kind == "tap"]
    rows = Click.objects.filter(business=business, id__in=taps) if taps else ()
    return {row.pk: [judged_by(reason) for reason in row.reasons] for row in rows}


def _called(business: Business, steps: Sequence[Step]) -> Names:
    return names(
        business,
        campaigns=[step.campaign_id for step in steps],
        variants=[step.variant_id for step in steps],
        links=[step.link_id for step in steps],
        numbers=[step.number_id for step in steps],
        channels=[step.channel for step in steps if step.traffic_id is not None],
        ways=[step.traffic_id for step in steps],
    )


def _line(
    step: Step, seen: _Seen, models: Sequence[Model], parts: Mapping[Model, Part]
) -> PathStep:
    lead, name = _words(step, seen.called)
    return PathStep(
        kind=step.kind,
        id=step.id,
        at=from_ms(step.at_ms),
        icon=_ICONS[step.kind],
        lead=lead,
        name=name,
        channel=_channel(step, seen.called),
        channel_code=step.channel,
        distance=distance(step.at_ms, step.credited_at_ms),
        within=within(step.since_ms, step.credited_at_ms),
        refused=step.refused,
        reason=_reason(step),
        evidence=seen.evidence.get(step.id, ()) if step.kind == "tap" else (),
        person=seen.stitch.numbers.get(step.person, 0),
        earned=[step.credits[model] for model in models],
        parts=parts,
    )


def _reason(step: Step) -> str:
    if step.refused == "too_early":
        what = "the window for delivered texts" if step.kind == "sent" else "the window"
        return too_early(step.at_ms, step.since_ms, step.credited_at_ms, what)
    return _REASONS.get(step.refused, step.refused)


def _words(step: Step, called: Names) -> tuple[str, str]:
    number = called.numbers.get(step.number_id or 0, "")
    if step.kind == "tap":
        return "Tapped", _wording(step, called) or called.links.get(step.link_id or 0, "a link")
    if step.kind == "sent":
        sent = _wording(step, called)
        return ("We texted", sent) if sent else ("We texted from", number)
    if step.traffic_id is not None:
        way = called.ways.get(step.traffic_id, "")
        lead = "Visited" if step.kind == "session" else "Clicked elsewhere"
        return lead, " · ".join(filter(None, [_channel(step, called), way]))
    return ("Texted" if step.kind == "text" else "Called"), number


def _channel(step: Step, called: Names) -> str:
    return called.channels.get(step.channel) or channel_name(step.channel)


def _wording(step: Step, called: Names) -> str:
    """The campaign and the variant that was sent, such as “Spring sale · B”."""
    campaign = called.campaigns.get(step.campaign_id or 0, "")
    variant = called.variants.get(step.variant_id or 0, "")
    return f"{campaign} · {variant}" if campaign and variant else campaign
