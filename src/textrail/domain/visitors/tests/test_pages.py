"""Settings, Sites and Settings, Channels."""

from __future__ import annotations

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business
from textrail.domain.contacts.models import Person
from textrail.domain.visitors import queries
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.columns import TRAFFIC
from textrail.domain.visitors.models import ChannelRule, Session, Site, Traffic
from textrail.vocabulary.utm import Utm

SITES = "/b/harbor-hvac/settings/sites/"
CHANNELS = "/b/harbor-hvac/settings/channels/"
PODCAST = Utm("podcast", "audio-ad", "spring")
RULE = {
    "name": "Podcast ads",
    "field1": "source",
    "test1": "is",
    "words1": "Podcast, radio",
    "channel": "",
    "channel_name": "Podcasts",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def visited(business: Business) -> Traffic:
    """A way in that two visits came by."""
    way = traffic_of(business=business, ways=[PODCAST])[PODCAST]
    person = Person.objects.create(business=business, created_at=MONDAY)
    for _ in range(2):
        Session.objects.create(
            business=business,
            person=person,
            traffic=way,
            visitor="v",
            started_at=MONDAY,
            last_at=MONDAY,
            verdict="human",
        )
    return way


def text(client: Client, path: str, **given: str) -> str:
    return client.get(path, given).content.decode()


def test_site_is_added_with_a_line_to_copy(as_ada: Client) -> None:
    assert "No site yet" in text(as_ada, SITES)
    given = {"name": "Shop", "hosts": "https://www.Shop.example/x, b.example", "heeds_signals": "1"}
    answer = as_ada.post(SITES, given, follow=True)
    page = answer.content.decode()
    site = Site.objects.get()
    assert site.hosts == "shop.example\nb.example"
    assert f"/t.js&quot; data-site=&quot;{site.key}&quot;&gt;" in page
    assert "Waiting for the first visit" in page
    assert AuditEntry.objects.filter(action="site.added").exists()


def test_page_of_a_site_turns_when_it_is_heard_of(as_ada: Client, business: Business) -> None:
    site = Site.objects.create(business=business, name="Shop", key="k", created_at=MONDAY)
    state = f"{SITES}{site.pk}/state/"
    assert "every 2s" in text(as_ada, state)
    Site.objects.update(first_seen_at=MONDAY, last_seen_at=MONDAY)
    page = text(as_ada, state)
    assert "Reporting" in page
    assert "every 2s" not in page


@pytest.mark.parametrize("hosts", ["shop_x.example", "ex.example, -x", "https://[", "a" * 300])
def test_host_that_is_none_is_refused_and_kept_in_the_form(as_ada: Client, hosts: str) -> None:
    answer = as_ada.post(SITES, {"name": "<Shop>", "hosts": hosts})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "is not a host" in page
    assert "&lt;Shop&gt;" in page


def test_ended_site_is_gone_from_the_list(as_ada: Client, business: Business) -> None:
    site = Site.objects.create(business=business, name="Shop", key="k", created_at=MONDAY)
    as_ada.post(f"{SITES}{site.pk}/end/")
    assert as_ada.get(f"{SITES}{site.pk}/").status_code == 404
    assert "No site yet" in text(as_ada, SITES)


def test_rule_shows_what_it_would_move_and_then_moves_it(as_ada: Client, visited: Traffic) -> None:
    assert visited.channel == "unassigned"
    before = TRAFFIC.version
    page = as_ada.post(f"{CHANNELS}new/", {**RULE, "preview": "1"}).content.decode()
    assert "2 visits by 1 way in" in page
    assert "podcast · audio-ad · spring" in page
    assert not ChannelRule.objects.exists()
    as_ada.post(f"{CHANNELS}new/", RULE)
    visited.refresh_from_db()
    assert visited.channel == "own_podcasts"
    assert TRAFFIC.version != before
    assert queries.channel_names(visited.business)["own_podcasts"] == "Podcasts"
    page = text(as_ada, CHANNELS)
    assert "source is “podcast” or “radio”" in page


def test_removed_rule_gives_the_past_back(as_ada: Client, visited: Traffic) -> None:
    as_ada.post(f"{CHANNELS}new/", RULE)
    as_ada.post(f"{CHANNELS}{ChannelRule.objects.get().pk}/remove/")
    visited.refresh_from_db()
    assert visited.channel == "unassigned"


def test_rule_that_is_asked_first_decides(as_ada: Client, visited: Traffic) -> None:
    as_ada.post(f"{CHANNELS}new/", RULE)
    as_ada.post(f"{CHANNELS}new/", {**RULE, "name": "Second", "channel": "audio"})
    visited.refresh_from_db()
    assert visited.channel == "own_podcasts"
    as_ada.post(f"{CHANNELS}{ChannelRule.objects.get(name='Second').pk}/up/")
    visited.refresh_from_db()
    assert visited.channel == "audio"


def test_changed_rule_is_refused_with_its_words_kept(as_ada: Client, visited: Traffic) -> None:
    as_ada.post(f"{CHANNELS}new/", RULE)
    path = f"{CHANNELS}{ChannelRule.objects.get().pk}/"
    assert "podcast, radio" in text(as_ada, path)
    answer = as_ada.post(path, {**RULE, "words1": ""})
    assert answer.status_code == 422
    assert "has no words" in answer.content.decode()


def test_rules_of_another_business_decide_nothing_here(
    as_ada: Client, visited: Traffic, other_business: Business
) -> None:
    theirs = traffic_of(business=other_business, ways=[PODCAST])[PODCAST]
    as_ada.post(f"{CHANNELS}new/", RULE)
    theirs.refresh_from_db()
    assert theirs.channel == "unassigned"


@pytest.mark.parametrize(
    ("url", "referrer", "says"),
    [
        (
            "https://shop.example/?utm_source=radio&utm_medium=x",
            "",
            "Your rule “Podcast ads” holds",
        ),
        ("shop.example/", "google.com", "<strong>Organic Search</strong>"),
        ("shop.example/?gclid=x", "", "<strong>Paid Search</strong>"),
        ("shop.example/", "", "<strong>Direct</strong>"),
        ("https://", "", "is no address"),
    ],
)
def test_address_is_tried(as_ada: Client, url: str, referrer: str, says: str) -> None:
    as_ada.post(f"{CHANNELS}new/", RULE)
    assert says in text(as_ada, CHANNELS, url=url, referrer=referrer)
