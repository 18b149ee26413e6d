from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import NewCode
from textrail.domain.links.models import Click, Code, Link
from textrail.domain.links.rules import DUPLICATE_SECONDS, Utm
from textrail.domain.links.tasks import record_clicks
from textrail.domain.links.tests.test_judging import PEOPLE, PREVIEWS
from textrail.journal.port import Arrival
from textrail.outbox import table
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.events import EventName
from textrail.vocabulary.ids import new_click_id
from textrail.vocabulary.sealing import Seal

IPHONE, PIXEL = PEOPLE["iphone_safari"], PEOPLE["pixel_9"]


@pytest.fixture
def context(clock: ManualClock, seal: Seal, tmp_path: Path) -> Context:
    return Context(
        clock=clock,
        doors={},
        clients={},
        seal=seal,
        links_url="http://127.0.0.1:8001",
        pages_url="http://127.0.0.1:8000",
        media_folder=tmp_path,
    )


@pytest.fixture
def wiring() -> Iterator[None]:
    """Nobody listens, so that a test sees what this room does alone."""
    before = table._wiring
    table.wire(table.Wiring())
    yield
    table.wire(before)


pytestmark = pytest.mark.usefixtures("wiring")


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm("sms", "text"),
        at=clock.now(),
        campaign_id=5,
        variant_id=6,
        shared=True,
    )


@pytest.fixture
def contact(business: Business, clock: ManualClock) -> Contact:
    person = Person.objects.create(business=business, created_at=clock.now())
    return Contact.objects.create(
        business=business, person=person, phone="+14155550111", created_at=clock.now()
    )


@pytest.fixture
def code(link: Link, contact: Contact) -> str:
    actions.store_codes([NewCode("abcd2345", link.pk, contact.pk, 77)])
    return "abcd2345"


