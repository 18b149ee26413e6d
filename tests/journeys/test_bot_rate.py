"""Flow: what machines make of a campaign, measured on phones that nobody taps on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import MONDAY

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import audience, link_of, send
from textrail.domain.contacts import actions as contacts
from textrail.domain.inbox.models import Message
from textrail.domain.links import queries
from textrail.domain.links.models import Canary, Click, SeedCode
from textrail.domain.links.rules.bot_rate import Rate
from textrail.domain.reports.queries import Reading, overview
from textrail.domain.reports.rules import read_choice
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {
    "user-agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Mobile Safari/537.36",
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.9",
}


def test_seeds_and_canaries_are_measured_and_count_nowhere_else(house: House) -> None:
    for number in range(4):
        contact = contacts.add_seed(
            business=house.business,
            phone=PhoneNumber(f"+1305555010{number}"),
            network="T-Mobile",
            at=MONDAY,
        )
        house.stage.world.switch_on(contact.phone, previews=False)
    send(house, audience(house, 3))
    house.stage.world.tap(MAYA, link_of(house))
    dead = SeedCode.objects.latest("id")
    Message.objects.filter(id=dead.message_id).update(status="undelivered")
    Click.objects.filter(code=dead.code).delete()  # a network's scan, which comes by chance
    asked = SeedCode.objects.earliest("id").code
    canary = Canary.objects.earliest("id").code
    for code in (asked, canary):
        answer = house.stage.http.get(f"{house.config.links_url}/{code}", headers=PHONE)
        assert answer.status_code == 302
    house.settle(timedelta(minutes=1))

    measured = queries.bot_rate(house.business, since=MONDAY)
    seen = set(Click.objects.filter(code__in=SeedCode.objects.values("code")).values_list("code"))
    assert measured.total.asked == Rate(len(seen), 3)
    assert measured.total.mistaken.hits == 1
    assert measured.canaries == Rate(1, 20)
    assert Click.objects.get(verdict="human").contact == house.maya
    today = house.stage.clock.now()
    figures = overview(
        house.business, Reading(), read_choice({"period": "7"}, today.date()), today
    ).now
    assert (figures.sent, figures.taps, figures.raw_taps) == (3, 1, Click.objects.count())
