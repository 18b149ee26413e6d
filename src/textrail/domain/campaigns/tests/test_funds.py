"""A campaign of a prepaid account: priced by its rates, and out of money it pauses, not fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.campaigns import actions, queries
from textrail.domain.campaigns.models import Campaign
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(business: Business, number: TrackingNumber, people: Callable[[int], Tag]) -> Campaign:
    """Ten texts of one segment."""
    return actions.create_draft(
        business=business,
        name="Spring",
        number=number,
        bodies=["Hi {first_name}"],
        audience=people(10),
        at=MONDAY,
    )


def prepay(business: Business, amount: str) -> None:
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount=amount, key=amount, at=MONDAY)


def test_what_it_costs_is_said_by_the_rates_of_a_prepaid_account(
    business: Business, campaign: Campaign
) -> None:
    bodies = ["Hi {first_name}"]
    before = queries.estimate(business, bodies, campaign.audience, links_url="https://go.example")
    assert before.cost is None
    prepay(business, "1")
    found = queries.estimate(business, bodies, campaign.audience, links_url="https://go.example")
    assert str(found.cost) == "$0.09"  # 10 × $0.0083, rounded up


def test_one_that_is_not_covered_does_not_start(
    business: Business, campaign: Campaign, as_ada: Client
) -> None:
    prepay(business, "0.08")
    answer = as_ada.post(f"/b/harbor-hvac/campaigns/{campaign.pk}/start/")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert shown.count("This costs $0.09, and the balance has $0.08.") == 1
    assert '<a href="/b/harbor-hvac/settings/billing/funds/">Add funds</a>' in shown
    assert "Hi Name0" in shown  # the first text, still
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_one_whose_money_runs_out_pauses_and_goes_on_when_there_is_more(
    business: Business, campaign: Campaign, as_ada: Client
) -> None:
    prepay(business, "0.08")
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    Work.objects.all().delete()
    url = "https://go.example"
    assert actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY) == 0
    assert not Message.objects.exists()
    assert not Work.objects.exists()
    page = as_ada.get(f"/b/harbor-hvac/campaigns/{campaign.pk}/").content.decode()
    assert "Paused by itself" in page
    assert "Its next texts cost $0.083, and the balance has $0.08." in page
    assert '<a href="/b/harbor-hvac/settings/billing/funds/">Add funds</a>' in page
    billing.top_up(business=business, amount="0.01", key="more", at=MONDAY)
    actions.go_on(business=business, campaign=campaign, at=MONDAY)
    assert actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY, run=1) == 10
    campaign.refresh_from_db()
    assert campaign.problem == ""


def test_one_does_not_go_on_with_an_empty_balance(business: Business, campaign: Campaign) -> None:
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    actions.pause(business=business, campaign=campaign, at=MONDAY)
    prepay(business, "0.005")
    with pytest.raises(Conflict) as refused:
        actions.go_on(business=business, campaign=campaign, at=MONDAY)
    assert refused.value.name == "balance_too_low"
    assert "costs $0.0083, and the balance has $0.005" in refused.value.sentence
    campaign.refresh_from_db()
    assert campaign.status == "paused"
