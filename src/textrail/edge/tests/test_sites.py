"""The script for pages, and what its pages report, at a real door."""

from __future__ import annotations

import gzip
import json

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import Site
from textrail.edge import pacing
from textrail.edge.sites import script
from textrail.edge.tests.conftest import Caller, Disk
from textrail.vocabulary.arrivals import IntakeArrival, decode_intake

pytestmark = pytest.mark.django_db(transaction=True)
SHOP = {"origin": "https://shop.example", "user-agent": "Mozilla/5.0 (iPhone)"}


@pytest.fixture
def site(business: Business) -> Site:
    return Site.objects.create(
        business=business,
        name="Shop",
        key="site-key",
        hosts="shop.example",
        created_at=business.created_at,
    )


def body(*calls: str) -> bytes:
    events = [
        {"type": call, "event": "Asked", "messageId": f"m{place}", "anonymousId": "visitor-1"}
        for place, call in enumerate(calls)
    ]
    return json.dumps({"batch": events}).encode()


def kept(disk: Disk) -> list[IntakeArrival]:
    return [decode_intake(arrival.body) for arrival in disk.read(after=0, limit=100)]


def test_script_is_small_and_may_be_kept(call: Caller) -> None:
    answer = call("GET", "/t.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "max-age=3600" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    assert len(gzip.compress(answer.content)) <= 3 * 1024
    again = call("GET", "/t.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_address_of_a_version_is_kept_for_ever(call: Caller) -> None:
    answer = call("GET", f"/t.{script().version}.js")
    assert answer.content == script().body
    assert "immutable" in answer.headers["cache-control"]


def test_report_is_on_disk_with_its_site_and_browser(call: Caller, disk: Disk, site: Site) -> None:
    answer = call("POST", "/p/site-key", content=body("page", "track"), headers=SHOP)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    page, track = kept(disk)
    assert (page.call, page.sender, page.site_id, page.agent) == (
        *("page", "script"),
        *(site.pk, "Mozilla/5.0 (iPhone)"),
    )
    assert page.business_id == site.business_id
    assert page.public
    assert track.call == "track"


def test_site_that_takes_purchases_says_so(call: Caller, disk: Disk, site: Site) -> None:
    Site.objects.update(takes_purchases=True)
    call("POST", "/p/site-key", content=body("track"), headers=SHOP)
    assert not kept(disk)[0].public


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://shop.example", 200),
        ("https://www.shop.example:8443", 200),
        ("https://badshop.example", 403),
        ("https://shop.example.evil.example", 403),
        ("null", 403),
        ("https://[", 403),
    ],
)
def test_only_hosts_of_the_site_report(
    call: Caller, disk: Disk, site: Site, origin: str, status: int
) -> None:
    answer = call("POST", "/p/site-key", content=body("page"), headers={"origin": origin})
    assert answer.status_code == status
    assert len(kept(disk)) == (status == 200)


def test_site_without_hosts_takes_any(call: Caller, site: Site) -> None:
    Site.objects.update(hosts="")
    assert call("POST", "/p/site-key", content=body("page")).status_code == 200


@pytest.mark.parametrize("path", ["/p/unknown", "/p/", "/p/site-key/more", f"/p/{'x' * 200}"])
def test_unknown_key_is_refused_with_what_to_do(call: Caller, site: Site, path: str) -> None:
    answer = call("POST", path, content=body("page"), headers=SHOP)
    assert answer.status_code == 404
    assert "Copy the script" in answer.json()["error"]["hint"]


def test_ended_site_reports_no_more(call: Caller, site: Site) -> None:
    Site.objects.update(ended_at=site.created_at)
    assert call("POST", "/p/site-key", content=body("page"), headers=SHOP).status_code == 404


def test_body_has_an_end_and_groups_are_no_business_of_a_page(
    call: Caller, disk: Disk, site: Site
) -> None:
    large = body("page") + b" " * 33_000
    assert call("POST", "/p/site-key", content=large, headers=SHOP).status_code == 413
    assert call("POST", "/p/site-key", content=b"{", headers=SHOP).status_code == 400
    call("POST", "/p/site-key", content=body("alias", "page"), headers=SHOP)
    assert [arrival.call for arrival in kept(disk)] == ["page"]


def test_preflight_allows_no_credentials(call: Caller, site: Site) -> None:
    answer = call("OPTIONS", "/p/site-key", headers=SHOP)
    assert answer.status_code == 204
    assert "access-control-allow-credentials" not in answer.headers


def test_client_that_reports_too_fast_waits(
    call: Caller, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "AT_ONCE", 2)
    answers = [call("POST", "/p/site-key", content=body("page"), headers=SHOP) for _ in range(4)]
    assert [answer.status_code for answer in answers][:2] == [200, 200]
    assert answers[-1].status_code == 429
