"""The whole way of a list: uploaded, worked on, stopped in the middle, handed back, deleted."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import record_consent
from textrail.domain.contacts.models import ConsentKind, Contact, Person
from textrail.domain.links import actions, tasks
from textrail.domain.links.actions import handout_files, handouts
from textrail.domain.links.actions.handout_files import Files, Seen, keep_upload
from textrail.domain.links.models import Code, Domain, Handout, Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.handout_rows import NO_SUCH_PHONE, OPTED_OUT
from textrail.domain.links.rules.handouts import check_layout, guess_columns, look
from textrail.domain.links.tasks import handouts as task_module
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.csv_reading import Writing
from textrail.vocabulary.errors import Conflict, Malformed, TooLarge, Transient
from textrail.vocabulary.phone import PhoneNumber

ANN = PhoneNumber("+14155550123")
BASE = "http://127.0.0.1:8001"
PEOPLE = "phone,name\r\n" + "".join(f"415555{n:04},Person {n}\r\n" for n in range(100, 112))

Upload = Callable[[bytes], Handout]


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Sale",
        destination="https://shop.example/",
        utm=Utm(),
        at=clock.now(),
    )


@pytest.fixture
def upload(link: Link, context: Context) -> Upload:
    """A list, uploaded and started with the columns that were guessed."""

    def start(content: bytes) -> Handout:
        at = context.clock.now()
        kept = keep_upload(context.media_folder, [content[:5], content[5:]])
        handout = actions.add_handout(
            business=link.business, link=link, name="people.csv", upload=kept, at=at
        )
        seen = look(Files(context.media_folder, kept.token).head(), kept.writing, country="US")
        layout = check_layout(seen, guess_columns(seen, country="US"), link_heading="short_link")
        actions.start_handout(handout=handout, layout=layout, at=at)
        return handout

    return start


def work(context: Context, handout: Handout) -> Handout:
    tasks.make_handout(context, Task(1, handouts.MAKE_HANDOUT, {"handout_id": handout.pk}, 1))
    return Handout.objects.get(id=handout.pk)


def result(context: Context, handout: Handout) -> bytes:
    """The result as far as it counts."""
    path = Files(context.media_folder, handout.token).result
    return path.read_bytes()[: Handout.objects.get(id=handout.pk).written]


def table(content: bytes, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline="")))


def test_each_row_comes_back_with_the_link_of_its_person(
    upload: Upload, context: Context, link: Link
) -> None:
    handout = work(context, upload(PEOPLE.encode()))
    assert (handout.status, handout.made, handout.failed) == ("ready", 12, 0)
    rows = table(result(context, handout))
    assert len(rows) == 12
    for row in rows:
        code = Code.objects.get(code=row["short_link"].removeprefix(f"{BASE}/"))
        assert code.contact_id is not None
        contact = Contact.objects.get(id=code.contact_id)
        assert code.link == link
        assert (contact.phone, contact.name) == (f"+1{row['phone']}", row["name"])
        assert row["error"] == ""
    given = [line.removesuffix("\r\n") for line in PEOPLE.splitlines(keepends=True)]
    back = result(context, handout).decode().split("\r\n")
    assert all(line.startswith(f"{was},") for line, was in zip(back, given, strict=False))
    assert not Files(context.media_folder, handout.token).list.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_list_goes_back_in_the_encoding_in_which_it_came(
    upload: Upload, context: Context, encoding: str
) -> None:
    text = "phone;name\n4155550123;Zoë\n"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    content = (mark + text).encode(encoding)
    handout = work(context, upload(content))
    code = Code.objects.get().code
    back = f"phone;name;short_link;error\n4155550123;Zoë;{BASE}/{code};\n"
    assert result(context, handout) == (mark + back).encode(encoding)
    assert Contact.objects.get().name == "Zoë"


def test_a_phone_that_comes_twice_has_one_link_and_the_row_says_so(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "CHUNK_ROWS", 2)
    content = b"phone\n4155550123\n(415) 555-0123\n4155550124\n+14155550123\n"
    handout = work(context, upload(content))
    rows = table(result(context, handout))
    assert len({row["short_link"] for row in rows}) == 2
    assert rows[0]["short_link"] == rows[1]["short_link"] == rows[3]["short_link"]
    same = "The same phone number as in row 2, and the same link."
    assert [row["error"] for row in rows] == ["", same, "", same]
    assert (handout.made, handout.repeated, handout.failed) == (4, 2, 0)
    assert Code.objects.count() == Contact.objects.count() == 2


def test_who_opted_out_gets_no_link(upload: Upload, context: Context, business: Business) -> None:
    record_consent(
        business=business,
        phone=ANN,
        kind=ConsentKind.OPT_OUT,
        source="text",
        at=context.clock.now(),
    )
    handout = work(context, upload(b"phone\n4155550123\n4155550124\nnone\n"))
    rows = table(result(context, handout))
    assert [row["error"] for row in rows] == [OPTED_OUT, "", NO_SUCH_PHONE]
    assert [bool(row["short_link"]) for row in rows] == [False, True, False]
    assert (handout.made, handout.failed, handout.opted_out) == (1, 2, 1)
    assert not Contact.objects.filter(phone=ANN).exists()


def test_uneven_and_blank_rows_keep_our_cells_in_their_columns(
    upload: Upload, context: Context
) -> None:
    content = b'phone,note\n4155550123\n\n4155550124,"two\nlines"\n4155550125,a,b\n'
    handout = work(context, upload(content))
    rows = table(result(context, handout))
    assert [bool(row["short_link"]) for row in rows] == [True, True, False]
    assert rows[1]["note"] == "two\nlines"
    assert rows[2]["error"] == "This row has 3 cells, and the first row of the file 2."
    assert (handout.rows, handout.made, handout.failed) == (5, 2, 1)


def test_a_list_without_a_heading_gets_none(upload: Upload, context: Context) -> None:
    handout = work(context, upload(b"4155550123\r\n4155550124"))
    first, second = result(context, handout).decode().split("\r\n")
    assert first.startswith(f"4155550123,{BASE}/")
    assert second.endswith(",")


def test_links_begin_with_the_domain_of_the_link(
    upload: Upload, context: Context, link: Link, business: Business
) -> None:
    domain = Domain.objects.create(
        business=business, host="go.harbor.example", code_length=12, created_at=link.created_at
    )
    Link.objects.filter(id=link.pk).update(domain=domain)
    work(context, handout := upload(b"phone\n4155550123\n"))
    (row,) = table(result(context, handout))
    assert row["short_link"].startswith("http://go.harbor.example:8001/")
    assert len(Code.objects.get().code) == 12


def test_an_open_quotation_mark_fails_the_list_before_anything_is_made(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "CHUNK_ROWS", 2)
    handout = work(context, upload(PEOPLE.encode() + b'4155550199,"Lee\n'))
    assert handout.status == "failed"
    assert handout.problem.startswith("A quotation mark in row 14 never closes")
    assert (handout.read, handout.written, handout.made) == (0, 0, 0)
    assert not Code.objects.exists()
    assert not Contact.objects.exists()


class Killed(BaseException):
    """What a worker does not survive."""


@pytest.mark.parametrize("broken", [(Files, "write"), (Seen, "add"), (Seen, "commit")])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at_call", [1, 2])
def test_a_worker_that_dies_gives_out_nothing_twice(
    upload: Upload,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    broken: tuple[type, str],
    after: bool,
    at_call: int,
) -> None:
    """It dies before or after what it writes, in the first chunk and later; another one goes on."""
    monkeypatch.setattr(task_module, "CHUNK_ROWS", 5)
    handout = upload((PEOPLE + "4155550100,Person 100\r\n4155550111,Last\r\n").encode())
    kind, name = broken
    real, calls = getattr(kind, name), 0

    def die(*arguments: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == at_call and not after:
            raise Killed
        real(*arguments, **named)
        if calls == at_call:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kind, name, die)
        with pytest.raises(Killed):
            work(context, handout)
    done = work(context, handout)
    rows = table(result(context, done))
    assert [row["phone"] for row in rows[:12]] == [f"415555{n:04}" for n in range(100, 112)]
    assert len({row["short_link"] for row in rows}) == 12
    assert rows[12]["short_link"] == rows[0]["short_link"]
    assert rows[13]["error"] == "The same phone number as in row 13, and the same link."
    assert (done.status, done.made, done.repeated) == ("ready", 14, 2)
    assert Code.objects.count() == Contact.objects.count() == Person.objects.count() == 12
    assert Files(context.media_folder, done.token).result.stat().st_size == done.written


def test_what_a_worker_left_that_died_behind_the_last_row_is_cleared_away(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    handout = upload(PEOPLE.encode())
    files = Files(context.media_folder, handout.token)

    def die(_: Files) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Files, "discard_work", die)
        with pytest.raises(Killed):
            work(context, handout)
    before = result(context, handout)
    assert work(context, handout).status == "ready"
    assert [path.name for path in files.folder.iterdir()] == ["result.csv"]
    assert result(context, handout) == before


def test_a_second_worker_on_the_same_list_does_nothing(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease ran out while the first worker was slow: each takes up where the list stands."""
    monkeypatch.setattr(task_module, "CHUNK_ROWS", 5)
    handout = upload(PEOPLE.encode())
    real = actions.write_chunk
    entered = False

    def overtaken(**arguments: Any) -> bool:
        nonlocal entered
        if not entered:
            entered = True
            work(context, handout)
        return real(**arguments)

    monkeypatch.setattr(actions, "write_chunk", overtaken)
    done = work(context, handout)
    assert (done.status, done.made) == ("ready", 12)
    assert len(table(result(context, done))) == 12
    assert Code.objects.count() == 12


