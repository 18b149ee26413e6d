from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.campaigns.tests.test_sending import opt_out
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.models import Work
from textrail.outside.tests.web import Site

LIST = "/b/harbor-hvac/campaigns/"
People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


def typed(number: TrackingNumber, tag: Tag | None, **more: str) -> dict[str, str]:
    return {
        "name": "Spring sale",
        "number": str(number.pk),
        "audience": str(tag.pk) if tag else "everybody",
        "body_a": "Hi {first_name}: {link}",
        "body_b": "",
        "destination": "https://shop.example/spring",
        "utm_campaign": "",
    } | more


def test_an_empty_list_says_how_to_begin(as_ada: Client) -> None:
    page = as_ada.get(LIST).content.decode()
    assert "No campaigns yet" in page
    assert f"{LIST}new/" in page


def test_without_a_number_the_form_says_what_is_missing(as_ada: Client) -> None:
    assert "A campaign needs a number" in as_ada.get(f"{LIST}new/").content.decode()


def test_a_campaign_is_written_looked_over_and_sent(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    people: People,
    trial_work: Do,
    site: Site,
) -> None:
    site.page("/spring")
    tag = people(4)
    opt_out(business, "+14155560003")
    assert "spring (4)" in as_ada.get(f"{LIST}new/").content.decode()
    form = typed(number, tag, destination=f"{site.url}/spring")
    answer = as_ada.post(f"{LIST}new/", form, follow=True)
    look = answer.content.decode()
    assert "Send 3 texts now" in look
    assert "1 who opted out" in look
    assert "Hi Name0: http://127.0.0.1:8001/xxxxxxxx" in look
    campaign = Campaign.objects.get()
    assert as_ada.post(f"{LIST}{campaign.pk}/start/").status_code == 302
    trial_work()
    page = as_ada.get(f"{LIST}{campaign.pk}/").content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert "1 opted out" in page
    assert Message.objects.count() == 3
    Message.objects.update(status="delivered")
    Campaign.objects.update(status=CampaignStatus.SENT, finished_at=MONDAY - timedelta(days=1))
    for query, shown in (("", "Handed over"), ("?part=results", "Taps by people")):
        part = as_ada.get(f"{LIST}{campaign.pk}/{query}", headers={"HX-Request": "true"})
        assert shown in part.content.decode()
        assert "<html" not in part.content.decode()
        assert "every" not in part.content.decode()
    assert as_ada.get(f"{LIST}{campaign.pk}/edit/").status_code == 302


def test_a_double_click_sends_once(as_ada: Client, draft: Draft, people: People, work: Do) -> None:
    campaign = draft(people(2))
    for _ in range(2):
        assert as_ada.post(f"{LIST}{campaign.pk}/start/").status_code == 302
    assert Work.objects.filter(kind="campaigns.check").count() == 1


def test_a_campaign_that_cannot_start_says_why_on_its_page(
    as_ada: Client, draft: Draft, business: Business
) -> None:
    campaign = draft(Tag.objects.create(business=business, name="empty"))
    answer = as_ada.post(f"{LIST}{campaign.pk}/start/")
    assert answer.status_code == 409
    assert "Nobody is in this audience yet" in answer.content.decode()


def test_what_was_typed_stays_when_it_is_refused(as_ada: Client, number: TrackingNumber) -> None:
    for wrong in (
        {"body_a": "Hi {lastname}"},
        {"destination": ""},
        {"destination": "http://127.0.0.1:8001/abc"},  # a short link of our own
        {"number": ""},
        {"name": ""},
        {"body_b": "{"},
    ):
        answer = as_ada.post(f"{LIST}new/", typed(number, None, utm_campaign="kept") | wrong)
        assert answer.status_code == 422
        assert 'value="kept"' in answer.content.decode()
    for missing in ({"number": "999"}, {"audience": "999"}):
        answer = as_ada.post(f"{LIST}new/", typed(number, None) | missing)
        assert answer.status_code == 404
    assert not Campaign.objects.exists()


def test_the_preview_follows_the_typing(
    as_ada: Client, number: TrackingNumber, people: People
) -> None:
    tag = people(2)
    text = as_ada.post(f"{LIST}preview/", typed(number, tag, body_b="Ünï 🎉")).content.decode()
    assert "Hi Name0" in text
    assert "Ünï 🎉" in text
    assert "70 characters instead of 160" in text
    wrong = as_ada.post(f"{LIST}preview/", typed(number, tag, body_a="Hi {nobody}"))
    assert "not something that can be filled in" in wrong.content.decode()
    assert as_ada.post(f"{LIST}preview/", typed(number, tag, body_a="")).status_code == 200


def test_a_draft_is_changed_and_discarded(
    as_ada: Client, draft: Draft, number: TrackingNumber
) -> None:
    campaign = draft(None)
    form = as_ada.get(f"{LIST}{campaign.pk}/edit/").content.decode()
    assert "{first_name}, look: {link}" in form
    changed = as_ada.post(f"{LIST}{campaign.pk}/edit/", typed(number, None, name="Storm"))
    assert changed.status_code == 302
    assert Campaign.objects.get().name == "Storm"
    assert as_ada.post(f"{LIST}{campaign.pk}/discard/").status_code == 302
    assert not Campaign.objects.exists()


def test_the_list_takes_few_statements(
    as_ada: Client, draft: Draft, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(8):
        draft(None)
    with django_assert_max_num_queries(8):
        page = as_ada.get(LIST).content.decode()
    assert page.count("Spring sale") == 8
    assert "No campaign is called that" in as_ada.get(LIST, {"q": "zzz\0"}).content.decode()


def test_roles_and_businesses_are_kept_apart(
    client: Client, draft: Draft, vi: User, bo: User, cy: User, business: Business
) -> None:
    campaign = draft(None)
    for user, look, change in ((vi, 200, 403), (bo, 200, 403), (cy, 404, 404)):
        client.force_login(user)
        assert client.get(LIST).status_code == look
        assert client.get(f"{LIST}{campaign.pk}/").status_code == look
        for path in ("new/", f"{campaign.pk}/edit/"):
            assert client.get(LIST + path).status_code == change
        for path in ("start", "check", "send-anyway", "reopen", "discard"):
            assert client.post(f"{LIST}{campaign.pk}/{path}/").status_code == change
        assert client.post(f"{LIST}preview/").status_code == change
    client.force_login(cy)
    theirs = f"/b/cys-cycles/campaigns/{campaign.pk}/"
    assert client.get(theirs).status_code == 404
    assert client.post(f"{theirs}start/").status_code == 404
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.DRAFT


@pytest.mark.parametrize("audience", ["", "abc", "EVERYBODY"])
def test_everybody_has_to_be_said_in_so_many_words(
    as_ada: Client, business: Business, number: TrackingNumber, audience: str
) -> None:
    form = {"name": "Spring", "number": number.pk, "audience": audience, "body_a": "Hello"}
    answer = as_ada.post(f"/b/{business.slug}/campaigns/new/", form)
    assert answer.status_code == 422
    assert not Campaign.objects.exists()
