"""The API keeps to its own document, for every key that might call, and says it in the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Person
from textrail.domain.conversions import actions as conversions
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.links import actions as links
from textrail.domain.links.models import Code, Domain, Link
from textrail.domain.links.rules import Utm
from textrail.project.api import api, document
from textrail.web.api_reference import Operation, reference

pytestmark = pytest.mark.django_db
DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = reference(DOCUMENT).operations
SALE_ID = 4_000


@dataclass(frozen=True, slots=True)
class Answered:
    operation: Operation
    status: int
    content_type: str
    body: Any


@pytest.fixture
def harbor_link(business: Business) -> Link:
    """A link of Harbor HVAC, and the domain that the examples of the document name."""
    domain = Domain.objects.create(
        business=business, host="go.example.com", created_at=MONDAY, checked_at=MONDAY
    )
    conversions.add_default_types(business=business, at=MONDAY)
    Conversion.objects.create(
        id=SALE_ID,
        business=business,
        type=ConversionType.objects.filter(business=business).earliest("id"),
        person=Person.objects.create(business=business, created_at=MONDAY),
        sender="test",
        sender_key="x.example",
        value_minor=100,
        currency="USD",
        at=MONDAY,
        received_at=MONDAY,
    )
    return links.create_link(
        business=business,
        name="Menu",
        destination="https://x.example/",
        utm=Utm(),
        at=MONDAY,
        domain=domain,
        external_key="menu",
        shared=True,
    )


def new_key(business: Business, *, opens_api: bool = True) -> str:
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=opens_api)
    return made.plain


def walk(client: Client, link: Link, key: str) -> Iterator[Answered]:
    """Every call of the document, about Harbor HVAC's link, with the body of its own example."""
    for operation in OPERATIONS:
        answer = client.generic(
            operation.method,
            operation.path.format(link_id=link.pk, key=link.external_key, conversion_id=SALE_ID),
            operation.example,
            "application/json",
            headers={"authorization": f"Bearer {key}"} if key else {},
        )
        yield Answered(operation, answer.status_code, answer["Content-Type"], answer.json())


def test_the_document_names_every_address_of_the_api() -> None:
    assert len(OPERATIONS) >= 12
    for path, methods in DOCUMENT["paths"].items():
        for details in methods.values():
            assert details["security"] == [{"BearerKey": []}, {"BasicKey": []}], path


def test_a_key_of_the_business_may_call_everything(
    client: Client, business: Business, harbor_link: Link
) -> None:
    for answered in walk(client, harbor_link, new_key(business)):
        taken = answered.status == 409 and answered.body["error"]["field"] == "back_half"
        assert answered.status in {200, 201} or taken, (answered.operation.id, answered.body)


@pytest.mark.parametrize("who", ["nobody", "revoked", "only_reports", "signed_in"])
def test_whoever_has_no_key_for_the_api_is_refused_everywhere(
    client: Client, business: Business, ada: User, harbor_link: Link, who: str
) -> None:
    key = "" if who in {"nobody", "signed_in"} else new_key(business, opens_api=who == "revoked")
    if who == "revoked":
        row = business.api_keys.get()
        accounts.revoke_api_key(business=business, key_id=row.pk, at=MONDAY, actor=ada)
    if who == "signed_in":
        client.force_login(ada)
    for answered in walk(client, harbor_link, key):
        assert answered.status == (403 if who == "only_reports" else 401), answered.operation.id
        assert answered.content_type == "application/json"
        assert {"code", "message", "hint"} <= answered.body["error"].keys()
    assert Link.objects.count() == Code.objects.count() == 1


def test_a_key_of_another_business_finds_nothing_of_ours(
    client: Client, other_business: Business, harbor_link: Link
) -> None:
    before = Link.objects.values().get()
    for answered in walk(client, harbor_link, new_key(other_business)):
        text = json.dumps(answered.body)
        assert "x.example" not in text, answered.operation.id
        about_a_link = "{link_id}" in answered.operation.path
        expected = {404} if about_a_link else {200, 404, 422}
        assert answered.status in expected, answered.operation.id
    assert Link.objects.values().get() == before
    assert Code.objects.count() == 1


def test_anybody_may_read_the_document_and_the_reference(client: Client) -> None:
    fetched = client.get("/api/v1/openapi.json")
    assert fetched.json() == DOCUMENT
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in page.text
    assert "<script>" not in page.text


def test_the_reference_in_the_docs_is_the_one_of_the_api() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
    assert written.read_text() == document(), "Write it anew: make reference"
