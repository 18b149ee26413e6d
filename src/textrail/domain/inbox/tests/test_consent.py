from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from textrail.carriers.contract import CarrierReading, InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentEvent, ConsentKind, ConsentReview, Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import AnswerTrigger, Message
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import PhoneNumber

Says = Callable[..., Message]


@pytest.fixture
def says(number: TrackingNumber, clock: ManualClock) -> Says:
    """Have Dana text words to the number."""
    count = 0

    def send(words: str, *, read: CarrierReading = "") -> Message:
        nonlocal count
        count += 1
        clock.advance(timedelta(seconds=2))
        text = InboundText(f"in-{count}", DANA, number.phone, words, carrier_read=read)
        [message] = actions.record_inbound_texts(
            incoming=[actions.Incoming(number.connection_id, "simulator", text, clock.now())]
        )
        assert message is not None
        return message

    return send


def answers() -> list[str]:
    rows = Message.objects.filter(direction="outbound").order_by("id")
    return [f"{row.kind}: {row.body}" for row in rows]


@pytest.mark.parametrize(
    "words", ["STOP", "please take me off your list", "no más", "lose my number"]
)
def test_whoever_leaves_is_out_at_once_and_told_once(
    business: Business, says: Says, words: str
) -> None:
    message = says(words)
    assert message.kind == "opt_out"
    assert contact_queries.is_suppressed(business, DANA)
    said = answers()
    assert len(said) == 1
    assert said[0].startswith("compliance: Harbor HVAC: you will get no more texts from us.")
    says(words)
    says("STOP")
    assert answers() == said


def test_the_confirmation_leaves_though_they_are_out(
    says: Says, carrier: FakeCarrier, work_off: Callable[[], None], clock: ManualClock
) -> None:
    says("STOP")
    clock.advance(timedelta(seconds=1))
    work_off()
    assert [text.body[:11] for text in carrier.received] == ["Harbor HVAC"]


def test_the_network_confirms_on_a_toll_free_number(
    business: Business, number: TrackingNumber, says: Says
) -> None:
    TrackingNumber.objects.filter(id=number.id).update(phone="+18005550100")
    number.refresh_from_db()
    says("STOP")
    assert contact_queries.is_suppressed(business, DANA)
    assert answers() == []


def test_what_the_carrier_read_and_answered_is_not_answered_again(
    business: Business, says: Says
) -> None:
    says("STOP", read="opt_out")
    assert contact_queries.is_suppressed(business, DANA)
    says("START", read="opt_in")
    assert not contact_queries.is_suppressed(business, DANA)
    says("HELP", read="help")
    assert answers() == []


def test_an_opt_out_that_only_the_carrier_read_is_the_carriers(
    business: Business, says: Says
) -> None:
    says("Adios amigos", read="opt_out")
    event = ConsentEvent.objects.get()
    assert (event.kind, event.source, event.words) == ("opt_out", "carrier", "Adios amigos")
    assert contact_queries.is_suppressed(business, DANA)


def test_help_is_answered_also_to_who_left(says: Says) -> None:
    says("STOP")
    says("HELP")
    assert "call (415) 555-0100" in answers()[-1]


def test_held_words_get_no_automatic_answer_and_hold_the_next_ones(
    business: Business, number: TrackingNumber, says: Says, dana: Contact, clock: ManualClock
) -> None:
    actions.set_answer(
        business=business,
        number=number,
        trigger=AnswerTrigger.ALWAYS,
        body="Thank you!",
        enabled=True,
        at=clock.now(),
    )
    says("not interested")
    clock.advance(timedelta(days=1))
    says("What is this about?")
    assert answers() == []
    queued = actions.queue_text(
        business=business, contact=dana, number=number, body="Sorry!", at=clock.now()
    )
    assert queued.kind == "chat"


def test_a_campaign_text_in_line_is_held_back(
    business: Business,
    number: TrackingNumber,
    says: Says,
    dana: Contact,
    carrier: FakeCarrier,
    clock: ManualClock,
    work_off: Callable[[], None],
) -> None:
    text = actions.CampaignText(dana.pk, dana.person_id, "Sale!", None)
    actions.queue_campaign_texts(
        business=business, number=number, texts=[text], campaign_id=1, at=clock.now()
    )
    says("not interested")
    clock.advance(timedelta(seconds=1))
    work_off()
    assert carrier.received == []
    assert Message.objects.get(kind="campaign").error_code == "consent_held"


