"""Texts that come in together end as if one had come after the other, with few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from conftest import MONDAY, tries
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from textrail.carriers.contract import DeliveryReport, InboundText, Media
from textrail.domain.accounts.models import Account, Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as billing_queries
from textrail.domain.billing.models import Balance
from textrail.domain.contacts.actions import find_or_add_contacts
from textrail.domain.contacts.models import ConsentEvent, ConsentReview, Contact, Suppression
from textrail.domain.contacts.queries import tag_names, verify
from textrail.domain.inbox import actions, tasks
from textrail.domain.inbox.actions import AnswerDraft, Incoming
from textrail.domain.inbox.models import (
    AnswerTrigger,
    Attachment,
    AutoAnswer,
    Conversation,
    Direction,
    Message,
    Unclaimed,
)
from textrail.domain.inbox.queries import answering
from textrail.domain.inbox.tests.conftest import DANA, FakeDoor
from textrail.domain.inbox.tests.test_paying_at_once import together
from textrail.domain.numbers.models import Connection, Source, TrackingNumber
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.outbox.turn import turn
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.phone import PhoneNumber, format_national

pytestmark = pytest.mark.django_db

OURS = "{ours}"  # their own number, put in by whoever runs the example
SENDERS = (DANA, "+14155550198", "+14155550197", "72345", "anonymous", OURS)
WORDS = (
    "Hello",
    "How much is it?",
    "price",
    "STOP",
    "START",
    "HELP",
    "yes",
    "not interested",
    "Lose my number!",
    "This is an automated message",
    "",
)


@pytest.fixture
def answers(business: Business) -> None:
    keep_answers(business)


def keep_answers(business: Business) -> None:
    for trigger, more in (
        (AnswerTrigger.ALWAYS, {"body": "Thanks!", "period_hours": 0, "quiet_minutes": 0}),
        (AnswerTrigger.FIRST_TEXT, {"body": "Welcome to {business}!"}),
        (AnswerTrigger.KEYWORD, {"body": "$99", "keywords": "price", "tag": "Asked price"}),
    ):
        draft = AnswerDraft(trigger=trigger, **more)
        actions.save_answer(business=business, draft=draft, at=MONDAY)


def house(slug: str, phone: str) -> TrackingNumber:
    account = Account.objects.create(name=slug, created_at=MONDAY)
    business = Business.objects.create(account=account, name="Harbor", slug=slug, created_at=MONDAY)
    keep_answers(business)
    return TrackingNumber.objects.create(
        business=business,
        connection=Connection.objects.create(
            business=business, carrier="simulator", secret="", created_at=MONDAY
        ),
        source=Source.objects.create(business=business, name="Web"),
        phone=phone,
        name="Web",
        created_at=MONDAY,
    )


said = st.tuples(
    st.integers(0, len(SENDERS) - 1),
    st.integers(0, len(WORDS) - 1),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 12),
)


def incoming(
    number: TrackingNumber, told: Sequence[tuple[int, int, int, bool, int]]
) -> list[Incoming]:
    """The texts of an example: now and then one comes twice, or goes to nobody's number."""
    texts: list[Incoming] = []
    at = MONDAY
    for place, (who, words, seconds, file, odd) in enumerate(told):
        at += timedelta(seconds=seconds)
        text = InboundText(
            f"in-{place - 1 if odd == 0 else place}",
            SENDERS[who].replace(OURS, number.phone),
            "+14155550777" if odd == 1 else number.phone,
            WORDS[words],
            [Media("https://c/1", "image/jpeg")] if file else (),
            carrier_read="opt_out" if odd == 2 else "",
        )
        texts.append(Incoming(number.connection_id, "simulator", text, at))
    return texts


