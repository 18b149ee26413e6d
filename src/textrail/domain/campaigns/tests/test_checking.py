"""Between the start and the first text: links are tried, and a broken one holds the campaign."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.campaigns import actions, queries, tasks
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox.models import Message
from textrail.domain.links import tasks as links
from textrail.domain.links.actions import request_check
from textrail.domain.links.models import Link, LinkCheck
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outside.tests.web import Site
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed

People = Callable[[int], Tag]
Do = Callable[[], None]
LIST = "/b/harbor-hvac/campaigns/"
BODIES = ("Hi {first_name}: {link}", "{first_name}, look: {link}")


@pytest.fixture
def campaign(business: Business, number: TrackingNumber, people: People, site: Site) -> Campaign:
    """A draft to two people, whose link leads to the shop on this machine."""
    return actions.create_draft(
        business=business,
        name="Spring sale",
        number=number,
        audience=people(2),
        bodies=BODIES,
        destination=f"{site.url}/spring?x=1",
        at=MONDAY,
    )


def start(campaign: Campaign) -> None:
    actions.start(business=campaign.business, campaign=campaign, at=MONDAY)


def status(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.status


def test_a_campaign_leaves_when_its_links_work(
    campaign: Campaign, site: Site, trial_work: Do
) -> None:
    site.redirect("/spring", "/spring/", keep=True)
    site.page("/spring/")
    start(campaign)
    assert status(campaign) == CampaignStatus.CHECKING
    trial_work()
    assert status(campaign) == CampaignStatus.SENDING
    assert Message.objects.count() == 2
    assert LinkCheck.objects.count() == 2
    assert "utm_content=A" in site.asked[0] or "utm_content=B" in site.asked[0]
    assert all("trail_click=" in path for path in site.asked)


def test_a_broken_link_holds_it_before_anything_is_sent(
    campaign: Campaign, site: Site, trial_work: Do
) -> None:
    start(campaign)
    trial_work()
    assert status(campaign) == CampaignStatus.HELD
    assert "the page is not there (404)" in campaign.problem
    assert not Message.objects.exists()
    assert not campaign.recipients.exists()


def test_a_redirect_that_loses_the_click_holds_it(
    campaign: Campaign, site: Site, trial_work: Do
) -> None:
    site.redirect("/spring", "/new")
    site.page("/new")
    start(campaign)
    trial_work()
    assert status(campaign) == CampaignStatus.HELD
    assert "trail_click" in campaign.problem
    assert "keep its parameters" in campaign.problem


def test_a_doubt_holds_nothing(campaign: Campaign, site: Site, trial_work: Do) -> None:
    site.page("/spring", 403)
    start(campaign)
    trial_work()
    assert status(campaign) == CampaignStatus.SENDING


def test_a_private_page_holds_what_goes_out_to_the_public(
    campaign: Campaign, site: Site, world: Context
) -> None:
    site.page("/spring")
    start(campaign)
    tasks.check(world, Task(1, "any", {"campaign_id": campaign.pk}, 1))
    for link in Link.objects.all():
        links.check(world, Task(1, "any", {"link_id": link.pk}, 1))
        tasks.after_check(world, Task(1, "any", {"campaign_id": campaign.pk}, 1))
    assert status(campaign) == CampaignStatus.HELD
    assert "private network" in campaign.problem
    assert site.asked == []


def test_a_campaign_without_a_link_waits_for_nothing(
    business: Business, number: TrackingNumber, people: People, trial_work: Do
) -> None:
    storm = actions.create_draft(
        business=business, name="Storm", number=number, audience=people(2), bodies=["Hi"], at=MONDAY
    )
    start(storm)
    trial_work()
    assert status(storm) == CampaignStatus.SENDING


def test_when_the_page_is_back_check_again_sends_it(
    campaign: Campaign, site: Site, trial_work: Do, ada: User, clock: ManualClock
) -> None:
    start(campaign)
    trial_work()
    site.page("/spring")
    clock.move_to(clock.now().replace(hour=16))
    actions.check_again(business=campaign.business, campaign=campaign, at=clock.now(), actor=ada)
    trial_work()
    assert status(campaign) == CampaignStatus.SENDING
    assert Message.objects.count() == 2
    assert campaign.problem == ""
    assert Link.objects.count() == 2
    with pytest.raises(Conflict):
        actions.check_again(business=campaign.business, campaign=campaign, at=MONDAY)


@pytest.mark.parametrize("held", [True, False])
def test_it_is_sent_anyway_and_the_trail_says_by_whom(
    campaign: Campaign, trial_work: Do, ada: User, held: bool
) -> None:
    start(campaign)
    if held:
        trial_work()
    actions.send_anyway(business=campaign.business, campaign=campaign, at=MONDAY, actor=ada)
    trial_work()
    assert status(campaign) == CampaignStatus.SENDING
    assert Message.objects.count() == 2
    assert campaign.send_unchecked
    assert AuditEntry.objects.filter(actor=ada, action="campaign.sent_unchecked").count() == 1


def test_a_late_check_does_not_stop_what_is_leaving(
    campaign: Campaign, site: Site, trial_work: Do, trial: Context
) -> None:
    site.page("/spring")
    start(campaign)
    trial_work()
    site.page("/spring", 500)
    request_check(link=Link.objects.latest("id"), at=MONDAY)
    trial_work()
    assert LinkCheck.objects.filter(problem="site_error").count() == 1
    assert status(campaign) == CampaignStatus.SENDING


def test_checks_that_come_twice_start_the_plan_once(
    campaign: Campaign, site: Site, trial: Context
) -> None:
    site.page("/spring")
    start(campaign)
    for _ in range(2):
        tasks.check(trial, Task(1, "any", {"campaign_id": campaign.pk}, 1))
    for link in Link.objects.all():
        links.check(trial, Task(1, "any", {"link_id": link.pk}, 1))
    for _ in range(3):
        tasks.after_check(trial, Task(1, "any", {"campaign_id": campaign.pk}, 1))
    assert Link.objects.count() == 2
    assert Work.objects.filter(kind="campaigns.plan").count() == 1


def test_an_old_check_does_not_let_a_campaign_go(
    campaign: Campaign, site: Site, trial_work: Do, trial: Context, clock: ManualClock
) -> None:
    site.page("/spring")
    actions.check_draft(business=campaign.business, campaign=campaign, at=MONDAY)
    trial_work()
    assert LinkCheck.objects.count() == 2
    later = clock.now().replace(hour=17)
    actions.start(business=campaign.business, campaign=campaign, at=later)
    tasks.after_check(trial, Task(1, "any", {"campaign_id": campaign.pk}, 1))
    assert status(campaign) == CampaignStatus.CHECKING


def test_a_link_that_cannot_be_made_holds_it_with_the_reason(
    campaign: Campaign, trial_work: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    Campaign.objects.update(destination="https://shop.example/{first_name}")
    start(campaign)
    trial_work()
    assert status(campaign) == CampaignStatus.HELD
    assert campaign.problem


def test_back_to_a_draft_and_its_old_links_are_gone(
    campaign: Campaign, number: TrackingNumber, site: Site, trial_work: Do
) -> None:
    start(campaign)
    trial_work()
    actions.reopen(business=campaign.business, campaign=campaign, at=MONDAY)
    assert status(campaign) == CampaignStatus.DRAFT
    site.page("/other")
    actions.edit_draft(
        business=campaign.business,
        campaign=campaign,
        name="Spring sale",
        number=number,
        bodies=BODIES,
        audience=campaign.audience,
        destination=f"{site.url}/other",
    )
    assert not Link.objects.exists()
    campaign.refresh_from_db()
    start(campaign)
    trial_work()
    assert status(campaign) == CampaignStatus.SENDING
    assert set(Link.objects.values_list("destination", flat=True)) == {f"{site.url}/other"}


def test_a_discarded_draft_takes_its_links_along(campaign: Campaign) -> None:
    actions.check_draft(business=campaign.business, campaign=campaign, at=MONDAY)
    assert Link.objects.count() == 2
    actions.discard_draft(business=campaign.business, campaign=campaign)
    assert not Link.objects.exists()


def test_a_draft_without_a_link_has_nothing_to_try(
    business: Business, number: TrackingNumber
) -> None:
    storm = actions.create_draft(
        business=business, name="Storm", number=number, bodies=["Hi"], at=MONDAY
    )
    with pytest.raises(Conflict):
        actions.check_draft(business=business, campaign=storm, at=MONDAY)
    with pytest.raises((Conflict, Malformed)):
        actions.reopen(business=business, campaign=storm, at=MONDAY)


def test_the_page_of_a_held_campaign_says_why_and_offers_three_ways_out(
    as_ada: Client, client: Client, vi: User, campaign: Campaign, site: Site, trial_work: Do
) -> None:
    here = f"{LIST}{campaign.pk}/"
    as_ada.post(f"{here}start/")
    assert "Its links are tried first" in as_ada.get(here).content.decode()
    trial_work()
    moved = as_ada.get(here, headers={"HX-Request": "true"})
    assert moved["HX-Refresh"] == "true"
    page = as_ada.get(here).content.decode()
    assert "nothing was sent" in page
    assert "the page is not there (404)" in page
    for words in ("Check again", "Edit", "Send anyway"):
        assert words in page
    assert "Held back" in as_ada.get(LIST).content.decode()
    client.force_login(vi)
    page = client.get(here).content.decode()
    assert "the page is not there (404)" in page
    assert "Send anyway" not in page
    assert status(campaign) == CampaignStatus.HELD


def test_the_three_ways_out_work_from_the_page(
    as_ada: Client, campaign: Campaign, site: Site, trial_work: Do
) -> None:
    here = f"{LIST}{campaign.pk}/"
    start(campaign)
    trial_work()
    assert as_ada.post(f"{here}check/")["Location"] == here
    trial_work()
    assert status(campaign) == CampaignStatus.HELD
    assert as_ada.post(f"{here}reopen/")["Location"] == f"{here}edit/"
    assert status(campaign) == CampaignStatus.DRAFT
    assert as_ada.post(f"{here}send-anyway/").status_code == 409
    start(campaign)
    trial_work()
    assert as_ada.post(f"{here}send-anyway/")["Location"] == here
    trial_work()
    page = as_ada.get(here).content.decode()
    assert "Sent without waiting for a link that works" in page
    assert as_ada.post(f"{here}send-anyway/").status_code == 302
    assert Message.objects.count() == 2


def test_a_draft_shows_its_last_check_and_tries_on_demand(
    as_ada: Client, campaign: Campaign, site: Site, trial_work: Do
) -> None:
    here = f"{LIST}{campaign.pk}/"
    assert "Not tried yet" in as_ada.get(here).content.decode()
    waiting = as_ada.post(f"{here}check/")["Location"]
    part = {"HX-Request": "true"}
    page = as_ada.get(f"{waiting}&part=check", headers=part).content.decode()
    assert "Trying where the link leads" in page
    assert "every 1s" in page
    trial_work()
    LinkCheck.objects.update(at=queries.campaign(campaign.business, campaign.pk).created_at)
    assert "the page is not there" in as_ada.get(here).content.decode()
    assert "Check again" in as_ada.get(here).content.decode()
    assert "Trying" not in as_ada.get(f"{here}?asked=12").content.decode()
