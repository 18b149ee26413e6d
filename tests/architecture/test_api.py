"""The API keeps to its own document, for every key that might call, and says it in the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from pytest_django import Settings

from textrail.carriers.contract import Credentials, NumberOffer, NumberWanted
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Person
from textrail.domain.conversions import actions as conversions
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import Attachment, Call, Message, Recording
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.links import actions as links
from textrail.domain.links.models import Code, Domain, Link
from textrail.domain.links.rules import Utm
from textrail.domain.numbers import desks
from textrail.domain.numbers.models import Connection, NumberOrder, TrackingNumber
from textrail.domain.numbers.offers import write_offer
from textrail.project.api import api, document
from textrail.web.api_reference import Operation, reference

pytestmark = pytest.mark.django_db
SALE_ID = 4_000
# Ids that nothing else has: what a path names is one of Harbor HVAC's, or nobody's.
OTHER_ID = 70_001


@cache
def described() -> dict[str, Any]:
    """The document; it takes seconds to write, so only who asks for it waits."""
    written: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return written


@cache
def operations() -> Sequence[Operation]:
    return reference(described()).operations


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


@pytest.fixture
def harbor_inbox(
    business: Business, number: TrackingNumber, settings: Settings, tmp_path: Path
) -> dict[str, object]:
    """One of each row that a path of the inbox names, with the bytes of its file and sound."""
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "sound.mp3").write_bytes(b"sound")
    contact = contacts.find_or_add_contact(business=business, phone=DANA, at=MONDAY, name="Zora")
    later = datetime.now(UTC) + timedelta(hours=1)
    message = inbox.queue_text(
        business=business, contact=contact, number=number, body="Secret", at=MONDAY, leaves_at=later
    )
    Attachment.objects.create(
        id=OTHER_ID, message=message, content_type="image/png", path="sound.mp3"
    )
    call = Call.objects.create(
        id=OTHER_ID,
        business=business,
        conversation=message.conversation,
        contact=contact,
        person=contact.person,
        number=number,
        carrier_ref="call-1",
        status="answered",
        at=MONDAY,
    )
    Recording.objects.create(
        id=OTHER_ID,
        business=business,
        connection=number.connection,
        call=call,
        call_ref="call-1",
        carrier_ref="rec-1",
        content_type="audio/mpeg",
        path="sound.mp3",
        at=MONDAY,
    )
    order = NumberOrder.objects.create(
        id=OTHER_ID,
        business=business,
        connection=number.connection,
        phone="+14155550177",
        name="Vans",
        source_name="Vans",
        channel="offline",
        sms_enabled=True,
        sms_capable=True,
        mms_capable=True,
        voice_capable=True,
        ordered_at=MONDAY,
    )
    return {
        "conversation_id": message.conversation_id,
        "message_id": message.pk,
        "contact_id": contact.pk,
        "number_id": number.pk,
        "file_id": OTHER_ID,
        "call_id": call.pk,
        "recording_id": OTHER_ID,
        "order_id": order.pk,
        "phone": contact.phone,
    }


class FakeDesk:
    """A carrier that has one number for sale."""

    def search(self, wanted: NumberWanted, credentials: Credentials) -> list[NumberOffer]:
        return [NumberOffer("+14155550123")]


@pytest.fixture(autouse=True)
def desk() -> Iterator[None]:
    before = (desks._opening, desks._forms)
    desks.register(lambda: {"simulator": FakeDesk()}, desks.forms())  # type: ignore[dict-item]
    yield
    assert before[0] is not None
    desks.register(before[0], before[1])


def new_key(business: Business, *, opens_api: bool = True) -> str:
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=opens_api)
    return made.plain


def walk(
    client: Client, link: Link, rows: dict[str, object], key: str, offer: str = ""
) -> Iterator[Answered]:
    """Every call of the document, about rows of Harbor HVAC, with the body of its own example.
    What takes something away comes last."""
    named = {**rows, "link_id": link.pk, "key": link.external_key, "conversion_id": SALE_ID}
    for operation in sorted(operations(), key=lambda each: each.id == "release_number"):
        answer = client.generic(
            operation.method,
            operation.path.format(**named),
            operation.example.replace("Wzcs-signed-offer", offer),
            "application/json",
            headers={"authorization": f"Bearer {key}"} if key else {},
        )
        kind = answer["Content-Type"]
        body = answer.json() if kind.startswith("application/json") else {}
        yield Answered(operation, answer.status_code, kind, body)


def test_the_document_names_every_address_of_the_api() -> None:
    assert len(operations()) >= 12
    for path, methods in described()["paths"].items():
        for details in methods.values():
            assert details["security"] == [{"BearerKey": []}, {"BasicKey": []}], path


def test_every_field_says_what_it_is() -> None:
    given = reference(described())
    assert not [
        (shape.name, field.name)
        for shape in given.shapes
        for field in shape.fields
        if "anything" in field.type
    ]


def test_a_key_of_the_business_may_call_everything(
    client: Client,
    business: Business,
    harbor_link: Link,
    harbor_inbox: dict[str, object],
    connection: Connection,
) -> None:
    offer = write_offer(business, connection, NumberOffer("+14155550123"))
    for answered in walk(client, harbor_link, harbor_inbox, new_key(business), offer):
        taken = answered.status == 409 and answered.body["error"]["field"] == "back_half"
        fine = answered.status in {200, 201, 202} or taken
        assert fine, (answered.operation.id, answered.body)


@pytest.mark.parametrize("who", ["nobody", "revoked", "only_reports", "signed_in"])
def test_whoever_has_no_key_for_the_api_is_refused_everywhere(
    client: Client,
    business: Business,
    ada: User,
    harbor_link: Link,
    harbor_inbox: dict[str, object],
    who: str,
) -> None:
    key = "" if who in {"nobody", "signed_in"} else new_key(business, opens_api=who == "revoked")
    if who == "revoked":
        row = business.api_keys.get()
        accounts.revoke_api_key(business=business, key_id=row.pk, at=MONDAY, actor=ada)
    if who == "signed_in":
        client.force_login(ada)
    for answered in walk(client, harbor_link, harbor_inbox, key):
        assert answered.status == (403 if who == "only_reports" else 401), answered.operation.id
        assert answered.content_type == "application/json"
        assert {"code", "message", "hint"} <= answered.body["error"].keys()
    assert Link.objects.count() == Code.objects.count() == 1
    assert Message.objects.get().status == "scheduled"


def test_a_key_of_another_business_finds_nothing_of_ours(
    client: Client,
    other_business: Business,
    harbor_link: Link,
    harbor_inbox: dict[str, object],
    connection: Connection,
) -> None:
    before = Link.objects.values().get(), Message.objects.values().get()
    offer = write_offer(connection.business, connection, NumberOffer("+14155550123"))
    key = new_key(other_business)
    for answered in walk(client, harbor_link, harbor_inbox, key, offer):
        text = json.dumps(answered.body)
        for ours in ("x.example", "Secret", "Billboard I-80", "Zora", "+14155550123"):
            # What they send about somebody comes back to them, and nothing of ours.
            sent = ours in answered.operation.example
            assert sent or ours not in text, answered.operation.id
        about_ours = "_id}" in answered.operation.path
        expected = {404} if about_ours else {200, 201, 404, 409, 422}
        assert answered.status in expected, (answered.operation.id, answered.body)
    assert (Link.objects.values().get(), Message.objects.values().get()) == before
    assert Code.objects.count() == 1
    assert TrackingNumber.objects.get().released_at is None


def test_anybody_may_read_the_document_and_the_reference(client: Client) -> None:
    fetched = client.get("/api/v1/openapi.json")
    assert fetched.json() == described()
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    for operation in operations():
        assert f'id="{operation.id}"' in page.text
    assert "<script>" not in page.text


def test_the_reference_in_the_docs_is_the_one_of_the_api() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
    assert written.read_text() == document(), "Write it anew: make reference"
