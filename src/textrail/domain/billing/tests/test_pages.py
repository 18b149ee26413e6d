"""Billing as owners, admins and everybody else see it."""

from __future__ import annotations

import csv
import io
import re

import pytest
import time_machine
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, Membership, User
from textrail.domain.accounts.rules import Role
from textrail.domain.billing import actions, queries
from textrail.domain.billing.actions import Used
from textrail.domain.billing.models import Balance, Direction, FundsSource, Kind, Rate
from textrail.vocabulary.ids import new_token

pytestmark = pytest.mark.django_db
HERE = "/b/harbor-hvac/settings/billing/"
_ID = re.compile(r' id="([^"]+)"')


@pytest.fixture(autouse=True)
def monday() -> object:
    with time_machine.travel(MONDAY, tick=False):
        yield


def spend(business: Business, reference: str, *, segments: int = 2, counted: int = 0) -> None:
    used = Used(
        reference=reference,
        direction=Direction.OUTBOUND,
        kind=Kind.SMS,
        phone="+17275550142",
        number="+14155550100",
        units=segments,
    )
    actions.hold(business=business, used=used, at=MONDAY)
    actions.settle(
        business=business,
        reference=reference,
        outcome="left",
        segments=counted or None,
        at=MONDAY,
    )


@pytest.fixture
def prepaid(business: Business, ada: User) -> Business:
    actions.set_prepaid(business=business, prepaid=True, at=MONDAY, actor=ada)
    actions.top_up(business=business, amount="50", key="first", at=MONDAY, actor=ada)
    spend(business, "one", counted=3)
    return business


def test_an_account_without_a_balance_is_told_that_nothing_is_asked(as_ada: Client) -> None:
    page = as_ada.get(HERE).content.decode()
    assert "No balance is kept" in page
    assert "Switch prepaid on" in page
    assert "The ledger is empty" in as_ada.get(f"{HERE}ledger/").content.decode()


def test_the_owner_switches_prepaid_on_adds_funds_and_sees_them(as_ada: Client) -> None:
    assert as_ada.post(f"{HERE}prepaid/", {"on": "1"}).status_code == 302
    page = as_ada.get("/b/harbor-hvac/settings/").content.decode()
    assert "The balance is used up" in page
    form = as_ada.get(f"{HERE}funds/").content.decode()
    key = form.split('name="key" value="')[1].split('"')[0]
    given = {"amount": "25", "reference": "Invoice 7", "note": "", "key": key}
    for _ in range(2):
        assert as_ada.post(f"{HERE}funds/", given).status_code == 302
    assert Balance.objects.get().available_micros == 25_000_000
    page = as_ada.get(HERE).content.decode()
    assert "$25.00" in page
    assert "used up" not in page
    assert "Invoice 7" in as_ada.get(f"{HERE}ledger/").content.decode()
    assert AuditEntry.objects.filter(action="billing.top_up", subject__contains="$25.00").exists()