def outcome(number: TrackingNumber) -> object:
    """All that is left of the texts, told without ids."""
    business = number.business
    plain = {format_national(number.phone): "N", number.phone: "N"}

    def words(text: str) -> str:
        for ours, name in plain.items():
            text = text.replace(ours, name)
        return text

    people = {words(row.phone): row for row in Contact.objects.filter(business=business)}
    texts = {
        phone: [
            (row.direction, row.kind, words(row.body), row.answered_on, row.because, row.at)
            for row in Message.objects.filter(contact=row).order_by("at", "id")
        ]
        for phone, row in people.items()
    }
    threads = Conversation.objects.filter(business=business).order_by("tail", "contact__phone")
    fields = ("unread", "inbound", "inbound_at", "waiting_since", "last_at", "last_line")
    proofs = ConsentEvent.objects.filter(business=business).order_by("sequence")
    reviews = ConsentReview.objects.filter(business=business)
    assert verify(business).broken is None
    phones = dict(Message.objects.filter(business=business).values_list("id", "contact__phone"))
    lines: defaultdict[str, list[datetime]] = defaultdict(list)
    for due in Work.objects.filter(line__isnull=False).order_by("run_at", "id"):
        if (phone := phones.get(due.payload["message_id"])) is not None:
            lines[words(phone)].append(due.run_at)
    return {
        "texts": texts,
        "tags": {phone: tag_names(row) for phone, row in people.items()},
        "threads": list(threads.values_list("has_texts", "opened_at", *fields)),
        "out": {words(row.phone) for row in Suppression.objects.filter(business=business)},
        "proofs": sorted((words(row.phone), row.at, row.kind, row.words) for row in proofs),
        "held": {(words(row.phone), row.left) for row in reviews},
        "files": Attachment.objects.filter(message__business=business).count(),
        "unclaimed": Unclaimed.objects.filter(connection_id=number.connection_id).count(),
        "lines": lines,
    }


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(
    max_examples=tries(40),
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(said, max_size=14))
def test_texts_that_come_together_end_as_one_after_the_other(
    told: list[tuple[int, int, int, bool, int]],
) -> None:
    with undone():
        one_by_one = house("one", "+14155550101")
        for each in incoming(one_by_one, told):
            actions.record_inbound_texts(incoming=[each])
        expected = outcome(one_by_one)
    with undone():
        at_once = house("many", "+14155550102")
        texts = incoming(at_once, told)
        kept = actions.record_inbound_texts(incoming=texts)
        assert [row and row.carrier_ref for row in kept] == [
            each.text.carrier_ref if each.text.recipient == at_once.phone else None
            for each in texts
        ]
        assert outcome(at_once) == expected


def texts_to(number: TrackingNumber, count: int, *, place: int = 0) -> list[Incoming]:
    at = MONDAY + timedelta(minutes=10 * place)
    return [
        Incoming(
            number.connection_id,
            "simulator",
            InboundText(
                f"in-{place}-{n}", f"+1727555{n:04d}", number.phone, f"Text {n} of {place}"
            ),
            at,
        )
        for n in range(count)
    ]


def test_many_texts_take_as_many_statements_as_a_few(number: TrackingNumber, answers: None) -> None:
    actions.record_inbound_texts(incoming=texts_to(number, 24))
    counts: list[int] = []
    for place, count in ((1, 3), (2, 24)):
        with turn(), CaptureQueriesContext(connection) as asked:
            actions.record_inbound_texts(incoming=texts_to(number, count, place=place))
        counts.append(len([row for row in asked if "UPDATE inbox_conversation" not in row["sql"]]))
    assert counts[1] <= counts[0] + 4 < 25  # a long INSERT is two
    assert Message.objects.filter(kind="auto").count() == 24 + 3 + 24


def test_each_text_of_many_is_charged_once(number: TrackingNumber, answers: None) -> None:
    business = number.business
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount="1", key="first", at=MONDAY)
    for _ in range(2):
        actions.record_inbound_texts(incoming=texts_to(number, 5))
    assert not billing_queries.verify()
    price = billing_queries.price_of(
        business, phone=DANA, direction="inbound", kind="sms", segments=1
    )
    assert Balance.objects.get().available_micros == 1_000_000 - 5 * price.micros


