"""Fetching media must not become a way into the operator's network or leak the carrier's secret."""

from __future__ import annotations

import httpx
import pytest

from textrail.carriers import media
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient

HOME = "https://api.carrier.test"
ADDRESSES = {"cdn.test": ["93.184.216.34"], "inside.test": ["10.0.0.7"], "both.test": []}
ADDRESSES["both.test"] = ["93.184.216.34", "127.0.0.1"]


def fetch(answers: dict[str, httpx.Response], url: str, seen: list[httpx.Request]) -> bytes:
    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers[f"{request.headers['host']}{request.url.path}"]

    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        return media.fetch(
            http,
            url,
            limit=10,
            home=HOME,
            auth=("AC1", "token"),
            look_up=lambda host, port: ADDRESSES.get(host, [host]),
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
