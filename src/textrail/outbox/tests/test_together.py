"""Work that is done several pieces at a time: each piece is settled by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from textrail.outbox import actions, rules, table, work
from textrail.outbox.actions import Piece
from textrail.outbox.contract import Context, NotBegun, Task
from textrail.outbox.models import Lane, Work, WorkState
from textrail.outbox.worker import Crew
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Transient

pytestmark = pytest.mark.django_db


class Desk:
    """Takes letters by the pile; what becomes of each stands in `fates`."""

    def __init__(self) -> None:
        self.piles: list[list[int]] = []
        self.fates: dict[int, Exception] = {}
        self.broken: Exception | None = None

    def one(self, context: Context, task: Task) -> None:
        self.piles.append([task.number("letter")])

    def many(self, context: Context, given: Sequence[Task]) -> list[Exception | None]:
        pile = [task.number("letter") for task in given]
        self.piles.append(pile)
        if self.broken is not None:
            raise self.broken
        return [self.fates.get(letter) for letter in pile]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    wiring = table.Wiring(
        work={"desk.sort": desk.one, "desk.stamp": desk.one}, together={"desk.sort": desk.many}
    )
    monkeypatch.setattr(table, "_wiring", wiring)
    return desk


def claimed(clock: ManualClock, count: int, kind: str = "desk.sort") -> list[Work]:
    letters: list[dict[str, object]] = [{"letter": number} for number in range(count)]
    actions.enqueue_many(kind, letters, at=clock.now(), lane=Lane.SOON)
    return work.claim(now=clock.now(), limit=count)


def test_what_is_done_is_gone_and_what_failed_waits_by_itself(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.fates = {1: Transient("busy"), 3: Permanent("no such street")}
    work.run_together(context, claimed(clock, 5), chance=lambda: 0.5)
    assert desk.piles == [[0, 1, 2, 3, 4]]
    left = {row.payload["letter"]: row for row in Work.objects.all()}
    assert {letter: row.state for letter, row in left.items()} == {
        1: WorkState.READY,
        3: WorkState.PARKED,
    }
    assert left[1].run_at > clock.now()


def test_whose_turn_did_not_come_is_due_again_in_its_old_place(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.fates = {1: NotBegun(), 2: NotBegun()}
    pile = claimed(clock, 3)
    clock.advance(timedelta(seconds=1))
    actions.enqueue("desk.sort", {"letter": 3}, at=clock.now(), lane=Lane.SOON)
    work.run_together(context, pile)
    again = work.claim(now=clock.now(), limit=9)
    assert [(item.payload["letter"], item.attempts) for item in again] == [(1, 1), (2, 1), (3, 1)]


def test_what_was_done_under_a_lost_lease_is_left_to_who_has_it_now(
    clock: ManualClock, desk: Desk
) -> None:
    """Also when the two leases are told of in one breath."""
    [first] = claimed(clock, 1)
    clock.advance(work.LEASE)
    actions.enqueue("desk.sort", {"letter": 1}, at=clock.now(), lane=Lane.SOON)
    again, other = work.claim(now=clock.now(), limit=2)
    assert (again.id, again.lease) == (first.id, other.lease)
    work.claim(now=clock.now(), limit=0, done=[first, other])
    assert Work.objects.get().id == first.id


def test_a_pile_that_fails_as_a_whole_waits_as_a_whole(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.broken = KeyError("letter")
    work.run_together(context, claimed(clock, 3), chance=lambda: 0.5)
    assert set(Work.objects.values_list("state", "last_error")) == {
        (WorkState.READY, "KeyError: 'letter'")
    }


def test_one_alone_and_kinds_without_a_pile_are_done_one_by_one(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    work.run_together(context, claimed(clock, 1))
    work.run_together(context, claimed(clock, 2, "desk.stamp"))
    assert desk.piles == [[0], [0], [1]]
    assert not Work.objects.exists()


def test_a_piece_whose_lease_is_anothers_is_left_out(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    mine = claimed(clock, 3)
    clock.advance(work.LEASE)
    [theirs] = work.claim(now=clock.now(), limit=1)
    work.run_together(context, mine)
    assert desk.piles == [[1, 2]]
    assert Work.objects.get().lease == theirs.lease


def test_a_piece_that_stopped_its_worker_too_often_is_parked_and_not_tried_with_others(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    pile = claimed(clock, 3)
    Work.objects.filter(id=pile[1].id).update(attempts=rules.MOST_ATTEMPTS + 1)
    pile[1].attempts = rules.MOST_ATTEMPTS + 1
    work.run_together(context, pile)
    assert desk.piles == [[0, 2]]
    assert Work.objects.get().state == WorkState.PARKED


def test_pieces_keep_their_own_lines_and_times(clock: ManualClock, desk: Desk) -> None:
    now = clock.now()
    pieces = [Piece({"letter": n}, now + timedelta(seconds=n), 7 + n % 2) for n in range(3)]
    actions.enqueue_in_lines("desk.sort", pieces, lane=Lane.SOON)
    rows = Work.objects.order_by("id").values_list("payload", "run_at", "line", "lane")
    assert list(rows) == [
        ({"letter": n}, now + timedelta(seconds=n), 7 + n % 2, Lane.SOON) for n in range(3)
    ]
    first = work.claim(now=now + timedelta(seconds=5), limit=5)
    assert [item.payload["letter"] for item in first] == [0, 1]  # 2 is behind 0
    with pytest.raises(LookupError):
        actions.enqueue_in_lines("desk.unknown", pieces)


def test_a_hand_takes_its_share_of_what_waits_and_leaves_the_others_theirs(
    clock: ManualClock, desk: Desk
) -> None:
    letters: list[dict[str, object]] = [{"letter": number} for number in range(20)]
    actions.enqueue_many("desk.sort", letters, at=clock.now(), lane=Lane.SOON)
    crew = Crew((Lane.SOON,))
    assert crew.hands == 4
    assert crew.claim(clock.now()) == 20
    shares = [len(crew.take()) for _ in range(4)]
    assert shares[0] == 5
    assert min(shares) >= 2
    assert crew.has_waiting()
    while crew.has_waiting():
        shares.append(len(crew.take()))
    assert sum(shares) == 20
    assert shares[-1] == 1


def test_what_cannot_be_done_together_is_taken_piece_by_piece(
    clock: ManualClock, desk: Desk
) -> None:
    letters: list[dict[str, object]] = [{"letter": number} for number in range(10)]
    actions.enqueue_many("desk.stamp", letters, at=clock.now(), lane=Lane.SOON)
    crew = Crew((Lane.SOON,))
    crew.claim(clock.now())
    assert [len(crew.take()) for _ in range(10)] == [1] * 10


def test_a_crew_that_stops_gives_back_what_waits(clock: ManualClock, desk: Desk) -> None:
    letters: list[dict[str, object]] = [{"letter": number} for number in range(3)]
    actions.enqueue_many("desk.stamp", letters, at=clock.now(), lane=Lane.SOON)
    crew = Crew((Lane.SOON,))
    crew.claim(clock.now())
    [done] = crew.take()
    crew.put_done(done)
    crew.forget()
    again = work.claim(now=clock.now(), limit=3)
    assert [(item.payload["letter"], item.attempts) for item in again] == [(1, 1), (2, 1)]


def test_a_crew_is_busy_while_something_waits_or_is_in_a_hand(
    clock: ManualClock, desk: Desk
) -> None:
    crew = Crew((Lane.SOON,))
    assert not crew.is_busy()
    actions.enqueue("desk.sort", {"letter": 1}, at=clock.now(), lane=Lane.SOON)
    crew.claim(clock.now())
    assert crew.is_busy()
    crew.take()
    crew.wake.clear()
    assert not crew.is_busy()
    with crew.at_work():
        assert crew.is_busy()
    assert not crew.is_busy()


def test_the_intake_waits_for_a_busy_crew_so_long_and_for_an_idle_one_not_at_all() -> None:
    crew, stop = Crew((Lane.SOON,)), threading.Event()
    began = time.monotonic()
    crew.wait_for(most=60, stop=stop)
    assert time.monotonic() - began < 5
    with crew.at_work():
        began = time.monotonic()
        crew.wait_for(most=0.05, stop=stop)
        assert 0.05 <= time.monotonic() - began < 5
        stop.set()
        crew.wait_for(most=60, stop=stop)
        assert time.monotonic() - began < 10
    done = threading.Timer(0.05, crew.wake.clear)
    crew.wake.set()
    done.start()
    crew.wait_for(most=60, stop=threading.Event())
    assert not crew.is_busy()
