"""Pause, go on, stop: nothing more leaves, nobody gets a text twice, and everybody has a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.carriers.contract import Outgoing
from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.billing.models import Balance
from textrail.domain.campaigns import actions, brakes, queries
from textrail.domain.campaigns.actions import sending, winding_up
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Recipient, Step
from textrail.domain.campaigns.tests.conftest import WORK
from textrail.domain.contacts.models import Tag
from textrail.domain.hooks.queries import describing
from textrail.domain.hooks.rules import payloads
from textrail.domain.inbox import tasks as inbox
from textrail.domain.inbox.models import Message, Receipt
from textrail.domain.inbox.tests.conftest import Died, FakeCarrier
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox import table, work
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outbox.table import Wiring
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, NotFound, Permanent
from textrail.vocabulary.events import Event, EventName

PEOPLE = 6
People = Callable[[int], Tag]
Draft = Callable[..., Campaign]
# Do up to so many pieces of work of a kind, or of all.
Run = Callable[..., int]


@pytest.fixture
def carrier() -> FakeCarrier:
    return FakeCarrier()


@pytest.fixture(autouse=True)
def mouth(wiring: None) -> None:
    handlers = WORK | {"inbox.hand_over": inbox.hand_over}
    table.wire(Wiring(work=handlers, together={"inbox.hand_over": inbox.hand_over_all}))


@pytest.fixture
def outside(world: Context, carrier: FakeCarrier) -> Context:
    return replace(world, clients={"simulator": carrier})


@pytest.fixture
def run(outside: Context, clock: ManualClock) -> Run:
    """Do work as a worker would, `most` pieces at most, until nothing is due."""

    def do(*, most: int = 1000) -> int:
        done = 0
        while done < most and (claimed := work.claim(now=clock.now(), limit=min(most - done, 4))):
            for kind in sorted({each.kind for each in claimed}):
                some = [each for each in claimed if each.kind == kind]
                work.run_together(outside, some, chance=lambda: 0.5)
            done += len(claimed)
        return done

    return do


@pytest.fixture
def campaign(business: Business, people: People, draft: Draft) -> Campaign:
    """Six texts without a link, about to be planned."""
    made = draft(people(PEOPLE))
    actions.start(business=business, campaign=made, at=MONDAY, unchecked=True)
    return made


@pytest.fixture
def in_line(campaign: Campaign) -> Campaign:
    """The same with all six texts in line, and nothing else to do."""
    actions.make_links(campaign_id=campaign.pk, at=MONDAY)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    url = "http://go.example"
    actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY)
    Work.objects.exclude(kind="inbox.hand_over").delete()
    return campaign


def words(page: str) -> str:
    return " ".join(page.split())


def state(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.status


def statuses() -> dict[str, int]:
    found = list(Message.objects.values_list("status", flat=True))
    return {each: found.count(each) for each in sorted(set(found))}


def later(clock: ManualClock, run: Run) -> None:
    for _ in range(6):
        clock.advance(timedelta(minutes=2))
        run()


def once_each(carrier: FakeCarrier, count: int) -> bool:
    return len(carrier.received) == len({each.recipient for each in carrier.received}) == count


def test_nothing_more_leaves_until_it_goes_on_and_then_everybody_has_it_once(
    business: Business,
    in_line: Campaign,
    ada: User,
    max_: User,
    carrier: FakeCarrier,
    run: Run,
    clock: ManualClock,
) -> None:
    run(most=2)
    assert len(carrier.received) == 2
    actions.pause(business=business, campaign=in_line, at=MONDAY, actor=ada)
    run()
    assert len(carrier.received) == 2
    assert statuses() == {"accepted": 2, "paused": 4}
    assert not Work.objects.exists()  # what is paused keeps no hand busy
    progress = queries.progress(in_line)
    assert (progress.handed_over, progress.staying, progress.recipients) == (2, 4, 6)
    actions.go_on(business=business, campaign=in_line, at=MONDAY, actor=max_)
    later(clock, run)
    assert once_each(carrier, PEOPLE)
    assert state(in_line) == CampaignStatus.SENT
    assert [(step.kind, step.actor) for step in queries.steps(in_line)] == [
        ("went_on", max_),
        ("paused", ada),
    ]
    audited = AuditEntry.objects.filter(subject="Spring sale").order_by("id")
    assert list(audited.values_list("action", "actor"))[-2:] == [
        ("campaign.paused", ada.pk),
        ("campaign.went_on", max_.pk),
    ]


def test_what_is_stopped_never_leaves_and_each_who_is_left_over_has_a_state(
    business: Business,
    in_line: Campaign,
    ada: User,
    carrier: FakeCarrier,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(winding_up, "CHUNK", 2)
    run(most=2)
    left = Message.objects.filter(status="accepted").values_list("contact_id", flat=True)
    actions.stop(business=business, campaign=in_line, at=MONDAY, actor=ada)
    soon = queries.progress(in_line)
    assert (soon.handed_over, soon.staying) == (2, 4)
    run()
    assert once_each(carrier, 2)
    assert statuses() == {"accepted": 2, "cancelled": 4}
    assert Receipt.objects.filter(status="cancelled").count() == 4
    rows = Recipient.objects.filter(campaign=in_line)
    assert set(rows.filter(status="queued").values_list("contact_id", flat=True)) == set(left)
    over = rows.filter(status="skipped").values_list("reason", flat=True)
    assert list(over) == ["stopped before their turn"] * 4
    progress = queries.progress(in_line)
    assert (progress.handed_over, progress.staying, progress.left_out) == (2, 4, 0)
    assert (progress.recipients, progress.failed, progress.waiting) == (2, 0, 0)
    assert state(in_line) == CampaignStatus.STOPPED
    assert in_line.finished_at == MONDAY
    assert sum(row.recipients for row in queries.results(business, in_line)) == 2


def test_one_that_is_paused_can_be_stopped_and_those_only_planned_are_left_out(
    business: Business,
    campaign: Campaign,
    carrier: FakeCarrier,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 2)
    run(most=3)  # the plan, two in line, one of them gone
    actions.pause(business=business, campaign=campaign, at=MONDAY)
    run()
    sent = len(carrier.received)
    assert sent < PEOPLE
    actions.stop(business=business, campaign=campaign, at=MONDAY)
    run()
    assert len(carrier.received) == sent
    rows = Recipient.objects.filter(campaign=campaign)
    assert rows.filter(status="skipped").count() == PEOPLE - sent
    assert not rows.filter(status="planned").exists()
    assert queries.progress(campaign).staying == PEOPLE - sent


@pytest.mark.parametrize("phase", [CampaignStatus.CHECKING, CampaignStatus.PLANNING])
def test_it_pauses_before_its_first_text_and_goes_on_where_it_was(
    phase: CampaignStatus,
    business: Business,
    people: People,
    number: TrackingNumber,
    carrier: FakeCarrier,
    run: Run,
    clock: ManualClock,
) -> None:
    made = actions.create_draft(
        business=business,
        name="No link",
        number=number,
        audience=people(PEOPLE),
        bodies=["Hi"],
        at=MONDAY,
    )
    unchecked = phase == CampaignStatus.PLANNING
    actions.start(business=business, campaign=made, at=MONDAY, unchecked=unchecked)
    actions.pause(business=business, campaign=made, at=MONDAY)
    run()
    assert state(made) == "paused"
    assert not Recipient.objects.exists()
    actions.go_on(business=business, campaign=made, at=MONDAY)
    assert state(made) == phase
    later(clock, run)
    assert once_each(carrier, PEOPLE)
    assert state(made) == CampaignStatus.SENT


def test_each_of_the_three_happens_once_however_often_it_is_asked_for(
    business: Business, in_line: Campaign, run: Run
) -> None:
    for action in (actions.pause, actions.go_on, actions.stop):
        for _ in range(3):
            action(business=business, campaign=in_line, at=MONDAY)
    kinds = list(Step.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["paused", "went_on", "stopped"]
    assert Work.objects.filter(kind="campaigns.queue_batch").count() == 1
    assert Work.objects.filter(kind="campaigns.wind_up").count() == 1
    for action in (actions.pause, actions.go_on):
        with pytest.raises(Conflict, match="stopped for good"):
            action(business=business, campaign=in_line, at=MONDAY)


def test_what_is_over_or_not_begun_is_not_under_way(
    business: Business, draft: Draft, people: People, in_line: Campaign, run: Run
) -> None:
    run()
    actions.settle(campaign_id=in_line.pk, at=MONDAY)
    assert state(in_line) == CampaignStatus.SENT
    for action in (actions.pause, actions.go_on, actions.stop):
        with pytest.raises(Conflict, match="left already"):
            action(business=business, campaign=in_line, at=MONDAY)
        with pytest.raises(Conflict, match="not under way"):
            action(business=business, campaign=draft(people(1)), at=MONDAY)
    assert not Step.objects.exists()


def test_work_from_before_a_pause_does_nothing_after_it(
    business: Business, campaign: Campaign
) -> None:
    actions.make_links(campaign_id=campaign.pk, at=MONDAY)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    for _ in range(3):
        actions.pause(business=business, campaign=campaign, at=MONDAY)
        actions.go_on(business=business, campaign=campaign, at=MONDAY)
    Work.objects.all().delete()
    url = "http://go.example"
    for old in range(3):
        assert not actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY, run=old)
        actions.settle(campaign_id=campaign.pk, at=MONDAY, run=old)
    assert not Work.objects.exists()
    assert actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY, run=3) == PEOPLE


def test_only_so_many_are_in_line_at_a_time(
    campaign: Campaign,
    carrier: FakeCarrier,
    run: Run,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "CHUNK", 1)
    monkeypatch.setattr(sending, "LINE", 2)
    actions.make_links(campaign_id=campaign.pk, at=MONDAY)
    actions.plan_chunk(campaign_id=campaign.pk, at=MONDAY)
    url = "http://go.example"
    queued = [
        actions.queue_chunk(campaign_id=campaign.pk, links_url=url, at=MONDAY) for _ in range(4)
    ]
    assert queued == [1, 1, 0, 0]
    later(clock, run)
    assert once_each(carrier, PEOPLE)
    assert state(campaign) == CampaignStatus.SENT


def prepay(business: Business, amount: str) -> None:
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount=amount, key=amount, at=MONDAY)


@pytest.mark.parametrize(
    ("change", "stalled_by"),
    [
        ({"sms_enabled": False}, "number_without_sms"),
        ({"released_at": MONDAY}, "number_released"),
        ({"registration": "failed"}, "registration_pending"),
        ({"registration": "pending"}, "registration_pending"),
    ],
)
def test_texts_in_line_wait_instead_of_failing_when_their_number_may_not_text(
    business: Business,
    in_line: Campaign,
    carrier: FakeCarrier,
    run: Run,
    change: dict[str, object],
    stalled_by: str,
) -> None:
    run(most=2)
    TrackingNumber.objects.update(**change)
    sent = len(carrier.received)
    run()
    assert len(carrier.received) == sent
    assert statuses() == {"accepted": sent, "paused": PEOPLE - sent}
    assert state(in_line) == "paused"
    assert in_line.stalled_by == stalled_by
    [step] = queries.steps(in_line)
    assert (step.kind, step.actor, step.why) == ("paused", None, in_line.problem)
    mended = {"sms_enabled": True, "released_at": None, "registration": "approved"}
    TrackingNumber.objects.update(**mended)
    actions.go_on(business=business, campaign=in_line, at=MONDAY)
    run()
    assert once_each(carrier, PEOPLE)


def test_texts_in_line_wait_when_the_balance_runs_dry_and_nothing_stays_held_for_them(
    business: Business, in_line: Campaign, carrier: FakeCarrier, run: Run
) -> None:
    """Money for two of six; the last of them is not refused but waits."""
    prepay(business, "0.0166")
    run()
    assert statuses() == {"accepted": 2, "paused": 4}
    assert (state(in_line), in_line.stalled_by) == ("paused", "balance_too_low")
    assert in_line.problem.startswith("The balance does not cover its next text. Have funds added")
    held = Balance.objects.get().held_micros
    assert held == 2 * 8300
    prepay(business, "1")
    actions.stop(business=business, campaign=in_line, at=MONDAY)
    run()
    assert Balance.objects.get().held_micros == held
    assert not billing_queries.verify()
    assert once_each(carrier, 2)


def switch_off(outgoing: Outgoing) -> None:
    TrackingNumber.objects.update(sms_enabled=False)


@pytest.mark.parametrize("prepaid", [False, True])
def test_a_number_that_is_switched_off_between_the_claim_and_the_call_holds_the_rest(
    prepaid: bool, business: Business, in_line: Campaign, carrier: FakeCarrier, run: Run
) -> None:
    """Four are claimed together, and the first is being called for."""
    if prepaid:
        prepay(business, "1")
    carrier.during = switch_off
    run(most=4)
    assert len(carrier.received) == 1
    assert statuses() == {"accepted": 1, "paused": 3, "queued": 2}
    assert state(in_line) == "paused"
    if prepaid:
        assert Balance.objects.get().held_micros == 8300
        assert not billing_queries.verify()


def test_a_carrier_that_wants_a_registration_fails_one_text_and_holds_the_rest(
    in_line: Campaign, carrier: FakeCarrier, outside: Context, clock: ManualClock
) -> None:
    Connection.objects.update(carrier="twilio")
    carrier.before = [Permanent("The number is not registered.", code="30034")]
    claimed = work.claim(now=clock.now(), limit=10)
    work.run_together(replace(outside, clients={"twilio": carrier}), claimed)
    assert statuses() == {"failed": 1, "paused": 5}
    assert carrier.received == []
    assert (state(in_line), in_line.stalled_by) == ("paused", "registration_pending")


def test_texts_wait_when_the_account_at_the_carrier_is_gone(
    in_line: Campaign, carrier: FakeCarrier, run: Run
) -> None:
    Connection.objects.update(removed_at=MONDAY)
    run()
    assert statuses() == {"paused": PEOPLE}
    assert state(in_line) == "paused"
    assert in_line.problem == (
        "The carrier account of this number was removed. When that is mended, go on."
    )


def test_one_that_a_dead_worker_had_claimed_is_not_sent_while_paused_and_once_after(
    business: Business, in_line: Campaign, carrier: FakeCarrier, run: Run, clock: ManualClock
) -> None:
    carrier.before = [Died()]
    with pytest.raises(Died):
        run(most=4)
    assert statuses() == {"handing_over": 4, "queued": 2}
    actions.pause(business=business, campaign=in_line, at=clock.now())
    assert queries.progress(in_line).leaving == 4
    later(clock, run)
    assert carrier.received == []
    assert statuses() == {"paused": PEOPLE}
    actions.go_on(business=business, campaign=in_line, at=clock.now())
    later(clock, run)
    assert once_each(carrier, PEOPLE)


def test_one_that_a_dead_worker_had_called_for_is_found_and_its_campaign_ends_stopped(
    business: Business, in_line: Campaign, carrier: FakeCarrier, run: Run, clock: ManualClock
) -> None:
    carrier.after = [Died()]
    with pytest.raises(Died):
        run(most=4)
    actions.stop(business=business, campaign=in_line, at=clock.now())
    run()
    assert (state(in_line), in_line.finished_at) == ("stopped", None)  # four may be gone
    later(clock, run)
    assert once_each(carrier, 1)
    assert statuses() == {"accepted": 1, "cancelled": 5}
    in_line.refresh_from_db()
    assert in_line.finished_at is not None
    assert queries.progress(in_line).staying == 5


def test_a_worker_that_dies_after_it_put_texts_aside_changes_nothing(
    business: Business, in_line: Campaign, carrier: FakeCarrier, run: Run, clock: ManualClock
) -> None:
    """Their work comes back, and so does what was written down when it went on."""
    kept = list(Work.objects.filter(kind="inbox.hand_over"))
    actions.pause(business=business, campaign=in_line, at=clock.now())
    run()
    actions.go_on(business=business, campaign=in_line, at=clock.now())
    Work.objects.bulk_create(kept)
    later(clock, run)
    assert once_each(carrier, PEOPLE)
    assert state(in_line) == CampaignStatus.SENT


def test_one_put_aside_by_a_hand_that_was_late_leaves_all_the_same(
    in_line: Campaign, carrier: FakeCarrier, run: Run, clock: ManualClock
) -> None:
    """It had asked before the campaign went on, and put the text aside after that."""
    Message.objects.filter(id=Message.objects.latest("id").pk).update(status="paused")
    run()
    actions.settle(campaign_id=in_line.pk, at=MONDAY)
    later(clock, run)
    assert once_each(carrier, PEOPLE)
    assert state(in_line) == CampaignStatus.SENT


def test_nobody_holds_the_campaign_of_another_business(
    business: Business, other_business: Business, in_line: Campaign, cy: User, client: Client
) -> None:
    for action in (actions.pause, actions.go_on, actions.stop):
        with pytest.raises(NotFound):
            action(business=other_business, campaign=in_line, at=MONDAY)
    client.force_login(cy)
    for part in ("pause", "go-on", "stop"):
        answer = client.post(f"/b/cys-cycles/campaigns/{in_line.pk}/{part}/")
        assert answer.status_code == 404
        assert client.post(f"/b/harbor-hvac/campaigns/{in_line.pk}/{part}/").status_code == 404
    assert state(in_line) == "sending"
    actions.pause(business=business, campaign=in_line, at=MONDAY)
    assert brakes.halted(business.pk, [in_line.pk]) == {in_line.pk}
    assert brakes.halted(other_business.pk, [in_line.pk]) == set()


def test_a_paused_campaign_holds_up_no_other(
    business: Business,
    in_line: Campaign,
    draft: Draft,
    carrier: FakeCarrier,
    run: Run,
    clock: ManualClock,
) -> None:
    other = draft(in_line.audience, "Hi {first_name}: {link}")
    actions.pause(business=business, campaign=in_line, at=MONDAY)
    actions.start(business=business, campaign=other, at=MONDAY, unchecked=True)
    later(clock, run)
    assert state(other) == CampaignStatus.SENT
    assert once_each(carrier, PEOPLE)


def test_the_page_pauses_goes_on_and_stops(
    as_ada: Client, in_line: Campaign, carrier: FakeCarrier, run: Run
) -> None:
    url = f"/b/harbor-hvac/campaigns/{in_line.pk}/"
    page = as_ada.get(url).content.decode()
    assert f'action="{url}pause/"' in page
    assert f'href="{url}stop/"' in page
    run(most=2)
    page = as_ada.post(f"{url}pause/", follow=True).content.decode()
    assert "Paused by Ada" in page
    assert "2 texts have left. 4 wait until somebody goes on." in words(page)
    assert f'action="{url}go-on/"' in page
    part = as_ada.get(f"{url}?seen=sending", headers={"HX-Request": "true"}).content.decode()
    assert 'id="campaign-controls" class="row" hx-swap-oob="true"' in part
    part = as_ada.get(f"{url}?seen=paused", headers={"HX-Request": "true"}).content.decode()
    assert "campaign-controls" not in part
    page = as_ada.get(f"{url}stop/").content.decode()
    assert "4 are still to leave, and will never be sent." in words(page)
    page = as_ada.post(f"{url}stop/", follow=True).content.decode()
    assert "2 texts have left. 4 will not be sent." in words(page)
    assert f'action="{url}go-on/"' not in page
    run()
    page = as_ada.get(url).content.decode()
    assert "2 texts have left. 4 will not be sent." in words(page)
    assert as_ada.get(f"{url}stop/").status_code == 302
    assert "was stopped for good" in as_ada.post(f"{url}go-on/", follow=True).content.decode()


def test_who_may_not_send_may_not_hold(client: Client, in_line: Campaign, bo: User) -> None:
    client.force_login(bo)
    url = f"/b/harbor-hvac/campaigns/{in_line.pk}/"
    for part in ("pause", "go-on", "stop"):
        assert client.post(f"{url}{part}/").status_code == 403
    assert f"{url}pause/" not in client.get(url).content.decode()


def test_who_listens_is_told_that_it_paused_and_why_and_that_it_ended(
    business: Business, in_line: Campaign, run: Run, clock: ManualClock
) -> None:
    told: list[Event] = []

    def hear(context: Context, task: Task) -> None:
        subject = {
            name: value for name, value in task.payload.items() if isinstance(value, int | str)
        }
        told.append(Event(EventName(str(subject["event"])), business.pk, MONDAY, subject))

    names = (EventName.CAMPAIGN_PAUSED, EventName.CAMPAIGN_STOPPED)
    work_ = {**WORK, "inbox.hand_over": inbox.hand_over, "hear": hear}
    table.wire(Wiring(work=work_, events=dict.fromkeys(names, ("hear",))))
    TrackingNumber.objects.update(sms_enabled=False)
    run()
    actions.stop(business=business, campaign=in_line, at=MONDAY)
    run()
    paused, stopped = (describing.described(business, event) for event in told)
    assert isinstance(paused, payloads.CampaignPaused)
    assert (paused.campaign.name, paused.why) == ("Spring sale", "number_without_sms")
    assert isinstance(stopped, payloads.CampaignSent)
    assert (stopped.texts, stopped.left_out) == (0, PEOPLE)
