from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.campaigns import actions, queries, tasks
from textrail.domain.campaigns.actions import planning, sending
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Recipient, Variant
from textrail.domain.contacts.actions import record_consent
from textrail.domain.contacts.models import ConsentKind, Contact, Tag
from textrail.domain.inbox.models import Direction, Message, MessageStatus
from textrail.domain.links.models import Click, Code, Link
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Transient
from textrail.vocabulary.phone import PhoneNumber

People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
Do = Callable[[], None]


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
    actions.start(business=business, campaign=campaign, at=MONDAY, actor=ada)
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
    assert Code.objects.values("code").distinct().count() == 12
    assert Work.objects.filter(kind="inbox.hand_over").count() == 12
    audited = AuditEntry.objects.filter(actor=ada).values_list("action", flat=True)
    assert list(audited) == ["campaign.started"]


def test_each_wording_has_its_own_tagged_link(
    business: Business, people: People, draft: Draft, work: Do
) -> None:
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY)
    work()
    links = {link.utm_content: link for link in Link.objects.all()}
    assert set(links) == {"A", "B"}
    assert links["A"].landing == (
        "https://shop.example/spring?x=1&utm_source=sms&utm_medium=text"
        "&utm_campaign=spring_sale&utm_content=A"
    )


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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    work()
    assert Message.objects.count() == 3
    assert not Link.objects.exists()


def test_who_opted_out_is_left_out_with_the_reason(
    business: Business, people: People, draft: Draft, work: Do, world: Context
) -> None:
    tag = people(4)
    opt_out(business, "+14155560000")
    campaign = draft(tag)
    actions.start(business=business, campaign=campaign, at=MONDAY)
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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    for _ in range(8):
        tasks.plan(world, task)
    for _ in range(8):
        tasks.queue_batch(world, task)
        tasks.plan(world, task)
    assert Link.objects.count() == 2
    assert Recipient.objects.count() == 12
    assert Message.objects.count() == 12
    assert Code.objects.count() == 12
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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    tasks.plan(world, Task(1, "plan", {"campaign_id": campaign.pk}, 1))

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(sending, broken, crash)
        with pytest.raises(RuntimeError):
            tasks.queue_batch(world, Task(2, "queue", {"campaign_id": campaign.pk}, 1))
    assert not Message.objects.exists()
    assert not Code.objects.exists()
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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    tasks.plan(world, task)
    Code.objects.create(code="takencode", link=Link.objects.all()[0])
    drawn = iter([["takencode", "b"], ["c", "d"]])
    monkeypatch.setattr(sending, "reserve_codes", lambda count: next(drawn))
    tasks.queue_batch(world, task)
    assert set(Code.objects.values_list("code", flat=True)) == {"takencode", "c", "d"}
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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    task = Task(1, "any", {"campaign_id": campaign.pk}, 1)
    with django_assert_max_num_queries(30):
        tasks.plan(world, task)
    with django_assert_max_num_queries(40):
        tasks.queue_batch(world, task)
    assert Message.objects.count() == 300


def test_it_is_sent_when_everything_has_left(
    business: Business, people: People, draft: Draft, work: Do, world: Context
) -> None:
    campaign = draft(people(2))
    actions.start(business=business, campaign=campaign, at=MONDAY)
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
    actions.start(business=business, campaign=campaign, at=MONDAY)
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=campaign, at=MONDAY)
    with pytest.raises(Conflict):
        actions.edit_draft(
            business=business, campaign=campaign, name="X", number=number, bodies=["Hi"]
        )
    with pytest.raises(Conflict):
        actions.discard_draft(business=business, campaign=campaign)
    assert Work.objects.filter(kind="campaigns.plan").count() == 1


def test_a_campaign_to_nobody_or_from_a_silent_number_does_not_start(
    business: Business, people: People, draft: Draft, number: TrackingNumber
) -> None:
    empty = Tag.objects.create(business=business, name="empty")
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=draft(empty), at=MONDAY)
    campaign = draft(people(1))
    TrackingNumber.objects.update(sms_enabled=False)
    campaign.number.refresh_from_db()
    with pytest.raises(Conflict):
        actions.start(business=business, campaign=campaign, at=MONDAY)
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


def test_what_came_of_it_is_counted_per_wording(
    business: Business,
    people: People,
    draft: Draft,
    work: Do,
    number: TrackingNumber,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = draft(people(40))
    actions.start(business=business, campaign=campaign, at=MONDAY)
    work()
    campaign.refresh_from_db()
    first = queries.variants(campaign)[0]
    assert first.link is not None
    ours = list(Message.objects.filter(variant_id=first.pk))
    Message.objects.filter(id__in=[m.pk for m in ours]).update(status=MessageStatus.DELIVERED)
    Message.objects.filter(id=ours[0].pk).update(status=MessageStatus.FAILED)
    for verdict in ("human", "preview"):
        Click.objects.create(
            business=business,
            link=first.link,
            code="x",
            click_id=verdict,
            at=MONDAY,
            contact_id=ours[1].contact_id,
            person_id=ours[1].person_id,
            campaign_id=campaign.pk,
            variant_id=first.pk,
            method="GET",
            address="203.0.113.7",
            verdict=verdict,
            ruleset=1,
        )
    reply(business, number, ours[1].contact, timedelta(hours=1))
    reply(business, number, ours[1].contact, timedelta(hours=2))
    reply(business, number, ours[2].contact, timedelta(days=8))
    with django_assert_max_num_queries(5):
        result, other = queries.results(business, campaign)
    assert result.recipients == len(ours)
    assert (result.delivered, result.failed) == (len(ours) - 1, 1)
    assert (result.taps.human, result.taps.raw, result.replies) == (1, 2, 1)
    assert (other.delivered, other.taps.human, other.replies, other.tap_rate) == (0, 0, 0, None)
    with django_assert_max_num_queries(2):
        progress = queries.progress(campaign)
    assert progress.delivered + progress.failed == len(ours)
    with django_assert_max_num_queries(3):
        row = queries.campaign_page(business).rows[0]
    assert (row.recipients, row.delivered) == (40, len(ours) - 1)


def reply(business: Business, number: TrackingNumber, contact: Contact, after: timedelta) -> None:
    sent = Message.objects.filter(contact=contact, direction=Direction.OUTBOUND)[0]
    Message.objects.create(
        business=business,
        conversation=sent.conversation,
        contact=contact,
        person=contact.person,
        number=number,
        direction=Direction.INBOUND,
        body="ok",
        segments=1,
        status=MessageStatus.RECEIVED,
        at=MONDAY + after,
    )


def test_the_preview_fills_in_real_people(business: Business, people: People) -> None:
    tag = people(5)
    shown = queries.preview(business, ["Hi {first_name}", "Ho"], tag, links_url="http://g.example")
    assert [(row.label, row.body) for row in shown] == [
        *(("A", f"Hi Name{n}") for n in range(3)),
        *(("B", "Ho") for _ in range(3)),
    ]
    empty = Tag.objects.create(business=business, name="empty")
    nobody = queries.preview(business, ["Hi {first_name}"], empty, links_url="http://g.example")
    assert [row.body for row in nobody] == ["Hi Sam"]


def test_the_estimate_leaves_out_who_opted_out(business: Business, people: People) -> None:
    tag = people(5)
    opt_out(business, "+14155560002")
    found = queries.estimate(business, ["Hi", "x" * 200], tag, links_url="http://g.example")
    assert (found.recipients, found.least, found.most, found.total) == (4, 1, 2, 6)
    assert found.cost is None
    assert queries.audience(business, tag) == queries.Audience(5, 1)
