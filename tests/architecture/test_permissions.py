"""Every address names its permission, and keeps to it, for everybody who might ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import MONDAY
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from textrail.analytics import feed
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentReview, PersonMerge
from textrail.domain.contacts.rules import read_consent
from textrail.domain.conversions import actions as conversions
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    Import,
    ParkedReport,
    Shop,
)
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.inbox.actions import open_conversation
from textrail.domain.inbox.models import (
    Attachment,
    AutoAnswer,
    Message,
    Note,
    QuickReply,
    Recording,
)
from textrail.domain.links import actions as links
from textrail.domain.links.models import Click, Handout
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.stores import NewStore
from textrail.domain.numbers.models import CallFlow, Hours, NumberOrder, Sound, TrackingNumber
from textrail.domain.reports.columns import TABLES
from textrail.domain.visitors.models import ChannelRule, Site
from textrail.project import settings
from textrail.vocabulary.phone import PhoneNumber
from textrail.web.middleware import way_back

pytestmark = pytest.mark.django_db(transaction=True)
OPENING = '{"time_zone":"UTC","week":[[],[],[],[],[],[],[]]}'
LIVE = "conversations/stream/"  # answers for as long as somebody listens; tried in tests/browser


@dataclass(frozen=True, slots=True)
class Address:
    route: str
    permission: object

    def path(self, rows: dict[str, int]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            words = {"business": "harbor-hvac", "key": "channels", "phone": "+17275550142"}
            return words.get(name) or str(rows[name])

        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", value, self.route)


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield Address(route, getattr(pattern.callback, "permission", None))


ADDRESSES = list(walk(get_resolver()))
BELOW_A_BUSINESS = [
    address
    for address in ADDRESSES
    if "<slug:business>" in address.route and LIVE not in address.route
]


@pytest.fixture
def rows(business: Business, ada: User, number: TrackingNumber) -> dict[str, int]:
    """One row of everything that an address can name, all of them Harbor HVAC's."""
    contact = contacts.find_or_add_contact(
        business=business, phone=PhoneNumber("+17275550142"), at=MONDAY
    )
    merge = PersonMerge.objects.create(
        business=business,
        survivor=contact.person,
        absorbed=contacts.resolve_person(business=business, keys=[], at=MONDAY),
        evidence="a list",
        at=MONDAY,
    )
    thread = open_conversation(business=business, contact=contact, number=number, at=MONDAY)
    message = Message.objects.create(
        business=business,
        conversation=thread,
        contact=contact,
        person=contact.person,
        number=number,
        direction="inbound",
        body="Hello",
        segments=1,
        status="received",
        at=MONDAY,
    )
    flow = CallFlow.objects.create(
        business=business,
        name="Office",
        flow='{"first":"a","steps":[{"kind":"voicemail","id":"a","text":"Hello"}]}',
        created_at=MONDAY,
        updated_at=MONDAY,
    )
    sound = Sound.objects.create(
        business=business,
        name="Hello",
        content_type="audio/wav",
        path="x",
        bytes=1,
        created_at=MONDAY,
    )
    recording = Recording.objects.create(
        business=business,
        connection=number.connection,
        call_ref="CA1",
        carrier_ref="RE1",
        at=MONDAY,
    )
    link = links.create_link(
        business=business, name="Menu", destination="https://x.example/", utm=Utm(), at=MONDAY
    )
    store = links.add_store(
        business=business, store=NewStore("Tampa", "https://x.example/", 27.95, -82.46), at=MONDAY
    )
    links.set_rules(link=link, rules=[{"name": "Nearest", "nearest": True}], at=MONDAY)
    click = Click.objects.create(
        business=business,
        link=link,
        person=contact.person,
        code="abcdefgh",
        click_id="abcdefghij",
        at=MONDAY,
        method="GET",
        verdict="human",
        ruleset=1,
    )
    campaign = campaigns.create_draft(
        business=business, name="Spring", number=number, bodies=["Hi {first_name}"], at=MONDAY
    )
    conversions.add_default_types(business=business, at=MONDAY)
    type_ = ConversionType.objects.filter(business=business).earliest("id")
    sale = Conversion.objects.create(
        business=business,
        type=type_,
        person=contact.person,
        sender="test",
        sender_key="1",
        value_minor=100,
        currency="USD",
        at=MONDAY,
        received_at=MONDAY,
    )
    parked = ParkedReport.objects.create(
        business=business,
        sender="test",
        sender_key="2",
        event={"event": "Order Refunded"},
        reason="refund_early",
        sentence="The sale has not come yet.",
        received_at=MONDAY,
        tried_at=MONDAY,
    )
    endpoint = Endpoint.objects.create(
        business=business, url="https://crm.example/", secret="", created_at=MONDAY
    )
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        event_id="event-1",
        type="link.clicked",
        payload="{}",
        created_at=MONDAY,
        waiting_since=MONDAY,
    )
    handout = Handout.objects.create(
        business=business, link=link, name="List", token="abc", status="waiting", created_at=MONDAY
    )
    upload = Import.objects.create(
        business=business, name="orders.csv", token="t", state="ready", created_at=MONDAY
    )
    shop = Shop.objects.create(
        business=business, kind="stripe", name="Shop", token="t", secret="s", created_at=MONDAY
    )
    site = Site.objects.create(business=business, name="Shop", key="k", created_at=MONDAY)
    rule = ChannelRule.objects.create(
        business=business,
        position=1,
        name="Email",
        conditions=[{"field": "medium", "test": "is", "words": ["mail"]}],
        channel="email",
    )
    key = accounts.create_api_key(business=business, name="Shop", at=MONDAY, actor=ada)
    domain = links.add_domain(
        business=business, host="go.harbor.example", own=(), private=False, at=MONDAY
    )
    return {
        "domain_id": domain.pk,
        "endpoint_id": endpoint.pk,
        "delivery_id": delivery.pk,
        "handout_id": handout.pk,
        "member_id": ada.memberships.get().pk,
        "key_id": key.key.pk,
        "contact_id": contact.pk,
        "identity_id": contact.person.identities.get().pk,
        "merge_id": merge.pk,
        "number_id": number.pk,
        "connection_id": number.connection.pk,
        "order_id": NumberOrder.objects.create(
            business=business,
            connection=number.connection,
            phone="+14155550199",
            name="Vans",
            source_name="Vans",
            channel="offline",
            sms_enabled=True,
            sms_capable=True,
            mms_capable=True,
            voice_capable=True,
            ordered_at=MONDAY,
        ).pk,
        "flow_id": flow.pk,
        "sound_id": sound.pk,
        "recording_id": recording.pk,
        "answer_id": AutoAnswer.objects.create(business=business, trigger="always", body="Hi").pk,
        "hours_id": Hours.objects.create(
            business=business, name="Office", opening=OPENING, created_at=MONDAY
        ).pk,
        "link_id": link.pk,
        "click_id": click.pk,
        "store_id": store.pk,
        "position": 1,
        "conversation_id": thread.pk,
        "attachment_id": Attachment.objects.create(message=message, content_type="image/png").pk,
        "type_id": type_.pk,
        "campaign_id": campaign.pk,
        "conversion_id": sale.pk,
        "report_id": parked.pk,
        "import_id": upload.pk,
        "shop_id": shop.pk,
        "site_id": site.pk,
        "rule_id": rule.pk,
        "review_id": _held_words(business),
        "message_id": _scheduled_text(message).pk,
        "note_id": Note.objects.create(business=business, conversation=thread, at=MONDAY).pk,
        "reply_id": QuickReply.objects.create(business=business, name="Hi", created_at=MONDAY).pk,
    }


