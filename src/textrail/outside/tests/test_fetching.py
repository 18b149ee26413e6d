from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from textrail.outside.fetching import (
    PrivateAddressError,
    UnknownNameError,
    open_public_client,
)
from textrail.outside.tests.web import Authority, Site, reply, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def port(site: Site) -> str:
    return site.url.rpartition(":")[2]


def test_a_page_on_this_machine_is_called_only_where_that_is_allowed(site: Site) -> None:
    site.page("/")
    with open_public_client() as http, pytest.raises(PrivateAddressError):
        http.get(site.url)
    with open_public_client(allow_private=True) as http:
        assert http.get(site.url).text == "Hello"
    assert site.asked == ["/"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_spelling_of_this_machine_gets_through(site: Site, host: str) -> None:
    with open_public_client() as http, pytest.raises(httpx.HTTPError):
        http.get(f"http://{host}:{port(site)}/")
    assert site.asked == []


def test_a_name_with_one_private_address_is_refused(site: Site) -> None:
    def look_up(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "127.0.0.1"]

    with open_public_client(look_up=look_up) as http, pytest.raises(PrivateAddressError):
        http.get(f"http://shop.example:{port(site)}/")


def test_a_name_that_changes_its_answer_is_looked_up_once(site: Site) -> None:
    """What was judged is what is called: the second answer would lead elsewhere."""
    site.page("/")
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    def look_up(host: str, port: int) -> Sequence[str]:
        return next(answers)

    with open_public_client(allow_private=True, look_up=look_up) as http:
        assert http.get(f"http://shop.example:{port(site)}/").status_code == 200
        with pytest.raises(PrivateAddressError):
            http.get(f"http://shop.example:{port(site)}/")
    assert site.headers[0]["host"] == f"shop.example:{port(site)}"


def test_a_redirect_into_a_private_network_is_refused(site: Site) -> None:
    site.redirect("/", "http://inside.example/secret")
    names = {"shop.example": ["127.0.0.1"], "inside.example": ["169.254.169.254"]}

    def look_up(host: str, port: int) -> Sequence[str]:
        return names[host]

    with (
        open_public_client(allow_private=True, look_up=look_up) as http,
        pytest.raises(PrivateAddressError),
    ):
        http.get(f"http://shop.example:{port(site)}/", follow_redirects=True)


def test_an_address_that_does_not_answer_leaves_the_next_one(site: Site) -> None:
    site.page("/")

    def look_up(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]  # nothing listens on the first

    with open_public_client(allow_private=True, look_up=look_up) as http:
        assert http.get(f"http://shop.example:{port(site)}/").status_code == 200


def test_a_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    with (
        open_public_client(look_up=lambda host, port: []) as http,
        pytest.raises(UnknownNameError),
    ):
        http.get("http://shop.example/")


def test_a_look_up_that_takes_for_ever_is_given_up() -> None:
    def look_up(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return []

    began = time.monotonic()
    with (
        open_public_client(seconds=0.2, look_up=look_up) as http,
        pytest.raises(httpx.ConnectTimeout),
    ):
        http.get("http://shop.example/")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("where", ["headers", "body"])
def test_an_answer_that_drips_is_cut_off(site: Site, where: str) -> None:
    """Each byte comes well within the timeout of a read; all of them never would."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(
            b"HTTP/1.0 200 OK\r\n" if where == "headers" else b"HTTP/1.0 200 OK\r\n\r\n"
        )
        for _ in range(100):
            request.wfile.write(b"x: y\r\n")
            time.sleep(0.05)

    site.pages["/"] = drip
    began = time.monotonic()
    with (
        open_public_client(allow_private=True, seconds=0.5) as http,
        pytest.raises(httpx.ReadTimeout),
    ):
        http.get(site.url)
    assert time.monotonic() - began < 3


def test_cookies_are_not_kept_and_no_proxy_is_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    site.page("/", set_cookie="seen=1; Path=/")
    with open_public_client(allow_private=True) as http:
        http.get(site.url)
        http.get(site.url)
    assert all("cookie" not in headers for headers in site.headers)


def test_a_request_with_a_body_arrives_whole(site: Site) -> None:
    bodies: list[bytes] = []

    def take(request: BaseHTTPRequestHandler) -> None:
        bodies.append(request.rfile.read(int(request.headers["content-length"])))
        reply(request, 204)

    site.pages["/hook"] = take
    with open_public_client(allow_private=True) as http:
        answer = http.post(f"{site.url}/hook", content=b"{}" * 50_000)
    assert answer.status_code == 204
    assert bodies == [b"{}" * 50_000]


def test_a_certificate_is_asked_for_by_the_name_and_judged_by_it(tmp_path: Path) -> None:
    authority = Authority()
    with serve(authority.server(tmp_path, "shop.example")) as site:
        site.page("/")

        def look_up(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        with open_public_client(allow_private=True, tls=authority.trust(), look_up=look_up) as http:
            assert http.get(f"https://shop.example:{port(site)}/").status_code == 200
            # The same machine under another name: the connection of the first is not its own.
            with pytest.raises(httpx.ConnectError):
                http.get(f"https://other.example:{port(site)}/")
