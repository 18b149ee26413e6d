from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import codes
from textrail.domain.links.models import Code, Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.drafts import NewLink
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Malformed

SMS = Utm("sms", "text", "spring sale")


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/a%2Fb?x={{id}}#top",
        utm=SMS,
        at=clock.now(),
    )


def test_a_link_keeps_the_destination_and_merges_the_landing(link: Link) -> None:
    link.refresh_from_db()
    assert link.destination == "https://shop.example/a%2Fb?x={{id}}#top"
    assert link.landing == (
        "https://shop.example/a%2Fb?x={{id}}"
        "&utm_source=sms&utm_medium=text&utm_campaign=spring%20sale#top"
    )
    assert (link.utm_source, link.utm_campaign, link.utm_content) == ("sms", "spring sale", "")


@pytest.mark.parametrize(
    ("name", "destination", "utm"),
    [
        ("", "https://shop.example", SMS),
        ("x" * 121, "https://shop.example", SMS),
        ("Sale", "javascript:alert(1)", SMS),
        ("Sale", "https://shop.example", Utm("s" * 121)),
    ],
)
def test_a_refused_link_leaves_nothing_behind(
    business: Business, clock: ManualClock, name: str, destination: str, utm: Utm
) -> None:
    with pytest.raises(Malformed):
        actions.create_link(
            business=business, name=name, destination=destination, utm=utm, at=clock.now()
        )
    assert not Link.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_code_for_anyone_is_made_once(link: Link, clock: ManualClock) -> None:
    first = actions.share_code(link=link, at=clock.now())
    again = actions.share_code(link=link, at=clock.now())
    assert first.code == again.code
    assert first.contact_id is None
    assert Code.objects.filter(link=link).count() == 1


def test_a_taken_code_is_drawn_again(
    link: Link, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Code.objects.create(code="taken234", link=link)
    drawn = iter([["taken234"], ["fresh234"]])
    monkeypatch.setattr(codes, "new_codes", lambda count, *, length: next(drawn))
    assert actions.share_code(link=link, at=clock.now()).code == "fresh234"


def test_an_archived_link_leaves_the_list_and_keeps_its_codes(
    link: Link, business: Business, ada: User, clock: ManualClock
) -> None:
    actions.share_code(link=link, at=clock.now())
    actions.archive_link(link=link, at=clock.now(), actor=ada)
    actions.archive_link(link=link, at=clock.now(), actor=ada)
    assert queries.link_page(business).rows == ()
    assert [row.link.pk for row in queries.link_page(business, archived=True).rows] == [link.pk]
    assert Code.objects.filter(link=link).exists()
    assert AuditEntry.objects.filter(action="link.archived").count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_puts_the_same_link_at_once_gets_the_same_link(
    business: Business, clock: ManualClock
) -> None:
    programs = 6
    barrier = threading.Barrier(programs, timeout=10)

    def put(key: str) -> tuple[int, bool]:
        barrier.wait()
        draft = NewLink(
            name="Sale", destination="https://shop.example/", external_key=key, back_half=key
        )
        try:
            made = actions.upsert_link(business=business, draft=draft, at=clock.now())
            return made.link.pk, made.created
        finally:
            connections.close_all()

    with ThreadPoolExecutor(programs) as threads:
        for key in ("one", "two", "three"):
            outcomes = list(threads.map(put, [key] * programs))
            assert len({link_id for link_id, _ in outcomes}) == 1
            assert [created for _, created in outcomes].count(True) == 1
    assert Link.objects.count() == Code.objects.count() == 3