def test_a_wrong_amount_stays_in_the_form_with_the_reason(as_ada: Client) -> None:
    answer = as_ada.post(f"{HERE}funds/", {"amount": "lots", "key": "k", "reference": "Wire"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“lots” is not an amount of money." in page
    assert 'value="Wire"' in page


def test_what_was_spent_is_shown_by_kind_and_number(prepaid: Business, as_ada: Client) -> None:
    page = as_ada.get(HERE).content.decode()
    for shown in (
        "$49.97",
        "May be spent now: $49.9751.",
        "$0.0249",
        "Texts sent",
        "(415) 555-0100",
        "other segments than we",
    ):
        assert shown in page
    ledger = as_ada.get(f"{HERE}ledger/").content.decode()
    assert "-$0.0249" in ledger
    assert "+$50.0000" in ledger
    assert "not 2" in ledger
    assert "Held for" in as_ada.get(f"{HERE}ledger/?show=holds").content.decode()
    assert "Funds added" not in as_ada.get(f"{HERE}ledger/?show=charges").content.decode()
    assert "Nothing like that" in as_ada.get(f"{HERE}ledger/?from=2031-01-01").content.decode()
    for wild in ("?show=x&from=soon&to=9999-99-99&after=x&number=%00", "?business=%00"):
        assert as_ada.get(f"{HERE}ledger/{wild}").status_code == 200


def test_the_ledger_is_paged_by_key(prepaid: Business, as_ada: Client) -> None:
    for number in range(60):
        spend(prepaid, f"more-{number}")
    page = queries.ledger_page(prepaid, wanted=queries.LedgerFilter(), seen=[prepaid], after=None)
    assert len(page.rows) == 50
    following = as_ada.get(f"{HERE}ledger/?after={page.after}").content.decode()
    assert following.count("Text sent") == 11
    assert "+$50.0000" in following


def test_the_ledger_as_a_file_sums_to_zero(prepaid: Business, as_ada: Client) -> None:
    answer = as_ada.get(f"{HERE}ledger.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kind"] for row in rows] == ["top_up", "charge"]
    for row in rows:
        assert sum(float(row[name]) for name in row if name.startswith("ledger ")) == 0
    assert (rows[1]["units"], rows[1]["units of the carrier"]) == ("2", "3")
    assert "5550142" not in text  # whom a text went to is not in the books


def test_rates_are_set_one_by_one_and_from_a_file(prepaid: Business, as_ada: Client) -> None:
    page = as_ada.get(f"{HERE}rates/").content.decode()
    assert "$0.0083" in page
    one = {"country": "us", "direction": "outbound", "kind": "sms", "price": "0.01", "since": ""}
    assert as_ada.post(f"{HERE}rates/set/", one).status_code == 302
    assert "Yours" in as_ada.get(f"{HERE}rates/").content.decode()
    file = as_ada.get(f"{HERE}rates.csv").content
    loaded = as_ada.post(f"{HERE}rates/load/", {"file": SimpleUploadedFile("r.csv", file)})
    assert loaded.status_code == 302
    assert Rate.objects.count() == 18
    later = one | {"price": "0.02", "since": "2026-04-01"}
    assert as_ada.post(f"{HERE}rates/set/", later).status_code == 302
    assert "From a later day on" in as_ada.get(f"{HERE}rates/").content.decode()
    for wrong in (one | {"price": "x"}, one | {"country": "USA"}, one | {"since": "2020-01-01"}):
        assert as_ada.post(f"{HERE}rates/set/", wrong).status_code == 422
    assert as_ada.post(f"{HERE}rates/load/").status_code == 422
    junk = SimpleUploadedFile("r.csv", b"PK\x03\x04")
    assert as_ada.post(f"{HERE}rates/load/", {"file": junk}).status_code == 422


def test_another_currency_wants_rates_before_it_is_prepaid(
    business: Business, as_ada: Client
) -> None:
    Business.objects.update(currency="EUR")
    answer = as_ada.post(f"{HERE}prepaid/", {"on": "1"})
    assert answer.status_code == 409
    assert "There is no rate in EUR" in answer.content.decode()
    assert "no help in EUR" in as_ada.get(f"{HERE}rates/").content.decode()


def test_stripe_is_connected_shown_and_let_go(as_ada: Client) -> None:
    given = {"secret": "whsec_0123456789", "payment_link": "https://buy.stripe.com/abc?x=1"}
    assert as_ada.post(f"{HERE}funds/stripe/", given).status_code == 302
    source = FundsSource.objects.get()
    page = as_ada.get(f"{HERE}funds/").content.decode()
    assert f"/shops/funds/{source.token}" in page
    assert f"client_reference_id={source.reference}" in page
    assert "whsec_0123456789" not in page
    assert as_ada.post(f"{HERE}funds/stripe/", {"secret": "no"}).status_code == 422
    assert as_ada.post(f"{HERE}funds/stripe/end/").status_code == 302
    assert FundsSource.objects.get().secret == ""


def test_an_admin_looks_and_moves_no_money(prepaid: Business, client: Client, max_: User) -> None:
    client.force_login(max_)
    for path in ("", "ledger/", "ledger.csv", "rates/", "rates.csv"):
        assert client.get(f"{HERE}{path}").status_code == 200
    assert "Add funds" not in client.get(HERE).content.decode()
    for path in ("prepaid/", "low-line/", "rates/set/", "rates/load/", "funds/", "funds/correct/"):
        assert client.post(f"{HERE}{path}").status_code == 403


def test_the_notice_is_for_those_who_manage(prepaid: Business, as_ada: Client, bo: User) -> None:
    assert as_ada.post(f"{HERE}low-line/", {"amount": "60"}).status_code == 302
    assert "The balance is low" in as_ada.get("/b/harbor-hvac/settings/").content.decode()
    as_ada.force_login(bo)
    assert "The balance is low" not in as_ada.get("/b/harbor-hvac/settings/").content.decode()


def test_of_businesses_that_somebody_does_not_manage_they_see_sums_only(
    prepaid: Business, as_ada: Client, ada: User
) -> None:
    other = Business.objects.create(
        account=prepaid.account, name="Secret Spas", slug="secret", created_at=MONDAY
    )
    used = Used(
        reference="theirs",
        direction=Direction.INBOUND,
        kind=Kind.SMS,
        phone="+17275550142",
        number="+14155550177",
        units=1,
    )
    actions.charge(business=other, used=used, at=MONDAY)
    pages = as_ada.get(HERE).content.decode() + as_ada.get(f"{HERE}ledger/").content.decode()
    assert "Other businesses" in pages
    assert "Secret Spas" not in pages
    assert "555-0177" not in pages
    Membership.objects.create(user=ada, business=other, role=Role.ADMIN, created_at=MONDAY)
    assert "Secret Spas" in as_ada.get(f"{HERE}ledger/").content.decode()


def wrong(page: str) -> list[str]:
    """The ids of the fields that are outlined."""
    fields = re.findall(r"<(?:input|textarea|select)[^>]*>", page)
    return [found[1] for each in fields if "aria-invalid" in each and (found := _ID.search(each))]


def test_only_the_field_that_was_refused_is_outlined(as_ada: Client, prepaid: Business) -> None:
    page = as_ada.get(f"{HERE}funds/").content.decode()
    assert wrong(page) == []
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {"correct", "stripe"} <= set(ids)  # where a refused form is shown again
    assert set(re.findall(r'action="[^"]*#([^"]+)"', page)) <= set(ids)
    rate = {"country": "US", "direction": "outbound", "kind": "sms"}
    for form, given, field in (
        ("funds/", {"amount": "lots"}, "field-amount"),
        ("funds/correct/", {"amount": "lots", "note": "Slip"}, "correct-amount"),
        ("rates/set/", rate | {"price": "dear"}, "field-price"),
        ("rates/set/", rate | {"price": "1", "since": "soon"}, "field-since"),
    ):
        refused = as_ada.post(HERE + form, given | {"key": new_token()})
        assert refused.status_code == 422
        assert wrong(refused.content.decode()) == [field]


def test_numbers_abroad_are_chosen_by_their_whole_number(
    as_ada: Client, business: Business, prepaid: Business
) -> None:
    used = Used(
        reference="london",
        direction=Direction.OUTBOUND,
        kind=Kind.SMS,
        phone="+447700900123",
        number="+442079460018",
        units=1,
    )
    actions.hold(business=business, used=used, at=MONDAY)
    actions.settle(business=business, reference="london", outcome="left", segments=1, at=MONDAY)
    page = as_ada.get(f"{HERE}ledger/").content.decode()
    assert ">+44 20 7946 0018</option>" in page
    assert ">(415) 555-0100</option>" in page


def test_rates_name_their_countries(as_ada: Client) -> None:
    page = as_ada.get(f"{HERE}rates/").content.decode()
    assert "United States" in page
    assert "Canada" in page
