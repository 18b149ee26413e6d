"""Short links on domains of a business, custom back-halves, and what else a host answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Code, Domain
from textrail.edge import hosts
from textrail.edge.hosts import plain_host
from textrail.edge.house import Found, House
from textrail.edge.tests.conftest import Caller, Disk, add_code, make_link
from textrail.vocabulary import arrivals
from textrail.vocabulary.ids import back_half_key
from textrail.vocabulary.sealing import Seal

HARBOR = "go.harbor-hvac.example"
CYS = "cys.example"


def make_domain(business: Business, host: str) -> Domain:
    return Domain.objects.create(business=business, host=host, created_at=business.created_at)


def status(call: Caller, path: str, host: str) -> int:
    return call("GET", path, headers={"host": host}).status_code


@pytest.fixture
def codes(business: Business, other_business: Business) -> None:
    """Each business has a domain, a random code, and the back-half “sale” on its domain; Harbor has
    one on the installation's own address too."""
    ours, theirs = make_domain(business, HARBOR), make_domain(other_business, CYS)
    link = make_link(business, "https://harbor.example/", "harbor23")
    add_code(link, back_half_key(None, "Hello"))
    on_domain = make_link(business, "https://harbor.example/sale", back_half_key(ours.pk, "sale"))
    add_code(on_domain, "harbor24")
    make_link(other_business, "https://cys.example/", "cyscode2")
    make_link(other_business, "https://cys.example/sale", back_half_key(theirs.pk, "sale"))


PLACES = [
    ("go.harbor.example", "/harbor23", "https://harbor.example/"),
    ("go.harbor.example", "/cyscode2", "https://cys.example/"),
    ("go.harbor.example", "/hello", "https://harbor.example/"),
    ("go.harbor.example", "/HELLO", "https://harbor.example/"),
    ("go.harbor.example", "/sale", None),
    ("198.51.100.7:8001", "/harbor23", "https://harbor.example/"),
    ("unknown.example", "/hello", "https://harbor.example/"),
    (HARBOR, "/harbor23", "https://harbor.example/"),
    (HARBOR, "/sale", "https://harbor.example/sale"),
    (f"{HARBOR.upper()}.:443", "/Sale", "https://harbor.example/sale"),
    (HARBOR, "/cyscode2", None),
    (HARBOR, "/hello", None),
    (CYS, "/sale", "https://cys.example/sale"),
    (CYS, "/cyscode2", "https://cys.example/"),
    (CYS, "/harbor23", None),
]


@pytest.mark.usefixtures("codes")
def test_a_domain_leads_to_links_of_its_own_business_alone(call: Caller) -> None:
    for host, path, leads_to in PLACES:
        answer = call("GET", path, headers={"host": host})
        if leads_to is None:
            assert answer.status_code == 404, (host, path)
        else:
            assert answer.headers["location"].startswith(f"{leads_to}?trail_click="), (host, path)


@pytest.mark.usefixtures("codes")
def test_a_tap_on_a_back_half_is_kept_under_the_code_that_is_stored(
    call: Caller, disk: Disk
) -> None:
    call("GET", "/Sale", headers={"host": HARBOR})
    call("GET", "/HELLO")
    clicks = [arrivals.decode_click(each.body) for each in disk.read(after=0, limit=10)]
    stored = {code.code for code in Code.objects.all()}
    assert [click.code.rpartition("/")[2] for click in clicks] == ["sale", "hello"]
    assert {click.code for click in clicks} <= stored


def shape(answer: httpx.Response) -> Any:
    return answer.status_code, dict(answer.headers), answer.content


@pytest.mark.usefixtures("codes")
def test_unknown_foreign_and_malformed_codes_are_answered_alike(
    call: Caller, disk: Disk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    find = house.find

    async def count(key: str) -> Found | None:
        looked_up.append(key)
        return await find(key)

    monkeypatch.setattr(house, "find", count)
    paths = ("/unknown2", "/cyscode2", "/hello", "/é", "/a.b", "/" + "a" * 5000, "/%00")
    answers = [shape(call("GET", path, headers={"host": HARBOR})) for path in paths]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert len(looked_up) == 2 * len(paths)
    assert disk.read(after=0, limit=10) == []


def test_a_random_code_comes_before_a_back_half_of_the_same_letters(
    call: Caller, business: Business, other_business: Business
) -> None:
    make_link(business, "https://harbor.example/", "taken234")
    make_link(other_business, "https://cys.example/", back_half_key(None, "taken234"))
    assert call("GET", "/taken234").headers["location"].startswith("https://harbor.example/")
    assert call("GET", "/TAKEN234").headers["location"].startswith("https://cys.example/")


def test_a_domain_that_comes_or_goes_is_noticed_within_seconds(
    call: Caller, business: Business, other_business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1000.0
    monkeypatch.setattr("textrail.edge.recent.time.monotonic", lambda: moment)
    make_link(business, "https://harbor.example/", "harbor23")
    assert status(call, "/harbor23", CYS) == 302
    domain = make_domain(other_business, CYS)
    moment += hosts.SECONDS_REMEMBERED + 0.1
    assert status(call, "/harbor23", CYS) == 404
    domain.delete()
    moment += hosts.SECONDS_REMEMBERED + 0.1
    assert status(call, "/harbor23", CYS) == 302


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Go.Example", "go.example"),
        ("go.example:8443", "go.example"),
        ("go.example.", "go.example"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ("", ""),
        (" ", ""),
    ],
)
def test_hosts_are_compared_as_they_are_kept(header: str, host: str) -> None:
    assert plain_host(header) == host


@pytest.mark.parametrize("host", ["go.harbor.example", HARBOR, "unknown.example"])
def test_every_host_says_what_it_is_and_keeps_search_engines_out(
    call: Caller, business: Business, host: str
) -> None:
    make_domain(business, HARBOR)
    page = call("GET", "/", headers={"host": host})
    assert page.status_code == 200
    assert "short links" in page.text
    assert "Harbor" not in page.text
    assert "href" not in page.text
    robots = call("GET", "/robots.txt", headers={"host": host})
    assert robots.text == "User-agent: *\nDisallow: /\n"
    assert call("GET", "/favicon.ico", headers={"host": host}).status_code == 404
    assert call("POST", "/", headers={"host": host}).status_code == 405


def test_the_installation_proves_itself_to_itself(call: Caller, seal: Seal) -> None:
    answer = call("GET", "/healthz", headers={"host": HARBOR}).json()
    assert answer["status"] == "ok"
    assert seal.matches("installation", answer["installation"])
