"""The world over HTTP: what the phone page reads and writes, and what a stranger may not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator

import httpx
import pytest

from textrail.carriers.simulator.app import LARGEST_BODY, create_app
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.conftest import (
    CREDENTIALS,
    HANDSET,
    NUMBER,
    Textrail,
    let_pass,
    outgoing,
)
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Transient

LONDON = "+442079460018"


@pytest.fixture
def phone(world: World, client: SimulatorClient) -> Iterator[httpx.Client]:
    transport = WorldTransport(world)
    with httpx.Client(transport=transport, base_url="http://phone.test") as phone:
        yield phone


def screen(phone: httpx.Client, thread: str = NUMBER) -> dict[str, list[dict[str, object]]]:
    answer = phone.get(f"/api/handsets/{HANDSET}", params={"thread": thread})
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_text_shows_as_delivered_when_the_business_has_it(
    phone: httpx.Client, world: World, textrail: Textrail
) -> None:
    picture = {"content_type": "image/png", "base64": base64.b64encode(b"png").decode()}
    text = {"sender": HANDSET, "recipient": NUMBER, "body": "Hi", "pictures": [picture]}
    assert phone.post("/api/handset/text", json=text).status_code == 201
    assert screen(phone)["items"][0]["state"] == "sending"
    world.pump()
    (item,) = screen(phone)["items"]
    assert item["state"] == "delivered"
    media = item["media"]
    assert isinstance(media, list)
    assert phone.get(media[0]).content == b"png"


def test_an_answer_is_unread_until_its_thread_is_opened(
    phone: httpx.Client, world: World, client: SimulatorClient, clock: ManualClock
) -> None:
    phone.put(f"/api/handsets/{HANDSET}", json={})
    client.hand_over(outgoing(body="Tap http://links.test/Ab3dEf9h now"), CREDENTIALS)
    let_pass(world, clock)
    shown = screen(phone)
    assert shown["threads"][0]["unread"] == 1
    assert shown["identities"][0]["unread"] == 1
    parts = shown["items"][0]["parts"]
    assert isinstance(parts, list)
    assert parts[1]["href"].startswith("/tap?url=http%3A%2F%2Flinks.test%2FAb3dEf9h&as=%2B1212")
    phone.post(f"/api/handsets/{HANDSET}/threads/{NUMBER}/read", json={})
    assert screen(phone)["threads"][0]["unread"] == 0
    assert phone.get(parts[1]["href"]).headers["location"].startswith("https://shop.test/")
    prefetch = phone.get(parts[1]["href"], headers={"sec-purpose": "prefetch"})
    assert prefetch.status_code == 422


def test_a_call_from_the_page_rings_until_it_is_ended(phone: httpx.Client) -> None:
    call = phone.post("/api/handset/call", json={"caller": HANDSET, "called": NUMBER}).json()
    assert call["in_service"]
    end = {"outcome": "voicemail", "seconds": 4, "voicemail": "Hello"}
    assert phone.post(f"/api/handset/call/{call['id']}/end", json=end).status_code == 200
    item = screen(phone)["items"][0]
    assert (item["outcome"], item["voicemail"]) == ("voicemail", "Hello")
    dead = phone.post("/api/handset/call", json={"caller": HANDSET, "called": "+14155559999"})
    assert not dead.json()["in_service"]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/api/handset/text", b"{", 422),
        ("POST", "/api/handset/text", b'{"sender":1,"recipient":2}', 422),
        (
            "POST",
            "/api/handset/text",
            b'{"sender":"12","recipient":"+14155550100"}',
            422,
        ),
        ("POST", "/api/handset/text", b'{"sender":"+12125550123","recipient":"+14155550100"}', 422),
        ("PUT", "/api/handsets/12", b"{}", 422),
        ("GET", "/api/handsets/nobody", b"", 404),
        ("POST", "/api/messages", b"{}", 401),
        ("POST", f"/api/handset/call/CA{'0' * 32}/end", b'{"outcome":"missed"}', 404),
        ("DELETE", "/api/numbers", b"", 404),
    ],
)
def test_bad_input_gets_one_clear_error(
    phone: httpx.Client, method: str, path: str, content: bytes, status: int
) -> None:
    headers = {"content-type": "application/json"}
    answer = phone.request(method, path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_foreign_page_cannot_text_with_a_plain_form(phone: httpx.Client) -> None:
    content = f'{{"sender":"{HANDSET}","recipient":"{NUMBER}","body":"x"}}'
    answer = phone.post(
        "/api/handset/text", content=content, headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


def test_the_page_runs_its_own_files_only(phone: httpx.Client) -> None:
    page = phone.get("/phone")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in page.text
    assert " on" + "click=" not in page.text
    for path in ("/static/phone.js", "/static/phone.css", "/static/samples/drip.png"):
        assert phone.get(path).status_code == 200
    for path in ("/static/../world.py", "/static/none.js", "/static/%2e%2e/app.py"):
        assert phone.get(path).status_code == 404


def test_the_asgi_application_answers_and_refuses_what_is_too_large(world: World) -> None:
    async def ask(method: str, path: str, body: bytes) -> int:
        transport = httpx.ASGITransport(create_app(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://phone.test") as phone:
            return (await phone.request(method, path, content=body)).status_code

    assert asyncio.run(ask("GET", "/phone", b"")) == 200
    assert asyncio.run(ask("POST", "/api/handset/text", b"x" * (LARGEST_BODY + 1))) == 413


def test_texts_of_one_millisecond_show_in_the_order_in_which_they_were_sent(
    phone: httpx.Client,
) -> None:
    bodies = [f"text {number}" for number in range(12)]
    for body in bodies:  # the clock stands still
        text = {"sender": HANDSET, "recipient": NUMBER, "body": body}
        assert phone.post("/api/handset/text", json=text).status_code == 201
    shown = screen(phone)
    assert [item["parts"] for item in shown["items"]] == [[{"text": body}] for body in bodies]
    assert shown["threads"][0]["line"] == "You: text 11"


def test_whoever_holds_the_phone_says_what_the_carrier_does_wrong(
    phone: httpx.Client, client: SimulatorClient
) -> None:
    assert phone.get(f"/api/handsets/{HANDSET}").json()["mishap"] == {"name": "", "share": 0}
    wrong = {"name": "refused", "share": 1}
    assert phone.put("/api/mishap", json=wrong).status_code == 200
    assert phone.get(f"/api/handsets/{HANDSET}").json()["mishap"] == wrong
    with pytest.raises(Transient):
        client.hand_over(outgoing(), CREDENTIALS)
    assert phone.put("/api/mishap", json={"name": ""}).status_code == 200
    client.hand_over(outgoing(), CREDENTIALS)


@pytest.mark.parametrize("wrong", [{"name": "late"}, {"name": "broken", "share": 0}, {"share": 1}])
def test_the_carrier_does_nothing_wrong_that_it_does_not_know(
    phone: httpx.Client, wrong: dict[str, object]
) -> None:
    assert phone.put("/api/mishap", json=wrong).status_code == 422
    assert phone.get(f"/api/handsets/{HANDSET}").json()["mishap"]["name"] == ""


def test_numbers_are_shown_as_who_holds_the_phone_dials_them(
    phone: httpx.Client, client: SimulatorClient
) -> None:
    phone.post("/api/handset/text", json={"sender": LONDON, "recipient": NUMBER, "body": "Hi"})
    phone.put(f"/api/handsets/{LONDON}", json={})
    seen = phone.get(f"/api/handsets/{LONDON}", params={"thread": NUMBER}).json()
    assert seen["shown"] == "020 7946 0018"
    assert [row["shown"] for row in seen["threads"]] == ["+1 415-555-0100"]
    assert [row["shown"] for row in seen["numbers"]] == ["+1 415-555-0100"]
    [one] = screen(phone)["identities"]
    assert one["shown"] == "+44 20 7946 0018"
