from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import NewCode
from textrail.domain.links.models import Code, Link
from textrail.domain.links.rules import Utm
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
    monkeypatch.setattr(actions, "new_codes", lambda count: next(drawn))
    assert actions.share_code(link=link, at=clock.now()).code == "fresh234"


def test_reserved_codes_are_different_and_free(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    Code.objects.create(code="taken234", link=link)
    drawn = iter([["taken234", "twice234", "twice234"], ["twice234", "fresh234"], ["other234"]])
    monkeypatch.setattr(actions, "new_codes", lambda count: next(drawn))
    assert sorted(actions.reserve_codes(3)) == ["fresh234", "other234", "twice234"]


def test_codes_are_stored_whole(link: Link) -> None:
    codes = actions.reserve_codes(3)
    rows = [
        NewCode(codes[0], link.pk, 7, 9),
        NewCode(codes[1], link.pk, None, 2**40),
        NewCode(codes[2], link.pk),
    ]
    actions.store_codes(rows)
    stored = Code.objects.values_list("code", "link_id", "contact_id", "message_id")
    assert set(stored) == set(rows)
    assert queries.taken_codes([*codes, "free2345"]) == set(codes)


def test_a_collision_stores_none_of_them(link: Link) -> None:
    Code.objects.create(code="taken234", link=link)
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.store_codes([NewCode("fresh234", link.pk), NewCode("taken234", link.pk)])
    assert list(Code.objects.values_list("code", flat=True)) == ["taken234"]


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