class Door:
    """Writes click arrivals as the door does."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.position = 0

    def click(
        self,
        code: str,
        *,
        agent: str = IPHONE,
        address: str = "203.0.113.9",
        method: str = "GET",
        click_id: str = "",
        seconds: float = 0,
    ) -> Arrival:
        self.position += 1
        body = arrivals.ClickArrival(
            code=code,
            click_id=click_id or new_click_id(),
            method=method,
            address=address,
            headers=[("User-Agent", agent), ("accept-language", "en-US")],
        )
        at = to_ms(self.clock.now() + timedelta(seconds=seconds))
        return Arrival(self.position, arrivals.CLICK, at, arrivals.encode(body))


@pytest.fixture
def door(clock: ManualClock) -> Door:
    return Door(clock)


def verdicts() -> list[str]:
    return list(Click.objects.order_by("id").values_list("verdict", flat=True))


def test_a_tap_is_credited_to_contact_message_and_variant(
    context: Context, door: Door, code: str, contact: Contact, link: Link
) -> None:
    record_clicks(context, [door.click(code, click_id="the-click")])
    click = Click.objects.get()
    assert (click.click_id, click.contact, click.person) == ("the-click", contact, contact.person)
    assert (click.message_id, click.campaign_id, click.variant_id) == (77, 5, 6)
    assert (click.device, click.os, click.browser) == ("iPhone", "iOS 18", "Mobile Safari")
    assert (click.verdict, click.reasons, click.ruleset) == ("human", ["phone_browser"], 1)
    assert dict(click.headers)["user-agent"] == IPHONE
    assert click.at == context.clock.now()


def test_an_arrival_that_comes_twice_is_one_click(context: Context, door: Door, code: str) -> None:
    arrival = door.click(code)
    record_clicks(context, [arrival, arrival])
    record_clicks(context, [arrival])
    assert verdicts() == ["human"]


def test_tapping_again_at_once_is_a_duplicate_within_and_across_batches(
    context: Context, door: Door, code: str
) -> None:
    record_clicks(context, [door.click(code), door.click(code, seconds=2)])
    record_clicks(context, [door.click(code, seconds=5)])
    record_clicks(context, [door.click(code, seconds=DUPLICATE_SECONDS + 6)])
    assert verdicts() == ["human", "duplicate", "duplicate", "human"]


def test_a_preview_before_the_tap_does_not_take_its_place(
    context: Context, door: Door, code: str
) -> None:
    record_clicks(
        context, [door.click(code, agent=PREVIEWS["imessage"]), door.click(code, seconds=1)]
    )
    assert verdicts() == ["preview", "human"]


def test_another_device_is_another_tap(context: Context, door: Door, link: Link) -> None:
    record_clicks(
        context,
        [
            door.click(link.share_code),
            door.click(link.share_code, agent=PIXEL),
            door.click(link.share_code, address="203.0.113.10"),
        ],
    )
    assert verdicts() == ["human", "human", "human"]
    assert Person.objects.count() == 3


def test_a_stranger_who_taps_again_is_the_same_stranger(
    context: Context, door: Door, link: Link
) -> None:
    record_clicks(context, [door.click(link.share_code), door.click(link.share_code, seconds=1)])
    record_clicks(context, [door.click(link.share_code, seconds=2)])
    assert verdicts() == ["human", "duplicate", "duplicate"]
    assert Person.objects.count() == 1
    assert not Click.objects.exclude(contact=None).exists()


def test_a_contact_who_is_gone_leaves_an_anonymous_tap(
    context: Context, door: Door, code: str, contact: Contact
) -> None:
    contact.delete()
    record_clicks(context, [door.click(code)])
    click = Click.objects.get()
    assert click.contact is None
    assert click.person_id != contact.person_id


def test_a_code_that_is_gone_is_left_to_the_intake_to_park(
    context: Context, door: Door, code: str
) -> None:
    arrival = door.click(code)
    Code.objects.filter(code=code).delete()
    with pytest.raises(LookupError, match=code):
        record_clicks(context, [arrival])


def test_hostile_headers_are_kept_without_harm(context: Context, door: Door, code: str) -> None:
    record_clicks(
        context,
        [door.click(code, agent="\0" + "é" * 5000, method="PROPPATCH-X", address="9" * 80)],
    )
    assert verdicts() == ["scanner"]


def test_only_taps_by_people_are_told_and_only_to_listeners(
    context: Context, door: Door, code: str, contact: Contact, link: Link
) -> None:
    clicks = [door.click(code, click_id="the-click"), door.click(code, agent=PREVIEWS["slack"])]
    before = table._wiring
    table.wire(
        table.Wiring(
            work={"hooks.tell": lambda context, task: None},
            events={EventName.LINK_CLICKED: ["hooks.tell"]},
        )
    )
    record_clicks(context, clicks)
    table.wire(before)
    payload = Work.objects.get().payload
    assert payload["click_id"] == "the-click"
    assert (payload["link_id"], payload["contact_id"]) == (link.pk, contact.pk)


def test_a_thousand_clicks_take_a_few_statements(
    context: Context, door: Door, code: str, link: Link
) -> None:
    clicks = [
        door.click(
            code if turn % 2 else link.share_code, address=f"203.0.{turn // 250}.{turn % 250}"
        )
        for turn in range(1000)
    ]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        record_clicks(context, clicks)
    reads = [query for query in captured if query["sql"].startswith("SELECT")]
    assert len(reads) == 4
    # SQLite takes 999 values per statement, so inserts are cut there.
    assert len(captured) <= 50
    assert Click.objects.count() == 1000


def test_queries_count_people_and_raw_apart(
    context: Context,
    door: Door,
    code: str,
    link: Link,
    business: Business,
    other_business: Business,
) -> None:
    record_clicks(
        context,
        [
            door.click(code),
            door.click(code, agent=PREVIEWS["imessage"]),
            door.click(code, agent=PIXEL, seconds=86_400),
        ],
    )
    taps = queries.Taps(human=2, raw=3)
    assert queries.link_page(business).rows[0].taps == taps
    assert queries.taps_by_variant(business, 5) == {6: taps}
    report = queries.link_report(business, link)
    assert report.taps == taps
    assert [day_taps.raw for _, day_taps in report.days] == [2, 1]
    assert {share.name for share in report.devices} == {"iPhone", "Pixel 9 Pro"}
    assert {count.verdict.value: count.count for count in report.verdicts} == {
        "human": 2,
        "preview": 1,
    }
    assert [click.verdict for click in queries.clicks(business, people_only=True).rows] == [
        "human",
        "human",
    ]
    assert queries.clicks(other_business).rows == ()
    assert queries.link_page(other_business).rows == ()
    assert queries.taps_by_link(other_business, [link.pk]) == {}


def test_days_are_those_of_the_business(
    context: Context, door: Door, code: str, link: Link, business: Business
) -> None:
    # 04:30 UTC on Tuesday is still Monday evening in New York.
    record_clicks(context, [door.click(code), door.click(code, seconds=13.5 * 3600)])
    assert len(queries.link_report(business, link).days) == 1


def test_lists_page_by_key(business: Business, clock: ManualClock) -> None:
    for name in ("One", "Two", "Three"):
        actions.create_link(
            business=business,
            name=name,
            destination="https://shop.example",
            utm=Utm(),
            at=clock.now(),
        )
    first = queries.link_page(business, limit=2)
    second = queries.link_page(business, limit=2, after=first.after)
    assert [row.link.name for row in first.rows] == ["Three", "Two"]
    assert [row.link.name for row in second.rows] == ["One"]
    assert second.after is None
