"""The taps of a link as lines of a CSV file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from textrail.domain.links.rules.explaining import explain
from textrail.vocabulary.csv_writing import BOM, csv_line, harmless
from textrail.vocabulary.places import country_name

_WHO: Final = ("name", "phone")


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """A click as it is exported. `landed` is where its rules led it; empty without rules."""

    at: datetime
    name: str
    phone: str
    device: str
    os: str
    browser: str
    country: str
    region: str
    city: str
    network: str
    verdict: str
    reasons: tuple[str, ...]
    routed: Mapping[str, object]
    click_id: str


def header(zone: ZoneInfo, *, who: bool) -> str:
    """The first line, with the byte order mark."""
    names = [f"when ({zone.key})", "when (UTC)", *(_WHO if who else ()), *_NAMES]
    return BOM + csv_line(names)


def lines(clicks: Iterable[ClickFacts], zone: ZoneInfo, *, landing: str, who: bool) -> str:
    """A line for each click. `landing` is where the link leads without rules; without `who` the
    columns that name somebody are left out."""
    return "".join(csv_line(_cells(click, zone, landing, who=who)) for click in clicks)


_NAMES: Final = (
    "device",
    "system",
    "browser",
    "city",
    "region",
    "country",
    "network",
    "verdict",
    "reasons",
    "landed",
    "rule",
    "click id",
)


def _cells(click: ClickFacts, zone: ZoneInfo, landing: str, *, who: bool) -> list[str]:
    """The cells of a click, harmless. Its id is left as the page of the destination got it, which
    programs compare it with: our own letters, a minus at the most, run nothing."""
    routed = click.routed
    rule = " / ".join(str(routed[part]) for part in ("rule", "arm", "spot") if routed.get(part))
    said = [
        click.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        click.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        *((click.name, click.phone) if who else ()),
        click.device,
        click.os,
        click.browser,
        click.city,
        click.region,
        country_name(click.country) if click.country else "",
        click.network,
        click.verdict,
        " ".join(explain(reason) for reason in click.reasons),
        str(routed.get("landing", "")) if routed else landing,
        rule or str(routed.get("outcome", "")),
    ]
    return [*map(harmless, said), click.click_id]
