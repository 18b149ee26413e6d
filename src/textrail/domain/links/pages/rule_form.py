"""The form of one rule: from what was typed to a rule, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from textrail.domain.links.rules.routing import EditedArm, EditedRule
from textrail.domain.links.rules.routing_targets import MOST_ARMS
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.places import country_name, region_name

_TEXTS = (
    "name",
    "countries",
    "regions",
    "cities",
    "languages",
    "from_time",
    "to_time",
    "starts_at",
    "ends_at",
    "percent",
    "limit",
    "target",
    "destination",
    "within_km",
)
_LISTS = ("devices", "systems", "weekdays", "stores")
_LABELS = "ABCDEF"
_LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class ArmForm:
    """One line of a split as typed; `number` counts from 1."""

    number: int
    label: str = ""
    weight: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What stands in the form, unread. `target` is page, split or nearest."""

    texts: dict[str, str]
    lists: dict[str, list[str]] = field(default_factory=dict)
    arms: tuple[ArmForm, ...] = ()

    @property
    def more_arms(self) -> bool:
        """Whether more sides of a split are in use than the form shows at first."""
        return any(arm.destination or arm.label for arm in self.arms[3:])


def empty_form() -> RuleForm:
    return RuleForm({"target": "page"}, {}, _arms([]))


def form_from(given: QueryDict) -> RuleForm:
    arms = tuple(
        ArmForm(
            number,
            *(given.get(f"arm_{number}_{part}", "") for part in ("label", "weight", "destination")),
        )
        for number in range(1, MOST_ARMS + 1)
    )
    texts = {name: given.get(name, "").replace("\0", "") for name in _TEXTS}
    return RuleForm(texts, {name: given.getlist(name) for name in _LISTS}, arms)


def form_of(rule: EditedRule, *, time_zone: str) -> RuleForm:
    """A stored rule as it would be typed; moments in the business's own time."""
    texts = {
        "name": rule.name,
        "countries": ", ".join(country_name(code) for code in rule.countries),
        "regions": ", ".join(region_name(code) for code in rule.regions),
        "cities": ", ".join(rule.cities),
        "languages": ", ".join(rule.languages),
        "from_time": rule.from_time,
        "to_time": rule.to_time,
        "starts_at": local_text(rule.starts_at, time_zone),
        "ends_at": local_text(rule.ends_at, time_zone),
        "percent": "" if rule.percent is None else f"{rule.percent:g}",
        "limit": "" if rule.limit is None else str(rule.limit),
        "target": "split" if rule.arms else "nearest" if rule.nearest else "page",
        "destination": rule.destination,
        "within_km": "" if rule.within_km is None else f"{rule.within_km:g}",
    }
    lists = {
        "devices": list(rule.devices),
        "systems": list(rule.systems),
        "weekdays": [str(day) for day in rule.weekdays],
        "stores": [str(store) for store in rule.stores],
    }
    return RuleForm(texts, lists, _arms(list(rule.arms)))


def read_form(form: RuleForm, *, time_zone: str) -> EditedRule:
    """The rule that was typed, unchecked; Malformed for what is no number or no moment."""
    texts, lists, target = form.texts, form.lists, form.texts["target"]
    return EditedRule(
        name=texts["name"],
        countries=_words(texts["countries"]),
        regions=_words(texts["regions"]),
        cities=_words(texts["cities"]),
        languages=_words(texts["languages"]),
        devices=tuple(lists["devices"]),
        systems=tuple(lists["systems"]),
        weekdays=tuple(int(day) for day in lists["weekdays"] if day in tuple("0123456")),
        from_time=texts["from_time"].strip()[:5],
        to_time=texts["to_time"].strip()[:5],
        starts_at=read_moment(texts["starts_at"], time_zone, name="start", field="starts_at"),
        ends_at=read_moment(texts["ends_at"], time_zone, name="end", field="ends_at"),
        percent=_number(texts["percent"], "The percentage", "percent"),
        limit=read_whole(texts["limit"], name="The number of taps", field="limit"),
        destination=texts["destination"].strip() if target == "page" else "",
        arms=tuple(_read_arm(arm) for arm in _used(form.arms)) if target == "split" else (),
        nearest=target == "nearest",
        stores=tuple(_ids(lists["stores"])) if target == "nearest" else (),
        within_km=_number(texts["within_km"], "The distance", "within_km")
        if target == "nearest"
        else None,
    )


def local_text(moment: datetime | None, time_zone: str) -> str:
    """A moment as the field for date and time wants it."""
    return "" if moment is None else moment.astimezone(ZoneInfo(time_zone)).strftime(_LOCAL)


def read_moment(text: str, time_zone: str, *, name: str, field: str) -> datetime | None:
    """A date and time in `time_zone`; None for nothing, Malformed for what is neither."""
    if not text.strip():
        return None
    try:
        local = datetime.strptime(text.strip()[:16], _LOCAL)  # noqa: DTZ007 -- its zone comes next
    except ValueError as error:
        raise Malformed(
            f"The {name} is no date and time.", hint="Write it as 2026-03-02T18:00.", field=field
        ) from error
    return local.replace(tzinfo=ZoneInfo(time_zone))


def read_whole(text: str, *, name: str, field: str) -> int | None:
    given = text.strip().replace(",", "").replace(" ", "")
    if not given:
        return None
    if not re.fullmatch(r"-?[0-9]{1,12}", given):
        raise Malformed(f"{name} is a whole number.", hint="Leave it empty for none.", field=field)
    return int(given)


def _number(text: str, name: str, field: str) -> float | None:
    given = text.strip().rstrip("%").strip().replace(",", ".")
    if not given:
        return None
    if not re.fullmatch(r"-?[0-9]{0,9}(\.[0-9]{0,6})?", given) or not re.search(r"[0-9]", given):
        raise Malformed(f"{name} is a number.", hint="Leave it empty for none.", field=field)
    return float(given)


def _ids(texts: list[str]) -> list[int]:
    return [found for text in texts if (found := read_id(text)) is not None]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[,;\n]", text) if word.strip())


def _arms(arms: list[EditedArm]) -> tuple[ArmForm, ...]:
    filled = [
        ArmForm(number, arm.label, str(arm.weight), arm.destination)
        for number, arm in enumerate(arms, 1)
    ]
    fresh = [] if arms else [ArmForm(1, "A", "50"), ArmForm(2, "B", "50")]
    shown = filled + fresh
    return (*shown, *(ArmForm(number) for number in range(len(shown) + 1, MOST_ARMS + 1)))


def _used(arms: tuple[ArmForm, ...]) -> list[ArmForm]:
    """The first two lines, and any other in which something stands."""
    return [arm for arm in arms if arm.number <= 2 or arm.destination.strip() or arm.label.strip()]


def _read_arm(arm: ArmForm) -> EditedArm:
    weight = read_whole(arm.weight, name=f"The weight of side {arm.number}", field="arms")
    label = arm.label.strip() or _LABELS[arm.number - 1]
    return EditedArm(label, arm.destination.strip(), 1 if weight is None else weight)
