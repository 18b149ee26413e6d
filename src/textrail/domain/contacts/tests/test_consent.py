from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.models import (
    ConsentChain,
    ConsentEvent,
    ConsentKind,
    ConsentReview,
    Suppression,
)
from textrail.domain.contacts.rules import Reading, read_consent
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.phone import PhoneNumber

DANA = PhoneNumber("+14155550199")
ERIN = PhoneNumber("+14155550198")


def say(business: Business, words: str, at: datetime, *, phone: PhoneNumber = DANA) -> bool:
    """Have somebody text `words`, as the inbox hands them over."""
    reading = read_consent(words)
    kind = ConsentKind.OPT_OUT if reading.leaves else ConsentKind.OPT_IN
    return actions.record_consent(
        business=business,
        phone=phone,
        kind=kind,
        source="text",
        words=words,
        reading=reading,
        at=at,
    )


def hold(business: Business, words: str, at: datetime) -> bool:
    return actions.hold(
        business=business,
        phone=DANA,
        reading=read_consent(words),
        words=words,
        message_id=None,
        at=at,
    )


def sibling(business: Business) -> Business:
    return Business.objects.create(
        account=business.account, name="Harbor Pools", slug="pools", created_at=business.created_at
    )


def test_each_event_is_chained_to_the_one_before(business: Business, clock: ManualClock) -> None:
    say(business, "STOP", clock.now())
    say(business, "START", clock.now())
    first, second = ConsentEvent.objects.order_by("sequence")
    assert (first.sequence, first.previous) == (1, "")
    assert (second.sequence, second.previous) == (2, first.hash)
    end = queries.chain_end(business)
    assert end is not None
    assert (end.length, end.hash) == (2, second.hash)
    assert queries.verify(business).broken is None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"words": "I love your texts"}, 2),
        ({"phone": "+14155550000"}, 2),
        ({"previous": "0" * 64}, 2),
        ({"hash": "0" * 64}, 2),
    ],
)
def test_a_changed_event_breaks_the_chain_where_it_is(
    business: Business, clock: ManualClock, change: dict[str, str], where: int
) -> None:
    for words in ("STOP", "START", "stop"):
        say(business, words, clock.now())
    ConsentEvent.objects.filter(sequence=2).update(**change)
    broken = queries.verify(business).broken
    assert broken is not None
    assert broken.sequence == where


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_missing_event_breaks_the_chain(
    business: Business, clock: ManualClock, gone: int
) -> None:
    for words in ("STOP", "START", "stop"):
        say(business, words, clock.now())
    ConsentEvent.objects.filter(sequence=gone).delete()
    assert queries.verify(business).broken is not None


def test_chains_of_businesses_are_apart(
    business: Business, other_business: Business, clock: ManualClock
) -> None:
    say(business, "STOP", clock.now())
    say(other_business, "STOP", clock.now())
    assert list(ConsentEvent.objects.values_list("sequence", flat=True)) == [1, 1]
    assert not queries.is_suppressed(other_business, ERIN)
    assert queries.consent_history(other_business, DANA)[0].business == other_business


