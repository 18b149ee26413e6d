"""Which automatic answer is given, why, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from textrail.domain.inbox.rules.answers import (
    Answer,
    Filling,
    Said,
    Situation,
    decide,
    fill_answer,
    folded,
    read_keywords,
)
from textrail.vocabulary.opening import Hours, Span

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # Monday, 10:00 in New York
NIGHT = NOW + timedelta(hours=12)
OFFICE = Hours(time_zone="America/New_York", week=((Span(540, 1020),),) * 5 + ((), ()))
DANA = "+17275550142"


def made(trigger: str, id_: int = 1, **more: object) -> Answer:
    fields = {
        "scope": "number",
        "place": "Billboard",
        "keywords": (),
        "body": "Thanks!",
        "period_hours": 12,
        "quiet_minutes": 0,
        "after_voicemail": True,
    }
    return Answer(id=id_, trigger=trigger, **{**fields, **more})  # type: ignore[arg-type]


def text(body: str = "Hello", **more: object) -> Situation:
    fields = {"sender": DANA, "at": NOW, "is_first": True, "hours": OFFICE}
    return Situation(event="text", body=body, **{**fields, **more})  # type: ignore[arg-type]


def ours(seconds: float, body: str = "Thanks!", *, automatic: bool = True) -> Said:
    return Said(NOW - timedelta(seconds=seconds), True, automatic, body)


def theirs(seconds: float, body: str) -> Said:
    return Said(NOW - timedelta(seconds=seconds), False, False, body)


EVERY = [
    made("always", 1),
    made("first_text", 2),
    made("after_hours", 3),
    made("in_hours", 4),
    made("keyword", 5, keywords=("price",)),
    made("missed_call", 6),
]


@pytest.mark.parametrize(
    ("situation", "trigger", "why"),
    [
        (text("price?"), "keyword", "They wrote “price”"),
        (text(), "in_hours", "You were open until 17:00"),
        (text(at=NIGHT), "after_hours", "You were closed until tomorrow at 9:00"),
        (text(hours=None), "first_text", "Their first text"),
        (text(hours=None, is_first=False), "always", "Every text is answered"),
        (Situation("missed_call", DANA, NOW), "missed_call", "Nobody answered their call"),
    ],
)
def test_the_first_that_holds_is_given(situation: Situation, trigger: str, why: str) -> None:
    decision = decide(EVERY, situation)
    assert decision.outcome == "said"
    assert decision.answer is not None
    assert (decision.answer.trigger, decision.why) == (trigger, why)


def test_why_not_the_others_is_told() -> None:
    told = [(step.answer.trigger, step.words) for step in decide(EVERY, text()).steps]
    assert told == [
        ("keyword", "They wrote something else"),
        ("in_hours", "You were open until 17:00"),
        ("after_hours", "You were open until 17:00"),
        ("first_text", "Business hours · Billboard came first"),
        ("always", "Business hours · Billboard came first"),
        ("missed_call", "It is for calls"),
    ]


def test_the_numbers_own_wins_over_its_sources_and_that_over_the_businesss() -> None:
    scopes = [made("always", id_, scope=scope) for id_, scope in enumerate(("business", "source"))]
    first = decide(scopes, text())
    assert first.answer is not None
    assert first.answer.scope == "source"
    own = decide([*scopes, made("always", 9)], text())
    assert own.answer is not None
    assert own.answer.scope == "number"


def test_once_in_a_period_and_then_again() -> None:
    answer = made("always", 7, period_hours=12)
    soon, later = NOW - timedelta(hours=11), NOW - timedelta(hours=12)
    held = decide([answer], text(given={7: soon}))
    assert (held.outcome, held.why) == ("held", "They got this answer 11 h before")
    assert decide([answer], text(given={7: later})).outcome == "said"
    every_time = [replace(answer, period_hours=0)]
    assert decide(every_time, text(given={7: soon})).outcome == "said"
    assert decide(every_time, text(given={7: NOW + timedelta(milliseconds=1)})).outcome == "said"


def test_an_answer_that_waits_lets_none_behind_it_speak() -> None:
    given = {5: NOW - timedelta(minutes=1)}
    assert decide(EVERY, text("Price", given=given)).outcome == "held"


def test_quiet_while_a_member_talks_with_them() -> None:
    answer = made("always", quiet_minutes=30)
    wrote = NOW - timedelta(minutes=29)
    assert decide([answer], text(member_wrote_at=wrote)).outcome == "held"
    before = wrote - timedelta(minutes=1)
    assert decide([answer], text(member_wrote_at=before)).outcome == "said"


def test_a_voicemail_is_answered_only_where_that_is_wanted() -> None:
    left = Situation("voicemail", DANA, NOW)
    assert decide([made("missed_call")], left).outcome == "said"
    assert decide([made("missed_call", after_voicemail=False)], left).outcome == "none"


def test_words_about_hours_wait_for_hours() -> None:
    answer = made("always", body="We are {hours}.")
    assert decide([answer], text(hours=None)).outcome == "held"
    assert decide([answer], text()).outcome == "said"


@pytest.mark.parametrize(
    "body",
    [
        "I'm driving with Do Not Disturb While Driving turned on.",
        "AUTO-REPLY: we got your message",
        "This is an automated message, please do not reply",
        "Thanks! I am out of office until Monday",
        "This number cannot receive text messages",
        "Respuesta automática: gracias",
        "This mailbox is not monitored.",
    ],
)
def test_what_says_that_it_is_a_machine_is_not_answered(body: str) -> None:
    assert decide([made("always")], text(body)).outcome == "stopped"


@pytest.mark.parametrize(
    "body",
    [
        "Do you reply on weekends?",
        "My auto is broken, reply please",
        "I was driving past your office",
        "is the automatic door for sale",
        "Can you monitor my line?",
        "Thanks!!",
    ],
)
def test_people_who_sound_a_little_like_one_are_answered(body: str) -> None:
    assert decide([made("always")], text(body)).outcome == "said"


@pytest.mark.parametrize("sender", ["72345", "ACME", "+"])
def test_short_codes_and_named_senders_are_machines(sender: str) -> None:
    assert decide([made("always")], text(sender=sender)).outcome == "stopped"


def test_the_same_text_again_and_again_is_a_machine() -> None:
    twice = (theirs(600, "We got your message!"), theirs(300, "we got your message"))
    assert decide([made("always")], text("We got your message", recent=twice[:1])).outcome == "said"
    third = decide([made("always")], text("We got your message", recent=twice))
    assert (third.outcome, third.why) == ("stopped", "The same text came 3 times within an hour")
    hours_ago = (theirs(7200, "We got your message!"), *twice[1:])
    assert decide([made("always")], text("We got your message", recent=hours_ago)).outcome == "said"


def test_our_own_words_coming_back_are_an_echo() -> None:
    assert decide([made("always")], text("thanks", recent=(ours(30),))).outcome == "stopped"
    by_hand = (ours(30, automatic=False),)
    assert decide([made("always")], text("thanks", recent=by_hand)).outcome == "said"


def test_answers_within_seconds_are_a_machine_but_two_texts_in_a_row_are_a_person() -> None:
    once = (theirs(4, "Hi"), ours(3))
    assert decide([made("always")], text("can you come today?", recent=once)).outcome == "said"
    again = (theirs(8, "a"), ours(7), theirs(4, "b"), ours(3))
    assert decide([made("always")], text("c", recent=again)).outcome == "stopped"
    slow = (theirs(80, "a"), ours(70), theirs(40, "b"), ours(3))
    assert decide([made("always")], text("c", recent=slow)).outcome == "said"


def test_a_conversation_of_answers_ends() -> None:
    many = tuple(ours(60 * minute) for minute in (50, 40, 30, 20))
    assert decide([made("always")], text("and now?", recent=many)).outcome == "stopped"
    assert decide([made("always")], text("and now?", recent=many[1:])).outcome == "said"


def test_keywords_are_whole_messages_in_any_dress() -> None:
    assert read_keywords("Price, PRÉCIO;price\n how  much ") == ("price", "precio", "how much")
    assert folded("  ¡Précio!! ") == "precio"
    keyword = [made("keyword", keywords=("how much", "precio"))]
    assert decide(keyword, text("How much?")).outcome == "said"
    assert decide(keyword, text("How much is it?")).outcome == "none"
    assert decide(keyword, text("???")).outcome == "none"


def test_the_words_are_filled_in() -> None:
    filling = Filling("Harbor HVAC", "+14155550100", "Dana Lee", OFFICE, NOW, twelve=True)
    body = "Hi {first name|there}, {business} is {hours}. Call {number}. {week}"
    assert fill_answer(body, filling) == (
        "Hi Dana, Harbor HVAC is open until 5 PM. Call (415) 555-0100. Mon–Fri 9 AM–5 PM"
    )
    assert fill_answer("Hi {first name|there}", replace(filling, name="")) == "Hi there"
