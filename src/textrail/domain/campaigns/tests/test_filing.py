"""A campaign has a type, which files it in the reports: from the start, or said later."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.campaigns import actions
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Step
from textrail.domain.campaigns.tests.test_pages import typed
from textrail.domain.contacts.models import Tag
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed

pytestmark = pytest.mark.django_db
LIST = "/b/harbor-hvac/campaigns/"
CHANGED = "campaign.type_changed"
Draft = Callable[..., Campaign]


def type_of(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.type


def shown(client: Client, address: str) -> str:
    answer = client.get(LIST + address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_form_offers_a_type_and_a_campaign_may_have_none(
    as_ada: Client, number: TrackingNumber
) -> None:
    assert '<option value="win_back">Win-back</option>' in shown(as_ada, "new/")
    as_ada.post(f"{LIST}new/", typed(number, None, type="launch"))
    campaign = Campaign.objects.get()
    assert campaign.type == "launch"
    assert "<dt>Type</dt><dd>Launch</dd>" in shown(as_ada, f"{campaign.pk}/")
    assert '<option value="launch" selected>' in shown(as_ada, f"{campaign.pk}/edit/")
    as_ada.post(f"{LIST}{campaign.pk}/edit/", typed(number, None))
    assert type_of(campaign) == ""
    assert "<dt>Type</dt>" not in shown(as_ada, f"{campaign.pk}/")


def test_what_is_no_type_is_refused(
    as_ada: Client, number: TrackingNumber, business: Business, draft: Draft
) -> None:
    answer = as_ada.post(f"{LIST}new/", typed(number, None, type="spam", utm_campaign="kept"))
    assert answer.status_code == 422
    assert 'value="kept"' in answer.content.decode()
    assert not Campaign.objects.exists()
    campaign = draft(None)
    assert as_ada.post(f"{LIST}{campaign.pk}/type/", {"type": "spam"}).status_code == 422
    with pytest.raises(Malformed):
        actions.file_under(business=business, campaign=campaign, type_="spam", at=MONDAY)
    assert type_of(campaign) == ""


@pytest.mark.parametrize("status", CampaignStatus.values)
def test_it_is_changed_on_its_page_at_any_time(
    status: str, as_ada: Client, ada: User, draft: Draft
) -> None:
    campaign = draft(None)
    Campaign.objects.update(status=status, started_at=MONDAY)
    Step.objects.create(campaign=campaign, kind="paused", actor=ada, at=MONDAY)
    here = f"{LIST}{campaign.pk}/"
    if status != CampaignStatus.DRAFT:
        assert f'action="{here}type/"' in shown(as_ada, f"{campaign.pk}/")
    for _ in range(2):
        answer = as_ada.post(f"{here}type/", {"type": "event"})
        assert (answer.status_code, answer["Location"]) == (302, here)
    assert (type_of(campaign), campaign.status) == ("event", status)
    entry = AuditEntry.objects.get(action=CHANGED)
    assert (entry.actor, entry.subject) == (ada, "Event: Spring sale")
    part = as_ada.post(f"{here}type/", {"type": ""}, headers={"HX-Request": "true"})
    assert "Saved" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert type_of(campaign) == ""
    assert AuditEntry.objects.filter(action=CHANGED).count() == 2


def test_a_draft_of_what_was_held_back_keeps_it(business: Business, draft: Draft) -> None:
    campaign = draft(None)
    Campaign.objects.update(status=CampaignStatus.HELD, type="notice")
    actions.reopen(business=business, campaign=campaign, at=MONDAY)
    assert (type_of(campaign), campaign.status) == ("notice", CampaignStatus.DRAFT)


def test_the_list_says_it(as_ada: Client, draft: Draft) -> None:
    draft(None)
    assert "Reminder" not in shown(as_ada, "")
    Campaign.objects.update(type="reminder")
    assert '<td class="wide">Reminder</td>' in shown(as_ada, "")


def test_who_only_looks_reads_it_and_changes_nothing(
    client: Client, draft: Draft, vi: User, bo: User, cy: User, people: Callable[[int], Tag]
) -> None:
    campaign = draft(people(1))
    Campaign.objects.update(status=CampaignStatus.SENT, started_at=MONDAY, type="news")
    for user, status in ((vi, 403), (bo, 403), (cy, 404)):
        client.force_login(user)
        answer = client.post(f"{LIST}{campaign.pk}/type/", {"type": "launch"})
        assert answer.status_code == status
        if user != cy:
            page = shown(client, f"{campaign.pk}/")
            assert "Type: News" in page
            assert 'name="type"' not in page
    client.force_login(cy)
    theirs = f"/b/cys-cycles/campaigns/{campaign.pk}/type/"
    assert client.post(theirs, {"type": "launch"}).status_code == 404
    assert type_of(campaign) == "news"


def test_another_business_files_nothing_here(draft: Draft, other_business: Business) -> None:
    campaign = draft(None)
    actions.file_under(business=other_business, campaign=campaign, type_="news", at=MONDAY)
    assert type_of(campaign) == ""
    assert not AuditEntry.objects.filter(action=CHANGED).exists()
