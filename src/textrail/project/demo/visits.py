"""Visits of the shop's pages, reported at the door as the script reports them.

People come by search, social networks, email, ads, other sites and by themselves, most of them
before they buy, and who taps a text lands there too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from textrail.carriers.simulator.browsing import browsers
from textrail.domain.visitors.actions import add_rule, add_site
from textrail.domain.visitors.models import Site
from textrail.domain.visitors.rules.channels import Condition, read_rule
from textrail.domain.visitors.rules.sites import SiteForm
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage

VISITORS_A_DAY = 5.0
SITE = "Harbor Supply"


@dataclass(frozen=True, slots=True)
class WayIn:
    """How often people come this way, by which referrer and with which parameters."""

    weight: int
    referrer: str = ""
    query: tuple[tuple[str, str], ...] = ()


def _tags(source: str, medium: str, campaign: str) -> tuple[tuple[str, str], ...]:
    return (("utm_source", source), ("utm_medium", medium), ("utm_campaign", campaign))


WAYS = (
    WayIn(28, "https://www.google.com/"),
    WayIn(5, "https://duckduckgo.com/"),
    WayIn(20),
    WayIn(14, "https://www.google.com/", (("gclid", "demo"), *_tags("google", "cpc", "ac-repair"))),
    WayIn(12, query=_tags("newsletter", "email", "spring-letter")),
    WayIn(8, "https://www.facebook.com/"),
    WayIn(5, "https://l.instagram.com/", _tags("instagram", "paid_social", "cool-rooms")),
    WayIn(4, "https://nextdoor.com/"),
    WayIn(4, query=_tags("home-comfort-podcast", "host-read", "episode-12")),
)
_LAPTOPS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
)


def prepare(stage: Stage, cast: Cast) -> None:
    """The shop's site, and a channel of the business's own for its podcast."""
    at, ada = stage.clock.now(), cast.members["Ada Moreno"]
    site = add_site(business=cast.business, form=SiteForm(SITE), at=at, actor=ada)
    stage.world.configure_pages(f"{stage.config.links_url}/t.js", site.key)
    podcasts = read_rule(
        "Podcast hosts", [Condition("source", "contains", ("podcast",))], "", "Podcasts"
    )
    add_rule(business=cast.business, rule=podcasts, at=at, actor=ada)


def look_around(
    stage: Stage,
    visitor: str,
    product: str,
    *,
    query: str = "",
    referrer: str = "",
    email: str = "",
    agent: str = "",
    after: timedelta = timedelta(seconds=3),
) -> None:
    """One visit of the shop, of one to four pages; who leaves an email there is known by it.

    It begins `after` now, and all of it is reported at once: a visit more or less must not slow
    the demo down.
    """
    dice = stage.random
    site = Site.objects.get(name=SITE)
    agent = agent or dice.choice([*_LAPTOPS, *_phones()])
    shop = f"{stage.config.phone_url}/shop"
    first = f"{shop}/{product}" + (f"?{query}" if query else "")
    began = stage.clock.now() + after
    events = [_call("page", visitor, first, referrer, began, stage)]
    for step in range(dice.randrange(4)):
        later = began + timedelta(minutes=dice.uniform(0.5, 5) * (step + 1))
        events.append(_call("page", visitor, shop, "", later, stage))
    if email:
        known = _call("identify", visitor, first, "", began, stage)
        events.append({**known, "traits": {"email": email}})
    _report(stage, site, agent, events)


def visit_by_some_way(
    stage: Stage,
    visitor: str,
    product: str,
    *,
    email: str = "",
    after: timedelta = timedelta(seconds=3),
) -> None:
    """A visit by one of the ways in that have nothing to do with texts."""
    way = stage.random.choices(WAYS, [each.weight for each in WAYS])[0]
    pairs = [
        (name, f"{value}-{stage.random.randrange(10**9)}" if name == "gclid" else value)
        for name, value in way.query
    ]
    query = urlencode(pairs)
    look_around(
        stage, visitor, product, query=query, referrer=way.referrer, email=email, after=after
    )


def visitor_of(key: str) -> str:
    """The id in the cookie of somebody's browser."""
    return f"demo-{key}"


def _phones() -> list[str]:
    return [agent for browser in browsers().values() for agent in browser.agents]


def _call(
    call: str, visitor: str, url: str, referrer: str, at: datetime, stage: Stage
) -> dict[str, object]:
    return {
        "timestamp": at.isoformat(),
        "type": call,
        "messageId": f"page-{stage.random.getrandbits(60):x}",
        "anonymousId": visitor,
        "context": {"page": {"url": url, "referrer": referrer}},
    }


def _report(stage: Stage, site: Site, agent: str, events: list[dict[str, object]]) -> None:
    answer = stage.http.post(
        f"{stage.config.links_url}/p/{site.key}",
        content=json.dumps({"batch": events}),
        headers={"user-agent": agent, "content-type": "text/plain;charset=UTF-8"},
    )
    answer.raise_for_status()
