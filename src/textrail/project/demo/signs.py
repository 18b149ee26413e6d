"""Links beside the campaigns: yard signs that people type in, and showrooms that are nearest."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from textrail.carriers.simulator.browsing import browsers
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.rules import ContactPlace
from textrail.domain.links import actions as links
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.conventions import USUAL
from textrail.domain.links.rules.stores import NewStore
from textrail.project.demo import story
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage
from textrail.vocabulary.phone import PhoneNumber

ZONE = ZoneInfo("America/New_York")
LANGUAGES = ("en-US,en;q=0.9", "es-US,es;q=0.9,en;q=0.8")


def prepare(stage: Stage, cast: Cast) -> None:
    """Where people and showrooms are, how links are tagged, and the phones that nobody taps on."""
    at, ada = stage.clock.now(), cast.members["Ada Moreno"]
    towns = {town.area: town for town in story.TOWNS}
    for contact in cast.contacts:
        town = towns[contact.phone[2:5]]
        place = ContactPlace("US", "FL", town.city, town.latitude, town.longitude)
        contacts.set_place(business=cast.business, contact=contact, place=place)
    for store in story.STORES:
        page = f"{stage.config.phone_url}/shop/{store.product}?showroom={store.name.split()[0]}"
        new = NewStore(store.name, page, store.latitude, store.longitude)
        links.add_store(business=cast.business, store=new, at=at, actor=ada)
    links.set_convention(business=cast.business, convention=USUAL, at=at, actor=ada)
    for network, phone in story.SEEDS.items():
        contacts.add_seed(
            business=cast.business, phone=PhoneNumber(phone), network=network, at=at, actor=ada
        )


def plan_signs(stage: Stage, cast: Cast) -> None:
    """A link for yard signs, typed in by people of whom nothing is known but their phone."""
    shop = f"{stage.config.phone_url}/shop/spring-tune-up"
    link = links.create_link(
        business=cast.business,
        name="Yard signs",
        destination=shop,
        utm=Utm("sign", "print", "yard_signs"),
        at=stage.clock.now(),
        back_half=story.SIGN_LINK,
        shared=True,
    )
    rules = [
        {"name": "Readers of Spanish", "languages": ["es"], "destination": f"{shop}?lang=es"},
        {
            "name": "Price or promise",
            "arms": [
                {"label": "price", "weight": 50, "destination": f"{shop}?head=89"},
                {"label": "promise", "weight": 50, "destination": f"{shop}?head=today"},
            ],
        },
    ]
    links.set_rules(link=link, rules=rules, at=stage.clock.now(), actor=cast.members["Ada Moreno"])
    start = stage.clock.now().astimezone(ZONE).date()
    for day in range(story.WEEKS.days):
        for _ in range(stage.random.choice((0, 1, 1, 2, 3))):
            hour = stage.random.uniform(7, 21)
            midnight = datetime.combine(start + timedelta(days=day), time(), ZONE)
            stage.plan(midnight + timedelta(hours=hour), _type_in, stage)


def _type_in(stage: Stage) -> None:
    browser = stage.random.choice(list(browsers().values()))
    language = stage.random.choices(LANGUAGES, (4, 1))[0]
    headers = {**browser.headers, "user-agent": stage.random.choice(browser.agents)}
    headers["accept-language"] = language
    stage.http.get(f"{stage.config.links_url}/{story.SIGN_LINK}", headers=headers)


def lead_to_showrooms(stage: Stage, cast: Cast, campaign_id: int) -> None:
    """From now on the links of a campaign lead each person to the showroom that is nearest."""
    for link in Link.objects.filter(business=cast.business, campaign_id=campaign_id):
        links.set_rules(
            link=link,
            rules=[{"name": "Nearest showroom", "nearest": True, "within_km": 120}],
            at=stage.clock.now(),
            actor=cast.members["Max Lindqvist"],
        )
