from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import NewCode, store_code_columns
from textrail.domain.links.models import Code, Link
from textrail.domain.links.rules import Utm
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.ids import CODE_ALPHABET


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm(),
        at=clock.now(),
    )


def stored() -> set[tuple[str, int, int | None, int | None]]:
    return set(Code.objects.values_list("code", "link_id", "contact_id", "message_id"))


def test_where_codes_would_collide_the_taken_ones_are_left_out(link: Link) -> None:
    """Of the 57 codes of one character, one is taken: the others are what is left."""
    Code.objects.create(code="7", link=link)
    assert set(actions.reserve_codes(56, length=1)) == set(CODE_ALPHABET) - {"7"}


def test_where_codes_can_hardly_collide_nobody_asks_which_are_taken(
    link: Link, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Code.objects.create(code="taken234", link=link)
    with django_assert_num_queries(1):
        reserved = actions.reserve_codes(1000)
    assert len(set(reserved)) == 1000
    assert {len(code) for code in reserved} == {8}


def test_codes_are_stored_whole(link: Link) -> None:
    reserved = actions.reserve_codes(3)
    rows = [
        NewCode(reserved[0], link.pk, 7, 9),
        NewCode(reserved[1], link.pk, None, 2**40),
        NewCode(reserved[2], link.pk),
    ]
    actions.store_codes(rows)
    assert stored() == set(rows)
    assert queries.taken_codes([*reserved, "free2345"]) == set(reserved)


@pytest.mark.parametrize("count", [0, 1, 248, 249, 250, 1000])
def test_columns_of_codes_keep_their_rows_together(link: Link, count: int) -> None:
    reserved = actions.reserve_codes(count)
    contacts = [None if number % 3 == 0 else number for number in range(count)]
    messages = [None if number % 5 == 0 else 2**40 + number for number in range(count)]
    store_code_columns(
        codes=reserved, link_ids=[link.pk] * count, contact_ids=contacts, message_ids=messages
    )
    assert stored() == set(zip(reserved, [link.pk] * count, contacts, messages, strict=True))


def test_the_order_of_rows_is_that_of_the_codes_and_not_of_recipients(link: Link) -> None:
    actions.store_codes([NewCode(code, link.pk) for code in actions.reserve_codes(500)])
    codes = list(Code.objects.order_by("id").values_list("code", flat=True))
    assert codes == sorted(codes)


def test_columns_that_do_not_match_store_nothing(link: Link) -> None:
    with pytest.raises(ValueError, match="equally long"):
        store_code_columns(
            codes=["abcd2345", "efgh2345"], link_ids=[1, 1], contact_ids=[1], message_ids=[1, 1]
        )
    assert stored() == set()


def test_a_collision_stores_none_of_them(link: Link) -> None:
    Code.objects.create(code="taken234", link=link)
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.store_codes([NewCode("fresh234", link.pk), NewCode("taken234", link.pk)])
    assert list(Code.objects.values_list("code", flat=True)) == ["taken234"]
