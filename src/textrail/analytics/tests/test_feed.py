"""The feed on both databases: nothing lost, nothing twice, whatever is cut short."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from conftest import MONDAY
from django.db import connection, transaction

from textrail.analytics import catalogue, chunks, feed
from textrail.analytics.catalogue import complete_through, live_files
from textrail.analytics.contract import INTEGER, TEXT
from textrail.analytics.engine import Engine, Query
from textrail.analytics.feed import feed_once, rebuild
from textrail.analytics.models import Chunk, Watermark
from textrail.analytics.spill import spill_folder
from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.columns import PEOPLE
from textrail.domain.contacts.models import Contact, Person, PersonMerge
from textrail.domain.conversions.columns import CONVERSION_TYPES
from textrail.domain.conversions.models import ConversionType
from textrail.domain.inbox.columns import CALLS
from textrail.domain.inbox.models import Call, Conversation
from textrail.domain.links.columns import CLICKS
from textrail.domain.links.models import Click, Link
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.ids import new_click_ids

LATER = MONDAY + timedelta(seconds=3)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)


@pytest.fixture
def link(business: Business) -> Link:
    return Link.objects.create(
        business=business,
        name="Spring",
        destination="https://shop.example/",
        landing="https://shop.example/",
        created_at=MONDAY,
    )


@pytest.fixture
def tap(business: Business, link: Link) -> Callable[..., Click]:
    person = Person.objects.create(business=business, created_at=MONDAY)

    def tap(at: datetime = MONDAY) -> Click:
        return Click.objects.create(
            business=business,
            link=link,
            code="abcd",
            click_id=new_click_ids(1)[0],
            at=at,
            person=person,
            method="GET",
            address="203.0.113.9",
            verdict="human",
            ruleset=1,
        )

    return tap


@pytest.fixture
def ring(business: Business, number: TrackingNumber) -> Callable[[str], Call]:
    person = Person.objects.create(business=business, created_at=MONDAY)
    contact = Contact.objects.create(
        business=business, person=person, phone="+14155550177", created_at=MONDAY
    )
    thread = Conversation.objects.create(
        business=business, contact=contact, number=number, last_at=MONDAY
    )

    def ring(reference: str) -> Call:
        return Call.objects.create(
            business=business,
            conversation=thread,
            contact=contact,
            person=person,
            number=number,
            source=number.source,
            carrier_ref=reference,
            status="ringing",
            at=MONDAY,
        )

    return ring


def rows(folder: Path, table: str, columns: str = "id") -> list[Any]:
    files = list(live_files(folder).get(table, ()))
    if not files:
        return []
    found = duckdb.connect().execute(
        f"SELECT {columns} FROM read_parquet($1) ORDER BY ALL",  # noqa: S608
        [files],
    )
    return [row[0] if len(row) == 1 else row for row in found.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_rows_arrive_once_with_exact_moments(tmp_path: Path, tap: Callable[..., Click]) -> None:
    """SQLite keeps moments as text with or without a fraction, and rounds where we cut off."""
    odd = MONDAY.replace(second=59, microsecond=999_999)
    taps = [tap(), tap(odd), tap(MONDAY.replace(microsecond=1500))]
    assert feed_once(tmp_path, [CLICKS], MONDAY) == 3
    assert feed_once(tmp_path, [CLICKS], LATER) == 0
    assert rows(tmp_path, "clicks", "id, at_ms") == [(tap.pk, to_ms(tap.at)) for tap in taps]
    taps.append(tap())
    assert feed_once(tmp_path, [CLICKS], LATER) == 1
    assert rows(tmp_path, "clicks") == [tap.pk for tap in taps]
    assert complete_through([CLICKS]) == LATER


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_row_of_an_open_transaction_is_not_passed_by(
    tmp_path: Path, tap: Callable[..., Click], link: Link
) -> None:
    """The slow writer draws the lower id and commits last."""
    drawn, may_commit = threading.Event(), threading.Event()
    slow_ids: list[int] = []

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                slow_ids.append(tap().pk)
                drawn.set()
                may_commit.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    drawn.wait(10)
    quick = tap()
    assert quick.pk > slow_ids[0]
    Watermark.objects.create(table="clicks", version=CLICKS.version)
    assert feed_once(tmp_path, [CLICKS], MONDAY) == 0
    assert complete_through([CLICKS]) is None
    may_commit.set()
    writer.join(10)
    assert feed_once(tmp_path, [CLICKS], LATER) == 2
    assert rows(tmp_path, "clicks") == [slow_ids[0], quick.pk]
    assert complete_through([CLICKS]) == LATER


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_id_that_is_drawn_ahead_of_its_row_is_not_passed_by(
    tmp_path: Path, tap: Callable[..., Click]
) -> None:
    drawn, may_commit = threading.Event(), threading.Event()

    def draw() -> None:
        try:
            with transaction.atomic():
                bulk.draw_ids("links_click", 1)
                drawn.set()
                may_commit.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=draw)
    writer.start()
    assert drawn.wait(10)
    tap()
    Watermark.objects.create(table="clicks", version=CLICKS.version)
    assert feed_once(tmp_path, [CLICKS], MONDAY) == 0
    may_commit.set()
    writer.join(10)
    assert feed_once(tmp_path, [CLICKS], LATER) == 1


class PowerCut(Exception):
    pass


@contextmanager
def power_cut() -> Iterator[None]:
    """The power goes at the moment in which the catalogue would learn of the file."""

    def cut(execute: Any, sql: str, *rest: Any) -> Any:
        if 'INSERT INTO "analytics_chunk"' in sql:
            raise PowerCut
        return execute(sql, *rest)

    with connection.execute_wrapper(cut), pytest.raises(PowerCut):
        yield


@pytest.mark.django_db(transaction=True)
def test_crash_between_file_and_catalogue_neither_loses_nor_doubles(
    tmp_path: Path, tap: Callable[..., Click]
) -> None:
    feed_once(tmp_path, [CLICKS], MONDAY)
    row = tap()
    with power_cut():
        feed_once(tmp_path, [CLICKS], MONDAY)
    assert len(list(tmp_path.glob("clicks/*.parquet"))) == 1
    assert rows(tmp_path, "clicks") == []
    assert feed_once(tmp_path, [CLICKS], LATER) == 1
    assert rows(tmp_path, "clicks") == [row.pk]


@pytest.mark.django_db(transaction=True)
def test_sweep_removes_what_a_crash_left_and_nothing_that_is_read(
    tmp_path: Path, tap: Callable[..., Click]
) -> None:
    orphan, young = tmp_path / "clicks/orphan.parquet", tmp_path / "clicks/young.parquet.part"
    tap()
    feed_once(tmp_path, [CLICKS], MONDAY)
    for path, age in ((orphan, timedelta(days=2)), (young, timedelta(minutes=5))):
        path.write_bytes(b"cut short")
        moment = (MONDAY - age).timestamp()
        os.utime(path, (moment, moment))
    assert catalogue.sweep(tmp_path, MONDAY) == 1
    assert not orphan.exists()
    assert young.exists()
    assert len(rows(tmp_path, "clicks")) == 1


@pytest.mark.django_db(transaction=True)
def test_sweep_removes_what_a_killed_process_had_put_aside(tmp_path: Path) -> None:
    owner = threading.Event()
    own = spill_folder(tmp_path, owner)
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = own.with_name(own.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-"))
    dead.mkdir()
    catalogue.sweep(tmp_path, MONDAY)
    assert own.exists()
    assert not dead.exists()
    del owner
    assert not own.exists()


@pytest.mark.django_db(transaction=True)
def test_two_feeders_do_not_feed_the_same_rows(
    tmp_path: Path, tap: Callable[..., Click], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second feeder runs from beginning to end while the first one is writing its file."""
    feed_once(tmp_path, [CLICKS], MONDAY)
    tap()
    batches = feed._part_batches

    def slow_batches(*arguments: Any) -> Any:
        monkeypatch.setattr(feed, "_part_batches", batches)
        assert feed_once(tmp_path, [CLICKS], MONDAY) == 1
        return batches(*arguments)

    monkeypatch.setattr(feed, "_part_batches", slow_batches)
    assert feed_once(tmp_path, [CLICKS], MONDAY) == 0
    assert len(rows(tmp_path, "clicks")) == 1
    # The turn that was lost leaves no file behind.
    assert len(list(tmp_path.glob("clicks/*"))) == Chunk.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_merge_that_comes_too_late_leaves_no_file(
    tmp_path: Path, tap: Callable[..., Click], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(catalogue.MERGE_AT):
        tap()
        feed_once(tmp_path, [CLICKS], MONDAY)
    merge = chunks.merge

    def slow_merge(*arguments: Any) -> Any:
        rebuild(tmp_path, [CLICKS], MONDAY)
        return merge(*arguments)

    monkeypatch.setattr(chunks, "merge", slow_merge)
    assert catalogue.compact(tmp_path, [CLICKS], MONDAY) == 0
    assert len(list(tmp_path.glob("clicks/*"))) == Chunk.objects.count() == catalogue.MERGE_AT + 1
    assert len(rows(tmp_path, "clicks")) == catalogue.MERGE_AT


@pytest.mark.django_db(transaction=True)
def test_ringing_call_is_fed_when_it_ended_and_holds_up_no_other(
    tmp_path: Path, ring: Callable[[str], Call]
) -> None:
    slow, quick, lost = ring("a"), ring("b"), ring("c")
    Call.objects.filter(pk=quick.pk).update(status="answered")
    feed_once(tmp_path, [CALLS], MONDAY)
    assert rows(tmp_path, "calls", "id, status") == [(quick.pk, "answered")]
    Call.objects.filter(pk=slow.pk).update(status="missed")
    feed_once(tmp_path, [CALLS], LATER)
    feed_once(tmp_path, [CALLS], LATER)
    assert rows(tmp_path, "calls", "id, status") == [(slow.pk, "missed"), (quick.pk, "answered")]
    Call.objects.filter(pk=lost.pk).update(status="voicemail")
    assert rebuild(tmp_path, [CALLS], LATER) == {"calls": 3}
    assert len(rows(tmp_path, "calls")) == 3
    assert feed_once(tmp_path, [CALLS], LATER) == 0


@pytest.mark.django_db(transaction=True)
def test_compaction_keeps_every_row_and_readers_keep_their_files(
    tmp_path: Path, tap: Callable[..., Click]
) -> None:
    taps = []
    for _ in range(catalogue.MERGE_AT):
        taps.append(tap().pk)
        feed_once(tmp_path, [CLICKS], MONDAY)
    before = live_files(tmp_path)["clicks"]
    assert catalogue.compact(tmp_path, [CLICKS], LATER) == len(before) == catalogue.MERGE_AT
    assert len(live_files(tmp_path)["clicks"]) == 1
    assert rows(tmp_path, "clicks") == taps
    assert catalogue.sweep(tmp_path, LATER) == 0
    assert all(Path(path).exists() for path in before)
    assert catalogue.sweep(tmp_path, LATER + timedelta(hours=1)) == catalogue.MERGE_AT
    assert not any(Path(path).exists() for path in before)
    assert rows(tmp_path, "clicks") == taps


@pytest.mark.django_db
def test_files_of_before_an_upgrade_are_merged_as_they_are(tmp_path: Path) -> None:
    before = pa.schema([field for field in CALLS.schema if field.name != "duration_seconds"])
    for number in range(catalogue.MERGE_AT):
        row = [number if field.type == pa.int64() else "" for field in before]
        written = chunks.write(tmp_path, CALLS.name, before, [[tuple(row)]])
        Chunk.objects.create(
            table=CALLS.name, path=written.path, rows=1, bytes=written.bytes, created_at=MONDAY
        )
    assert catalogue.compact(tmp_path, [CALLS], LATER) == catalogue.MERGE_AT
    asked = Query("SELECT id, duration_seconds FROM calls ORDER BY id")
    answer = Engine(tmp_path, [CALLS], {}).ask(asked, live_files(tmp_path))
    assert answer.rows == [(number, None) for number in range(catalogue.MERGE_AT)]


@pytest.mark.django_db(transaction=True)
def test_a_damaged_file_keeps_no_others_from_being_merged(
    tmp_path: Path, tap: Callable[..., Click], ring: Callable[[str], Call]
) -> None:
    for number in range(catalogue.MERGE_AT):
        tap()
        Call.objects.filter(pk=ring(f"CA{number}").pk).update(status="answered")
        feed_once(tmp_path, [CLICKS, CALLS], MONDAY)
    Path(live_files(tmp_path)["clicks"][3]).write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(duckdb.Error, match="clicks"):
        catalogue.compact(tmp_path, [CLICKS, CALLS], LATER)
    files = live_files(tmp_path)
    assert (len(files["clicks"]), len(files["calls"])) == (catalogue.MERGE_AT, 1)
    assert len(rows(tmp_path, "calls")) == catalogue.MERGE_AT


@pytest.mark.django_db(transaction=True)
def test_merge_puts_a_business_together_and_each_in_the_order_of_time(
    tmp_path: Path, tap: Callable[..., Click], business: Business
) -> None:
    other = Business.objects.create(
        account=business.account, name="Other", slug="other", created_at=MONDAY
    )
    for index in range(catalogue.MERGE_AT):
        clicked = tap(MONDAY - timedelta(minutes=index % 3))
        Click.objects.filter(pk=clicked.pk).update(business=(business, other)[index % 2])
        feed_once(tmp_path, [CLICKS], MONDAY)
    catalogue.compact(tmp_path, [CLICKS], LATER)
    [path] = live_files(tmp_path)["clicks"]
    found = duckdb.read_parquet(path).project("business_id, at_ms, id").fetchall()
    assert len(found) == catalogue.MERGE_AT
    assert found == sorted(found)
    assert found[0][2] != min(row[2] for row in found)


@pytest.mark.django_db(transaction=True)
def test_many_rows_at_once_are_in_the_order_of_time_before_any_merge(
    tmp_path: Path, tap: Callable[..., Click], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a rebuild no merge may come for months."""
    monkeypatch.setattr(chunks, "BATCH_ROWS", 3)
    taps = [tap(MONDAY - timedelta(minutes=index % 3)).pk for index in range(8)]
    for feeding in (feed_once, rebuild):
        feeding(tmp_path, [CLICKS], MONDAY)
        [path] = live_files(tmp_path)["clicks"]
        found = duckdb.read_parquet(path).project("business_id, at_ms, id").fetchall()
        assert found == sorted(found)
        assert sorted(row[2] for row in found) == taps
    # The files as they were written at first are gone, and only what was replaced is left.
    assert len(list(tmp_path.glob("clicks/*"))) == 2


def test_merge_puts_the_texts_to_us_into_row_groups_of_their_own(tmp_path: Path) -> None:
    """They are a tenth of all texts, and every question of touches asks for them alone."""
    names = ("id", "business_id", "at_ms", "direction")
    schema = pa.schema([(name, TEXT if name == "direction" else INTEGER) for name in names])
    rows = [(id_, 1, id_, ("outbound", "inbound")[id_ % 10 == 0]) for id_ in range(120_000)]
    written = chunks.write(tmp_path, "texts", schema, [rows])
    merged = tmp_path / chunks.merge(tmp_path, "texts", schema, [written.path]).path
    groups = duckdb.execute(
        "SELECT COUNT(*) FROM parquet_metadata(?)"
        " WHERE path_in_schema = 'direction' AND stats_min_value = 'inbound'",
        [str(merged)],
    )
    assert groups.fetchall() == [(1,)]
    found = duckdb.read_parquet(str(merged)).project("direction, at_ms").fetchall()
    assert found == sorted(found)


@pytest.mark.django_db(transaction=True)
def test_rebuild_makes_the_same_rows_and_forgets_other_columns(
    tmp_path: Path, tap: Callable[..., Click]
) -> None:
    ids = [tap().pk, tap().pk]
    feed_once(tmp_path, [CLICKS], MONDAY)
    Click.objects.filter(pk=ids[0]).update(verdict="scanner")
    assert rebuild(tmp_path, [CLICKS], LATER) == {"clicks": 2}
    assert rows(tmp_path, "clicks", "id, verdict") == [(ids[0], "scanner"), (ids[1], "human")]
    # Files of a release with other columns are written again by the next turn.
    Watermark.objects.update(version="of the release before")
    assert feed_once(tmp_path, [CLICKS], LATER) == 2
    assert rows(tmp_path, "clicks") == ids


@pytest.mark.django_db(transaction=True)
def test_rebuild_takes_memory_for_one_batch(
    tmp_path: Path, tap: Callable[..., Click], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BATCH_ROWS", 2)
    monkeypatch.setattr(feed, "CHUNK_ROWS", 3)
    ids = [tap().pk for _ in range(8)]
    assert rebuild(tmp_path, [CLICKS], MONDAY) == {"clicks": 8}
    assert rows(tmp_path, "clicks") == ids
    assert Chunk.objects.filter(replaced_at=None).count() >= 3


@pytest.mark.django_db(transaction=True)
def test_ids_that_jump_by_millions_are_no_work(tmp_path: Path, tap: Callable[..., Click]) -> None:
    """A sequence gives ids away that are never used, by the million when lists are made."""
    first, second = tap(), tap()
    far = 50 * feed.CHUNK_ROWS
    for row, jump in ((first, far), (second, 2 * far)):
        Click.objects.filter(pk=row.pk).update(id=jump)
    Watermark.objects.create(table="clicks", version=CLICKS.version)
    assert feed_once(tmp_path, [CLICKS], MONDAY) == 1
    assert feed_once(tmp_path, [CLICKS], LATER) == 1
    assert rows(tmp_path, "clicks") == [far, 2 * far]
    assert rebuild(tmp_path, [CLICKS], LATER) == {"clicks": 2}
    assert Chunk.objects.filter(replaced_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_merge_of_persons_reaches_the_columns(tmp_path: Path, business: Business) -> None:
    one, two = (Person.objects.create(business=business, created_at=MONDAY) for _ in range(2))
    feed_once(tmp_path, [PEOPLE], MONDAY)
    assert rows(tmp_path, "people", "person, canonical") == []
    Person.objects.filter(pk=two.pk).update(merged_into=one)
    PersonMerge.objects.create(
        business=business, survivor=one, absorbed=two, evidence="email", at=MONDAY
    )
    feed_once(tmp_path, [PEOPLE], LATER)
    assert feed_once(tmp_path, [PEOPLE], LATER) == 0
    assert rows(tmp_path, "people", "person, canonical") == [(two.token, one.token)]


@pytest.mark.django_db(transaction=True)
def test_merge_that_drew_its_id_first_and_was_committed_last_reaches_the_columns(
    tmp_path: Path, business: Business
) -> None:
    one, two, three = (Person.objects.create(business=business, created_at=MONDAY) for _ in "123")
    for merge_id, absorbed in ((8, two), (7, three)):
        Person.objects.filter(pk=absorbed.pk).update(merged_into=one)
        PersonMerge.objects.create(
            id=merge_id,
            business=business,
            survivor=one,
            absorbed=absorbed,
            evidence="email",
            at=MONDAY,
        )
        feed_once(tmp_path, [PEOPLE], MONDAY)
    assert set(rows(tmp_path, "people", "person")) == {two.token, three.token}


@pytest.mark.django_db(transaction=True)
def test_changed_window_reaches_the_columns(tmp_path: Path, business: Business) -> None:
    type_ = ConversionType.objects.create(business=business, name="P", kind="purchase", event="P")
    feed_once(tmp_path, [CONVERSION_TYPES], MONDAY)
    ConversionType.objects.filter(pk=type_.pk).update(window_days=7)
    feed_once(tmp_path, [CONVERSION_TYPES], LATER)
    assert rows(tmp_path, "conversion_types", "id, window_days") == [(type_.pk, 7)]
