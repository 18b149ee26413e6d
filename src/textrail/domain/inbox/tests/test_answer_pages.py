"""Automatic answers as pages: everybody looks, owners and admins change, and a test explains."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox import actions
from textrail.domain.inbox.actions import AnswerDraft
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer, Message
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.actions import save_hours
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary import opening
from textrail.vocabulary.opening import Span

pytestmark = pytest.mark.django_db

PAGE = "/b/harbor-hvac/conversations/answers/"
FORM = {
    "trigger": "always",
    "scope": "",
    "keywords": "",
    "body": "Hi {first name|there}, <b>{business}</b>",
    "enabled": "1",
    "period_hours": "12",
    "quiet_minutes": "0",
    "tag": "",
}


def words(client: Client, address: str, **asked: str) -> str:
    return client.get(address, asked).content.decode()


@pytest.fixture
def always(business: Business, number: TrackingNumber) -> AutoAnswer:
    draft = AnswerDraft(trigger=AnswerTrigger.ALWAYS, body="Thanks, {business}!")
    return actions.save_answer(business=business, draft=draft, at=MONDAY)


def test_an_answer_is_written_shown_changed_switched_and_removed(
    as_ada: Client, number: TrackingNumber
) -> None:
    given = {**FORM, "trigger": "keyword", "keywords": "Price, how much"}
    given |= {"scope": f"number:{number.id}", "period_hours": "0", "tag": "Asked price"}
    assert as_ada.post(f"{PAGE}new/", given).status_code == 302
    row = AutoAnswer.objects.get()
    assert (row.number, row.words, row.period_hours) == (number, ["price", "how much"], 0)
    listed = words(as_ada, PAGE)
    assert "“price”, “how much”" in listed
    assert f"<strong>{number.name}</strong> · Hi" in listed  # on a phone, where no column says it
    one = f"{PAGE}{row.id}/"
    assert "Hi Dana, &lt;b&gt;Harbor HVAC&lt;/b&gt;" in words(as_ada, one)
    source = {**given, "scope": f"source:{number.source_id}"}
    as_ada.post(f"{one}edit/", source)
    row.refresh_from_db()
    assert (row.number, row.source) == (None, number.source)
    as_ada.post(f"{one}switch/", {"enabled": ""})
    row.refresh_from_db()
    assert not row.enabled
    as_ada.post(f"{one}remove/")
    assert not AutoAnswer.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"body": " "}, "needs words"),
        ({"body": "Hi {nobody}"}, "is not something that can be filled in"),
        ({"trigger": "soon"}, "Answer what?"),
        ({"trigger": "keyword"}, "Which keyword?"),
        ({"trigger": "after_hours"}, "goes by opening hours, and none are set"),
        ({"scope": "number:99999999999999999999999"}, "no such number or source"),
        ({"scope": "source:x"}, "no such number or source"),
        ({"period_hours": "²"}, "This is no number."),
        ({"quiet_minutes": "9" * 5000}, "This is no number."),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    as_ada: Client, number: TrackingNumber, changed: dict[str, str], sentence: str
) -> None:
    answer = as_ada.post(f"{PAGE}new/", {**FORM, "tag": "Kept tag", **changed})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in shown
    assert "Kept tag" in shown
    assert not AutoAnswer.objects.exists()


def test_the_preview_counts_what_is_sent(as_ada: Client, number: TrackingNumber) -> None:
    shown = as_ada.post(f"{PAGE}preview/", FORM | {"body": "We are {week}“"}).content.decode()
    assert "We are“" in shown
    assert "1 segment" in shown


def test_everybody_looks_and_only_managers_change(
    client: Client, vi: User, always: AutoAnswer
) -> None:
    client.force_login(vi)
    assert "Thanks, {business}!" in words(client, PAGE)
    assert "Save" not in words(client, f"{PAGE}{always.id}/")
    assert "What happens" in words(client, f"{PAGE}test/")
    for address in ("new/", f"{always.id}/edit/", f"{always.id}/switch/", f"{always.id}/remove/"):
        assert client.post(PAGE + address, FORM).status_code == 403


def test_others_answers_are_not_found(client: Client, cy: User, always: AutoAnswer) -> None:
    client.force_login(cy)
    theirs = PAGE.replace("harbor-hvac", "cys-cycles")
    assert client.get(f"{theirs}{always.id}/").status_code == 404
    assert client.post(f"{theirs}{always.id}/remove/").status_code == 404


def test_a_test_says_what_why_and_why_not_the_others(
    as_ada: Client, business: Business, number: TrackingNumber, always: AutoAnswer
) -> None:
    hours = opening.Hours(time_zone="America/New_York", week=((Span(540, 1020),),) * 7)
    save_hours(business=business, hours_id=None, name="Office", wanted=hours, at=MONDAY)
    night = AnswerDraft(trigger=AnswerTrigger.AFTER_HOURS, body="We are {hours}.")
    actions.save_answer(business=business, draft=night, at=MONDAY)
    asked = {"number": str(number.id), "event": "text", "text": "Hello", "at": "2026-03-02T20:00"}
    shown = words(as_ada, f"{PAGE}test/", **asked)
    assert "We are closed until tomorrow at 9 AM." in shown
    assert "After hours · all numbers came first" in shown
    assert "You were closed until tomorrow at 9 AM" in shown
    by_day = words(as_ada, f"{PAGE}test/", **{**asked, "at": "2026-03-02T12:00"})
    assert "Thanks, Harbor HVAC!" in by_day
    assert "You were open until 5 PM" in by_day
    assert "Consent comes first" in words(as_ada, f"{PAGE}test/", **{**asked, "text": "STOP"})
    assert "nothing is said" in words(as_ada, f"{PAGE}test/", **{**asked, "event": "missed_call"})
    assert "This is not a time." in words(as_ada, f"{PAGE}test/", **{**asked, "at": "soon"})
    assert not Message.objects.exists()


def test_a_test_for_a_contact_knows_what_they_got(
    as_ada: Client, number: TrackingNumber, always: AutoAnswer, arrive: Callable[..., None]
) -> None:
    arrive(number.connection_id, InboundText("SM1", DANA, number.phone, "Hello"))
    asked = {"event": "text", "text": "And now?", "phone": DANA, "at": "2026-03-02T11:00"}
    assert "They got this answer 59 min before" in words(as_ada, f"{PAGE}test/", **asked)


def test_pages_without_numbers_say_what_to_do(as_ada: Client) -> None:
    assert "No numbers yet" in words(as_ada, PAGE)
    assert "No numbers yet" in words(as_ada, f"{PAGE}test/")
    assert as_ada.get(f"{PAGE}new/").status_code == 200


def test_the_timeline_names_the_rule_and_why(
    as_ada: Client, number: TrackingNumber, always: AutoAnswer, arrive: Callable[..., None]
) -> None:
    arrive(number.connection_id, InboundText("SM1", DANA, number.phone, "Hello"))
    arrive(number.connection_id, InboundText("SM2", "72345", number.phone, "Your code is 1"))
    talks = "/b/harbor-hvac/conversations/"
    ours = Message.objects.get(kind="auto").conversation_id
    shown = words(as_ada, f"{talks}{ours}/")
    assert "Automatic answer · Every text" in shown
    assert "Every text · all numbers: Every text is answered" in shown
    machine = Message.objects.get(carrier_ref="SM2").conversation_id
    assert "Not answered: looks like another machine" in words(as_ada, f"{talks}{machine}/")
    assert "Your code is 1" in words(as_ada, PAGE)