def test_a_collision_is_tried_again_and_leaves_nothing_behind(
    upload: Upload, context: Context, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    Code.objects.create(code="takencode", link=link)
    drawn = iter([["takencode"], ["freshcode"]])
    monkeypatch.setattr(handouts, "reserve_codes_for", lambda links: next(drawn))
    handout = work(context, upload(b"phone\n4155550123\n"))
    (row,) = table(result(context, handout))
    assert row["short_link"] == f"{BASE}/freshcode"

    def always(**_: object) -> bool:
        raise IntegrityError

    monkeypatch.setattr(actions, "write_chunk", always)
    with pytest.raises(Transient):
        work(context, upload(b"phone\n4155550123\n"))


def test_a_long_list_is_worked_on_in_turns(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "CHUNK_ROWS", 5)
    monkeypatch.setattr(task_module, "TURN_SECONDS", 0)
    handout = upload(PEOPLE.encode())
    turns = 0
    while (work(context, handout)).status == "working":
        turns += 1
    assert turns == 2
    waiting = Work.objects.filter(kind=handouts.MAKE_HANDOUT)
    assert waiting.count() == 1 + turns
    assert len(table(result(context, handout))) == 12


def test_a_full_disk_is_said_and_waited_for(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    handout = upload(PEOPLE.encode())

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(Transient):
            work(context, handout)
    stopped = Handout.objects.get(id=handout.pk)
    assert stopped.status == "working"
    assert stopped.problem.startswith("The disk of this installation is full.")
    assert not Code.objects.exists()
    done = work(context, handout)
    assert (done.status, done.problem, done.made) == ("ready", "", 12)


def test_a_list_that_is_deleted_in_the_middle_ends_quietly(
    upload: Upload, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    handout = upload(PEOPLE.encode())
    files = Files(context.media_folder, handout.token)
    real = actions.write_chunk

    def deleted(**arguments: Any) -> bool:
        actions.remove_handout(
            handout=handout, media_folder=context.media_folder, at=context.clock.now()
        )
        return real(**arguments)

    monkeypatch.setattr(actions, "write_chunk", deleted)
    task = Task(1, handouts.MAKE_HANDOUT, {"handout_id": handout.pk}, 1)
    tasks.make_handout(context, task)
    tasks.make_handout(context, task)
    assert not Handout.objects.exists()
    assert not Code.objects.exists()
    assert not files.result.exists()


def test_a_file_that_is_gone_fails_the_list(upload: Upload, context: Context) -> None:
    handout = upload(PEOPLE.encode())
    Files(context.media_folder, handout.token).discard()
    assert work(context, handout).problem == "The file is gone. Upload it again."


def test_work_begins_once(upload: Upload, context: Context) -> None:
    handout = upload(PEOPLE.encode())
    seen = look(PEOPLE.encode(), Writing("utf-8"), country="US")
    layout = check_layout(seen, {"phone": 0}, link_heading="short_link")
    for _ in range(2):
        with pytest.raises(Conflict):
            actions.start_handout(handout=handout, layout=layout, at=context.clock.now())
        work(context, handout)
    assert Code.objects.count() == 12


@pytest.mark.parametrize(
    ("content", "error"), [(b"", Malformed), (b"PK\x03\x04", Malformed), (b"x" * 200, TooLarge)]
)
def test_a_refused_upload_leaves_no_file(
    context: Context, monkeypatch: pytest.MonkeyPatch, content: bytes, error: type[Exception]
) -> None:
    monkeypatch.setattr(handout_files, "LARGEST_LIST", 100)
    with pytest.raises(error):
        keep_upload(context.media_folder, [content])
    assert list(context.media_folder.rglob("*.*")) == []


def test_old_lists_and_lost_files_are_swept_away(
    upload: Upload, context: Context, clock: ManualClock
) -> None:
    old = upload(PEOPLE.encode())
    work(context, old)
    clock.advance(timedelta(days=20))
    young = upload(PEOPLE.encode())
    lost = keep_upload(context.media_folder, [PEOPLE.encode()])
    fresh = keep_upload(context.media_folder, [PEOPLE.encode()])
    long_ago = (clock.now() - timedelta(days=2)).timestamp()
    for token, moment in ((lost.token, long_ago), (fresh.token, clock.now().timestamp() + 864_000)):
        os.utime(Files(context.media_folder, token).folder, (moment, moment))
    clock.advance(timedelta(days=10, seconds=1))
    tasks.sweep_handouts(context, Task(1, "links.sweep_handouts", {}, 1))
    assert list(Handout.objects.all()) == [young]
    kept = {path.name for path in (context.media_folder / "handouts").iterdir()}
    assert kept == {young.token, fresh.token}
    assert Code.objects.count() == 12


def test_lists_of_two_businesses_are_apart(
    upload: Upload, context: Context, other_business: Business, clock: ManualClock
) -> None:
    record_consent(
        business=other_business, phone=ANN, kind=ConsentKind.OPT_OUT, source="text", at=clock.now()
    )
    handout = work(context, upload(b"phone\n4155550123\n"))
    assert (handout.made, handout.opted_out) == (1, 0)
    assert Contact.objects.get().business == handout.business


def test_a_chunk_takes_a_bounded_number_of_statements(
    upload: Upload, context: Context, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    handout = upload(b"phone\n" + b"".join(b"415555%04d\n" % n for n in range(800)))
    with django_assert_max_num_queries(30):
        assert work(context, handout).made == 800
