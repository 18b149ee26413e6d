from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm
from textrail.vocabulary.clock import ManualClock

BASE = "/b/harbor-hvac/links/"
NEW = {
    "name": "Spring sale",
    "destination": "https://shop.example/a%2Fb?x={{id}}",
    "utm_source": "sms",
    "utm_medium": "text",
    "utm_campaign": "spring",
    "utm_content": "",
}


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm("sms", "text"),
        at=clock.now(),
        shared=True,
    )


def test_an_empty_list_offers_the_first_link(as_ada: Client) -> None:
    page = as_ada.get(BASE).content.decode()
    assert "No links yet" in page
    assert f"{BASE}new/" in page


def test_a_link_is_found_by_name_and_by_short_address(as_ada: Client, link: Link) -> None:
    assert "Spring sale" in as_ada.get(BASE, {"q": "spring"}).content.decode()
    short = f"http://127.0.0.1:8001/{link.share_code}"
    assert "Spring sale" in as_ada.get(BASE, {"q": short}).content.decode()
    assert "No link matches" in as_ada.get(BASE, {"q": "winter"}).content.decode()
    assert as_ada.get(BASE, {"q": "\0", "after": "x"}).status_code == 200


def test_archiving_takes_a_link_off_the_list(as_ada: Client, link: Link) -> None:
    assert as_ada.post(f"{BASE}{link.pk}/archive/")["Location"] == BASE
    assert "No links yet" in as_ada.get(BASE).content.decode()
    assert "Spring sale" in as_ada.get(BASE, {"show": "archived"}).content.decode()
    assert as_ada.get(f"{BASE}{link.pk}/").status_code == 200


def test_a_campaign_link_gets_a_code_for_anyone_when_asked(as_ada: Client, link: Link) -> None:
    Link.objects.filter(pk=link.pk).update(share_code="")
    assert "Each recipient has their own." in as_ada.get(f"{BASE}{link.pk}/").content.decode()
    assert as_ada.post(f"{BASE}{link.pk}/share/").status_code == 302
    link.refresh_from_db()
    assert link.share_code


@pytest.mark.parametrize(
    ("name", "reads", "writes"),
    [("max_", 200, True), ("bo", 200, False), ("vi", 200, False), ("cy", 404, False)],
)
def test_who_may_look_and_who_may_change(
    client: Client,
    request: pytest.FixtureRequest,
    link: Link,
    name: str,
    reads: int,
    writes: bool,
) -> None:
    user: User = request.getfixturevalue(name)
    client.force_login(user)
    page = f"{BASE}{link.pk}/"
    for address in (BASE, page, f"{page}taps/"):
        assert client.get(address).status_code == reads
    refused = 403 if reads == 200 else 404
    assert client.get(f"{BASE}new/").status_code == (200 if writes else refused)
    if not writes:
        assert client.post(f"{BASE}new/", NEW).status_code == refused
        assert client.post(f"{page}archive/").status_code == refused
        assert client.post(f"{page}share/").status_code == refused
    link.refresh_from_db()
    assert link.archived_at is None
    assert Link.objects.count() == 1


def test_links_of_another_business_do_not_exist(
    as_ada: Client, link: Link, other_business: Business
) -> None:
    Link.objects.filter(pk=link.pk).update(business=other_business)
    assert as_ada.get(f"{BASE}{link.pk}/").status_code == 404
    assert as_ada.post(f"{BASE}{link.pk}/archive/").status_code == 404


def test_the_list_takes_the_same_statements_for_many_links(
    as_ada: Client, business: Business, clock: ManualClock, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        actions.create_link(
            business=business,
            name=f"Link {number}",
            destination="https://shop.example",
            utm=Utm(),
            at=clock.now(),
        )
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert as_ada.get(BASE).content.decode().count("Link 2") == 11
