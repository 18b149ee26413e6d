from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.db import IntegrityError
from django.db.models import QuerySet
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.campaigns import actions, queries, tasks
from textrail.domain.campaigns.actions import planning, sending
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Recipient, Variant
from textrail.domain.contacts.actions import record_consent
from textrail.domain.contacts.models import ConsentKind, Tag
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.links.models import Code, Link, UtmConvention
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Transient
from textrail.vocabulary.phone import PhoneNumber

People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


def sent_codes() -> QuerySet[Code]:
    """Without the canaries, which are sent to nobody."""
    return Code.objects.exclude(message_id=None)


def opt_out(business: Business, phone: str) -> None:
    record_consent(
        business=business,
        phone=PhoneNumber(phone),
        kind=ConsentKind.OPT_OUT,
        source="text",
        words="STOP",
        at=MONDAY,
    )


def test_a_campaign_writes_to_everybody_once_with_a_link_of_their_own(
    business: Business, ada: User, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(12))
    actions.start(business=business, campaign=campaign, at=MONDAY, actor=ada, unchecked=True)
    work()
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.SENDING
    messages = list(Message.objects.order_by("id").select_related("contact"))
    assert len({message.contact_id for message in messages}) == 12
    for message in messages:
        code = Code.objects.get(message_id=message.pk)
        assert code.contact_id == message.contact_id
        assert message.body.endswith(f": http://go.example/{code.code}")
        assert message.contact.name.split()[0] in message.body
        assert message.person_id == message.contact.person_id
        assert code.link.variant_id == message.variant_id
    assert sent_codes().values("code").distinct().count() == 12
    assert Work.objects.filter(kind="inbox.hand_over").count() == 12
    audited = AuditEntry.objects.filter(actor=ada).values_list("action", flat=True)
    assert list(audited) == ["campaign.started"]