def _scheduled_text(inbound: Message) -> Message:
    return Message.objects.create(
        business=inbound.business,
        conversation=inbound.conversation,
        contact=inbound.contact,
        person=inbound.person,
        number=inbound.number,
        direction="outbound",
        body="Later",
        segments=1,
        status="scheduled",
        at=MONDAY,
        leaves_at=MONDAY,
    )


def _held_words(business: Business) -> int:
    contacts.hold(
        business=business,
        phone=PhoneNumber("+17275550142"),
        reading=read_consent("no"),
        words="no",
        message_id=None,
        at=MONDAY,
    )
    return ConsentReview.objects.get(business=business).pk


def statuses(client: Client, address: Address, rows: dict[str, int]) -> tuple[int, int]:
    """What asking for the address and sending an empty form to it are answered."""
    path = address.path(rows)
    return client.get(path).status_code, client.post(path).status_code


def test_every_address_names_its_permission() -> None:
    named = {"anyone", "signed_in", "operator", "key", *Permission}
    assert [address.route for address in ADDRESSES if address.permission not in named] == []
    assert len(BELOW_A_BUSINESS) > 40


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.VIEWER])
def test_a_member_gets_what_the_role_allows_and_nothing_else(
    client: Client, role: Role, rows: dict[str, int], max_: User, bo: User, vi: User
) -> None:
    client.force_login({Role.ADMIN: max_, Role.AGENT: bo, Role.VIEWER: vi}[role])
    client.raise_request_exception = False
    feed.feed_once(settings.CONFIG.columns_folder, TABLES, MONDAY)
    for address in BELOW_A_BUSINESS:
        assert isinstance(address.permission, Permission)
        if allows(role, address.permission):
            assert client.get(address.path(rows)).status_code in {200, 302, 404, 405}, address.route
        else:
            assert set(statuses(client, address, rows)) <= {403, 405}, address.route


