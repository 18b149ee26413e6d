"""Nothing reaches a carrier for somebody who left: every way out, in any order, and what the
carrier got. The model below knows only what was said; it asks no query of ours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY, make_member
from django.db import transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from textrail.carriers.contract import CallReport, HandedOver, InboundText, Outgoing
from textrail.domain.accounts.models import Account, Business
from textrail.domain.accounts.rules import Role
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.campaigns import tasks
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, ConsentReview, Contact
from textrail.domain.contacts.queries import verify
from textrail.domain.contacts.rules import Key, NewContact
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox import tasks as inbox_tasks
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer, Message
from textrail.domain.inbox.tests.conftest import Died, FakeCarrier
from textrail.domain.numbers.models import Connection, Source, TrackingNumber
from textrail.outbox import table, work
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Refusal, Transient, Unknown
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

PHONES = [PhoneNumber(f"+141555501{n}") for n in (70, 71)]
Party = tuple[int, str]  # a business by its place, and a phone

# What they say, and what it does: asks nothing of a rule that is tried here.
SAYINGS = {
    "STOP": "out",
    "please take me off your list": "out",
    "no más": "out",
    "Lose my number!": "probable",
    "not interested": "held",
    "START": "in",
    "HELP": "",
    "Hello, how much is a tune-up?": "",
    "We have got to STOP this bill": "",
}

# The last one after the carrier took the text: we die before we know.
FAILURES = [
    Transient("Busy"),
    Unknown("Timed out"),
    Permanent("Not a mobile", code="21614"),
    Died(),
]


class Carrier(FakeCarrier):
    """Lets the machine look at each text in the moment in which it would reach the network."""

    looking: Callable[[Outgoing], None] = lambda message: None

    def hand_over(self, message: Outgoing, credentials: Any) -> HandedOver:
        self.looking(message)
        return super().hand_over(message, credentials)


class Clock(ManualClock):
    """Can be told that something happens just when it is looked at next."""

    then: Callable[[], None] | None = None

    def now(self) -> Any:
        due, self.then = self.then, None
        if due is not None:
            due()
        return super().now()


class Leaving(RuleBasedStateMachine):
    seal: Seal
    folder: Path
    seen: Counter[str] = Counter()  # what reached the carrier in all runs, by kind

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.clock = Clock(MONDAY)
        self.carrier = Carrier()
        self.carrier.looking = self.look
        self.context = Context(
            clock=self.clock,
            doors={},
            clients={"simulator": self.carrier},
            seal=self.seal,
            links_url="https://go.example.com",
            pages_url="https://house.example.com",
            media_folder=self.folder,
        )
        self.wrong: list[str] = []
        self.out: set[Party] = set()
        self.own: set[Party] = set()  # who left the business itself; others are out with them
        self.held: set[Party] = set()
        self.probable: set[Party] = set()
        self.left: Counter[Party] = Counter()
        self.confirmed: defaultdict[Party, set[str]] = defaultdict(set)
        self.wide = False
        self.count = 0
        account = Account.objects.create(name="Harbor", created_at=MONDAY)
        self.numbers = [self._business(account, name) for name in ("Harbor HVAC", "Harbor Pools")]
        self.ada = make_member(self.numbers[0].business, "Ada", Role.OWNER)

    def _business(self, account: Account, name: str) -> TrackingNumber:
        slug = name.lower().replace(" ", "-")
        business = Business.objects.create(account=account, name=name, slug=slug, created_at=MONDAY)
        connection = Connection.objects.create(
            business=business,
            carrier="simulator",
            account_ref="SIM",
            secret=self.seal.close("simulator-secret"),
            created_at=MONDAY,
        )
        number = TrackingNumber.objects.create(
            business=business,
            connection=connection,
            source=Source.objects.create(business=business, name="Web", channel="web"),
            phone=f"+1415555{len(slug):04d}",
            name=name,
            created_at=MONDAY,
        )
        for trigger in (AnswerTrigger.ALWAYS, AnswerTrigger.MISSED_CALL):
            inbox.set_answer(
                business=business,
                number=number,
                trigger=trigger,
                body="Thank you, we answer soon.",
                enabled=True,
                at=MONDAY,
            )
        AutoAnswer.objects.filter(number=number).update(period_hours=0, quiet_minutes=0)
        return number

    def teardown(self) -> None:
        try:
            self.clock.then = None
            self._work(100)
            self.nothing_went_wrong()
            for number in self.numbers:
                assert verify(number.business).broken is None
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # What the carrier gets.

    def look(self, outgoing: Outgoing) -> None:
        message = Message.objects.get(reference=outgoing.reference)
        Leaving.seen[message.kind] += 1
        place = next(n for n, row in enumerate(self.numbers) if row.phone == outgoing.sender)
        party = (place, outgoing.recipient)
        if message.kind == "compliance":
            if "you will get no more texts" in message.body:
                self.confirmed[party].add(outgoing.reference)
                if len(self.confirmed[party]) > self.left[party]:
                    self.wrong.append(f"confirmed twice: {message.body}")
        elif party in self.out:
            self.wrong.append(f"{message.kind} to somebody who left")
        elif message.kind != "chat" and party in self.held:
            self.wrong.append(f"{message.kind}, though their words are held")

    @invariant()
    def nothing_went_wrong(self) -> None:
        """The worker parks what fails in it, so that it is said here."""
        assert self.wrong == []
        parked = Work.objects.filter(state="parked").values_list("kind", "last_error")
        assert list(parked) == []

    # What is known, from what was said alone.

    def leave(self, place: int, phone: str, *, probable: bool = False) -> None:
        party = (place, phone)
        news = party not in self.own
        self.left[party] += news
        if probable and news:
            self.probable.add(party)
        elif not probable:
            self.probable.discard(party)
        self.own.add(party)
        self.held.discard(party)
        self.out |= {(each, phone) for each in range(2)} if self.wide else {party}

    def come_back(self, place: int, phone: str) -> None:
        party = (place, phone)
        if (1 - place, phone) in self.out and party in self.out:
            self.own.add((1 - place, phone))  # kept apart from now on
        self.out.discard(party)
        self.own.discard(party)
        self.held.discard(party)
        self.probable.discard(party)

    # What happens.

    places = st.integers(0, 1)
    phones = st.sampled_from(PHONES)
    pieces = st.sampled_from([0, 1, 100])  # of work that are done behind it

    @rule(place=places, phone=phones, words=st.sampled_from(sorted(SAYINGS)), pieces=pieces)
    def they_text(self, place: int, phone: PhoneNumber, words: str, pieces: int) -> None:
        self._they_text(place, phone, words)
        self._work(pieces)

    def _they_text(self, place: int, phone: PhoneNumber, words: str, read: Any = "") -> None:
        self.clock.advance(timedelta(seconds=2))
        self.count += 1
        number = self.numbers[place]
        text = InboundText(f"in-{self.count}", phone, number.phone, words, carrier_read=read)
        inbox.record_inbound_texts(
            incoming=[
                inbox.Incoming(number.connection_id, "simulator", text, ManualClock.now(self.clock))
            ]
        )
        does = "out" if read == "opt_out" else SAYINGS[words]
        if does in ("out", "probable"):
            self.leave(place, phone, probable=does == "probable" and not read)
        elif does == "held" and (place, phone) not in self.out:
            self.held.add((place, phone))
        elif does == "in":
            self.come_back(place, phone)

    @rule(place=places, phone=phones, waits=st.sampled_from(["nothing", "answer", "campaign"]))
    def they_hesitate(self, place: int, phone: PhoneNumber, waits: str) -> None:
        """Words that may be a goodbye: behind a text that is in line, or before they go on."""
        self.clock.advance(timedelta(minutes=70))  # no loop is seen in what they say
        self._work(100)
        if waits == "answer":
            self._they_text(place, phone, "Hello, how much is a tune-up?")
        elif waits == "campaign":
            self.a_campaign_starts(place, 2)
        self._they_text(place, phone, "not interested")
        self._they_text(place, phone, "Hello, how much is a tune-up?")
        self._work(100)

    @rule(place=places, phone=phones)
    def the_carrier_reads_an_opt_out(self, place: int, phone: PhoneNumber) -> None:
        self._they_text(place, phone, "Hello, how much is a tune-up?", "opt_out")

    @rule(place=places, phone=phones, hours=st.sampled_from([0, 0, 1]), pieces=pieces)
    def a_member_writes(self, place: int, phone: PhoneNumber, hours: int, pieces: int) -> None:
        now = self.clock.now()
        number = self.numbers[place]
        with suppress(Refusal):
            inbox.start_conversation(
                business=number.business,
                phone=phone,
                number=number,
                body="On our way.",
                at=now,
                leaves_at=now + timedelta(hours=hours) if hours else None,
            )
        self._work(pieces)

    @rule(place=places, pieces=st.sampled_from([2, 100]))
    def a_campaign_starts(self, place: int, pieces: int) -> None:
        number = self.numbers[place]
        now = self.clock.now()
        with suppress(Refusal):
            campaign = campaigns.create_draft(
                business=number.business, name="Spring", number=number, bodies=["Hi"], at=now
            )
            campaigns.start(business=number.business, campaign=campaign, at=now, unchecked=True)
        self._work(pieces)

    @rule(place=places, phone=phones)
    def they_call_in_vain(self, place: int, phone: PhoneNumber) -> None:
        self.count += 1
        number = self.numbers[place]
        call = CallReport(f"call-{self.count}", phone, number.phone, "missed")
        inbox.record_call(
            connection_id=number.connection_id,
            carrier="simulator",
            call=call,
            at=self.clock.now(),
        )

    @initialize()
    def they_are_known(self) -> None:
        for place in range(2):
            for phone in PHONES:
                self._they_text(place, phone, "HELP")
        self._work(100)

    def _work(self, pieces: int) -> None:
        """Run so much of the work that is due, and of what that leads to."""
        self.clock.advance(timedelta(seconds=2))
        while pieces > 0:
            claimed = work.claim(now=ManualClock.now(self.clock), limit=min(pieces, 5))
            for item in claimed:
                with suppress(Died):
                    work.run(self.context, item, chance=lambda: 0.5)
            pieces = pieces - len(claimed) if claimed else 0

    @rule(minutes=st.sampled_from([1, 3, 70, 60 * 24 * 15]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self._work(100 if minutes == 70 else 0)
        if minutes > 60 * 24 * 14:
            self.held.clear()

    @rule(place=places, phone=phones)
    def they_leave_between_claim_and_call(self, place: int, phone: PhoneNumber) -> None:
        """As soon as a text of theirs is claimed: the worker looks at its clock after that."""

        def leave() -> None:
            theirs = Message.objects.filter(status="handing_over", contact__phone=phone)
            if theirs.exists():
                self._they_text(place, phone, "STOP")
            else:
                self.clock.then = leave

        self.clock.then = leave

    @rule(failure=st.sampled_from(FAILURES))
    def the_carrier_fails_next(self, failure: BaseException) -> None:
        plan = self.carrier.after if isinstance(failure, Died) else self.carrier.before
        plan.append(failure)

    @rule(place=places, phone=phones, what=st.sampled_from(["import", "merge", "delete"]))
    def contacts_change(self, place: int, phone: PhoneNumber, what: str) -> None:
        business, now = self.numbers[place].business, self.clock.now()
        if what == "import":
            rows = [NewContact(phone=each, name="Somebody") for each in PHONES]
            contacts.add_contacts(business=business, rows=rows, at=now)
            contacts.record_sources(
                business=business, phones=PHONES, how="form", proof="a list", at=now
            )
        elif what == "merge":
            for each in PHONES:
                keys = [Key("phone", each), Key("email", "them@example.com")]
                contacts.resolve_person(business=business, keys=keys, at=now)
        else:
            with suppress(ProtectedError), transaction.atomic():
                Contact.objects.filter(business=business, phone=phone).delete()

    @rule(wide=st.booleans())
    def the_switch_is_set(self, wide: bool) -> None:
        contacts.set_scope(
            business=self.numbers[0].business, revoke_all=wide, actor=self.ada, at=self.clock.now()
        )
        self.wide = wide
        if wide:
            self.out |= {(each, phone) for _, phone in self.out for each in range(2)}

    @rule(place=places, left=st.booleans())
    def a_member_decides(self, place: int, left: bool) -> None:
        business = self.numbers[place].business
        review = ConsentReview.objects.filter(business=business, decided_at=None).first()
        if review is None:
            return
        self.clock.advance(timedelta(seconds=2))
        inbox.decide_review(
            business=business,
            review=review,
            left=left,
            why="I asked them",
            actor=self.ada,
            at=self.clock.now(),
        )
        party = (place, review.phone)
        if left:
            self.leave(place, review.phone)
        elif party in self.probable:
            self.come_back(place, review.phone)
        self.held.discard(party)

    @rule(place=places, phone=phones)
    def a_document_says_that_they_agreed(self, place: int, phone: PhoneNumber) -> None:
        self.clock.advance(timedelta(seconds=2))
        contacts.record_proof(
            business=self.numbers[place].business,
            phone=phone,
            out=False,
            how="paper",
            proof="Form 12, in the binder",
            actor=self.ada,
            at=self.clock.now(),
        )
        self.come_back(place, phone)

    @rule(place=places, phone=phones)
    def they_say_it_on_the_phone(self, place: int, phone: PhoneNumber) -> None:
        contacts.record_consent(
            business=self.numbers[place].business,
            phone=phone,
            kind=ConsentKind.OPT_OUT,
            source="call",
            at=self.clock.now(),
        )
        self.leave(place, phone)


@pytest.mark.django_db
def test_nothing_reaches_a_carrier_for_somebody_who_left(seal: Seal, tmp_path: Path) -> None:
    before = table._wiring
    handlers = {
        "inbox.hand_over": inbox_tasks.hand_over,
        "inbox.look_up_call": inbox_tasks.look_up_call,
        "campaigns.plan": tasks.plan,
        "campaigns.queue_batch": tasks.queue_batch,
        "campaigns.settle": tasks.settle,
    }
    table.wire(replace(table.Wiring(), work=handlers))
    Leaving.seal, Leaving.folder = seal, tmp_path
    try:
        run_state_machine_as_test(
            Leaving,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                # What it finds is said as it was found: to make it shorter takes minutes.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        table.wire(before)
    # It means something only while texts of every kind do leave.
    assert all(Leaving.seen[kind] for kind in ("chat", "auto", "campaign", "compliance"))