def test_a_receipt_between_two_texts_is_kept_and_a_call_keeps_its_place(
    number: TrackingNumber, answers: None, context: Context, door: FakeDoor
) -> None:
    def arrival(place: int, *events: object) -> Arrival:
        door.events[b"%d" % place] = events  # type: ignore[assignment]
        body = arrivals.CarrierArrival(
            "simulator", number.connection_id, "message", "", "", b"%d" % place
        )
        return Arrival(place, arrivals.CARRIER, to_ms(MONDAY), arrivals.encode(body))

    text = InboundText("SM1", DANA, number.phone, "Hello")
    tasks.record_carrier(context, [arrival(1, text)])
    sent = Message.objects.get(kind="auto")
    goodbye = DeliveryReport("SM-1", sent.reference, "failed", "21610", "They opted out.")
    later = InboundText("SM2", DANA, number.phone, "START")
    tasks.record_carrier(
        context,
        [
            arrival(2, DeliveryReport("SM-1", sent.reference, "sent")),
            arrival(3, InboundText("SM3", "+14155550198", number.phone, "Hi")),
            arrival(4, DeliveryReport("SM-1", sent.reference, "sent")),
            arrival(5, goodbye),
            arrival(6, later),
        ],
    )
    kinds = ConsentEvent.objects.order_by("sequence").values_list("kind", flat=True)
    assert list(kinds) == ["opt_out", "opt_in"]
    assert not Suppression.objects.exists()
    assert Message.objects.filter(carrier_ref__in=("SM2", "SM3")).count() == 2


def test_an_answer_is_that_of_the_number_that_was_texted(
    number: TrackingNumber, business: Business
) -> None:
    other = TrackingNumber.objects.create(
        business=business,
        connection=number.connection,
        source=number.source,
        phone="+14155550103",
        name="Van",
        created_at=MONDAY,
    )
    for each, body in ((number, "Of the billboard"), (other, "Of the van")):
        AutoAnswer.objects.create(
            business=business, number=each, trigger=AnswerTrigger.ALWAYS, body=body
        )
    mixed = [*texts_to(number, 2), *texts_to(other, 4, place=1)[2:]]
    actions.record_inbound_texts(incoming=mixed)
    said = Message.objects.filter(kind="auto").order_by("contact__phone")
    assert list(said.values_list("body", "number__name")) == [
        ("Of the billboard", number.name),
        ("Of the billboard", number.name),
        ("Of the van", "Van"),
        ("Of the van", "Van"),
    ]


@pytest.mark.django_db(transaction=True)
def test_who_is_found_by_several_in_one_moment_is_one(business: Business) -> None:
    for place in range(4):
        phones = [PhoneNumber(f"+1415555{place}{n:03d}") for n in range(6)]
        heard: dict[PhoneNumber, datetime] = dict.fromkeys(phones, MONDAY)
        found: list[dict[str, int]] = []

        def meet(
            heard: dict[PhoneNumber, datetime] = heard, found: list[dict[str, int]] = found
        ) -> None:
            people = find_or_add_contacts(business=business, heard=heard)
            found.append({phone: row.pk for phone, row in people.items()})

        together(*[meet] * 4)
        assert len(found) == 4
        assert all(each == found[0] for each in found)
        assert Contact.objects.count() == 6 * (place + 1)


def test_of_a_long_conversation_only_its_end_is_read(
    number: TrackingNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nearly all of it is ours: who gets a campaign each week and never writes."""
    [text] = actions.record_inbound_texts(incoming=texts_to(number, 1))
    assert text is not None
    sent = (
        Message(
            business=number.business,
            conversation_id=text.conversation_id,
            contact_id=text.contact_id,
            person_id=text.person_id,
            number=number,
            direction=Direction.OUTBOUND,
            kind="campaign",
            status="accepted",
            segments=1,
            at=MONDAY - timedelta(weeks=week),
        )
        for week in range(200)
    )
    Message.objects.bulk_create(sent)
    read: list[object] = []

    def row(*values: object) -> answering._Row:
        read.append(values)
        return plain(*values)  # type: ignore[arg-type]

    plain = answering._Row
    monkeypatch.setattr(answering, "_Row", row)
    answering.histories(number.business, [(text, [])])
    assert 10 < len(read) < 100