def test_a_no_answers_what_a_member_asked_and_not_a_campaign(
    business: Business, number: TrackingNumber, says: Says, dana: Contact, clock: ManualClock
) -> None:
    actions.queue_text(
        business=business,
        contact=dana,
        number=number,
        body="Shall we come at 9?",
        at=clock.now(),
    )
    says("No")
    assert not contact_queries.is_held(business, DANA, clock.now())
    clock.advance(timedelta(days=8))
    says("No")
    assert contact_queries.is_held(business, DANA, clock.now())


def test_a_yes_opts_in_only_who_had_left(business: Business, says: Says) -> None:
    says("Yes")
    assert not ConsentEvent.objects.exists()
    says("STOP")
    says("Yes")
    assert not contact_queries.is_suppressed(business, DANA)


def test_an_opt_out_to_a_number_that_was_given_back_counts(
    business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    text = InboundText("x", DANA, "+14155559999", "take me off your list")
    actions.record_inbound_texts(
        incoming=[actions.Incoming(number.connection_id, "simulator", text, clock.now())]
    )
    assert contact_queries.is_suppressed(business, DANA)


def test_who_turns_out_to_have_left_is_told_then(
    business: Business, says: Says, bo: User, clock: ManualClock
) -> None:
    says("not interested")
    review = ConsentReview.objects.get()
    actions.decide_review(
        business=business, review=review, left=True, why="", actor=bo, at=clock.now()
    )
    assert len(answers()) == 1
    with pytest.raises(Conflict):
        actions.decide_review(
            business=business, review=review, left=True, why="", actor=bo, at=clock.now()
        )
    assert len(answers()) == 1


def test_a_decision_finds_the_conversation_by_its_contact(
    business: Business, says: Says, bo: User, clock: ManualClock
) -> None:
    """By a phone beside it PostgreSQL finds it among all of the business's, one by one, as long as
    it has counted no table."""
    says("not interested")
    review = ConsentReview.objects.get()
    with CaptureQueriesContext(connection) as asked:
        actions.decide_review(
            business=business,
            review=review,
            left=False,
            why="Of the price.",
            actor=bo,
            at=clock.now(),
        )
    statements = [each["sql"] for each in asked.captured_queries]
    [found] = [sql for sql in statements if 'FROM "inbox_conversation"' in sql]
    _, _, where = found.partition(" WHERE ")
    assert '"contact_id" = ' in where
    assert "phone" not in where


def test_a_text_that_was_claimed_before_they_left_stays_here(
    business: Business,
    text: Message,
    carrier: FakeCarrier,
    clock: ManualClock,
) -> None:
    assert actions.claim(messages=[text], at=clock.now())
    contacts.record_consent(
        business=business, phone=DANA, kind=ConsentKind.OPT_OUT, source="text", at=clock.now()
    )
    text.refresh_from_db()
    assert actions.recall(message=text, claimed_at=clock.now(), at=clock.now())
    text.refresh_from_db()
    assert (text.status, text.error_code) == ("refused", "opted_out")
    assert carrier.received == []


def test_held_words_are_told_to_webhooks(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "textrail.domain.contacts.actions.consent.tell", lambda event: told.append(event.name)
    )
    says("not interested")
    assert told == ["consent.held"]
    assert not Work.objects.filter(kind="hooks.record").exists()


# Pages


def test_an_agent_decides_on_the_page(
    client: Client, business: Business, says: Says, bo: User
) -> None:
    says("not interested")
    client.force_login(bo)
    review = ConsentReview.objects.get()
    page = client.get(f"/b/{business.slug}/consent/review/")
    assert "not interested" in page.content.decode()
    address = f"/b/{business.slug}/consent/review/{review.pk}/"
    refused = client.post(address, {"left": "0", "why": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert client.post(address, {"left": "0", "why": "He likes us"}).status_code == 302
    assert contact_queries.review_count(business) == 0


def test_who_decides_too_late_is_told_and_stays_in_the_conversation(
    client: Client, business: Business, says: Says, ada: User, bo: User
) -> None:
    message = says("not interested")
    address = f"/b/{business.slug}/consent/review/{ConsentReview.objects.get().pk}/"
    client.force_login(bo)
    assert client.post(address, {"left": "1"}).status_code == 302
    client.force_login(ada)
    decided = {"left": "0", "why": "He likes us", "conversation": str(message.conversation_id)}
    answer = client.post(address, decided, follow=True)
    assert answer.redirect_chain[0][0].endswith(f"/conversations/{message.conversation_id}/")
    assert "Somebody has decided this already." in answer.content.decode()
    assert contact_queries.is_suppressed(business, DANA)


def test_a_viewer_looks_and_decides_nothing(
    client: Client, business: Business, says: Says, vi: User
) -> None:
    says("not interested")
    client.force_login(vi)
    review = ConsentReview.objects.get()
    page = client.get(f"/b/{business.slug}/consent/review/").content.decode()
    assert "They opted out" not in page
    address = f"/b/{business.slug}/consent/review/{review.pk}/"
    assert client.post(address, {"left": "1"}).status_code == 403


def test_the_conversation_says_that_words_wait(
    as_ada: Client, business: Business, says: Says
) -> None:
    message = says("not interested! <b>bye</b>")
    page = as_ada.get(f"/b/{business.slug}/conversations/{message.conversation_id}/")
    text = page.content.decode()
    assert "may be an opt-out" in text
    assert "not interested! &lt;b&gt;bye" in text
    assert "They did not" in text


def test_the_ledger_its_number_and_its_files(
    client: Client, business: Business, says: Says, ada: User, bo: User
) -> None:
    says("=STOP")
    root = f"/b/{business.slug}/consent/"
    client.force_login(bo)
    assert client.get(f"{root}export.csv").status_code == 403
    found = client.get(root, {"q": "(415) 555-0199"})
    assert found["location"].endswith("/consent/of/+14155550199/")
    assert "=STOP" in client.get(found["location"]).content.decode()
    assert client.get(root, {"q": "nonsense"}).status_code == 422
    client.force_login(ada)
    lines = b"".join(client.get(f"{root}export.csv"))
    assert b"'=STOP" in lines, "a spreadsheet takes it for no formula"
    told = client.get(f"{root}export.json", {"phone": DANA})
    assert b'"canonical"' in b"".join(told)
    assert "Holds: 1 event checked" in client.get(f"{root}print/").content.decode()


def test_only_owners_and_admins_write_down_that_somebody_agreed(
    client: Client, business: Business, says: Says, max_: User, bo: User
) -> None:
    says("STOP")
    address = f"/b/{business.slug}/consent/of/{DANA}/record/"
    form = {"way": "in", "how": "paper", "proof": "Form 12 of 1 March, in the binder"}
    client.force_login(bo)
    assert client.post(address, form).status_code == 403
    assert contact_queries.is_suppressed(business, DANA)
    client.force_login(max_)
    assert client.post(address, {**form, "proof": "ok"}).status_code == 422
    assert client.post(address, form).status_code == 302
    assert not contact_queries.is_suppressed(business, DANA)


def test_a_text_is_tried_on_the_page_of_rules(as_ada: Client, business: Business) -> None:
    address = f"/b/{business.slug}/consent/rules/"
    page = as_ada.get(address, {"text": "please take me off your list"}).content.decode()
    assert "Opt-out" in page
    assert "take me off your list" in page
    assert not ConsentEvent.objects.exists()


def test_only_an_owner_sets_how_far_it_reaches(
    client: Client, business: Business, ada: User, max_: User
) -> None:
    address = f"/b/{business.slug}/consent/scope/"
    client.force_login(max_)
    assert client.post(address, {"revoke_all": "1"}).status_code == 403
    client.force_login(ada)
    assert client.post(address, {"revoke_all": "1"}).status_code == 302
    assert contact_queries.revokes_all(business)


def test_the_ledger_of_another_business_is_not_there(
    client: Client, business: Business, other_business: Business, says: Says, cy: User
) -> None:
    says("STOP")
    client.force_login(cy)
    page = client.get(f"/b/{other_business.slug}/consent/of/{PhoneNumber(DANA)}/")
    assert "Nothing was said yet" in page.content.decode()
