"""A campaign on a domain of the business's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns import actions, queries
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox.models import Message
from textrail.domain.links.actions import note_check
from textrail.domain.links.models import Code, Domain, Link

People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


@pytest.fixture
def domain(business: Business) -> Domain:
    return Domain.objects.create(
        business=business,
        host="go.harbor.example",
        code_length=6,
        is_default=True,
        created_at=MONDAY,
        checked_at=MONDAY,
    )


def test_texts_carry_addresses_of_the_default_domain(
    business: Business, domain: Domain, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(3))
    shown = queries.preview(business, ["{link}"], None, links_url="http://go.example")
    assert shown[0].body == "http://go.harbor.example/xxxxxx"
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    assert {link.domain_id for link in Link.objects.all()} == {domain.pk}
    for message in Message.objects.all():
        code = Code.objects.get(message_id=message.pk).code
        assert len(code) == 6
        assert message.body.endswith(f": http://go.harbor.example/{code}")
    assert Message.objects.count() == 3


def test_a_campaign_is_held_back_while_its_domain_leads_nowhere(
    business: Business, domain: Domain, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(3))
    note_check(domain_id=domain.pk, problem="Nobody knows this name.", at=MONDAY)
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.HELD
    assert campaign.problem == "go.harbor.example does not lead here. Nobody knows this name."
    assert not Message.objects.exists()


def test_a_domain_that_was_lost_after_the_link_was_made_holds_a_campaign_too(
    business: Business, domain: Domain, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(3))
    actions.make_links(campaign_id=campaign.pk, at=MONDAY)
    note_check(domain_id=domain.pk, problem="Nobody knows this name.", at=MONDAY)
    actions.start(business=business, campaign=campaign, at=MONDAY)
    work()
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.HELD
    assert campaign.problem == "go.harbor.example does not lead here. Nobody knows this name."
    actions.send_anyway(business=business, campaign=campaign, at=MONDAY)
    work()
    assert Message.objects.count() == 3
