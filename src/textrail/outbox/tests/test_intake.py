"""Arrivals reach the rooms in order and once; a bad one is parked and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.db import OperationalError

from textrail.journal.port import Arrival, Entry
from textrail.journal.sqlite import SqliteStore
from textrail.outbox import intake, table
from textrail.outbox.contract import Context
from textrail.outbox.models import Cursor, ParkedArrival

pytestmark = pytest.mark.django_db


class Room:
    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.broken = False

    def __call__(self, context: Context, arrivals: Sequence[Arrival]) -> None:
        if self.broken:
            raise OperationalError("the database went away")
        if any(arrival.body == b"bad" for arrival in arrivals):
            raise ValueError("this one does not parse")
        self.taken += [arrival.body for arrival in arrivals]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()
    monkeypatch.setattr(table, "_wiring", table.Wiring(arrivals={"letter": room}))
    return room


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "arrivals.db")


def letters(*bodies: bytes) -> list[Entry]:
    return [Entry("letter", 1_000, body) for body in bodies]


def test_arrivals_are_taken_in_order_and_once(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write(letters(b"1", b"2", b"3"))
    assert intake.take(context, store, limit=2) == 2
    assert intake.take(context, store, limit=2) == 1
    assert intake.take(context, store) == 0
    assert room.taken == [b"1", b"2", b"3"]


def test_a_bad_arrival_is_parked_and_the_rest_goes_on(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write(letters(b"1", b"bad", b"3"))
    assert intake.take(context, store) == 3
    assert room.taken == [b"1", b"3"]
    parked = ParkedArrival.objects.get()
    assert bytes(parked.body) == b"bad"
    assert parked.error == "ValueError: this one does not parse"
    assert intake.take(context, store) == 0


@pytest.mark.parametrize("quoted", ["a zero \0 byte", "half a \ud83d pair", "\0" * 400])
def test_a_reason_that_quotes_a_stranger_holds_up_nobody(
    context: Context,
    store: SqliteStore,
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
    quoted: str,
) -> None:
    def refuse(context: Context, arrivals: Sequence[Arrival]) -> None:
        raise ValueError(f"“{quoted}” is no status that we know")

    wiring = table.Wiring(arrivals={"letter": room, "odd": refuse})
    monkeypatch.setattr(table, "_wiring", wiring)
    store.write([Entry("odd", 1_000, b"1"), *letters(b"2")])
    assert intake.take(context, store) == 2
    assert room.taken == [b"2"]
    parked = ParkedArrival.objects.get()
    assert parked.error.startswith("ValueError: “")
    assert "\0" not in parked.error
    assert intake.retry_parked(context, [parked]) == 0


def test_an_arrival_that_nobody_handles_is_kept(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write([Entry("parcel", 1_000, b"1")])
    intake.take(context, store)
    assert ParkedArrival.objects.get().kind == "parcel"


def test_a_database_that_goes_away_moves_nothing(
    context: Context, store: SqliteStore, room: Room
) -> None:
    store.write(letters(b"1"))
    room.broken = True
    with pytest.raises(OperationalError):
        intake.take(context, store)
    assert Cursor.objects.get().position == 0
    room.broken = False
    assert intake.take(context, store) == 1
    assert room.taken == [b"1"]


def test_a_parked_arrival_can_be_tried_again(
    context: Context, store: SqliteStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([Entry("parcel", 1_000, b"1")])
    intake.take(context, store)
    assert intake.retry_parked(context, ParkedArrival.objects.all()) == 0
    monkeypatch.setattr(table, "_wiring", table.Wiring(arrivals={"parcel": room}))
    assert intake.retry_parked(context, ParkedArrival.objects.all()) == 1
    assert not ParkedArrival.objects.exists()


def test_a_journal_that_ends_before_the_cursor_is_read_from_its_beginning(
    context: Context, store: SqliteStore, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """house.db of 10:01 beside an arrivals.db of 10:00, or beside a new one."""
    Cursor.objects.create(reader=intake.READER, position=1_000)
    assert intake.take(context, store) == 0
    assert intake.take(context, store) == 0
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    store.write(letters(b"1", b"2"))
    Cursor.objects.update(position=1_000)
    assert intake.take(context, store) == 2
    assert room.taken == [b"1", b"2"]
    assert intake.position() == 2


def test_a_journal_that_was_read_and_trimmed_is_not_begun_again(
    context: Context, store: SqliteStore, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(letters(b"1"))
    intake.take(context, store)
    store.trim(through=1, before=2_000)
    assert intake.take(context, store) == 0
    assert caplog.records == []


def test_what_is_parked_stays_when_another_journal_parks_at_its_position(
    context: Context, store: SqliteStore, room: Room, tmp_path: Path
) -> None:
    store.write([Entry("parcel", 1_000, b"old")])
    intake.take(context, store)
    Cursor.objects.update(position=1_000)
    other = SqliteStore(tmp_path / "other.db")
    other.write([Entry("parcel", 2_000, b"new")])
    intake.take(context, other)
    assert {bytes(row.body) for row in ParkedArrival.objects.all()} == {b"old", b"new"}
