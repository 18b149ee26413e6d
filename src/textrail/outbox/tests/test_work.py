"""Work is done exactly as often as it should be, whatever fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.outbox import actions, rules, table, work
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Lane, Schedule, Work, WorkState
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Permanent, Transient, Unavailable
from textrail.vocabulary.events import Event, EventName

pytestmark = pytest.mark.django_db


class Desk:
    """A handler that fails as told, and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[Task] = []
        self.failures: list[Exception] = []
        self.then: Callable[[], object] = lambda: None
        self.claimed: Callable[[], list[Work]] = list
        self.overlap: list[Work] = []

    def __call__(self, context: Context, task: Task) -> None:
        self.seen.append(task)
        self.then()
        self.overlap += self.claimed()
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    wiring = table.Wiring(
        work={"desk.sort": desk},
        events={EventName.MESSAGE_SENT: ("desk.sort",)},
        schedules={"desk.sort": 60},
    )
    monkeypatch.setattr(table, "_wiring", wiring)
    return desk


def run_due(context: Context, clock: ManualClock) -> int:
    claimed = work.claim(now=clock.now(), limit=10)
    for item in claimed:
        work.run(context, item, chance=lambda: 0.5)
    return len(claimed)


def test_done_work_is_gone(context: Context, clock: ManualClock, desk: Desk) -> None:
    actions.enqueue("desk.sort", {"letter": 7}, at=clock.now())
    assert run_due(context, clock) == 1
    assert [task.number("letter") for task in desk.seen] == [7]
    assert not Work.objects.exists()


def test_work_waits_until_it_is_due(context: Context, clock: ManualClock, desk: Desk) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now(), after=timedelta(minutes=5))
    assert run_due(context, clock) == 0
    clock.advance(timedelta(minutes=5))
    assert run_due(context, clock) == 1


def test_a_key_that_waits_is_kept_once(clock: ManualClock, desk: Desk) -> None:
    for _ in range(2):
        actions.enqueue("desk.sort", {}, at=clock.now(), key="letter:7")
    assert Work.objects.count() == 1


def test_claimed_work_is_claimed_by_one(clock: ManualClock, desk: Desk) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    assert len(work.claim(now=clock.now(), limit=10)) == 1
    assert work.claim(now=clock.now(), limit=10) == []


