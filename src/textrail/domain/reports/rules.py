"""What a question to the reports is: a period, a model, a window, an earner, from an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Model, TeamModel
from textrail.vocabulary.clock import to_ms

AnyModel = Model | TeamModel
MODEL_NAMES: dict[AnyModel, str] = {
    Model.LAST: "Last touch",
    Model.FIRST: "First touch",
    Model.LAST_NON_DIRECT: "Last non-direct",
    Model.LINEAR: "Even split",
    Model.POSITION: "Position-based",
    Model.W_SHAPED: "W-shaped",
    Model.DECAY: "Time decay",
    TeamModel.MARKOV: "Markov",
    TeamModel.SHAPLEY: "Shapley",
}
MODEL_MEANINGS: dict[AnyModel, str] = {
    Model.LAST: "The last touch before the conversion earns all of it.",
    Model.FIRST: "The first touch in the window earns all of it.",
    Model.LAST_NON_DIRECT: "The last touch that was no direct visit earns all of it.",
    Model.LINEAR: "Every touch earns the same.",
    Model.POSITION: "The first and the last touch earn 40% each, those between them the rest.",
    Model.W_SHAPED: "The first touch, the last, and the one that brought the lead (the middle one"
    " where there was no lead) earn 30% each, the others the rest.",
    Model.DECAY: "A touch earns half as much as one that came seven days later.",
    TeamModel.MARKOV: "Everything earns by what would be lost without it, judged by the paths of"
    " those who bought and of those who did not.",
    TeamModel.SHAPLEY: "Everything on a path earns the same part of it, however often it was"
    " touched: what each adds, on average over every order.",
}
_MODELS: dict[str, AnyModel] = {model.value: model for model in MODEL_NAMES}
PERIODS = {"7": "7 days", "28": "28 days", "90": "90 days", "dates": "Choose dates"}
DEFAULT_PERIOD = "28"
WINDOWS = {"": "As each type says", "1": "1 day", "7": "7 days", "30": "30 days", "90": "90 days"}
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `from_ms` on and before `until_ms`."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the business's own calendar, both included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=day) for day in range(self._length)]

    @property
    def before(self) -> Period:
        """The same number of days, right before."""
        step = timedelta(days=self._length)
        return Period(self.first - step, self.last - step)

    @property
    def _length(self) -> int:
        return (self.last - self.first).days + 1

    def span(self, zone: ZoneInfo) -> Span:
        return Span(_midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone))

    def span_before(self, zone: ZoneInfo, now: datetime) -> Span:
        """What this period is compared with: as much of the one before as has passed of this."""
        own, earlier = self.span(zone), self.before.span(zone)
        passed = max(0, to_ms(now) - own.from_ms)
        return Span(earlier.from_ms, min(earlier.until_ms, earlier.from_ms + passed))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_ms(datetime.combine(day, time.min, zone))


@dataclass(frozen=True, slots=True)
class Choice:
    """What the filter line says. `window_days` None leaves each type its own window."""

    period_key: str
    period: Period
    model: AnyModel
    window_days: int | None

    @property
    def parameters(self) -> dict[str, str]:
        """The choice as it stands in an address, without what is the default."""
        dates = {}
        if self.period_key == "dates":
            dates = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        values = {
            "period": "" if self.period_key == DEFAULT_PERIOD else self.period_key,
            **dates,
            "model": "" if self.model is Model.LAST else self.model.value,
            "window": "" if self.window_days is None else str(self.window_days),
        }
        return {name: value for name, value in values.items() if value}


def read_choice(parameters: Mapping[str, str], today: date) -> Choice:
    """The choice in an address; what does not make sense falls back to the default."""
    key = parameters.get("period", DEFAULT_PERIOD)
    key = key if key in PERIODS else DEFAULT_PERIOD
    model = parameters.get("model", "")
    window = parameters.get("window", "")
    return Choice(
        period_key=key,
        period=_dates(parameters, today) if key == "dates" else _last_days(today, int(key)),
        model=_MODELS.get(model, Model.LAST),
        window_days=int(window) if window in WINDOWS and window else None,
    )


def _last_days(today: date, days: int) -> Period:
    return Period(today - timedelta(days=days - 1), today)


def _dates(parameters: Mapping[str, str], today: date) -> Period:
    first, last = _date(parameters.get("from", "")), _date(parameters.get("to", ""))
    if first is None and last is None:
        return _last_days(today, int(DEFAULT_PERIOD))
    last = last or today
    first = first or last
    first, last = min(first, last), max(first, last)
    return Period(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


@dataclass(frozen=True, slots=True)
class Earner:
    """Whose credits: any combination of ids; with none of them, those of every touchpoint."""

    campaign: int | None = None
    variant: int | None = None
    number: int | None = None
    source: int | None = None
    link: int | None = None
    origin: str = ""


def read_earner(parameters: Mapping[str, str]) -> Earner:
    """The earner in an address; what is not a number is left out."""
    ids = {
        name: int(text)
        for name in ("campaign", "variant", "number", "source", "link")
        if (text := parameters.get(name, "")).isascii() and text.isdecimal() and len(text) < 19
    }
    origin = parameters.get("origin", "")
    return Earner(**ids, origin=origin if origin in {"nothing", "all"} else "")


def change(now: float, before: float) -> float | None:
    """The relative change, 0.1 for a tenth more; None when there is nothing to compare with."""
    return (now - before) / before if before > 0 else None


def share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