def test_the_way_back_is_a_page_to_read(as_ada: Client, rows: dict[str, int]) -> None:
    """From an address that takes forms only, and from whatever else may be refused."""
    as_ada.raise_request_exception = False
    feed.feed_once(settings.CONFIG.columns_folder, TABLES, MONDAY)
    addresses = [address for address in BELOW_A_BUSINESS if "<slug:key>" not in address.route]
    for back in sorted({way_back(address.path(rows)) for address in addresses}):
        answer = as_ada.get(back, follow=True)
        assert (answer.status_code, b"<h1" in answer.content) == (200, True), back


def test_a_stranger_of_the_business_is_told_nothing(
    client: Client, rows: dict[str, int], cy: User
) -> None:
    client.force_login(cy)
    for address in BELOW_A_BUSINESS:
        assert set(statuses(client, address, rows)) <= {404, 405}, address.route


def test_a_row_of_another_business_does_not_exist_in_ones_own(
    client: Client, rows: dict[str, int], cy: User, other_business: Business
) -> None:
    """Cy is an owner, and asks for Harbor's rows below the address of Cy's own business."""
    client.force_login(cy)
    for address in BELOW_A_BUSINESS:
        if "_id>" not in address.route:
            continue
        path = address.path(rows).replace("harbor-hvac", other_business.slug)
        assert client.get(path).status_code in {404, 405}, path
        # An empty form may be refused before anything is looked up.
        assert client.post(path).status_code in {404, 405, 422}, path


def test_nobody_is_asked_to_sign_in(client: Client, rows: dict[str, int]) -> None:
    for address in BELOW_A_BUSINESS:
        for status in statuses(client, address, rows):
            assert status in {302, 405}, address.route
        answer = client.get(address.path(rows))
        assert answer.status_code == 405 or answer["location"].startswith("/account/login/")


def test_only_the_operator_sees_what_belongs_to_nobody(client: Client, ada: User, cy: User) -> None:
    User.objects.filter(id=ada.id).update(is_operator=True)
    for user, status in ((cy, 404), (ada, 200)):
        client.force_login(user)
        assert client.get("/operator/unclaimed/").status_code == status


def test_pages_keep_to_the_content_security_policy() -> None:
    """No template carries a script or a style of its own; the policy would not run them."""
    source = Path(settings.__file__).parents[1]
    for path in source.rglob("templates/**/*.html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or "application/json" in script, (path, script)
