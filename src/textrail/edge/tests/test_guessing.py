"""Who asks for codes that do not exist is slowed down, alone, and never locked out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from textrail.domain.accounts.models import Business
from textrail.edge import guessing
from textrail.edge.asgi import Application
from textrail.edge.guessing import AT_ONCE, SECONDS_EACH, Guesses, TooManyGuesses
from textrail.edge.tests.conftest import Caller, Disk, counted, make_link


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr("textrail.edge.guessing.time.monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def neighbour(app: Application) -> Iterator[Caller]:
    caller = Caller(app, peer=("203.0.113.10", 40000))
    yield caller
    caller.close()


def test_a_client_that_guesses_is_asked_to_wait_whatever_it_asks_for(
    call: Caller,
    neighbour: Caller,
    scraper: Caller,
    disk: Disk,
    business: Business,
    seconds: list[float],
) -> None:
    make_link(business, "https://shop.example/", "abc23456")
    for number in range(AT_ONCE):
        assert call("GET", f"/guess{number}").status_code == 404
    assert call("GET", "/abc23456", headers={"host": "other.example"}).status_code == 429
    unknown, known = call("GET", "/guess"), call("GET", "/abc23456")
    assert (unknown.status_code, known.status_code) == (429, 429)
    assert unknown.content == known.content
    assert dict(unknown.headers) == dict(known.headers)
    assert unknown.headers["retry-after"] == str(SECONDS_EACH)
    assert neighbour("GET", "/abc23456").status_code == 302
    assert call("GET", "/").status_code == 200
    assert len(disk.read(after=0, limit=10)) == 1
    assert counted(scraper, "textrail_unknown_codes_total") == AT_ONCE
    assert counted(scraper, "textrail_guesses_limited_total") == 3
    seconds[0] += SECONDS_EACH
    assert call("GET", "/abc23456").status_code == 302
    assert call("GET", "/guess").status_code == 404
    assert call("GET", "/abc23456").status_code == 429
    seconds[0] += AT_ONCE * SECONDS_EACH
    for number in range(AT_ONCE):
        assert call("GET", f"/guess{number}").status_code == 404
    assert call("GET", "/guess").status_code == 429


def test_who_taps_links_that_exist_is_never_slowed_down(
    call: Caller, business: Business, seconds: list[float]
) -> None:
    make_link(business, "https://shop.example/", "abc23456")
    for _ in range(3 * AT_ONCE):
        assert call("GET", "/abc23456").status_code == 302


@pytest.mark.parametrize(
    ("guesser", "same", "other"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.10"),
        ("203.0.113.9", "::ffff:203.0.113.9", "::ffff:203.0.113.10"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
        ("", "", "203.0.113.9"),
    ],
)
def test_a_client_is_an_ipv4_address_or_a_connection_of_ipv6(
    seconds: list[float], guesser: str, same: str, other: str
) -> None:
    guesses = Guesses()
    for _ in range(AT_ONCE):
        guesses.check(same)
        guesses.count(guesser)
    with pytest.raises(TooManyGuesses):
        guesses.check(same)
    guesses.check(other)


def test_asking_while_limited_does_not_make_the_wait_longer(seconds: list[float]) -> None:
    guesses = Guesses()
    for _ in range(AT_ONCE):
        guesses.count("203.0.113.9")
    for _ in range(1000):
        with pytest.raises(TooManyGuesses):
            guesses.check("203.0.113.9")
    seconds[0] += SECONDS_EACH
    guesses.check("203.0.113.9")


def test_a_flood_of_clients_takes_no_more_memory_than_is_set_aside(
    seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "MOST_CLIENTS", 100)
    guesses = Guesses()
    for number in range(1000):
        guesses.count(f"10.0.{number // 250}.{number % 250}")
    assert len(guesses._full_at) == 100
