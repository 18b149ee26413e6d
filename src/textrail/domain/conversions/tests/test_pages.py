from __future__ import annotations

import re

import pytest
from conftest import MONDAY
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts.actions import find_or_add_contact
from textrail.domain.conversions import actions
from textrail.domain.conversions.models import Conversion, ConversionType, ParkedReport
from textrail.domain.conversions.tests.conftest import Send, order, refund
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.sealing import Seal

LIST = "/b/harbor-hvac/conversions/"


def reported(business: Business, count: int, event: str = "Order Completed") -> None:
    find_or_add_contact(
        business=business, phone=PhoneNumber("+14155550123"), at=MONDAY, name="Ann Lee"
    )
    events = [
        actions.SentEvent(
            "track",
            f"{event}-{n}",
            {
                "event": event,
                "properties": {"revenue": 49.9, "phone": "4155550123"} if n % 2 else {},
                "anonymousId": f"v-{n}",
            },
            MONDAY,
        )
        for n in range(count)
    ]
    actions.record_events(business=business, events=events)


def test_an_empty_list_says_how_to_begin(as_ada: Client) -> None:
    page = as_ada.get(LIST).content.decode()
    assert "No conversions yet" in page
    assert f"{LIST}send/" in page


@pytest.mark.usefixtures("types")
def test_the_list_shows_who_and_how_much_in_few_statements(
    as_ada: Client, business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reported(business, 55)
    with django_assert_max_num_queries(11):
        page = as_ada.get(LIST).content.decode()
    assert "Ann Lee" in page
    assert "Not known by phone" in page
    assert "$49.90" in page
    assert "after=" in page
    assert "None of this type" in as_ada.get(LIST, {"type": "99"}).content.decode()


def test_an_event_that_does_not_count_becomes_a_type(as_ada: Client, business: Business) -> None:
    reported(business, 3, "Quote & Visit")
    page = as_ada.get(LIST).content.decode()
    assert "Quote &amp; Visit" in page
    assert "?event=Quote%20%26%20Visit" in page
    form = as_ada.get(f"{LIST}types/new/", {"event": "Quote & Visit"}).content.decode()
    assert 'value="Quote &amp; Visit"' in form
    given = {
        "name": "Quote",
        "kind": "lead",
        "event": "Quote & Visit",
        "window_days": "14",
        "view_days": "1",
    }
    assert as_ada.post(f"{LIST}types/new/", given).status_code == 302
    again = as_ada.post(f"{LIST}types/new/", given)
    assert again.status_code == 409
    page = again.content.decode()
    assert "counts already" in page
    assert 'aria-invalid="true"' in page.partition('id="field-event"')[2].partition(">")[0]


@pytest.mark.usefixtures("types")
def test_a_type_is_changed_or_refused_with_what_was_typed(as_ada: Client) -> None:
    row = ConversionType.objects.get(event="Lead Submitted")
    given = {"name": "Lead", "kind": "lead", "event": "Lead Submitted", "window_days": "7"}
    assert as_ada.post(f"{LIST}types/{row.pk}/", given).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.window_days) == ("Lead", 7)
    refused = as_ada.post(f"{LIST}types/{row.pk}/", given | {"window_days": "many"})
    assert refused.status_code == 422
    taken = as_ada.post(f"{LIST}types/{row.pk}/", given | {"event": "Order Completed"})
    assert taken.status_code == 409
    assert "Lead" in as_ada.get(f"{LIST}types/").content.decode()


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("", "/v1/track"),
        ("segment", "@segment/analytics-node"),
        ("page", "settings/sites/"),
        ("stripe", "refund.failed"),
        ("shopify", "orders/cancelled"),
        ("api", "/api/v1/conversions"),
        ("dub", "server_url="),
        ("posthog", "host="),
        ("csv", "conversions/imports/"),
        ("../../etc", "/v1/track"),
    ],
)
def test_each_way_to_send_is_shown_with_this_address(as_ada: Client, way: str, says: str) -> None:
    page = as_ada.get(f"{LIST}send/", {"by": way}).content.decode()
    assert says in page
    assert "What makes it count" in page
    assert page.count('aria-current="page"') >= 2


def test_the_secret_of_a_shop_is_replaced_on_its_page(
    as_ada: Client, business: Business, seal: Seal
) -> None:
    shops = [
        actions.add_shop(
            business=business, kind="stripe", name=name, secret="whsec_first", seal=seal, at=MONDAY
        )
        for name in ("Main", "Other")
    ]
    page = as_ada.get(f"{LIST}shops/?kind=shopify").content.decode()
    fields = re.findall(r'id="(field-[^"]+)"', page)
    assert len(fields) == len(set(fields))
    assert '<option value="shopify" selected' in page
    field = f"secret_{shops[0].token}"
    for given, said in (("short", "This is no signing secret."), ("whsec_rolled", "new secret")):
        answer = as_ada.post(f"{LIST}shops/{shops[0].pk}/secret/", {field: given}, follow=True)
        assert said in answer.content.decode()
    for shop, secret in zip(shops, ("whsec_rolled", "whsec_first"), strict=True):
        shop.refresh_from_db()
        assert seal.open(shop.secret) == secret


def test_who_only_looks_is_not_led_to_what_an_admin_does(client: Client, vi: User) -> None:
    client.force_login(vi)
    for way in ("stripe", "shopify", "csv", "page", "segment"):
        page = client.get(f"{LIST}send/", {"by": way}).content.decode()
        assert "An admin" in page or "an admin" in page
        assert "Connect S" not in page


