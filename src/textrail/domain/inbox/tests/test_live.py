"""The stream of changes: one look for all who listen, bounded for each member, never a dead end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from django.db import OperationalError

from textrail.domain.inbox.pages import live


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The markers that looks will find, one after the other; the last one stays."""
    markers = ["1"]
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)

    def look(business_id: int) -> str:
        marker = markers[0]
        if len(markers) > 1:
            markers.pop(0)
        if marker == "broken":
            raise OperationalError
        if marker == "mistaken":
            raise KeyError(marker)
        return marker

    monkeypatch.setattr(live, "_look", look)
    return markers


def listen(user_id: int = 1, known: str = "") -> aclosing[Any]:
    return aclosing(live.changes(7, known, user_id=user_id))


async def told(stream: object) -> str:
    """The next thing that a stream says but that it is still there."""
    while (said := await anext(stream)).startswith(b":"):  # type: ignore[call-overload]
        pass
    return str(said.decode().strip())


def test_all_who_listen_share_one_look_and_hear_the_same(looks: list[str]) -> None:
    async def watch() -> None:
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(listen(n)) for n in range(5)]
            for stream in streams:
                assert await told(stream) == "retry: 3000"
            assert len(live._watches) == 1
            heard = await asyncio.gather(*(told(stream) for stream in streams))
            assert set(heard) == {"id: 1\ndata: 1"}
            looks.append("2")
            heard = await asyncio.gather(*(told(stream) for stream in streams))
            assert set(heard) == {"id: 2\ndata: 2"}
        assert live._watches == {}
        assert not live._open

    asyncio.run(watch())


def test_who_knows_the_marker_hears_nothing_until_it_changes(looks: list[str]) -> None:
    async def watch() -> None:
        async with listen(known="1") as stream:
            assert await told(stream) == "retry: 3000"
            assert (await anext(stream)).startswith(b":")
            looks.append("2")
            assert await told(stream) == "id: 2\ndata: 2"

    asyncio.run(watch())


def test_the_oldest_of_many_pages_gives_way(
    looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 2)

    async def watch() -> None:
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(listen()) for _ in range(3)]
            other = await stack.enter_async_context(listen(user_id=2))
            for stream in (*streams, other):
                assert await told(stream) == "retry: 3000"
            assert await told(streams[0]) == "retry: 60000"
            with pytest.raises(StopAsyncIteration):
                await anext(streams[0])
            for stream in (*streams[1:], other):
                assert await told(stream) == "id: 1\ndata: 1"

    asyncio.run(watch())


@pytest.mark.parametrize("failure", ["broken", "mistaken"])
def test_a_look_that_fails_ends_the_streams_and_a_new_one_looks_again(
    looks: list[str], caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    looks[:] = [failure, "3"]

    async def watch() -> None:
        async with listen() as stream:
            assert await told(stream) == "retry: 3000"
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            async with listen() as again:
                assert await told(again) == "retry: 3000"
                assert await told(again) == "id: 3\ndata: 3"
        assert live._watches == {}

    asyncio.run(watch())
    assert "a look for changes failed" in caplog.text


def test_who_was_busy_while_a_look_failed_does_not_wait_for_the_next(looks: list[str]) -> None:
    looks[:] = ["1", "broken"]

    async def watch() -> None:
        async with listen() as stream:
            assert await told(stream) == "retry: 3000"
            assert await told(stream) == "id: 1\ndata: 1"
            while not live._watches[7].ended:
                await asyncio.sleep(0.01)
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(anext(stream), 1)

    asyncio.run(watch())
