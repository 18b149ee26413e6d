"""The open conversation over HTTP: what is shown, what each role may do, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Attachment, Conversation, Message, Note, QuietRule
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock

pytestmark = pytest.mark.django_db
Arrive = Callable[..., None]
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40


def page(name: str, business: Business, *args: object) -> str:
    return reverse(f"inbox:{name}", args=[business.slug, *args])


@pytest.fixture(autouse=True)
def media(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    return tmp_path / "media"


@pytest.fixture
def talk(number: TrackingNumber, arrive: Arrive, dana: Contact) -> Conversation:
    arrive(number.connection_id, InboundText("IN1", DANA, number.phone, "Is it ready?"))
    return Conversation.objects.get()


def test_strange_words_are_shown_harmlessly(
    as_ada: Client, business: Business, number: TrackingNumber, arrive: Arrive, talk: Conversation
) -> None:
    body = "<script>alert(1)</script> \u202egnp.exe https://a.example/x\x07"
    arrive(number.connection_id, InboundText("IN2", DANA, number.phone, body))
    arrive(number.connection_id, InboundText("IN3", DANA, number.phone, "word " * 10_000))
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert "right-to-left override" in shown
    assert "control character 07" in shown
    assert 'href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow"' in shown
    assert "Show all" in shown


def test_a_note_is_kept_shown_and_removed(
    as_ada: Client, client: Client, business: Business, bo: User, vi: User, talk: Conversation
) -> None:
    as_ada.post(page("add_note", business, talk.pk), {"note": "Has a <plan>."})
    note = Note.objects.get()
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "Has a &lt;plan&gt;." in shown
    client.force_login(vi)
    assert client.post(page("add_note", business, talk.pk), {"note": "x"}).status_code == 403
    client.force_login(bo)
    where = page("remove_note", business, talk.pk, note.pk)
    assert client.post(where).status_code == 403  # not its author
    client.force_login(User.objects.get(name="Ada"))
    client.post(where)
    shown = client.get(page("conversation", business, talk.pk)).content.decode()
    assert "Has a" not in shown


def test_who_has_it_and_its_tags_are_changed_in_the_pane(
    as_ada: Client, business: Business, bo: User, cy: User, talk: Conversation
) -> None:
    as_ada.post(page("assign", business, talk.pk), {"assignee": bo.pk})
    talk.refresh_from_db()
    assert talk.assignee_id == bo.pk
    assert as_ada.post(page("assign", business, talk.pk), {"assignee": cy.pk}).status_code == 404
    as_ada.post(page("tags", business, talk.pk), {"add": "vip"})
    as_ada.post(page("tags", business, talk.pk), {"add": "north"})
    as_ada.post(page("tags", business, talk.pk), {"remove": "vip"})
    assert contact_queries.tag_names(talk.contact) == ["north"]
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "Assigned to <em>Bo</em>" in shown


def test_a_text_is_scheduled_edited_and_cancelled_on_the_page(
    as_ada: Client, business: Business, talk: Conversation, clock: ManualClock
) -> None:
    where = page("reply", business, talk.pk)
    soon = "2099-01-01T09:00"
    refused = as_ada.post(where, {"body": "Later", "leaves_at": soon, "later": "1"})
    assert "for a year at most" in refused.content.decode()
    as_ada.post(where, {"body": "Later", "leaves_at": _in(days=2), "later": "1"})
    text = Message.objects.get(body="Later")
    assert text.status == "scheduled"
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "Scheduled" in shown
    edit = page("edit_text", business, text.pk)
    assert "Later" in as_ada.get(edit).content.decode()
    as_ada.post(edit, {"body": "Even later", "leaves_at": _in(days=3), "later": "1"})
    text.refresh_from_db()
    assert text.body == "Even later"
    as_ada.post(page("cancel_text", business, text.pk))
    text.refresh_from_db()
    assert text.status == "cancelled"
    assert as_ada.get(edit).status_code == 404


def test_a_time_that_is_filled_in_counts_whichever_button_is_pressed(
    as_ada: Client, business: Business, talk: Conversation, clock: ManualClock
) -> None:
    as_ada.post(page("reply", business, talk.pk), {"body": "Not yet", "leaves_at": _in(days=2)})
    text = Message.objects.get(body="Not yet")
    assert text.status == "scheduled"
    edit = page("edit_text", business, text.pk)
    as_ada.post(edit, {"body": "Now", "leaves_at": _in(days=2), "now": "1"})
    text.refresh_from_db()
    assert text.body == "Now"
    assert text.leaves_at is not None
    assert text.leaves_at <= timezone.now()


def test_their_time_is_told_by_their_clocks_and_not_by_ours(
    as_ada: Client, business: Business
) -> None:
    asked = {"recipient": "+12135550177", "leaves_at": "2026-11-25T10:30"}
    shown = as_ada.get(page("check", business), asked).content.decode()
    assert "Wed 7:30 for them (Los Angeles)" in shown
    brief = as_ada.get(page("check", business), asked | {"brief": "1"}).content.decode()
    assert "That is Wednesday 7:30 for them (Los Angeles)." in brief
    assert "your business allows" not in brief


def _in(*, days: int) -> str:
    return f"{timezone.localtime() + timedelta(days=days):%Y-%m-%dT12:00}"


def test_a_failed_text_says_what_to_do_and_is_tried_again(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    as_ada.post(page("reply", business, talk.pk), {"body": "On our way."})
    sent = Message.objects.get(body="On our way.")
    Message.objects.filter(pk=sent.pk).update(
        status="failed", error_code="30003", error="The phone was off."
    )
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "Their phone may be off. Try again later." in shown
    assert "Try again</span>" in shown
    for _ in range(2):
        as_ada.post(page("say_again", business, sent.pk))
    assert Message.objects.filter(body="On our way.").count() == 2
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "Try again</span>" not in shown


def test_a_landline_is_told_before_the_next_text(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    as_ada.post(page("reply", business, talk.pk), {"body": "Hello"})
    Message.objects.filter(body="Hello").update(status="undelivered", error_code="30006")
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    assert "seems to be a landline" in shown


def test_a_form_that_is_sent_twice_sends_one_text(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    shown = as_ada.get(page("conversation", business, talk.pk)).content.decode()
    once = shown.split('name="once" value="')[1].split('"')[0]
    for _ in range(2):
        as_ada.post(page("reply", business, talk.pk), {"body": "Twice", "once": once})
    assert Message.objects.filter(body="Twice").count() == 1


def test_a_text_at_night_keeps_what_was_typed_and_offers_the_morning(
    as_ada: Client, business: Business, number: TrackingNumber, clock: ManualClock
) -> None:
    """London has no rule of its own; the business keeps hours in which it is not open now."""
    hour = timezone.now().astimezone(ZoneInfo("Europe/London")).hour
    opens, closes = (hour + 1, 24) if hour < 22 else (0, hour)
    actions.set_quiet_hours(
        business=business, kept=True, opens=opens, closes=closes, at=clock.now()
    )
    typed = {"recipient": "+44 20 7946 0018", "number": number.pk, "body": "Typed words"}
    refused = as_ada.post(page("new", business), typed)
    shown = refused.content.decode()
    assert refused.status_code == 409
    assert "Typed words" in shown
    assert f"Send at {opens}:00" in shown
    assert shown.count("button primary") == 1  # the offer: sending at once is refused
    offer = shown.split('name="offer" value="')[1].split('"')[0]
    as_ada.post(page("new", business), typed | {"offer": offer})
    assert Message.objects.get(body="Typed words").status == "scheduled"


def test_several_files_go_with_one_text_under_their_names(
    as_ada: Client, business: Business, talk: Conversation, media: Path
) -> None:
    files = [SimpleUploadedFile("roof.png", PNG), SimpleUploadedFile("estimate.pdf", b"%PDF-1.4")]
    as_ada.post(page("reply", business, talk.pk), {"body": "", "media": files})
    kept = list(Attachment.objects.order_by("id").values_list("name", "content_type"))
    assert kept == [("roof.png", "image/png"), ("estimate.pdf", "application/pdf")]
    pdf = Attachment.objects.get(name="estimate.pdf")
    answer = as_ada.get(page("file", business, pdf.pk))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="estimate.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_that_lies_about_its_type_takes_the_others_along(
    as_ada: Client, business: Business, talk: Conversation, media: Path
) -> None:
    files = [SimpleUploadedFile("roof.png", PNG), SimpleUploadedFile("x.png", b"<svg onload=1>")]
    refused = as_ada.post(page("reply", business, talk.pk), {"body": "Hi", "media": files})
    assert "cannot be sent in a text" in refused.content.decode()
    assert not Attachment.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("(415) 555-0199", "+14155550199"),
        ("415555", "is too short for a number of the United States."),
        ("dan", 'data-fill="+14155550199"'),
        ("zzz", "No contact is called so."),
        ("+44 20 7946 0018", "+442079460018"),
        ("\x00\x00", ""),
    ],
)
def test_a_recipient_is_told_back_while_it_is_typed(
    typed: str, said: str, as_ada: Client, business: Business, dana: Contact
) -> None:
    shown = as_ada.get(page("check", business), {"recipient": typed})
    assert shown.status_code == 200
    assert said in shown.content.decode()


def test_a_contact_of_another_business_is_not_suggested(
    client: Client, other_business: Business, cy: User, dana: Contact
) -> None:
    client.force_login(cy)
    shown = client.get(page("check", other_business), {"recipient": "Dana"}).content.decode()
    assert "Dana" not in shown


def test_somebody_is_texted_by_name(
    as_ada: Client, business: Business, number: TrackingNumber, dana: Contact
) -> None:
    typed = {"recipient": "dana", "number": number.pk, "body": "Hi"}
    assert as_ada.post(page("new", business), typed).status_code == 302
    assert Message.objects.get().contact == dana
    unknown = as_ada.post(page("new", business), typed | {"recipient": "Nobody Known"})
    assert "No contacts are called" in unknown.content.decode()


def test_a_number_that_cannot_send_is_shown_with_the_reason(
    as_ada: Client, business: Business, number: TrackingNumber, talk: Conversation
) -> None:
    TrackingNumber.objects.update(sms_enabled=False)
    shown = as_ada.get(page("new", business)).content.decode()
    assert "disabled>Billboard I-80" in shown
    assert "takes calls only" in shown


def test_quick_replies_are_kept_by_an_admin_and_filled_in_for_an_agent(
    client: Client,
    business: Business,
    number: TrackingNumber,
    max_: User,
    bo: User,
    vi: User,
    talk: Conversation,
) -> None:
    client.force_login(max_)
    where = page("quick_replies", business)
    refused = client.post(where, {"name": "Hello", "body": "Hi {first nme}"})
    assert refused.status_code == 422
    assert "{first nme} is not something" in refused.content.decode()
    client.post(where, {"name": "Hello", "body": "Hi {first name|there}, {agent} here."})
    client.force_login(bo)
    assert client.get(where).status_code == 403
    shown = client.get(page("quick", business), {"conversation": talk.pk, "number": number.pk})
    assert 'data-insert="Hi Dana, Bo here."' in shown.content.decode()
    client.force_login(vi)
    assert client.get(page("quick", business)).status_code == 403


def test_quiet_hours_are_set_on_a_page(client: Client, business: Business, max_: User) -> None:
    client.force_login(max_)
    where = page("quiet_hours", business)
    assert "47 CFR 64.1200" in client.get(where).content.decode()
    client.post(where, {"kept": "1", "opens": "9", "closes": "18"})
    rule = QuietRule.objects.get(business=business)
    assert (rule.kept, rule.opens, rule.closes) == (True, 9, 18)
    assert client.post(where, {"opens": "9", "closes": "9"}).status_code == 422


def test_a_tag_is_shown_as_it_is_kept(
    as_ada: Client, business: Business, talk: Conversation
) -> None:
    where, by_script = page("tags", business, talk.pk), {"HX-Request": "true"}
    as_ada.post(where, {"add": "hot"})
    shown = as_ada.post(where, {"add": "HOT"}, headers=by_script).content.decode()
    assert 'value="hot"' in shown
    assert "HOT" not in shown
    shown = as_ada.post(where, {"add": "north,south"}, headers=by_script).content.decode()
    assert 'value="north"' in shown
    assert 'value="south"' in shown
    before = queries.latest_change(business.pk)
    shown = as_ada.post(where, {"remove": "north"}, headers=by_script).content.decode()
    assert "Take away north" not in shown
    assert "Take away south" in shown
    assert queries.latest_change(business.pk) != before


@pytest.mark.parametrize("named", ["vi", "-1", "9" * 20, " "])
def test_who_is_no_member_takes_a_conversation_from_nobody(
    as_ada: Client, business: Business, bo: User, talk: Conversation, named: str
) -> None:
    where, several = page("assign", business, talk.pk), page("several", business)
    as_ada.post(where, {"assignee": bo.pk})
    by_script = {"HX-Request": "true"}
    refused = as_ada.post(where, {"assignee": named}, headers=by_script)
    assert refused.status_code == 422
    assert "That is no member." in refused.content.decode()
    many = {"do": "assign", "id": [talk.pk], "assignee": named}
    assert as_ada.post(several, many).status_code == 422
    others = {"do": "assign", "id": [talk.pk, named], "assignee": ""}
    assert as_ada.post(several, others).status_code == 422
    talk.refresh_from_db()
    assert talk.assignee_id == bo.pk
    as_ada.post(where, {"assignee": ""})
    talk.refresh_from_db()
    assert talk.assignee_id is None


def test_an_hour_that_is_none_changes_no_quiet_hours(as_ada: Client, business: Business) -> None:
    given = {"kept": "1", "opens": "10", "closes": "18"}
    where = page("quiet_hours", business)
    assert as_ada.post(where, given).status_code == 302
    assert as_ada.post(where, given | {"opens": "ten"}).status_code == 422
    assert as_ada.post(where, given | {"closes": "-1"}).status_code == 422
    kept = QuietRule.objects.get()
    assert (kept.opens, kept.closes) == (10, 18)


ENDS_OF_TIME = ("0001-01-01T00:00", "9999-12-31T23:59")


@pytest.mark.parametrize("end", ENDS_OF_TIME)
@pytest.mark.parametrize("zone", ["", "+14:00", "-14:00", "Z"])
def test_moments_at_the_ends_of_time_are_none(
    as_ada: Client, business: Business, talk: Conversation, end: str, zone: str
) -> None:
    moment = end + zone
    opened = page("conversation", business, talk.pk)
    for name in ("before", "since"):
        assert "Is it ready?" in as_ada.get(opened, {name: moment}).content.decode()
    asked = {"recipient": "+12135550177", "leaves_at": moment}
    shown = as_ada.get(page("check", business), asked)
    assert shown.status_code == 200
    tried = as_ada.get(page("try_answers", business), {"at": moment, "event": "text"})
    assert "This is not a time." in tried.content.decode()
    written = {"body": "Later", "leaves_at": moment, "later": "1"}
    refused = as_ada.post(page("reply", business, talk.pk), written)
    assert "That is no time." in refused.content.decode()
    days = {"from": end[:10], "to": end[:10]}
    assert as_ada.get(page("conversations", business), days).status_code == 200