def test_the_way_to_send_conversions_is_shown(as_ada: Client) -> None:
    page = as_ada.get(f"{LIST}send/").content.decode()
    assert "http://127.0.0.1:8001/v1/track" in page
    assert "analytics.write_key" in page


@pytest.mark.usefixtures("types")
def test_roles_and_businesses_are_kept_apart(
    client: Client, vi: User, max_: User, cy: User
) -> None:
    row = ConversionType.objects.get(event="Lead Submitted")
    for user, look, change in ((vi, 200, 403), (max_, 200, 200), (cy, 404, 404)):
        client.force_login(user)
        for path in ("", "types/", "send/"):
            assert client.get(LIST + path).status_code == look
        assert client.post(f"{LIST}types/preset/").status_code == (404 if change == 200 else change)
        for path in ("types/new/", f"types/{row.pk}/"):
            assert client.get(LIST + path).status_code == change
    client.force_login(cy)
    assert client.get(f"/b/cys-cycles/conversions/types/{row.pk}/").status_code == 404


def test_a_set_of_types_is_added_with_one_click(as_ada: Client) -> None:
    page = as_ada.get(f"{LIST}types/").content.decode()
    assert "Ready-made types" in page
    answer = as_ada.post(f"{LIST}types/preset/", {"preset": "services"}, follow=True)
    page = answer.content.decode()
    assert "Answered calls of 30 s or more" in page
    assert "Added: " in page
    assert as_ada.post(f"{LIST}types/preset/", {"preset": "none"}).status_code == 404


def test_a_type_of_calls_has_a_form_of_its_own(as_ada: Client, ada: User) -> None:
    form = as_ada.get(f"{LIST}types/new/", {"trigger": "call"}).content.decode()
    assert "Shortest call" in form
    assert "field-event" not in form
    given = {
        "trigger": "call",
        "name": "Call",
        "kind": "call",
        "window_days": "7",
        "view_days": "1",
        "least_seconds": "45",
        "answered_only": "1",
        "value_rule": "fixed",
        "fixed": "12.50",
        "repeats": "person",
    }
    assert as_ada.post(f"{LIST}types/new/", given).status_code == 302
    row = ConversionType.objects.get(trigger="call")
    assert (row.least_seconds, row.answered_only, row.fixed_minor) == (45, True, 1250)
    assert (row.is_touchpoint, row.fixed_currency) == (False, "USD")
    shown = as_ada.get(f"{LIST}types/{row.pk}/").content.decode()
    assert 'value="12.50"' in shown
    assert AuditEntry.objects.get(action="conversion_type.added").actor == ada
    assert as_ada.post(f"{LIST}types/{row.pk}/switch/").status_code == 302
    assert not ConversionType.objects.exists()


@pytest.mark.usefixtures("types")
def test_what_is_parked_is_shown_with_why_and_tried_again(
    as_ada: Client, business: Business, send: Send, vi: User, client: Client
) -> None:
    assert "Nothing is parked" in as_ada.get(f"{LIST}parked/").content.decode()
    send(refund(revenue="<b>"), listening=False)
    send(refund("8"))
    page = as_ada.get(f"{LIST}parked/").content.decode()
    assert "The sale of order 8 has not come yet." in page
    assert "“&lt;b&gt;” is not an amount of money." in page
    assert "The sale" not in as_ada.get(f"{LIST}parked/?reason=unreadable").content.decode()
    row = ParkedReport.objects.get(reason="refund_early")
    detail = as_ada.get(f"{LIST}parked/{row.pk}/").content.decode()
    assert "&quot;order_id&quot;: &quot;8&quot;" in detail
    answer = as_ada.post(f"{LIST}parked/{row.pk}/retry/", follow=True)
    assert "Still parked." in answer.content.decode()
    answer = as_ada.post(f"{LIST}parked/retry/", {"reason": ""}, follow=True)
    assert "0 went through, 2 still wait." in answer.content.decode()
    assert as_ada.post(f"{LIST}parked/{row.pk}/away/").status_code == 302
    assert as_ada.get(f"{LIST}parked/{row.pk}/").status_code == 404
    client.force_login(vi)
    assert client.get(f"{LIST}parked/").status_code == 200
    assert client.post(f"{LIST}parked/retry/").status_code == 403


@pytest.mark.usefixtures("types")
def test_a_conversion_shows_its_refunds_and_products(as_ada: Client, send: Send) -> None:
    products = [
        {"name": "Filter <3", "price": 24.9, "quantity": 2},
        {"name": "Gift", "price": 1e14, "quantity": 1},
    ]
    send(order(products=products) | {"timestamp": "2026-03-01T10:00:00Z"})
    send(refund(revenue=10))
    sale, taken = Conversion.objects.order_by("id")
    page = as_ada.get(f"{LIST}{sale.pk}/").content.decode()
    assert "Filter &lt;3" in page
    assert '<td class="number">$24.90</td>' in page
    assert "100000000000000" in page  # no amount of money, so as it was told
    assert "$39.90" in page
    assert "Late" in page
    assert "the sale of order 7" in as_ada.get(f"{LIST}{taken.pk}/").content.decode()
    assert "Refund" in as_ada.get(LIST).content.decode()
    assert as_ada.get(f"{LIST}999/").status_code == 404
