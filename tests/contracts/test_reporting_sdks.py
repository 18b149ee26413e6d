"""The libraries of Segment, Dub and PostHog, unmodified: what they report ends as conversions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import MONDAY
from dub import Dub
from dub.models import errors
from posthog import Posthog
from segment.analytics.client import Client as Segment

from tests.contracts.conftest import Counted, kept
from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.models import Person
from textrail.domain.contacts.rules import Key, KeyKind
from textrail.domain.conversions.models import UnmatchedEvent
from textrail.domain.links.models import Click, Domain, Link
from textrail.edge.tests.served import Served
from textrail.journal.port import Store

USER: tuple[KeyKind, str] = ("customer_id", "u1")
ANN: tuple[KeyKind, str] = ("email", "ann@example.com")
OFFICE: tuple[KeyKind, str] = ("email", "office@example.com")


def same(business: Business, *keys: tuple[KeyKind, str]) -> bool:
    """Whether the keys lead to one person."""
    found = {resolve_person(business=business, keys=[Key(*key)], at=MONDAY).pk for key in keys}
    return len(found) == 1


@pytest.fixture
def dub(door: Served, key: str) -> Iterator[Dub]:
    with Dub(token=key, server_url=door.url) as client:
        yield client


@pytest.fixture
def errors_told() -> list[Any]:
    return []


@pytest.fixture
def posthog(door: Served, key: str, errors_told: list[Any]) -> Iterator[Posthog]:
    def told(error: Exception, batch: list[dict[str, Any]]) -> None:
        errors_told.append(error)

    client = Posthog(key, host=door.url, on_error=told, flush_interval=0.05, max_retries=1)
    yield client
    client.shutdown()


@pytest.mark.parametrize("zipped", [False, True])
def test_every_call_of_segments_library_is_taken(
    door: Served, business: Business, store: Store, key: str, counted: Counted, zipped: bool
) -> None:
    failed: list[object] = []
    client = Segment(
        key,
        host=door.url,
        on_error=lambda error, batch: failed.append(error),
        gzip=zipped,
        upload_interval=0.05,
        max_retries=1,
    )
    client.identify("u1", {"email": "ann@example.com"})
    for _ in range(2):
        client.track(
            "u1", "Order Completed", {"revenue": 49.9, "order_id": "1"}, message_id="order-1"
        )
    client.page("u1", "Docs", "Intro", {"url": "https://x.example/"})
    client.screen("u1", "Docs", "Intro")
    client.group("u1", "g1", {"email": "office@example.com"})
    client.alias("browser-77", "u1")
    client.track("u1", "Order Refunded", {"order_id": "1", "revenue": 10}, message_id="refund-1")
    client.shutdown()
    assert failed == []
    assert [event.call for event in kept(store)] == [
        *("identify", "track", "track", "page", "screen", "group", "alias", "track")
    ]
    sale = ("segment", "Order Completed", 4990, "1")
    assert counted() == [sale, ("segment", "Order Completed", -1000, "1")]
    assert counted() == [sale, ("segment", "Order Completed", -1000, "1")]
    assert same(business, USER, ANN, ("customer_id", "browser-77"))
    assert not same(business, USER, OFFICE)  # is the company's


def test_a_lead_and_its_sales_by_dubs_library_count_once(
    dub: Dub, business: Business, counted: Counted
) -> None:
    for _ in range(2):
        lead = dub.track.lead(
            request={
                "click_id": "c1",
                "event_name": "Sign up",
                "customer_external_id": "e1",
                "customer_email": "ann@example.com",
                "metadata": {"plan": "a", "order_id": "not an order"},
            }
        )
        assert (lead.click.id, lead.link, lead.customer.external_id) == ("c1", None, "e1")
    sale = {"customer_external_id": "e1", "amount": 4990, "invoice_id": "i1"}
    for request in (sale, sale, {**sale, "invoice_id": "i2", "event_name": "Invoice paid"}):
        answer = dub.track.sale(request=request)  # type: ignore[arg-type]
        assert answer.sale is not None
        assert answer.customer is not None
        assert (answer.sale.amount, answer.customer.external_id) == (4990, "e1")
    assert counted() == [
        ("dub", "Sign up", 0, ""),
        ("dub", "Order Completed", 4990, "i1"),
        ("dub", "Order Completed", 4990, "i2"),
    ]
    assert same(business, ("customer_id", "e1"), ANN)


def test_a_lead_is_answered_with_the_link_that_was_tapped(
    dub: Dub, business: Business, cy: User, counted: Counted
) -> None:
    own = Domain.objects.create(business=business, host="go.harbor.example", created_at=MONDAY)
    theirs = Membership.objects.get(user=cy).business
    made: dict[str, Link] = {}
    for click_id, owner, code, domain in (
        ("click-1", business, "abcd2345", None),
        ("click-2", business, "go.harbor.example/spring", own),
        ("click-3", theirs, "efgh2345", None),
    ):
        link = made[click_id] = Link.objects.create(
            business=owner,
            name="Spring",
            domain=domain,
            external_key=f"key of {click_id}",
            destination="https://shop.example/spring",
            landing="https://shop.example/spring",
            created_at=MONDAY,
        )
        Click.objects.create(
            business=owner,
            link=link,
            code=code,
            click_id=click_id,
            at=MONDAY,
            person=Person.objects.create(business=owner, created_at=MONDAY),
            method="GET",
            address="203.0.113.9",
            verdict="human",
            ruleset=1,
        )

    def told(click_id: str) -> Any:
        request = {"click_id": click_id, "event_name": "Sign up", "customer_external_id": "e1"}
        return dub.track.lead(request=request).link  # type: ignore[arg-type]

    plain, named = told("click-1"), told("click-2")
    assert (plain.id, plain.key) == (str(made["click-1"].pk), "abcd2345")
    assert plain.short_link.endswith("/abcd2345")
    assert (plain.url, plain.external_id) == ("https://shop.example/spring", "key of click-1")
    assert (named.domain, named.key) == ("go.harbor.example", "spring")
    assert "//go.harbor.example" in named.short_link
    assert told("click-3") is None
    assert told("click-4") is None
    assert len(counted()) == 4


def test_a_sale_counts_by_its_own_event_where_a_type_has_it(dub: Dub, counted: Counted) -> None:
    request = {"customer_external_id": "e1", "amount": 100, "event_name": "Sign up"}
    dub.track.sale(request=request)  # type: ignore[arg-type]
    dub.track.lead(
        request={"click_id": "", "event_name": "Quote Asked", "customer_external_id": "e1"}
    )
    assert counted() == [("dub", "Sign up", 100, "")]
    assert UnmatchedEvent.objects.get().event == "Quote Asked"


def test_dubs_library_reads_every_refusal(dub: Dub, door: Served, store: Store, key: str) -> None:
    with pytest.raises(errors.UnprocessableEntity, match="is not a currency"):
        dub.track.sale(request={"customer_external_id": "e1", "amount": 1, "currency": "dollars"})
    with pytest.raises(errors.UnprocessableEntity, match="the customer's id"):
        dub.track.lead(
            request={"click_id": "c", "event_name": "Sign up", "customer_external_id": ""}
        )
    with (
        Dub(token="dub_x", server_url=door.url) as stranger,
        pytest.raises(errors.Unauthorized, match="not known"),
    ):
        stranger.track.sale(request={"customer_external_id": "e1", "amount": 1})
    with pytest.raises(errors.SDKError) as large:
        dub.track.sale(
            request={"customer_external_id": "e1", "amount": 1, "metadata": {"a": "x" * 33_000}}
        )
    assert large.value.status_code == 413
    assert kept(store) == []


@pytest.mark.parametrize(
    ("capture_mode", "compression"),
    [("v0", "none"), ("v0", "gzip"), ("v1", "none"), ("v1", "gzip"), ("v1", "deflate")],
)
def test_what_posthogs_library_captures_counts_once(
    door: Served,
    business: Business,
    key: str,
    counted: Counted,
    store: Store,
    capture_mode: str,
    compression: str,
) -> None:
    failed: list[object] = []
    client = Posthog(
        key,
        host=door.url,
        gzip=compression == "gzip",
        capture_mode=capture_mode,
        capture_compression=compression,
        on_error=lambda error, batch: failed.append(error),
        flush_interval=0.05,
        max_retries=1,
    )
    uuid = "8ccf68c9-f5af-49db-a554-5426fa732868"
    properties = {"revenue": 49.9, "order_id": "7"}
    client.capture("visited", distinct_id="browser-77")
    for _ in range(2):
        client.capture("Order Completed", distinct_id="u1", properties=properties, uuid=uuid)
    client.alias("browser-77", "u1")
    client.set(distinct_id="u1", properties={"email": "ann@example.com"})
    client.group_identify("company", "g1", {"email": "office@example.com"})
    client.capture("Order Refunded", distinct_id="u1", properties={"order_id": "7", "revenue": 9})
    client.shutdown()
    assert failed == []
    assert {event.sender for event in kept(store)} == {"posthog"}
    expected = [
        ("posthog", "Order Completed", 4990, "7"),
        ("posthog", "Order Completed", -900, "7"),
    ]
    assert counted() == expected
    assert counted() == expected
    assert same(business, USER, ANN, ("customer_id", "browser-77"))
    assert not same(business, USER, OFFICE)


def test_posthogs_library_is_told_what_is_wrong_and_does_not_send_it_again(
    door: Served, posthog: Posthog, errors_told: list[Any], store: Store, counted: Counted
) -> None:
    posthog.capture("Order Completed", distinct_id="u1", properties={"revenue": "a lot"})
    posthog.flush()
    [error] = errors_told
    assert error.status == 422
    assert error.message.startswith("“a lot” is not an amount of money.")
    stranger = Posthog("phc_x", host=door.url, on_error=lambda e, b: errors_told.append(e))
    stranger.capture("Order Completed", distinct_id="u1")
    stranger.shutdown()
    assert errors_told[1].status == 401
    assert kept(store) == []


def test_one_order_that_three_libraries_report_counts_once(
    door: Served, key: str, dub: Dub, posthog: Posthog, counted: Counted
) -> None:
    dub.track.sale(request={"customer_external_id": "u1", "amount": 4990, "invoice_id": "A-7"})
    properties = {"revenue": 49.9, "order_id": "A-7"}
    posthog.capture("Order Completed", distinct_id="u1", properties=properties)
    posthog.flush()
    segment = Segment(key, host=door.url, upload_interval=0.05, max_retries=1)
    segment.track("u1", "Order Completed", properties)
    segment.shutdown()
    assert counted() == [("dub", "Order Completed", 4990, "A-7")]
