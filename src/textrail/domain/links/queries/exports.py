"""Reading all clicks of a link, a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Click, Link
from textrail.domain.links.rules.exports import ClickFacts

CHUNK = 2000
_FIELDS = (
    "id",
    "at",
    "contact__name",
    "contact__phone",
    "device",
    "os",
    "browser",
    "country",
    "region",
    "city",
    "network",
    "verdict",
    "reasons",
    "routed",
    "click_id",
)


@dataclass(frozen=True, slots=True)
class ClickChunk:
    """Clicks in the order of their arrival; `after` asks for those behind them, None at the end."""

    clicks: tuple[ClickFacts, ...]
    after: int | None


def click_chunk(
    business: Business, link: Link, *, after: int = 0, since: datetime | None = None
) -> ClickChunk:
    """The next two thousand clicks of a link; one statement."""
    rows = Click.objects.filter(business=business, link=link, id__gt=after)
    if since is not None:
        rows = rows.filter(at__gte=since)
    found = list(rows.order_by("id").values_list(*_FIELDS)[:CHUNK])
    return ClickChunk(
        tuple(_facts(row) for row in found), found[-1][0] if len(found) == CHUNK else None
    )


def _facts(row: tuple[Any, ...]) -> ClickFacts:
    _, at, name, phone, device, os, browser, country, region, city, network, *judged = row
    verdict, reasons, routed, click_id = judged
    return ClickFacts(
        at=at,
        name=name or "",
        phone=phone or "",
        device=device,
        os=os,
        browser=browser,
        country=country,
        region=region,
        city=city,
        network=network,
        verdict=verdict,
        reasons=tuple(reasons),
        routed=routed or {},
        click_id=click_id,
    )