def test_the_work_of_a_dead_worker_comes_back(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    work.claim(now=clock.now(), limit=10)
    clock.advance(work.LEASE)
    assert run_due(context, clock) == 1
    assert desk.seen[0].attempt == 2


def test_a_worker_that_lost_its_lease_settles_nothing(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    (late,) = work.claim(now=clock.now(), limit=10)
    clock.advance(work.LEASE)
    (current,) = work.claim(now=clock.now(), limit=10)
    work.run(context, late)
    assert Work.objects.get().lease == current.lease


def test_a_copy_that_waited_too_long_does_not_run_what_another_has_done(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    (waiting,) = work.claim(now=clock.now(), limit=10)
    clock.advance(work.LEASE)
    assert run_due(context, clock) == 1
    work.run(context, waiting)
    assert [task.attempt for task in desk.seen] == [2]


def test_the_lease_begins_when_the_work_does(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    """While it runs, nobody may claim it, however long it waited for a free hand."""
    actions.enqueue("desk.sort", {}, at=clock.now())
    (waiting,) = work.claim(now=clock.now(), limit=10)
    clock.advance(work.LEASE - timedelta(seconds=1))
    desk.then = lambda: clock.advance(timedelta(seconds=2))
    desk.claimed = lambda: work.claim(now=clock.now(), limit=10)
    work.run(context, waiting)
    assert desk.overlap == []
    assert not Work.objects.exists()


def test_work_that_stops_its_worker_is_parked_in_the_end(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    for _ in range(rules.MOST_ATTEMPTS):
        work.claim(now=clock.now(), limit=10)  # and the worker dies
        clock.advance(work.LEASE)
    run_due(context, clock)
    assert desk.seen == []
    assert Work.objects.get().state == WorkState.PARKED


def test_what_is_unavailable_now_is_tried_again(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.failures = [Unavailable("the key is not there")]
    actions.enqueue("desk.sort", {}, at=clock.now())
    run_due(context, clock)
    assert Work.objects.get().state == WorkState.READY


def test_transient_failure_waits_longer_each_time_then_parks(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.failures = [Transient("busy") for _ in range(rules.MOST_ATTEMPTS)]
    actions.enqueue("desk.sort", {}, at=clock.now())
    waits = []
    while Work.objects.get().state != WorkState.PARKED:
        assert run_due(context, clock) == 1
        row = Work.objects.get()
        waits.append(row.run_at - clock.now())
        clock.move_to(row.run_at)
    assert len(desk.seen) == rules.MOST_ATTEMPTS
    assert waits[:5] == sorted(waits[:5])
    assert Work.objects.get().last_error == "Transient: busy"


def test_parked_work_can_be_tried_again(context: Context, clock: ManualClock, desk: Desk) -> None:
    desk.failures = [Permanent("no such street")]
    actions.enqueue("desk.sort", {}, at=clock.now())
    run_due(context, clock)
    parked = Work.objects.get()
    assert parked.state == WorkState.PARKED
    assert run_due(context, clock) == 0
    assert work.retry_parked(parked.id, now=clock.now())
    assert run_due(context, clock) == 1
    assert not Work.objects.exists()


def test_a_mistake_of_ours_is_retried_and_keeps_its_reason(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.failures = [KeyError("letter")]
    actions.enqueue("desk.sort", {}, at=clock.now())
    run_due(context, clock)
    assert Work.objects.get().state == WorkState.READY
    assert Work.objects.get().last_error.startswith("KeyError")


def test_work_without_a_handler_is_refused_at_once(clock: ManualClock, desk: Desk) -> None:
    with pytest.raises(LookupError):
        actions.enqueue("desk.unknown", {}, at=clock.now())


def test_an_event_becomes_work_for_who_listens(clock: ManualClock, desk: Desk) -> None:
    actions.tell(Event(EventName.MESSAGE_SENT, 3, clock.now(), {"message_id": 9}))
    actions.tell(Event(EventName.LINK_CLICKED, 3, clock.now(), {}))
    payload: dict[str, Any] = Work.objects.get().payload
    assert payload["message_id"] == 9
    assert payload["business_id"] == 3


def test_a_schedule_gives_one_piece_of_work_a_turn(clock: ManualClock, desk: Desk) -> None:
    for _ in range(3):
        work.enqueue_schedules(now=clock.now())
    assert Work.objects.count() == 1
    Work.objects.all().delete()
    clock.advance(timedelta(seconds=60))
    work.enqueue_schedules(now=clock.now())
    assert Work.objects.count() == 1
    assert Schedule.objects.get().next_at == clock.now() + timedelta(seconds=60)


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_longer_than_an_hour_nor_shorter_than_half_its_step(
    attempt: int, chance: float
) -> None:
    delay = rules.next_delay(attempt, chance=chance, retry_after_seconds=None)
    step = min(rules.LONGEST_DELAY, rules.FIRST_DELAY * 2 ** min(attempt - 1, 20))
    assert step / 2 <= delay <= rules.LONGEST_DELAY


def test_a_wait_that_the_other_side_asked_for_is_honoured() -> None:
    assert rules.next_delay(1, chance=0, retry_after_seconds=90) == timedelta(seconds=90)


def test_what_somebody_waits_for_goes_before_a_campaign_that_came_first(
    clock: ManualClock, desk: Desk
) -> None:
    many: list[dict[str, object]] = [{"letter": number} for number in range(50)]
    actions.enqueue_many("desk.sort", many, at=clock.now(), lane=Lane.BULK)
    actions.enqueue("desk.sort", {"letter": 100}, at=clock.now())
    clock.advance(timedelta(seconds=1))
    actions.enqueue("desk.sort", {"letter": 200}, at=clock.now(), lane=Lane.SOON)
    claimed = work.claim(now=clock.now(), limit=4)
    assert [item.payload["letter"] for item in claimed] == [200, 100, 0, 1]
    assert work.claim(now=clock.now(), limit=4, lanes=(Lane.SOON,)) == []


def test_work_that_was_put_off_keeps_its_lane(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    def fail() -> None:
        raise Transient("busy")

    desk.then = fail
    actions.enqueue("desk.sort", {}, at=clock.now(), lane=Lane.SOON)
    run_due(context, clock)
    assert Work.objects.get().lane == Lane.SOON


def test_what_is_done_is_taken_away_by_the_next_claim(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    done: list[Work] = []
    for item in work.claim(now=clock.now(), limit=5):
        work.run(context, item, done=done.append)
    assert Work.objects.count() == 1
    assert work.claim(now=clock.now(), limit=5, done=done) == []
    assert not Work.objects.exists()


def test_what_is_done_is_not_taken_away_from_who_holds_it_now(
    clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {}, at=clock.now())
    done = work.claim(now=clock.now(), limit=5)
    clock.advance(work.LEASE)
    work.claim(now=clock.now(), limit=5)
    work.claim(now=clock.now(), limit=0, done=done)
    assert Work.objects.count() == 1


# Lines


def in_line(clock: ManualClock, *letters: int, line: int = 1) -> None:
    for letter in letters:
        actions.enqueue("desk.sort", {"letter": letter}, at=clock.now(), line=line)


def letters(claimed: list[Work]) -> list[object]:
    return [item.payload["letter"] for item in claimed]


def test_of_a_line_only_the_first_is_claimed_by_any_process(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    in_line(clock, 1, 2, 3)
    in_line(clock, 21, 22, line=2)
    actions.enqueue("desk.sort", {"letter": 100}, at=clock.now())
    first = work.claim(now=clock.now(), limit=10)
    assert letters(first) == [1, 21, 100]
    assert work.claim(now=clock.now(), limit=10) == []  # another worker, meanwhile
    work.run(context, first[0])
    assert letters(work.claim(now=clock.now(), limit=10)) == [2]


def test_what_is_done_lets_the_next_of_its_line_go_in_the_same_claim(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    in_line(clock, 1, 2)
    done: list[Work] = []
    for item in work.claim(now=clock.now(), limit=5):
        work.run(context, item, done=done.append)
    assert letters(work.claim(now=clock.now(), limit=5, done=done)) == [2]


def test_the_line_waits_while_its_first_waits_for_another_attempt(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.failures = [Transient("busy") for _ in range(3)]
    in_line(clock, 1, 2, 3)
    for _ in range(40):
        run_due(context, clock)
        clock.advance(timedelta(seconds=1))
    assert [task.number("letter") for task in desk.seen] == [1, 1, 1, 1, 2, 3]


def test_the_line_waits_for_the_first_of_a_worker_that_died(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    in_line(clock, 1, 2)
    work.claim(now=clock.now(), limit=10)
    clock.advance(work.LEASE)
    assert letters(work.claim(now=clock.now(), limit=10)) == [1]


def test_what_failed_for_good_is_in_nobodys_way(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    desk.failures = [Permanent("no such street")]
    in_line(clock, 1, 2)
    run_due(context, clock)
    assert run_due(context, clock) == 1
    assert [task.number("letter") for task in desk.seen] == [1, 2]


def test_what_is_not_due_yet_is_in_nobodys_way(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    actions.enqueue("desk.sort", {"letter": 1}, at=clock.now(), after=timedelta(hours=1), line=1)
    in_line(clock, 2)
    assert letters(work.claim(now=clock.now(), limit=10)) == [2]


def test_two_that_were_begun_at_once_do_not_wait_for_each_other(
    context: Context, clock: ManualClock, desk: Desk
) -> None:
    """Two transactions may write into a line at once, and be claimed before either sees both."""
    in_line(clock, 1, 2)
    Work.objects.update(attempts=1)
    assert letters(work.claim(now=clock.now(), limit=10)) == [1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_lines_keep_their_order_whatever_fails_and_whichever_worker_claims(
    context: Context, clock: ManualClock, desk: Desk, seed: int
) -> None:
    chances = random.Random(seed)
    lines = {letter: chances.randint(1, 3) for letter in range(24)}
    for letter, line in lines.items():
        in_line(clock, letter, line=line)
    claimed: list[Work] = []
    finished: list[object] = []
    while Work.objects.exists():
        claimed += work.claim(now=clock.now(), limit=2)
        if not claimed:
            clock.advance(timedelta(seconds=1))
            continue
        item = claimed.pop(chances.randrange(len(claimed)))
        desk.failures = [Transient("busy")] if chances.random() < 0.4 else []
        finished += [] if desk.failures else [item.payload["letter"]]
        work.run(context, item, chance=chances.random)
    assert len(finished) == len(lines)
    for line in (1, 2, 3):
        own = [letter for letter in finished if lines[letter] == line]  # type: ignore[index]
        assert own == sorted(own)  # type: ignore[type-var]
