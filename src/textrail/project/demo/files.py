"""Files that Max uploads in the demo: what Google and Meta cost, and who clicked a newsletter.

They are written as the platforms write them, and imported by the action that the page calls. Their
figures come from a seed of their own, so that the rest of the story stays as it is.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from textrail.domain.contacts.models import Contact
from textrail.domain.conversions.actions.imports import keep_file, start_import
from textrail.domain.conversions.rules.headings import Kind
from textrail.domain.conversions.rules.imports import stored_layout
from textrail.project.demo import story
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage
from textrail.vocabulary.csv_writing import csv_line
from textrail.vocabulary.utm import Utm

ZONE = ZoneInfo("America/New_York")
# How much a campaign spends on a working day, in dollars, and what a click of it costs.
GOOGLE = {"ac-repair": (9.5, 4.1), "brand": (1.6, 0.8)}
META = {"cool-rooms": (3.6, 1.2)}
LETTER = "spring-letter"
LETTER_DAYS = (3, 17, 31)
CLICKED = 0.09  # of all contacts, by each letter


def plan_files(stage: Stage, cast: Cast) -> None:
    """Everything is uploaded two hours before the demo ends, with the figures of whole days."""
    start = stage.clock.now()
    at = start + story.WEEKS - timedelta(hours=2)
    dice = random.Random(f"{stage.config.simulator_seed} files")  # noqa: S311 -- a story
    days = [start + timedelta(days=day) for day in range(story.WEEKS.days)]
    files: tuple[tuple[Kind, str, str, Utm], ...] = (
        ("costs", "Campaign report.csv", google_costs(days, dice), Utm("google", "cpc")),
        ("costs", "Cool-Rooms-by-day.csv", meta_costs(days, dice), Utm("instagram", "paid_social")),
        ("clicks", "klaviyo-clicks.csv", _letters(days, cast, dice), Utm("newsletter", "email")),
    )
    for kind, name, text, way in files:
        stage.plan(at, _upload, stage, cast, kind, name, text, way)


def _upload(stage: Stage, cast: Cast, kind: Kind, name: str, text: str, way: Utm) -> None:
    now, max_ = stage.clock.now(), cast.members["Max Lindqvist"]
    row = keep_file(
        business=cast.business,
        media_folder=stage.context.media_folder,
        pieces=[text.encode()],
        name=name,
        at=now,
        actor=max_,
        kind=kind,
    )
    layout = replace(stored_layout(row.layout), source=way.source, medium=way.medium)
    start_import(row=row, layout=layout, at=now, actor=max_)


def _spent(day: datetime, dollars: float, click: float, dice: random.Random) -> tuple[float, int]:
    """What a day cost, and how many clicks it brought; ads rest at the weekend."""
    rest = 0.4 if day.astimezone(ZONE).weekday() >= 5 else 1.0
    spent = round(dollars * rest * dice.uniform(0.8, 1.2), 2)
    return spent, max(1, round(spent / click * dice.uniform(0.85, 1.15)))


def google_costs(days: list[datetime], dice: random.Random) -> str:
    """A campaign report by day, with its title and its total."""
    first, last = (day.astimezone(ZONE) for day in (days[0], days[-1]))
    lines = [
        csv_line(["Campaign report"]),
        csv_line([f"{first:%B %-d, %Y} - {last:%B %-d, %Y}"]),
        csv_line(["Day", "Campaign", "Currency code", "Cost", "Impr.", "Clicks"]),
    ]
    total = 0.0
    for day in days:
        for campaign, (dollars, click) in GOOGLE.items():
            spent, clicks = _spent(day, dollars, click, dice)
            total += spent
            seen = f"{clicks * dice.randrange(18, 32):,}"
            of_day = f"{day.astimezone(ZONE):%Y-%m-%d}"
            lines.append(csv_line([of_day, campaign, "USD", f"{spent:,.2f}", seen, str(clicks)]))
    lines.append(csv_line(["Total: Account", "", " --", f"{total:,.2f}", "", ""]))
    return "".join(lines)


def meta_costs(days: list[datetime], dice: random.Random) -> str:
    """An export of the ads manager, broken down by day."""
    headings = ["Reporting starts", "Reporting ends", "Campaign name", "Amount spent (USD)"]
    lines = [csv_line([*headings, "Link clicks", "Impressions"])]
    for day in days:
        for campaign, (dollars, click) in META.items():
            spent, clicks = _spent(day, dollars, click, dice)
            of_day = f"{day.astimezone(ZONE):%Y-%m-%d}"
            seen = str(clicks * dice.randrange(60, 110))
            lines.append(csv_line([of_day, of_day, campaign, f"{spent:.2f}", str(clicks), seen]))
    return "".join(lines)


def _letters(days: list[datetime], cast: Cast, dice: random.Random) -> str:
    """Who clicked the letters, most of them within hours."""
    lines = [csv_line(["Email", "Timestamp", "Event", "Campaign Name"])]
    for index in LETTER_DAYS:
        day = days[index].astimezone(ZONE).date()
        sent = datetime.combine(day, time(9), ZONE)
        for contact in cast.contacts:
            if dice.random() < CLICKED:
                at = sent + timedelta(hours=min(dice.expovariate(0.25), 60))
                moment = f"{at:%Y-%m-%d %H:%M:%S}"
                lines.append(csv_line([email_of(contact), moment, "Clicked Email", LETTER]))
    return "".join(lines)


def email_of(contact: Contact) -> str:
    """The address that somebody gives wherever they are asked for one."""
    first, _, last = contact.name.partition(" ")
    return f"{first}.{last}.{contact.pk}@example.com".lower()
