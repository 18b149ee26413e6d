"""A worker that starts reads what came before it, and only then does what may be a text."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from textrail.journal.port import Arrival, Entry
from textrail.journal.sqlite import SqliteStore
from textrail.outbox import actions, intake, table
from textrail.outbox.catching_up import QUIET_SECONDS, Reader
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Cursor, Lane, ParkedArrival
from textrail.outbox.worker import Loop, Worker
from textrail.vocabulary.arrivals import CARRIER
from textrail.vocabulary.clock import ManualClock

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = 60  # more than a worker takes from carriers in a turn
PATIENCE = 30


class Room:
    """What was done, in its order: arrivals by their bodies, work by the name of its lane."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def take(self, context: Context, arrivals: Sequence[Arrival]) -> None:
        if any(arrival.body == b"bad" for arrival in arrivals):
            raise ValueError("this one does not parse")
        time.sleep(0.02)  # so that a hand which does not wait is sure to be quicker
        self.done += [arrival.body.decode() for arrival in arrivals]

    def work(self, context: Context, task: Task) -> None:
        self.done.append(str(task.payload["lane"]))


class Stuck(SqliteStore):
    """A journal of which the end is known and nothing can be read."""

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        raise OSError("the disk does not answer")


class Sparse(SqliteStore):
    """A journal that gave five positions more than it has arrivals: PostgreSQL's does so after a
    crash, or when a writer gave up."""

    def newest(self) -> int:
        return super().newest() + 5


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()
    wiring = table.Wiring(work={"room.work": room.work}, arrivals={CARRIER: room.take})
    monkeypatch.setattr(table, "_wiring", wiring)
    return room


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "arrivals.db")
    yield store
    store.close()


@pytest.fixture
def signals() -> Iterator[None]:
    """A worker listens to the signals of its process."""
    kept = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name, handler in kept.items():
        signal.signal(name, handler)


def letters(*bodies: bytes) -> list[Entry]:
    return [Entry(CARRIER, 1_000, body) for body in bodies]


def work_through(context: Context, store: SqliteStore, room: Room, *, until: set[str]) -> None:
    """Run a worker until it has done all of `until`, and for a moment beyond."""
    began = time.monotonic()

    def look() -> int:
        if until <= set(room.done) or time.monotonic() - began > PATIENCE:
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGTERM)
        return 0

    Worker(context, store, [Loop("look", 0.05, look)]).run()


def queue(clock: ManualClock, *lanes: Lane) -> None:
    for lane in lanes:
        actions.enqueue("room.work", {"lane": lane.name}, at=clock.now(), lane=lane)


def test_no_text_leaves_before_all_that_came_while_no_worker_ran(
    context: Context, clock: ManualClock, store: SqliteStore, room: Room, signals: None
) -> None:
    queue(clock, *Lane)
    store.write(letters(*(b"%d" % number for number in range(BEFORE))))
    work_through(context, store, room, until={lane.name for lane in Lane})
    assert len(room.done) == BEFORE + len(Lane)
    last = room.done.index(str(BEFORE - 1))
    assert last < room.done.index("SOON")
    assert last < room.done.index("BULK")


def test_no_text_leaves_while_the_journal_cannot_be_read_and_other_work_goes_on(
    context: Context, clock: ManualClock, tmp_path: Path, room: Room, signals: None
) -> None:
    queue(clock, *Lane)
    store = Stuck(tmp_path / "stuck.db")
    store.write(letters(b"STOP"))
    work_through(context, store, room, until={"USUAL"})
    store.close()
    assert room.done == ["USUAL"]


def test_a_worker_waits_for_what_came_before_it_and_for_nothing_behind_that(
    context: Context, store: SqliteStore, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "textrail.worker")
    store.write(letters(*(b"%d" % number for number in range(BEFORE))))
    reader = Reader(context, store)
    turns = []
    while not reader.has_caught_up:
        turns.append(reader.take())
        store.write(letters(b"one more"))
    assert turns == [25, 25, 12]
    assert [record.getMessage() for record in caplog.records] == [
        "catching up with the journal: read up to 0 of 60; no text leaves before its end",
        "caught up with the journal; texts leave again",
    ]
    assert reader.take() == 1  # and goes on as ever


def test_who_has_nothing_to_read_says_nothing(
    context: Context, store: SqliteStore, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "textrail.worker")
    reader = Reader(context, store)
    assert not reader.has_caught_up
    reader.take()
    assert reader.has_caught_up
    assert caplog.records == []


def test_a_long_way_is_told_again_and_again(
    context: Context, store: SqliteStore, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "textrail.worker")
    store.write(letters(*(b"%d" % number for number in range(BEFORE))))
    seconds = iter(range(0, 1_000, 4))
    reader = Reader(context, store, seconds=lambda: next(seconds))
    while not reader.has_caught_up:
        reader.take()
    told = [record.getMessage() for record in caplog.records]
    assert any("read up to 50 of 60" in line for line in told)


def test_what_another_worker_reads_is_read(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write(letters(*(b"%d" % number for number in range(BEFORE))))
    one, other = Reader(context, store), Reader(context, store)
    other.take()
    while not one.has_caught_up:
        one.take()
    assert not other.has_caught_up
    assert other.take() == 0
    assert other.has_caught_up


def test_an_arrival_that_is_parked_keeps_no_text_back(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write(letters(b"1", b"bad"))
    reader = Reader(context, store)
    reader.take()
    assert ParkedArrival.objects.count() == 1
    assert reader.has_caught_up


def test_another_journal_is_read_from_its_beginning_before_a_text_leaves(
    context: Context, store: SqliteStore, room: Room
) -> None:
    Cursor.objects.create(reader=intake.READER, position=1_000)
    store.write(letters(*(b"%d" % number for number in range(BEFORE))))
    reader = Reader(context, store)
    reader.take()
    assert not reader.has_caught_up
    while not reader.has_caught_up:
        reader.take()
    assert len(room.done) == BEFORE


def test_positions_that_nobody_filled_are_not_waited_for_long(
    context: Context, tmp_path: Path, room: Room
) -> None:
    store = Sparse(tmp_path / "sparse.db")
    store.write(letters(b"1"))
    now = 0.0
    reader = Reader(context, store, seconds=lambda: now)
    assert [reader.take(), reader.take()] == [1, 0]
    assert not reader.has_caught_up
    now += QUIET_SECONDS
    reader.take()
    assert reader.has_caught_up
    store.close()
