from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from textrail.atlas import Atlas
from textrail.atlas.tests.test_atlas import OAKLAND, write
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.inbox.models import Conversation, Message, Receipt
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import NewCode
from textrail.domain.links.models import Click, Code, Link
from textrail.domain.links.rules import DUPLICATE_SECONDS, RULESET, Utm
from textrail.domain.links.tasks import record_clicks
from textrail.domain.links.tests.conftest import IPHONE, PIXEL, Door, sent_by
from textrail.domain.links.tests.test_judging import PEOPLE, PREVIEWS
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import table
from textrail.outbox.contract import Context
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.events import EventName
from textrail.vocabulary.routing import Decision

pytestmark = pytest.mark.usefixtures("wiring")


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
    assert (click.verdict, click.reasons, click.ruleset) == ("human", ["phone_browser"], RULESET)
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


def test_every_click_is_told_with_its_verdict_and_only_to_listeners(
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
    told, preview = (work.payload for work in Work.objects.order_by("id"))
    assert (told["click_id"], told["verdict"]) == ("the-click", "human")
    assert (told["link_id"], told["contact_id"]) == (link.pk, contact.pk)
    assert preview["verdict"] == "preview"


def test_a_thousand_clicks_take_a_few_statements(
    context: Context, door: Door, code: str, link: Link
) -> None:
    clicks = [
        door.click(
            code if turn % 2 else link.share_code, address=f"203.0.{turn // 250}.{turn % 250}"
        )
        for turn in range(1000)
    ]
    with CaptureQueriesContext(database) as captured:
        record_clicks(context, clicks)
    # PostgreSQL writes the halves of a UNION in brackets.
    reads = [query for query in captured if query["sql"].lstrip("(").startswith("SELECT")]
    # PostgreSQL is asked to hold the business, too.
    assert len(reads) == 9 + database.features.has_select_for_update
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
    assert [click.verdict for click in queries.clicks(business, people_only=True).rows] == [
        "human",
        "human",
    ]
    assert queries.clicks(other_business).rows == ()
    assert queries.link_page(other_business).rows == ()
    assert queries.taps_by_link(other_business, [link.pk]) == {}


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


def test_place_network_and_routing_are_kept_with_the_click(
    context: Context, door: Door, code: str, tmp_path: Path
) -> None:
    places = write(tmp_path / "places.mmdb", {"203.0.113.0/24": OAKLAND})
    record = {"autonomous_system_number": 21928, "autonomous_system_organization": "T-Mobile USA"}
    networks = write(tmp_path / "networks.mmdb", {"203.0.113.0/24": record})
    decision = Decision("rule", "https://shop.example/ca", rule="California", because=("CA",))
    record_clicks(
        replace(context, atlas=Atlas(places, networks)),
        [door.click(code, decision=decision), door.click(code, address="198.51.100.1")],
    )
    known, unknown = Click.objects.order_by("id")
    assert (known.country, known.region, known.city) == ("US", "CA", "Oakland")
    assert (known.asn, known.network) == (21928, "T-Mobile USA")
    assert known.routed == {
        "outcome": "rule",
        "landing": "https://shop.example/ca",
        "rule": "California",
        "because": ["CA"],
    }
    assert (unknown.country, unknown.asn, unknown.network, unknown.routed) == ("", None, "", None)


def test_a_data_centre_of_the_operators_list_counts(
    context: Context, door: Door, code: str, tmp_path: Path
) -> None:
    hosting = tmp_path / "hosting.txt"
    hosting.write_text("203.0.113.0/24\n")
    bare = [pair for pair in sent_by(IPHONE) if pair[0] != "Accept-Language"]
    listed = replace(context, atlas=Atlas(hosting=hosting))
    record_clicks(listed, [door.click(code), door.click(code, headers=bare, seconds=90)])
    assert verdicts() == ["human", "scanner"]


def test_over_https_a_browser_is_held_to_what_it_says_there(
    context: Context, door: Door, code: str
) -> None:
    secure = replace(context, links_url="https://go.harbor.example")
    record_clicks(secure, [door.click(code)])
    assert Click.objects.get().reasons == ["fetch:missing"]
    assert verdicts() == ["unknown"]


def text_to(contact: Contact, number: TrackingNumber, *, handed_over_at: datetime) -> Message:
    conversation = Conversation.objects.create(
        business=contact.business, contact=contact, number=number, last_at=handed_over_at
    )
    return Message.objects.create(
        business=contact.business,
        conversation=conversation,
        contact=contact,
        person=contact.person,
        number=number,
        direction="outbound",
        segments=1,
        status="delivered",
        at=handed_over_at,
        handed_over_at=handed_over_at,
    )


def test_a_click_before_the_text_has_left_is_nobody(
    context: Context,
    door: Door,
    link: Link,
    contact: Contact,
    number: TrackingNumber,
    clock: ManualClock,
) -> None:
    message = text_to(contact, number, handed_over_at=clock.now() + timedelta(seconds=60))
    Receipt.objects.create(
        business=contact.business,
        message=message,
        status="delivered",
        at=clock.now() + timedelta(seconds=70),
    )
    actions.store_codes([NewCode("early234", link.pk, contact.pk, message.pk)])
    record_clicks(
        context, [door.click("early234", seconds=second) for second in (0, 60.5, 65, 200)]
    )
    assert [click.reasons for click in Click.objects.order_by("id")] == [
        ["timing:before_hand_over", "timing:before_receipt"],
        ["timing:at_once", "timing:before_receipt"],
        ["phone_browser", "timing:before_receipt"],
        ["phone_browser"],
    ]


def test_one_program_with_many_codes_is_told_from_many_phones_behind_one_gateway(
    context: Context, door: Door, link: Link
) -> None:
    codes = [f"code{turn:04d}" for turn in range(12)]
    actions.store_codes([NewCode(code, link.pk, None, None) for code in codes])
    phones = [agent for name, agent in PEOPLE.items() if name.startswith("iphone")][:12]
    of_a_program = [
        door.click(code, seconds=turn, address="192.0.2.1") for turn, code in enumerate(codes)
    ]
    of_many_phones = [
        door.click(code, agent=agent, seconds=turn, address="192.0.2.2")
        for turn, (code, agent) in enumerate(zip(codes, phones, strict=True))
    ]
    in_an_afternoon = [
        door.click(code, seconds=60 * turn, address="192.0.2.3") for turn, code in enumerate(codes)
    ]
    record_clicks(context, [*of_a_program, *of_many_phones, *in_an_afternoon])
    by_address = {
        address: set(Click.objects.filter(address=address).values_list("verdict", flat=True))
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3")
    }
    assert by_address["192.0.2.1"] == {"unknown"}
    assert by_address["192.0.2.2"] == {"human"}
    assert by_address["192.0.2.3"] == {"human"}


def test_another_business_behind_the_same_address_is_not_looked_at(
    context: Context, door: Door, link: Link, other_business: Business, clock: ManualClock
) -> None:
    theirs = actions.create_link(
        business=other_business,
        name="Theirs",
        destination="https://cycles.example/",
        utm=Utm(),
        at=clock.now(),
    )
    codes = [f"mine{turn:04d}" for turn in range(6)] + [f"his{turn:05d}" for turn in range(6)]
    owners = [link.pk] * 6 + [theirs.pk] * 6
    actions.store_codes(
        [NewCode(code, owner, None, None) for code, owner in zip(codes, owners, strict=True)]
    )
    record_clicks(context, [door.click(code) for code in codes])
    assert set(verdicts()) == {"human"}


def test_heads_around_a_tap_are_known_and_forgiven(context: Context, door: Door, code: str) -> None:
    """X asks once as a bot and three times for the head alone, in browsers' names (Dub #2309)."""
    record_clicks(
        context,
        [
            door.click(code, agent="Twitterbot/1.0"),
            *(door.click(code, agent=IPHONE, method="HEAD") for _ in range(3)),
            door.click(code, seconds=9),
        ],
    )
    assert verdicts() == ["preview", "scanner", "scanner", "scanner", "human"]
    assert Click.objects.latest("id").reasons == ["phone_browser", "nearby:heads"]


def test_a_burst_is_seen_across_batches(context: Context, door: Door, link: Link) -> None:
    codes = [f"code{turn:04d}" for turn in range(20)]
    actions.store_codes([NewCode(code, link.pk, None, None) for code in codes])
    for code in codes:
        record_clicks(context, [door.click(code)])
    assert verdicts() == ["human"] * 9 + ["unknown"] * 11
