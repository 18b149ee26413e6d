"""What was asked, in the words that the head of a file gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from textrail.analytics.attribution import Model, TeamModel, Transform
from textrail.domain.accounts.models import Business
from textrail.domain.reports import queries
from textrail.domain.reports.earners import read_earner
from textrail.domain.reports.exports.sheets import Question
from textrail.domain.reports.queries import Reading
from textrail.domain.reports.queries.names import names
from textrail.domain.reports.rules import (
    MODEL_NAMES,
    ORDERS,
    TRANSFORMS,
    VIEWS,
    Choice,
    days_in_words,
    meaning_of,
)
from textrail.vocabulary.channels import channel_name

# Parameters of a choice; what else an address says is whose credits are asked for.
_OF_THE_CHOICE: Final = {
    *("period", "from", "to", "compare", "model", "window", "views", "view_window"),
    *("half_life", "repeats", "order", "via", "via_source", "via_way_source", "type", "tag"),
}
_NARROWED: Final = {"via_source": "source", "via_way_source": "visits from"}


def question_of(
    business: Business,
    choice: Choice,
    reading: Reading,
    *,
    about: str,
    now: datetime,
    kept: dict[str, str] | None = None,
) -> Question:
    """`about` is what the file holds, such as “Dashboard”; `kept` are parameters of the address
    that are no part of the choice: whose credits."""
    period, kept = choice.period, _others(choice, kept or {})
    asked = [
        ("Model", MODEL_NAMES[choice.model]),
        ("Meaning", meaning_of(choice.model, choice.half_life_days)),
        ("Window", days_in_words(choice.window_days)),
        ("What earns", VIEWS["1" if choice.with_views else ""]),
        *_finer(choice),
        *_narrowed(business, choice),
        ("Currency", business.currency),
        *_in_words(business, kept).items(),
    ]
    return Question(
        title=f"{business.name}: {about}",
        name="-".join(
            [business.slug, period.first.isoformat(), period.last.isoformat(), choice.model.value]
        ),
        zone=business.time_zone,
        first=period.first,
        last=period.last,
        asked=asked,
        parameters={**choice.parameters, **kept},
        complete_through=reading.complete_through,
        made_at=now,
    )


def _others(choice: Choice, given: dict[str, str]) -> dict[str, str]:
    """What the address says beside the choice: whose credits these are."""
    return {name: words for name, words in given.items() if name not in _OF_THE_CHOICE}


def _in_words(business: Business, kept: dict[str, str]) -> dict[str, str]:
    """The same with names in place of ids."""
    earner = read_earner(kept)
    return kept | queries.earner_names(business, earner).of(earner)


def _finer(choice: Choice) -> Iterator[tuple[str, str]]:
    """What was chosen beyond the defaults."""
    if choice.with_views:
        yield "Window of delivered texts", days_in_words(choice.view_days)
    if choice.model is Model.DECAY:
        yield "Half-life", days_in_words(choice.half_life_days)
    if choice.model is TeamModel.MARKOV:
        yield "Looks back", ORDERS[str(choice.order)]
    if choice.transform is not Transform.ALL:
        yield "Repeats", TRANSFORMS[choice.transform.value]


def _narrowed(business: Business, choice: Choice) -> Iterator[tuple[str, str]]:
    """To which touches and conversions the question keeps, by their names."""
    if choice.via:
        channels = names(business, channels=[choice.via]).channels
        yield "Only channel", channels.get(choice.via) or channel_name(choice.via)
    for parameter, name in queries.narrowed_names(business, choice).items():
        yield f"Only {_NARROWED.get(parameter, parameter)}", name