def test_each_wording_has_its_own_tagged_link(
    business: Business, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    links = {link.utm_content: link for link in Link.objects.all()}
    assert set(links) == {"A", "B"}
    assert links["A"].landing == (
        "https://shop.example/spring?x=1&utm_source=sms&utm_medium=text"
        "&utm_campaign=spring_sale&utm_content=A"
    )


def test_links_of_a_campaign_keep_to_the_convention(
    business: Business, people: People, draft: Draft, work: Do
) -> None:
    UtmConvention.objects.create(
        business=business,
        sources=["sms", "textrail"],
        mediums=["sms"],
        campaign_pattern="{year}_{word}",
        require_content=True,
    )
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    link = Link.objects.get(utm_content="A")
    assert (link.utm_source, link.utm_medium) == ("sms", "sms")
    assert link.utm_campaign == "2026_spring_sale"


def test_a_campaign_without_a_link_needs_no_address(
    business: Business, number: TrackingNumber, people: People, work: Do
) -> None:
    campaign = actions.create_draft(
        business=business,
        name="Storm",
        number=number,
        audience=people(3),
        bodies=["Stay safe, {first_name}"],
        at=MONDAY,
    )
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    assert Message.objects.count() == 3
    assert not Link.objects.exists()


def test_who_opted_out_is_left_out_with_the_reason(
    business: Business, people: People, draft: Draft, work: Do, world: Context
) -> None:
    tag = people(4)
    opt_out(business, "+14155560000")
    campaign = draft(tag)
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    task = Task(1, "campaigns.plan", {"campaign_id": campaign.pk}, 1)
    tasks.plan(world, task)
    opt_out(business, "+14155560001")  # between the plan and the texts
    work()
    assert set(Message.objects.values_list("contact__phone", flat=True)) == {
        "+14155560002",
        "+14155560003",
    }
    assert queries.progress(campaign).skipped == {"opted out": 2}


def test_work_that_runs_twice_writes_to_nobody_twice(
    business: Business,
    people: People,
    draft: Draft,
    world: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning, "PLAN_CHUNK", 5)
    monkeypatch.setattr(sending, "CHUNK", 4)
    campaign = draft(people(12))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    for _ in range(8):
        tasks.plan(world, task)
    for _ in range(8):
        tasks.queue_batch(world, task)
        tasks.plan(world, task)
    assert Link.objects.count() == 2
    assert Recipient.objects.count() == 12
    assert Message.objects.count() == 12
    assert sent_codes().count() == 12
    progress = queries.progress(campaign)
    assert (progress.planned, progress.queued, progress.waiting) == (0, 12, 12)


@pytest.mark.parametrize("broken", ["store_codes", "_mark_queued", "enqueue"])
def test_a_crash_in_the_middle_writes_to_nobody_twice(
    business: Business,
    people: People,
    draft: Draft,
    work: Do,
    world: Context,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    campaign = draft(people(6))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    tasks.plan(world, Task(1, "plan", {"campaign_id": campaign.pk}, 1))

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(sending, broken, crash)
        with pytest.raises(RuntimeError):
            tasks.queue_batch(world, Task(2, "queue", {"campaign_id": campaign.pk}, 1))
    assert not Message.objects.exists()
    assert not sent_codes().exists()
    work()
    assert Message.objects.count() == 6


def test_a_code_that_was_taken_meanwhile_is_drawn_again(
    business: Business,
    people: People,
    draft: Draft,
    world: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    tasks.plan(world, task)
    Code.objects.create(code="takencode", link=Link.objects.all()[0])
    drawn = iter([["takencode", "b"], ["c", "d"]])
    monkeypatch.setattr(sending, "reserve_codes_for", lambda links: next(drawn))
    tasks.queue_batch(world, task)
    assert set(sent_codes().values_list("code", flat=True)) == {"c", "d"}
    assert Message.objects.count() == 2

    def always(**_: object) -> int:
        raise IntegrityError

    monkeypatch.setattr(actions, "queue_chunk", always)
    with pytest.raises(Transient):
        tasks.queue_batch(world, task)


def test_a_chunk_takes_a_bounded_number_of_statements(
    business: Business,
    people: People,
    draft: Draft,
    world: Context,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = draft(people(300))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    with django_assert_max_num_queries(43):  # some ask for conventions, consent and funds
        tasks.plan(world, task)
    with django_assert_max_num_queries(40):
        tasks.queue_batch(world, task)
    assert Message.objects.count() == 300


def test_it_is_sent_when_everything_has_left(
    business: Business, people: People, draft: Draft, work: Do, world: Context
) -> None:
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    task = Task(1, "campaigns.settle", {"campaign_id": campaign.pk}, 1)
    Work.objects.filter(kind="campaigns.settle").delete()
    tasks.settle(world, task)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.SENDING
    again = Work.objects.get(kind="campaigns.settle")
    assert again.run_at == world.clock.now() + sending.LOOK_AGAIN
    Message.objects.update(status=MessageStatus.SENT)
    tasks.settle(world, task)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.SENT
    assert campaign.finished_at == MONDAY
    tasks.settle(world, task)


def test_a_campaign_starts_once(
    business: Business, people: People, draft: Draft, number: TrackingNumber
) -> None:
    campaign = draft(people(1))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    with pytest.raises(Conflict):
        actions.edit_draft(
            business=business, campaign=campaign, name="X", number=number, bodies=["Hi"]
        )
    with pytest.raises(Conflict):
        actions.discard_draft(business=business, campaign=campaign)
    assert Work.objects.filter(kind="campaigns.plan").count() == 1


@pytest.mark.parametrize("silent", [{"sms_enabled": False}, {"registration": "pending"}])
def test_a_campaign_to_nobody_or_from_a_silent_number_does_not_start(
    business: Business,
    people: People,
    draft: Draft,
    number: TrackingNumber,
    silent: dict[str, object],
) -> None:
    empty = Tag.objects.create(business=business, name="empty")
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=draft(empty), at=MONDAY, unchecked=True)
    campaign = draft(people(1))
    TrackingNumber.objects.update(**silent)
    campaign.number.refresh_from_db()
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    assert not Work.objects.exists()


@pytest.mark.parametrize(
    ("name", "bodies", "destination"),
    [
        ("", ["Hi"], ""),
        ("x" * 121, ["Hi"], ""),
        ("Sale", [], ""),
        ("Sale", ["Hi", " "], ""),
        ("Sale", ["Hi", "Ho", "Hu"], ""),
        ("Sale", ["Hi {link}"], ""),
        ("Sale", ["Hi {link}"], "javascript:alert(1)"),
        ("Sale", ["Hi"], "https://shop.example"),
        ("Sale", ["Hi {nobody}"], ""),
    ],
)
def test_a_draft_that_cannot_be_sent_is_refused_whole(
    business: Business, number: TrackingNumber, name: str, bodies: list[str], destination: str
) -> None:
    with pytest.raises(Malformed):
        actions.create_draft(
            business=business,
            name=name,
            number=number,
            bodies=bodies,
            destination=destination,
            at=MONDAY,
        )
    assert not Campaign.objects.exists()


def test_a_draft_is_changed_and_discarded(
    business: Business, number: TrackingNumber, draft: Draft
) -> None:
    campaign = draft(None)
    actions.edit_draft(
        business=business, campaign=campaign, name="Storm", number=number, bodies=["Stay safe"]
    )
    campaign.refresh_from_db()
    assert (campaign.name, campaign.utm_campaign, campaign.destination) == ("Storm", "storm", "")
    assert [variant.label for variant in queries.variants(campaign)] == ["A"]
    actions.discard_draft(business=business, campaign=campaign)
    assert not Variant.objects.exists()


def test_nothing_of_another_business_is_used_or_seen(
    business: Business, other_business: Business, number: TrackingNumber, draft: Draft
) -> None:
    with pytest.raises(Malformed):
        actions.create_draft(
            business=other_business, name="Mine", number=number, bodies=["Hi"], at=MONDAY
        )
    campaign = draft(None)
    with pytest.raises(NotFound):
        queries.campaign(other_business, campaign.pk)
    with pytest.raises(Conflict):
        actions.discard_draft(business=other_business, campaign=campaign)
    assert queries.campaign_page(other_business).rows == ()


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ({"sms_enabled": False}, "Switch texting on for it, then go on."),
        ({"released_at": MONDAY}, "Stop this campaign, and send a new one from another number."),
        ({"registration": "failed"}, "The registration of Billboard I-80 was turned down"),
        ({"registration": "pending"}, "The registration of Billboard I-80 is not through"),
    ],
)
def test_a_campaign_whose_number_stopped_texting_pauses_by_itself(
    business: Business,
    people: People,
    draft: Draft,
    world: Context,
    as_ada: Client,
    monkeypatch: pytest.MonkeyPatch,
    gone: dict[str, object],
    said: str,
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 2)
    campaign = draft(people(5))
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    tasks.plan(world, task)
    tasks.queue_batch(world, task)
    TrackingNumber.objects.update(**gone)
    Work.objects.all().delete()
    tasks.queue_batch(world, task)
    assert not Work.objects.exists()
    progress = queries.progress(campaign)
    assert (progress.planned, progress.queued, progress.skipped) == (3, 2, {})
    url = f"/b/harbor-hvac/campaigns/{campaign.pk}/"
    page = as_ada.get(url).content.decode()
    assert "Paused by itself" in page
    assert said in page
    assert f'href="/b/harbor-hvac/numbers/{campaign.number_id}/"' in page
    assert "Add funds" not in page
    refused = as_ada.post(f"{url}go-on/", follow=True).content.decode()
    assert 'class="toast error"' in refused
    assert refused.count(said) == 3  # in the note, in what was done, and in the toast
    mended = {"sms_enabled": True, "released_at": None, "registration": "approved"}
    TrackingNumber.objects.update(**mended)
    as_ada.post(f"{url}go-on/")
    again = Work.objects.get()
    assert (again.kind, again.payload["run"]) == ("campaigns.queue_batch", 1)
    for _ in range(2):
        tasks.queue_batch(world, Task(2, again.kind, again.payload, 1))
    assert queries.progress(campaign).queued == 5
    campaign.refresh_from_db()
    assert (campaign.problem, campaign.stalled_by) == ("", "")


def test_numbers_of_ones_own_are_left_out(
    business: Business, people: People, draft: Draft, work: Do, number: TrackingNumber
) -> None:
    campaign = draft(people(3))
    TrackingNumber.objects.create(
        business=business,
        connection=number.connection,
        source=number.source,
        phone="+14155560001",
        name="Van",
        created_at=MONDAY,
    )
    actions.start(business=business, campaign=campaign, at=MONDAY, unchecked=True)
    work()
    assert set(Message.objects.values_list("contact__phone", flat=True)) == {
        "+14155560000",
        "+14155560002",
    }
    assert queries.progress(campaign).skipped == {"your own number": 1}
