"""What a question says beyond the usual, as chips that take it back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from textrail.analytics.attribution import Transform
from textrail.domain.reports.rules import (
    MODEL_NAMES,
    TRANSFORMS,
    Choice,
    days_in_words,
)

# What goes with what: nobody wants the dates without the period, or the window of what is left out.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "period": ("period", "from", "to"),
    "views": ("views", "view_window"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """What is set, and the parameters of an address without it."""

    words: str
    without: str


def chips(choice: Choice, named: Mapping[str, str], kept: Mapping[str, str]) -> list[Chip]:
    """A chip for each part of `choice` that is not as usual. `named` says what the channel, source,
    type and tag are called, by their parameters; `kept` goes along in every address."""
    words = {**_words(choice), **named}
    return [
        Chip(words[name], _without(choice, name, kept))
        for name in choice.parameters
        if name in words
    ]


def _words(choice: Choice) -> dict[str, str]:
    views = "With delivered texts"
    if choice.view_days is not None:
        views += f" of {days_in_words(choice.view_days)}"
    compared = "a year before" if choice.compare == "year" else "nothing"
    return {
        "period": period_words(choice),
        "compare": f"Beside {compared}",
        "model": MODEL_NAMES[choice.model],
        "window": f"Window of {days_in_words(choice.window_days)}",
        "views": views,
        "half_life": f"Half as much after {days_in_words(choice.half_life_days)}",
        "repeats": "" if choice.transform is Transform.ALL else TRANSFORMS[choice.transform.value],
        "order": f"Markov of order {choice.order}",
    }


def period_words(choice: Choice) -> str:
    """What the period is called: by its length or by its dates."""
    if choice.period_key != "dates":
        return days_in_words(int(choice.period_key))
    first, last = choice.period.first, choice.period.last
    return _day(first) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _without(choice: Choice, name: str, kept: Mapping[str, str]) -> str:
    gone = _TOGETHER.get(name, (name,))
    left = {key: text for key, text in choice.parameters.items() if key not in gone}
    return urlencode({**kept, **left})
