"""Flow: a click, from the tap to the judged row."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import TEXT, audience, link_of, send
from textrail.domain.inbox.models import Message
from textrail.domain.links.models import Click

pytestmark = pytest.mark.django_db(transaction=True)
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko)"
    " Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)


def test_the_link_says_nothing_about_who_got_it(house: House) -> None:
    send(house, audience(house, 2))
    code = urlsplit(link_of(house)).path.strip("/")
    assert re.fullmatch(r"[2-9A-HJ-NP-Za-km-z]{8}", code)
    landing = house.stage.world.tap(MAYA, link_of(house))
    for secret in (MAYA.lstrip("+"), MAYA[2:], "Maya", "Alvarez", "contact", "recipient"):
        assert secret not in link_of(house)
        assert secret not in landing


def test_a_tap_arrives_with_every_parameter_and_counts_as_a_person(house: House) -> None:
    campaign = send(house, audience(house, 2), [TEXT, TEXT + " "])
    landing = urlsplit(house.stage.world.tap(MAYA, link_of(house)))
    query = parse_qs(landing.query)
    assert landing.query.startswith("ref=a%2Fb&")
    assert landing.fragment == "book"
    assert (query["utm_source"], query["utm_medium"]) == (["sms"], ["text"])
    assert query["utm_campaign"] == ["spring_tune_up"]
    house.settle()
    click = Click.objects.get(click_id=query["trail_click"][0])
    assert click.verdict == "human"
    assert click.contact == house.maya
    assert click.campaign_id == campaign.pk
    assert click.message_id == Message.objects.get(contact=house.maya).pk


def test_every_request_is_kept_and_only_a_person_counts_as_one(house: House) -> None:
    """A preview before the tap, a scanner beside it, and the same thumb twice in a second."""
    send(house, audience(house, 2))
    house.settle()
    before = Click.objects.count()
    house.stage.http.head(link_of(house), headers={"user-agent": "Go-http-client/2.0"})
    house.stage.http.get(link_of(house), headers={"user-agent": IMESSAGE})
    house.stage.world.tap(MAYA, link_of(house))
    house.stage.clock.advance(timedelta(seconds=1))
    house.stage.world.tap(MAYA, link_of(house))
    house.settle()
    verdicts = Click.objects.order_by("id").values_list("verdict", flat=True)[before:]
    assert list(verdicts) == ["scanner", "preview", "human", "duplicate"]
    assert all(click.reasons for click in Click.objects.exclude(verdict="human"))


def test_an_unknown_code_is_told_so_and_is_no_click(house: House) -> None:
    codes = ("AAAAAAAA", "b" * 40, "%E2%82%AC")
    answers = [house.stage.http.get(f"{house.config.links_url}/{code}") for code in codes]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content for answer in answers}) == 1
    house.settle()
    assert not Click.objects.exists()
