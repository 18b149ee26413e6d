"""Fetching media must not become a way into the operator's network or leak the carrier's secret."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator

import httpx
import pytest

from textrail.carriers import media
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient

HOME = "https://api.carrier.test"
ADDRESSES = {"cdn.test": ["93.184.216.34"], "inside.test": ["10.0.0.7"], "both.test": []}
ADDRESSES["both.test"] = ["93.184.216.34", "127.0.0.1"]


def fetch(
    answers: dict[str, httpx.Response],
    url: str,
    seen: list[httpx.Request],
    *,
    home: str = HOME,
    look_up: media.Resolve = lambda host, port: ADDRESSES.get(host, [host]),
    stopwatch: Callable[[], float] = lambda: 0.0,
) -> bytes:
    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers[f"{request.headers['host']}{request.url.path}"]

    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        return media.fetch(
            http,
            url,
            limit=10,
            home=home,
            auth=("AC1", "token"),
            look_up=look_up,
            stopwatch=stopwatch,
        )


def test_a_redirect_to_another_host_is_followed_without_our_secret() -> None:
    seen: list[httpx.Request] = []
    answers = {
        "api.carrier.test/m": httpx.Response(307, headers={"location": "https://cdn.test/p"}),
        "cdn.test/p": httpx.Response(200, content=b"picture"),
    }
    assert fetch(answers, f"{HOME}/m", seen) == b"picture"
    assert "authorization" in seen[0].headers
    assert "authorization" not in seen[1].headers


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    seen: list[httpx.Request] = []
    fetch({"cdn.test/p": httpx.Response(200, content=b"x")}, "https://cdn.test/p", seen)
    assert seen[0].url.host == "93.184.216.34"
    assert seen[0].extensions["sni_hostname"] == "cdn.test"


@pytest.mark.parametrize(
    "target",
    [
        "http://cdn.test/p",
        "https://inside.test/",
        "https://both.test/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "file:///etc/passwd",
        "https://",
    ],
)
def test_a_redirect_never_leads_inside(target: str) -> None:
    answers = {"api.carrier.test/m": httpx.Response(302, headers={"location": target})}
    with pytest.raises(Permanent):
        fetch(answers, f"{HOME}/m", [])


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (httpx.Response(200, content=b"eleven byte"), Permanent),
        (httpx.Response(404), Permanent),
        (httpx.Response(503), Transient),
        (httpx.Response(429), Transient),
        (httpx.Response(302, headers={"location": "/m"}), Permanent),
    ],
)
def test_what_cannot_be_fetched_says_whether_later_helps(
    answer: httpx.Response, failure: type[CarryFailure]
) -> None:
    with pytest.raises(failure):
        fetch({"api.carrier.test/m": answer}, f"{HOME}/m", [])


def drip(pieces: Iterable[bytes]) -> httpx.Response:
    return httpx.Response(200, content=iter(pieces))


def test_a_body_without_an_end_is_left_at_the_limit() -> None:
    served = 0

    def endless() -> Iterator[bytes]:
        nonlocal served
        while True:
            served += 1
            yield b"xxx"

    with pytest.raises(Permanent, match="larger than 10 bytes"):
        fetch({"api.carrier.test/m": drip(endless())}, f"{HOME}/m", [])
    assert served == 4


def test_a_body_that_drips_is_left_after_a_minute() -> None:
    ticks = iter([0.0, 30.0, 59.0, 61.0])
    answers = {"api.carrier.test/m": drip([b"a"] * 9)}
    with pytest.raises(Transient, match="too slow"):
        fetch(answers, f"{HOME}/m", [], stopwatch=lambda: next(ticks))


@pytest.mark.parametrize("packed", ["gzip", "gzip, gzip", "br", "Deflate"])
def test_a_packed_body_is_never_unpacked(packed: str) -> None:
    bomb = gzip.compress(gzip.compress(bytes(10_000_000)))
    served = httpx.Response(200, headers={"content-encoding": packed}, content=iter([bomb]))
    seen: list[httpx.Request] = []
    with pytest.raises(Permanent, match="packed"):
        fetch({"api.carrier.test/m": served}, f"{HOME}/m", seen)
    assert seen[0].headers["accept-encoding"] == "identity"


def test_a_name_that_changes_its_mind_after_the_check_is_not_asked_again() -> None:
    answers = iter([["93.184.216.34"], ["10.0.0.7"]])
    seen: list[httpx.Request] = []
    served = {"cdn.test/p": httpx.Response(200, content=b"x")}
    fetch(served, "https://cdn.test/p", seen, look_up=lambda host, port: next(answers))
    assert [request.url.host for request in seen] == ["93.184.216.34"]


def test_without_an_own_address_nothing_is_called_as_given() -> None:
    seen: list[httpx.Request] = []
    for url in ("http://api.carrier.test/m", "/m", "m", "https://10.0.0.7/m"):
        with pytest.raises(Permanent):
            fetch({}, url, seen, home="")
    assert seen == []
