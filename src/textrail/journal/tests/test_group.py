"""Group commit answers after the commit, loses nothing, and gets over a full disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from textrail.journal.group import GroupCommit
from textrail.journal.port import Arrival, Entry
from textrail.journal.sqlite import SqliteStore
from textrail.vocabulary.errors import Unavailable


class Disk:
    """A store whose disk the test fills, frees and holds up."""

    def __init__(self) -> None:
        self.batches: list[list[Entry]] = []
        self.full = False
        self.free = threading.Event()
        self.free.set()

    def write(self, entries: Sequence[Entry]) -> None:
        self.free.wait(5)
        if self.full:
            raise OSError(28, "No space left on device")
        self.batches.append(list(entries))

    def read(self, *, after: int, limit: int) -> list[Arrival]:
        raise NotImplementedError

    def newest(self) -> int:
        raise NotImplementedError

    def trim(self, *, through: int, before: int) -> int:
        raise NotImplementedError

    def close(self) -> None: ...


def test_everything_appended_at_once_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "arrivals.db")
    seen: list[int] = []

    async def one(journal: GroupCommit, number: int) -> None:
        body = str(number).encode()
        await journal.append("click", number, body)
        assert body in {arrival.body for arrival in store.read(after=0, limit=1000)}

    async def run() -> None:
        journal = GroupCommit(store, observe=lambda count, seconds: seen.append(count))
        await asyncio.gather(*(one(journal, number) for number in range(300)))
        await journal.close()

    asyncio.run(run())
    assert sorted(a.at for a in store.read(after=0, limit=1000)) == list(range(300))
    assert sum(seen) == 300
    assert len(seen) < 300
    store.close()


def test_nobody_is_answered_while_the_disk_is_busy() -> None:
    disk = Disk()
    disk.free.clear()

    async def run() -> None:
        journal = GroupCommit(disk)
        first = journal.append("click", 1, b"")
        await asyncio.sleep(0.05)
        second = journal.append("click", 2, b"")
        await asyncio.sleep(0.05)
        assert not first.done()
        assert not second.done()
        disk.free.set()
        await asyncio.gather(first, second)
        await journal.close()

    asyncio.run(run())
    assert [[entry.at for entry in batch] for batch in disk.batches] == [[1], [2]]


def test_a_full_disk_refuses_the_whole_batch_and_the_next_one_is_tried_anew() -> None:
    disk = Disk()
    disk.full = True

    async def run() -> None:
        journal = GroupCommit(disk)
        results = await asyncio.gather(
            journal.append("click", 1, b""),
            journal.append_many([Entry("intake", 2, b""), Entry("intake", 3, b"")]),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [Unavailable, Unavailable]
        disk.full = False
        await journal.append("click", 4, b"")
        await journal.close()

    asyncio.run(run())
    assert [[entry.at for entry in batch] for batch in disk.batches] == [[4]]


def test_an_arrival_whose_sender_has_gone_is_kept_and_hurts_nobody() -> None:
    disk = Disk()
    disk.free.clear()

    async def run() -> None:
        journal = GroupCommit(disk)
        gone = journal.append("click", 1, b"")
        stayed = journal.append("click", 2, b"")
        await asyncio.sleep(0)
        gone.cancel()
        disk.free.set()
        await stayed
        await journal.close()

    asyncio.run(run())
    assert [[entry.at for entry in batch] for batch in disk.batches] == [[1, 2]]


def test_closing_finishes_what_was_appended_and_refuses_the_rest() -> None:
    disk = Disk()

    async def run() -> None:
        journal = GroupCommit(disk)
        promises = [journal.append("click", number, b"") for number in range(10)]
        await journal.close()
        assert all(promise.done() for promise in promises)
        with pytest.raises(Unavailable):
            journal.append("click", 11, b"")

    asyncio.run(run())
    assert sum(len(batch) for batch in disk.batches) == 10


def test_who_is_answered_and_asks_again_goes_with_those_who_waited_meanwhile() -> None:
    disk = Disk()
    disk.free.clear()

    async def run() -> None:
        journal = GroupCommit(disk)
        told = asyncio.Event()

        def ask_again(failure: Unavailable | None) -> None:
            journal.keep([Entry("click", 3, b"")], lambda failure: told.set())

        journal.keep([Entry("click", 1, b"")], ask_again)
        await asyncio.sleep(0.05)
        waiting = journal.append("click", 2, b"")
        disk.free.set()
        async with asyncio.timeout(5):
            await asyncio.gather(waiting, told.wait())
        await journal.append("click", 4, b"")
        await journal.close()

    asyncio.run(run())
    assert [[entry.at for entry in batch] for batch in disk.batches] == [[1], [2, 3], [4]]