@pytest.mark.django_db(transaction=True)
def test_events_at_the_same_time_make_one_chain(business: Business, clock: ManualClock) -> None:
    failures: list[BaseException] = []

    def many(start: int) -> None:
        try:
            for place in range(5):
                phone = PhoneNumber(f"+1415555{start + place:04d}")
                say(business, "STOP", clock.now(), phone=phone)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=many, args=(100 * turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    checked = queries.verify(business)
    assert (checked.events, checked.broken) == (20, None)


def test_nothing_is_chained_when_the_transaction_is_taken_back(
    business: Business, clock: ManualClock
) -> None:
    say(business, "STOP", clock.now())
    with transaction.atomic():
        say(business, "START", clock.now())
        transaction.set_rollback(True)
    assert queries.verify(business).events == 1
    assert queries.verify(business).broken is None


def test_a_probable_opt_out_is_out_and_under_review(
    business: Business, clock: ManualClock, bo: User
) -> None:
    assert say(business, "lose my number", clock.now())
    assert queries.is_suppressed(business, DANA)
    waiting = queries.open_review(business, DANA)
    assert waiting is not None
    with pytest.raises(Malformed):
        actions.decide(
            business=business, review=waiting, left=False, why=" ", actor=bo, at=clock.now()
        )
    actions.decide(
        business=business,
        review=waiting,
        left=False,
        why="She meant her old number.",
        actor=bo,
        at=clock.now(),
    )
    assert not queries.is_suppressed(business, DANA)
    newest = queries.consent_history(business, DANA)[0]
    assert (newest.kind, newest.by, newest.reason) == (
        "reviewed",
        "Bo",
        "She meant her old number.",
    )
    with pytest.raises(Conflict):
        actions.decide(
            business=business, review=waiting, left=True, why="", actor=bo, at=clock.now()
        )


def test_a_review_takes_back_only_its_own_reading(
    business: Business, clock: ManualClock, bo: User
) -> None:
    say(business, "lose my number", clock.now())
    review = ConsentReview.objects.get()
    ConsentReview.objects.update(decided_at=None)
    say(business, "STOP", clock.now())
    assert queries.open_review(business, DANA) is None, "plain words decide it"
    ConsentReview.objects.update(decided_at=None, left=None)
    actions.decide(
        business=business, review=review, left=False, why="A misreading", actor=bo, at=clock.now()
    )
    assert queries.is_suppressed(business, DANA)


def test_words_are_held_until_somebody_decides_or_time_is_over(
    business: Business, clock: ManualClock, bo: User
) -> None:
    assert hold(business, "not interested", clock.now())
    assert not queries.is_suppressed(business, DANA)
    assert queries.is_held(business, DANA, clock.now())
    among = [DANA, "+14155550188"]
    assert queries.held_phones(business, among, clock.now()) == {DANA}
    assert not queries.held_phones(business, among[1:], clock.now())
    assert not queries.held_phones(business, among, clock.now() + actions.HELD_FOR)
    assert not queries.is_held(business, DANA, clock.now() + actions.HELD_FOR)
    review = ConsentReview.objects.get()
    assert actions.decide(
        business=business, review=review, left=True, why="", actor=bo, at=clock.now()
    )
    assert queries.is_suppressed(business, DANA)
    assert not queries.is_held(business, DANA, clock.now())


def test_a_second_doubt_prolongs_the_first(business: Business, clock: ManualClock) -> None:
    hold(business, "not interested", clock.now())
    clock.advance(timedelta(days=10))
    hold(business, "too many texts", clock.now())
    assert ConsentReview.objects.count() == 1
    assert queries.is_held(business, DANA, clock.now() + timedelta(days=13))


def test_who_left_is_not_held_besides(business: Business, clock: ManualClock) -> None:
    say(business, "STOP", clock.now())
    assert not hold(business, "no", clock.now())


def test_their_own_start_ends_a_hold_and_a_bare_yes_does_not(
    business: Business, clock: ManualClock
) -> None:
    hold(business, "not interested", clock.now())
    say(business, "YES", clock.now())
    assert queries.is_held(business, DANA, clock.now())
    say(business, "START", clock.now())
    assert not queries.is_held(business, DANA, clock.now())


def test_an_agreement_needs_its_proof_and_lifts(
    business: Business, clock: ManualClock, max_: User
) -> None:
    say(business, "STOP", clock.now())
    clock.advance(timedelta(hours=1))

    def agreed(proof: str) -> bool:
        return actions.record_proof(
            business=business,
            phone=DANA,
            out=False,
            how="paper",
            proof=proof,
            actor=max_,
            at=clock.now(),
        )

    with pytest.raises(Malformed):
        agreed("  yes ")
    assert queries.is_suppressed(business, DANA)
    assert agreed("Form 12 of 1 March, in the binder")
    assert not queries.is_suppressed(business, DANA)
    assert queries.consent_history(business, DANA)[0].by == "Max"


def test_a_list_says_how_people_agreed_and_opts_nobody_in(
    business: Business, clock: ManualClock
) -> None:
    say(business, "STOP", clock.now())
    recorded = actions.record_sources(
        business=business,
        phones=[DANA, ERIN, ERIN],
        how="form",
        proof="spring form",
        at=clock.now(),
    )
    assert recorded == 1
    assert queries.is_suppressed(business, DANA)
    assert queries.consent_history(business, ERIN)[0].proof == "spring form"
    assert queries.verify(business).broken is None


def test_the_switch_makes_an_opt_out_reach_the_account(
    business: Business, other_business: Business, ada: User, clock: ManualClock
) -> None:
    pools = sibling(business)
    say(business, "STOP", clock.now())
    assert not queries.is_suppressed(pools, DANA)
    actions.set_scope(business=business, revoke_all=True, actor=ada, at=clock.now())
    say(pools, "STOP", clock.now(), phone=ERIN)
    for each in (business, pools):
        assert queries.suppressed_phones(each, [DANA, ERIN]) == {DANA, ERIN}
        assert queries.is_suppressed(each, DANA)
    assert queries.suppressed_phones(other_business, [DANA, ERIN]) == set()
    later = Business.objects.create(
        account=business.account, name="New", slug="new", created_at=clock.now()
    )
    assert queries.is_suppressed(later, DANA)


def test_switched_off_who_left_stays_out(business: Business, ada: User, clock: ManualClock) -> None:
    pools = sibling(business)
    actions.set_scope(business=business, revoke_all=True, actor=ada, at=clock.now())
    say(business, "STOP", clock.now())
    actions.set_scope(business=business, revoke_all=False, actor=ada, at=clock.now())
    assert queries.is_suppressed(pools, DANA)
    say(business, "STOP", clock.now(), phone=ERIN)
    assert not queries.is_suppressed(pools, ERIN)


def test_who_comes_back_to_one_business_comes_back_to_that_one(
    business: Business, ada: User, clock: ManualClock
) -> None:
    pools = sibling(business)
    actions.set_scope(business=business, revoke_all=True, actor=ada, at=clock.now())
    say(business, "STOP", clock.now())
    clock.advance(timedelta(minutes=1))
    assert say(pools, "START", clock.now())
    assert not queries.is_suppressed(pools, DANA)
    assert queries.is_suppressed(business, DANA)
    say(business, "STOP", clock.now())
    assert queries.is_suppressed(pools, DANA), "said again, it reaches everybody again"


def test_two_stops_change_something_once(business: Business, clock: ManualClock) -> None:
    assert say(business, "STOP", clock.now())
    assert not say(business, "please stop texting me", clock.now())
    assert Suppression.objects.count() == 1
    assert ConsentChain.objects.get().length == 2


def test_an_unclear_reading_is_kept_with_its_reason(business: Business, clock: ManualClock) -> None:
    reading = Reading("ambiguous", "may be a goodbye", ("no",))
    actions.hold(
        business=business,
        phone=DANA,
        reading=reading,
        words="no\0 \ud800",
        message_id=7,
        at=clock.now(),
    )
    event = ConsentEvent.objects.get()
    assert (event.kind, event.verdict, event.reason) == ("held", "ambiguous", "may be a goodbye")
    assert queries.verify(business).broken is None
