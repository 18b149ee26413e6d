"""The taps of a link as a file: complete, harmless in a spreadsheet, and streamed."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from conftest import MONDAY
from django.test import AsyncClient, Client
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Click, Link
from textrail.domain.links.queries import exports
from textrail.domain.links.rules import Utm
from textrail.vocabulary.csv_writing import harmless

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/spring",
        utm=Utm("sms", "text"),
        at=MONDAY,
        shared=True,
    )


def tap(link: Link, number: int, contact: Contact | None = None, **facts: object) -> Click:
    person = Person.objects.create(business=link.business, created_at=MONDAY)
    values: dict[str, object] = {"reasons": ["phone_browser"], "verdict": "human"}
    return Click.objects.create(
        business=link.business,
        link=link,
        code=link.share_code,
        click_id=f"click{number}",
        at=MONDAY + timedelta(minutes=number),
        contact=contact,
        person=person,
        method="GET",
        address="203.0.113.9",
        device="iPhone",
        os="iOS 18",
        browser="Safari",
        ruleset=1,
        **(values | facts),
    )


def download(user: User, link: Link, query: str = "") -> list[dict[str, str]]:
    async def read() -> str:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get(f"/b/harbor-hvac/links/{link.pk}/taps.csv{query}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"].startswith("attachment")
        parts: AsyncIterator[bytes] = answer.streaming_content  # type: ignore[attr-defined]
        return b"".join([part async for part in parts]).decode("utf-8-sig")

    return list(csv.DictReader(StringIO(asyncio.run(read()), newline="")))


def test_every_tap_is_a_line_with_all_that_is_known(link: Link, ada: User) -> None:
    person = Person.objects.create(business=link.business, created_at=MONDAY)
    maya = Contact.objects.create(
        business=link.business, phone="+17275550142", name="Maya", person=person, created_at=MONDAY
    )
    tap(link, 1, maya, city="Tampa", region="FL", country="US", network="T-Mobile")
    tap(
        link,
        2,
        verdict="scanner",
        reasons=["preview:imessage"],
        routed={"outcome": "rule", "rule": "Half", "arm": "B", "landing": "https://b.example/"},
    )
    first, second = download(ada, link)
    assert first == {
        "when (America/New_York)": "2026-03-02 10:01:00-05:00",
        "when (UTC)": "2026-03-02T15:01:00Z",
        "name": "Maya",
        "phone": "+17275550142",
        "device": "iPhone",
        "system": "iOS 18",
        "browser": "Safari",
        "city": "Tampa",
        "region": "FL",
        "country": "United States",
        "network": "T-Mobile",
        "verdict": "human",
        "reasons": first["reasons"],
        "landed": "https://shop.example/spring?utm_source=sms&utm_medium=text",
        "rule": "",
        "click id": "click1",
    }
    assert first["reasons"]
    assert (second["verdict"], second["rule"], second["landed"]) == (
        "scanner",
        "Half / B",
        "https://b.example/",
    )
    assert second["reasons"] == "Fetched for a preview (iMessage)."


def test_more_taps_than_fit_into_one_piece_all_come_once_and_in_order(
    link: Link, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 3)
    for number in range(9):
        tap(link, number)
    assert [line["click id"] for line in download(ada, link)] == [f"click{n}" for n in range(9)]


def test_the_period_of_the_page_is_that_of_the_file(link: Link, ada: User) -> None:
    old = tap(link, 1)
    Click.objects.filter(pk=old.pk).update(at=MONDAY - timedelta(days=20))
    tap(link, 2)
    with time_machine.travel(MONDAY, tick=False):
        assert [line["click id"] for line in download(ada, link, "?period=7")] == ["click2"]
        assert len(download(ada, link, "?period=x")) == 2


def test_who_only_looks_gets_no_names(link: Link, vi: User, bo: User) -> None:
    tap(link, 1)
    assert "phone" not in download(vi, link)[0]
    assert "phone" in download(bo, link)[0]


def test_strangers_get_nothing(client: Client, link: Link, cy: User) -> None:
    client.force_login(cy)
    assert client.get(f"/b/harbor-hvac/links/{link.pk}/taps.csv").status_code == 404
    assert client.get(f"/b/cys-cycles/links/{link.pk}/taps.csv").status_code == 404


def test_a_click_id_is_the_one_that_the_page_got(link: Link, ada: User) -> None:
    """One in 64 begins with a minus; what programs compare has no apostrophe in front."""
    click = tap(link, 1, network="=1+1")
    Click.objects.filter(pk=click.pk).update(click_id="-mqHcaVkYx3xCQnJtF0r")
    (line,) = download(ada, link)
    assert line["click id"] == "-mqHcaVkYx3xCQnJtF0r"
    assert line["network"] == "'=1+1"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2", "'-2"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("+14155550100", "+14155550100"),
        ("+1415=cmd()", "'+1415=cmd()"),
        ("Maya", "Maya"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert harmless(cell) == written


@given(st.text())
def test_a_harmless_cell_keeps_its_text(cell: str) -> None:
    assert harmless(cell).removeprefix("'") == cell.removeprefix("'") or harmless(cell) == cell


def test_a_piece_takes_one_statement(link: Link, django_assert_num_queries: object) -> None:
    for number in range(5):
        tap(link, number)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(queries.click_chunk(link.business, link).clicks) == 5
