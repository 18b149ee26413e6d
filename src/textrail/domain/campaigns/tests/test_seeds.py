"""A campaign goes to the seeds besides, and nothing that it says of people counts them."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns import actions, outlines, queries
from textrail.domain.campaigns.models import Campaign, Recipient
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact, Tag
from textrail.domain.inbox.models import Direction, Message, MessageStatus
from textrail.domain.links.models import Canary, Code, SeedCode
from textrail.vocabulary.phone import PhoneNumber

People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


@pytest.fixture
def seeds(business: Business) -> list[Contact]:
    return [
        contacts.add_seed(
            business=business, phone=PhoneNumber(f"+1415559{n:04d}"), network=network, at=MONDAY
        )
        for n, network in enumerate(("T-Mobile", "T-Mobile", "Verizon", "AT&T"))
    ]


def start(business: Business, campaign: Campaign, work: Do) -> None:
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    campaign.refresh_from_db()


def test_seeds_get_the_same_texts_with_links_of_their_own(
    business: Business, people: People, draft: Draft, work: Do, seeds: list[Contact]
) -> None:
    campaign = draft(people(6))
    start(business, campaign, work)
    assert Message.objects.count() == 10
    noted = {row.contact_id: row for row in SeedCode.objects.all()}
    assert set(noted) == {seed.pk for seed in seeds}
    for seed in seeds:
        code = Code.objects.get(contact_id=seed.pk)
        assert noted[seed.pk].code == code.code
        assert noted[seed.pk].message_id == code.message_id
        assert noted[seed.pk].network == seed.seed_network
        assert code.code in Message.objects.get(contact=seed).body


def test_a_campaign_may_go_without_them(
    business: Business, people: People, draft: Draft, work: Do, seeds: list[Contact]
) -> None:
    campaign = draft(people(2))
    Campaign.objects.filter(id=campaign.pk).update(with_seeds=False)
    start(business, campaign, work)
    assert Message.objects.count() == 2
    assert not SeedCode.objects.exists()


def test_a_seed_that_opted_out_is_left_out_like_everybody(
    business: Business, people: People, draft: Draft, work: Do, seeds: list[Contact]
) -> None:
    contacts.record_consent(
        business=business,
        phone=PhoneNumber(seeds[0].phone),
        kind=ConsentKind.OPT_OUT,
        source="text",
        at=MONDAY,
    )
    start(business, draft(people(2)), work)
    assert Message.objects.count() == 5
    assert SeedCode.objects.count() == 3


def test_who_becomes_a_seed_while_the_plan_is_made_is_texted_once(
    business: Business, people: People, draft: Draft, work: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions.planning, "PLAN_CHUNK", 3)
    campaign = draft(people(5))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    actions.make_links(campaign_id=campaign.pk, at=MONDAY)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    planned = Recipient.objects.earliest("id").contact
    contacts.mark_seed(business=business, contact=planned, network="T-Mobile", at=MONDAY)
    work()
    assert Message.objects.count() == 5


def test_nothing_that_is_said_of_people_counts_them(
    business: Business, people: People, draft: Draft, work: Do, seeds: list[Contact]
) -> None:
    campaign = draft(people(6))
    before = queries.audience(business, campaign.audience)
    assert (before.contacts, before.reached, len(before.seeds)) == (6, 6, 4)
    assert queries.audience(business, None).contacts == 6
    start(business, campaign, work)
    Message.objects.update(status=MessageStatus.DELIVERED)
    lost = Message.objects.get(contact=seeds[0])
    Message.objects.filter(id=lost.pk).update(status=MessageStatus.FAILED)
    for contact in (seeds[1], Message.objects.exclude(contact__in=seeds)[0].contact):
        answer(contact)
    progress = queries.progress(campaign)
    assert (progress.recipients, progress.delivered, progress.failed) == (6, 6, 0)
    assert progress.seeds == 4
    results = queries.results(business, campaign)
    assert sum(row.recipients for row in results) == 6
    assert sum(row.delivered for row in results) == 6
    assert sum(row.failed for row in results) == 0
    assert sum(row.replies for row in results) == 1
    (line,) = queries.campaign_page(business).rows
    assert (line.recipients, line.delivered) == (6, 6)
    assert outlines.reach(business.pk, campaign.pk) == outlines.Reach(texts=6, left_out=0)


def answer(contact: Contact) -> None:
    sent = Message.objects.get(contact=contact)
    Message.objects.create(
        business_id=sent.business_id,
        conversation=sent.conversation,
        contact=contact,
        person_id=contact.person_id,
        number=sent.number,
        direction=Direction.INBOUND,
        body="Yes",
        segments=1,
        status=MessageStatus.RECEIVED,
        at=MONDAY,
    )


def test_each_campaign_keeps_codes_that_nobody_is_sent(
    business: Business, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(3))
    start(business, campaign, work)
    kept = set(Canary.objects.values_list("code", flat=True))
    assert len(kept) == 20
    sent = " ".join(Message.objects.values_list("body", flat=True))
    assert not [code for code in kept if code in sent]
    assert {row.link.campaign_id for row in Canary.objects.select_related("link")} == {campaign.pk}


def test_a_campaign_without_a_link_keeps_none(
    business: Business, people: People, draft: Draft, work: Do, seeds: list[Contact]
) -> None:
    campaign = draft(people(3))
    actions.edit_draft(
        business=business,
        campaign=campaign,
        name="No link",
        number=campaign.number,
        bodies=["Hello"],
        audience=campaign.audience,
    )
    start(business, campaign, work)
    assert Message.objects.count() == 7
    assert not Canary.objects.exists()
    assert not SeedCode.objects.exists()


def test_the_plan_says_how_many_seeds_and_the_form_switches_them(
    as_ada: Client, people: People, draft: Draft, seeds: list[Contact], ada: User
) -> None:
    campaign = draft(people(3))
    here = f"/b/harbor-hvac/campaigns/{campaign.pk}/"
    assert "and 4 seeds" in as_ada.get(here).content.decode()
    form = unescape(as_ada.get(f"{here}edit/").content.decode())
    assert "Also to 4 seeds" in form
    fields = {
        "name": "Spring",
        "number": str(campaign.number_id),
        "audience": str(campaign.audience_id),
        "body_a": "Hi",
    }
    as_ada.post(f"{here}edit/", fields)
    campaign.refresh_from_db()
    assert not campaign.with_seeds
    assert "Without them" in as_ada.get(here).content.decode()
    as_ada.post(f"{here}edit/", fields | {"seeds": "1"})
    campaign.refresh_from_db()
    assert campaign.with_seeds


def test_who_has_no_seeds_is_not_asked_about_them(
    as_ada: Client, people: People, draft: Draft
) -> None:
    campaign = draft(people(3))
    form = as_ada.get(f"/b/harbor-hvac/campaigns/{campaign.pk}/edit/").content.decode()
    assert "Also to" not in form
    assert 'name="seeds" value="1"' in form
