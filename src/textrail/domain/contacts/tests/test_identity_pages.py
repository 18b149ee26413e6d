"""What the pages of who is whom say, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from conftest import MONDAY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.models import Contact, Contradiction, Identity, PersonMerge
from textrail.domain.contacts.rules import Key, KeyKind, Limits
from textrail.vocabulary.phone import PhoneNumber

HOME = "/b/harbor-hvac/contacts/"
KEYS = f"{HOME}shared-keys/"
PHONES = (PhoneNumber("+14155550123"), PhoneNumber("+14155550124"))
ANN_AT_SHOP = Key("email", "ann@shop.example")


def report(business: Business, name: str, *keys: Key) -> None:
    evidence = f"{', '.join(sorted(key.kind for key in keys))} in track {name}"
    resolve_person(business=business, keys=keys, at=MONDAY, evidence=evidence)


def customer(number: int) -> Key:
    return Key("customer_id", f"c{number}")


def share(business: Business, kind: KeyKind, value: str, *, called: str) -> None:
    """One more than may share a key of this kind."""
    for number in range(Limits().of(kind) + 1):
        told = Key("customer_id", f"{called}{number}")
        report(business, f"{called}{number}", Key(kind, value), told)


def lines(page: str, heading: str) -> list[str]:
    """The lines of the list below a heading, as they are read."""
    part = page.split(f"<h3>{heading}</h3>")[1].split("</ul>")[0]
    items = re.findall(r"<li>(.*?)(?:<details|</li>)", part, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", item).split()) for item in items]


@pytest.fixture
def ann(business: Business) -> Contact:
    return actions.find_or_add_contact(business=business, phone=PHONES[0], at=MONDAY, name="Ann")


@pytest.fixture
def three_at_once(business: Business, ann: Contact) -> Contact:
    """Three merges by one report: of Ben, of whom the first report named, and of its new email."""
    ben = actions.find_or_add_contact(business=business, phone=PHONES[1], at=MONDAY, name="de Ben")
    report(business, "m1", customer(1), Key("email", "one@shop.example"))
    report(business, "m4", customer(1), Key("phone", ann.phone))
    report(business, "m5", customer(1), Key("phone", ben.phone), ANN_AT_SHOP)
    return ann


def test_each_line_says_whom_a_split_parts_and_by_which_key(
    as_ada: Client, three_at_once: Contact
) -> None:
    found = lines(
        as_ada.get(f"{HOME}{three_at_once.pk}/").content.decode(), "Found to be one person"
    )
    assert len(set(found)) == len(found) == 4
    assert re.fullmatch(
        r"Ann, \(415\) 555-0123 first seen .*"
        r" and Email and customer id first seen .* in the report m1"
        r" By phone and customer id in the report m4, .*",
        found[0],
    )
    assert sum(line.startswith("de Ben, (415) 555-0124 ") for line in found) == 2
    assert sum(" By phone in the report m5" in line for line in found) == 1
    assert "one@shop.example" not in " ".join(found)


def test_who_joined_without_a_key_is_named_by_what_joined_them(
    as_ada: Client, business: Business, ann: Contact
) -> None:
    visitor = Key("visitor_id", "v-1")
    resolve_person(
        business=business,
        keys=[visitor],
        at=MONDAY,
        known=ann.person,
        evidence="click, visitor_id in track p1",
    )
    [line] = lines(as_ada.get(f"{HOME}{ann.pk}/").content.decode(), "Found to be one person")
    assert re.search(r" and Browser first seen .* By a tap in the report p1, ", line)


def test_who_was_split_is_told_like_who_was_joined(
    as_ada: Client, business: Business, three_at_once: Contact, ada: User
) -> None:
    merge = PersonMerge.objects.get(evidence="customer_id, phone in track m4")
    later = MONDAY + timedelta(hours=1)
    actions.split_people(business=business, merge=merge, why="a cousin", at=later, actor=ada)
    [line] = lines(as_ada.get(f"{HOME}{three_at_once.pk}/").content.decode(), "Kept apart")
    assert line.startswith("Ann, (415) 555-0123 first seen ")
    assert " and Email and customer id first seen " in line
    assert f" a cousin Split by {ada}, " in line


def test_more_merges_ask_for_no_more_statements(
    as_ada: Client, business: Business, three_at_once: Contact
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            as_ada.get(f"{HOME}{three_at_once.pk}/")
        return len(asked)

    before = statements()
    for number in range(2, 5):
        report(business, f"n{number}", customer(number), Key("phone", three_at_once.phone))
    after = as_ada.get(f"{HOME}{three_at_once.pk}/").content.decode()
    assert len(lines(after, "Found to be one person")) > 4
    assert statements() == before


def test_keys_of_one_kind_are_told_apart_without_saying_them(
    as_ada: Client, business: Business, ann: Contact
) -> None:
    share(business, "email", "office@shop.example", called="f")
    share(business, "email", "sales@shop.example", called="s")
    resolve_person(
        business=business, keys=[Key("phone", ann.phone), Key("customer_id", "f0")], at=MONDAY
    )
    page = as_ada.get(KEYS).content.decode()
    assert "in the report f0" in page
    assert "in the report s0" in page
    assert re.search(r"Email of <a [^>]*>Ann</a>", page)
    hashes = Identity.objects.exclude(kind="phone").values_list("value", flat=True)
    assert not [secret for secret in hashes if secret in page]


def test_why_a_key_is_shared_is_said_in_words(as_ada: Client, business: Business) -> None:
    share(business, "visitor_id", "v-1", called="s")
    page = as_ada.get(KEYS).content.decode()
    assert "customer id, browser in the report s6" in page
    assert "visitor_id in track" not in page


@pytest.mark.parametrize(
    ("allowed", "why", "said"),
    [
        (True, "", "Allowed by {}<"),
        (False, "", "Kept apart by {}<"),
        (True, "a family", "Allowed by {}: a family<"),
    ],
)
def test_who_decided_about_a_key_is_said(
    as_ada: Client, business: Business, max_: User, allowed: bool, why: str, said: str
) -> None:
    share(business, "email", "office@shop.example", called="f")
    key = queries.shared_keys(business)[0].identity
    actions.decide_key(
        business=business, identity=key, allowed=allowed, why=why, at=MONDAY, actor=max_
    )
    assert said.format(max_) in as_ada.get(KEYS).content.decode()


def test_each_cell_has_a_label_where_rows_are_stacked(
    as_ada: Client, business: Business, ann: Contact
) -> None:
    share(business, "email", "office@shop.example", called="f")
    Contradiction.objects.create(
        business=business,
        person=ann.person,
        other=ann.person,
        evidence="visitor_id in track c1",
        at=MONDAY,
    )
    page = as_ada.get(KEYS).content.decode()
    assert "browser in the report c1" in page
    rows = re.findall(r"<tr>(.*?)</tr>", page.replace("\n", " "))
    cells = [cell for row in rows for cell in re.findall(r"<td([^>]*)>", row)[1:]]
    assert len(cells) == 6
    assert [cell for cell in cells if "data-label" not in cell] == [' class="fit"']  # the button


def test_a_refused_limit_is_answered_by_the_page_itself(
    client: Client, business: Business, max_: User, vi: User
) -> None:
    client.force_login(max_)
    given = {"customer_id": "3", "email": "0", "phone": "5", "visitor_id": "6"}
    refused = client.post(KEYS, given)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "is not how many may share a key" in page
    assert '<form class="form" method="post" action="#limits">' in page
    assert client.get(KEYS).status_code == 200
    client.force_login(vi)
    assert client.get(KEYS).status_code == 200
    assert client.post(KEYS, given | {"email": "9"}).status_code == 403
    assert queries.limits(business) == Limits()
