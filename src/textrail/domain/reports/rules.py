"""What a question to the reports is: a period, a model, a window, an earner, from an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Model, TeamModel, Transform
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.ids import read_id

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
_MEANINGS: dict[AnyModel, str] = {
    Model.LAST: "The last touch before the conversion earns all of it.",
    Model.FIRST: "The first touch in the window earns all of it.",
    Model.LAST_NON_DIRECT: "The last touch that was not direct earns all of it.",
    Model.LINEAR: "Every touch earns the same.",
    Model.POSITION: "The first and the last touch earn 40% each, those between them the rest.",
    Model.W_SHAPED: "The first touch, the last, and the one that brought the lead (the middle one"
    " where there was no lead) earn 30% each, the others the rest.",
    Model.DECAY: "A touch earns half as much as one that came {half_life} later.",
    TeamModel.MARKOV: "Everything earns by what would be lost without it, judged by the paths of"
    " those who bought and of those who did not.",
    TeamModel.SHAPLEY: "Everything on a path earns the same part of it, however often it was"
    " touched: what each adds, on average over every order.",
}
_MODELS: dict[str, AnyModel] = {model.value: model for model in MODEL_NAMES}
LONGEST_DAYS = 366
LONGEST_WAY = 120
# The most days that these parameters may be. A page offers a few, and any other that is chosen.
MOST_DAYS = {"period": LONGEST_DAYS, "window": 365, "view_window": 30, "half_life": 365}
DEFAULT_PERIOD = "28"
DEFAULT_HALF_LIFE = 7


def days_in_words(days: int | None) -> str:
    """A number of days, or what their window is where each type has its own."""
    if days is None:
        return "As each type says"
    return "1 day" if days == 1 else f"{days} days"


def _offered(*numbers: int | None) -> dict[str, str]:
    return {_written(days): days_in_words(days) for days in numbers}


def _written(number: int | None) -> str:
    return "" if number is None else str(number)


PERIODS = {**_offered(7, 28, 90, 365), "dates": "Choose dates"}
WINDOWS = _offered(None, 1, 7, 14, 30, 60, 90)
VIEW_WINDOWS = _offered(None, 1, 3, 7)
HALF_LIVES = _offered(1, 3, 7, 14, 30)


def days_offered(usual: Mapping[str, str], chosen: int | None) -> list[tuple[object, str]]:
    """What a page offers of one of MOST_DAYS: what is usual, and what is chosen."""
    return list({**usual, _written(chosen): days_in_words(chosen)}.items())


def read_days(name: str, text: str) -> int | None:
    """The number of days that one of MOST_DAYS is, as it stands in an address; None for none."""
    days = read_id(text)
    return days if days is not None and 1 <= days <= MOST_DAYS[name] else None


def meaning_of(model: AnyModel, half_life_days: int = DEFAULT_HALF_LIFE) -> str:
    """What a model does, in a sentence."""
    return _MEANINGS[model].format(half_life=days_in_words(half_life_days))


COMPARISONS = {"before": "Period before", "year": "A year before", "none": "Nothing"}
DEFAULT_COMPARISON = "before"
VIEWS = {"": "Taps, texts, calls, visits", "1": "These and delivered texts"}
TRANSFORMS = {
    "": "Every touch",
    Transform.UNIQUE.value: "Only the first of each",
    Transform.COLLAPSED.value: "One of each run",
}
ORDERS = {"1": "The step before", "2": "Two steps before", "3": "Three steps before"}
_YEARS = range(2000, 2201)
# Every time zone's midnight falls on a quarter of an hour.
QUARTER_MS = 900_000
_CHANNEL = re.compile(r"[a-z0-9_]{1,40}")


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
    def year_before(self) -> Period:
        """As many days from the same date of last year on; 29 February has 28 February before."""
        leap_day = (self.first.month, self.first.day) == (2, 29)
        year = self.first.year - 1
        first = self.first.replace(year=year, day=28 if leap_day else self.first.day)
        return Period(first, first + timedelta(days=self._length - 1))

    @property
    def _length(self) -> int:
        return (self.last - self.first).days + 1

    def span(self, zone: ZoneInfo) -> Span:
        return Span(_midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone))

    def passed_of(self, earlier: Period, zone: ZoneInfo, now: datetime) -> Span:
        """What this period may be compared with: as much of `earlier` as has passed of this."""
        own, span = self.span(zone), earlier.span(zone)
        passed = max(0, to_ms(now) - own.from_ms)
        return Span(span.from_ms, min(span.until_ms, span.from_ms + passed))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_ms(datetime.combine(day, time.min, zone))


@dataclass(frozen=True, slots=True)
class Choice:
    """What the filter line says. `window_days` None leaves each type its own window, `view_days`
    None its own window for delivered texts, which count only `with_views`. With `via`, `source_id`
    or `way_source` only touches of that channel, of that source of a number, or of visits and
    clicks elsewhere from that source earn; `way_id` is the first way in that says it. `type_id` and
    `tag_id` narrow the conversions to a type, and to people with a tag. `order` is how far Markov
    looks back."""

    period_key: str
    period: Period
    model: AnyModel
    window_days: int | None
    compare: str = DEFAULT_COMPARISON
    with_views: bool = False
    view_days: int | None = None
    half_life_days: int = DEFAULT_HALF_LIFE
    transform: Transform = Transform.ALL
    via: str = ""
    source_id: int | None = None
    way_source: str = ""
    way_id: int | None = None
    type_id: int | None = None
    tag_id: int | None = None
    order: int = 1

    @property
    def compared(self) -> Period | None:
        """What the period is compared with."""
        earlier = {"before": self.period.before, "year": self.period.year_before}
        return earlier.get(self.compare)

    @property
    def parameters(self) -> dict[str, str]:
        """The choice as it stands in an address, without what is the default."""
        dates = {}
        if self.period_key == "dates":
            dates = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        values = {
            "period": "" if self.period_key == DEFAULT_PERIOD else self.period_key,
            **dates,
            "compare": "" if self.compare == DEFAULT_COMPARISON else self.compare,
            "model": "" if self.model is Model.LAST else self.model.value,
            "window": _written(self.window_days),
            **self._finer,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def _finer(self) -> dict[str, str]:
        half_life = None if self.half_life_days == DEFAULT_HALF_LIFE else self.half_life_days
        return {
            "views": "1" if self.with_views else "",
            "view_window": _written(self.view_days),
            "half_life": _written(half_life),
            "repeats": "" if self.transform is Transform.ALL else self.transform.value,
            "order": "" if self.order == 1 else str(self.order),
            "via": self.via,
            "via_source": _written(self.source_id),
            "via_way_source": self.way_source,
            "type": _written(self.type_id),
            "tag": _written(self.tag_id),
        }


def read_choice(parameters: Mapping[str, str], today: date) -> Choice:
    """The choice in an address; what does not make sense falls back to the default."""

    def days(name: str) -> int | None:
        return read_days(name, parameters.get(name, ""))

    key = str(days("period") or _one_of(PERIODS, parameters.get("period", ""), DEFAULT_PERIOD))
    repeats = _one_of(TRANSFORMS, parameters.get("repeats", ""), "")
    via = parameters.get("via", "")
    return Choice(
        period_key=key,
        period=_dates(parameters, today) if key == "dates" else _last_days(today, int(key)),
        model=_MODELS.get(parameters.get("model", ""), Model.LAST),
        window_days=days("window"),
        compare=_one_of(COMPARISONS, parameters.get("compare", ""), DEFAULT_COMPARISON),
        with_views=parameters.get("views", "") == "1",
        view_days=days("view_window"),
        half_life_days=days("half_life") or DEFAULT_HALF_LIFE,
        transform=Transform(repeats) if repeats else Transform.ALL,
        via=via if _CHANNEL.fullmatch(via) else "",
        source_id=read_id(parameters.get("via_source", "")),
        way_source=parameters.get("via_way_source", "")[:LONGEST_WAY],
        type_id=read_id(parameters.get("type", "")),
        tag_id=read_id(parameters.get("tag", "")),
        order=int(_one_of(ORDERS, parameters.get("order", ""), "1")),
    )


def around(choice: Choice, day: date, today: date) -> Choice:
    """The same question over the shortest usual period from four weeks on that has `day` in it, or
    the four weeks up to it."""
    for key in (DEFAULT_PERIOD, "90", "365"):
        usual = _last_days(today, int(key))
        if usual.first <= day <= today:
            return replace(choice, period_key=key, period=usual)
    return replace(choice, period_key="dates", period=_last_days(day, int(DEFAULT_PERIOD)))


def _one_of(known: Mapping[str, str], text: str, otherwise: str) -> str:
    return text if text in known else otherwise


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


def problem_with_dates(first: date, last: date) -> tuple[str, str] | None:
    """Which end of a period of dates will not do, `from` or `to`, and a sentence of why; a page
    makes the best of the same dates."""
    for name, day in (("from", first), ("to", last)):
        if day.year not in _YEARS:
            return name, f"“{name}” must be between {_YEARS[0]} and {_YEARS[-1]}."
    if first > last:
        return "from", f"“from”, {first}, is after the last day, {last}."
    if (last - first).days >= LONGEST_DAYS:
        return "from", f"From {first} to {last} are more than {LONGEST_DAYS} days."
    return None


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    found = max(found, date(_YEARS[0], 1, 1))
    return found if found.year in _YEARS else None


def is_cut(parameters: Mapping[str, str], choice: Choice) -> bool:
    """Whether an address asks for dates of which a report does not show the first."""
    days = (_date(parameters.get(name, "")) for name in ("from", "to"))
    shown = choice.period.first
    return choice.period_key == "dates" and min(filter(None, days), default=shown) < shown


def change(now: float, before: float) -> float | None:
    """The relative change, 0.1 for a tenth more; None when there is nothing to compare with."""
    return (now - before) / before if before > 0 else None


def share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
