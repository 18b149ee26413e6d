"""Rows that are named by their keys are looked up, however many the business has beside them.

SQLite without statistics takes a business for about ten rows, and would rather read all of it than
look for more than a few. Of PostgreSQL, which has statistics, docs/decisions/0013 says what is done
instead, and conversions/tests/test_lookups.py where it may not read a business at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import MONDAY
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.actions import Naming, find_or_add_contact
from textrail.domain.contacts.models import Contact, Person, PersonMerge
from textrail.domain.conversions import queries as conversions
from textrail.domain.conversions.actions import add_default_types
from textrail.domain.conversions.models import Conversion, ConversionType, Repeats
from textrail.domain.conversions.queries.conversions import _links_of_clicks
from textrail.domain.conversions.queries.repeats import counted_instead
from textrail.domain.inbox.actions import CampaignText, cancel_waiting, queue_campaign_texts
from textrail.domain.inbox.actions.conversations import open_conversations
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.queries.answering import histories
from textrail.domain.inbox.queries.contact import conversations_of
from textrail.domain.links import queries as links
from textrail.domain.links.queries.bot_rate import _requests
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.queries.credited import credit_lines
from textrail.domain.reports.queries.happened import _people
from textrail.domain.reports.queries.ways import _called
from textrail.domain.reports.rules import read_choice
from textrail.domain.visitors import queries as visitors
from textrail.domain.visitors.actions.outside import _whose
from textrail.vocabulary.phone import PhoneNumber

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="says it of SQLite"),
]

MANY = 60
IDS = range(1, MANY + 1)
TABLES_OF_MANY = {
    "contacts_identity",
    "contacts_person",
    "contacts_personmerge",
    "conversions_conversion",
    "inbox_conversation",
    "inbox_message",
    "links_click",
    "links_link",
    "links_linkcheck",
    "visitors_session",
    "visitors_traffic",
}


@dataclass(frozen=True, slots=True)
class World:
    """Of the people, all are one; each has a text of campaign 7 and a sale, taken back."""

    business: Business
    number: TrackingNumber
    people: list[Contact]
    sales: list[Conversion]
    said: list[Message]

    def texts(self) -> list[CampaignText]:
        return [CampaignText(each.pk, each.person_id, "Spring sale", None) for each in self.people]

    def queue(self) -> None:
        texts, business, number = self.texts(), self.business, self.number
        queue_campaign_texts(
            business=business, number=number, texts=texts, campaign_id=7, at=MONDAY
        )

    def cancel(self) -> None:
        cancel_waiting(business=self.business, campaign_id=7, limit=9, at=MONDAY)

    def open(self) -> None:
        began = [(each, self.number, MONDAY) for each in self.people]
        open_conversations(business=self.business, began=began)

    def look_back(self) -> None:
        histories(self.business, [(text, ()) for text in self.said])

    def name(self) -> None:
        _whose(self.business, [Naming((), MONDAY, each.person_id) for each in self.people])

    def look_who_converted(self) -> None:
        counted_instead(self.business, list(Conversion.objects.filter(sale__isnull=False)))

    def credit(self) -> None:
        rows = [{"conversion_id": each.pk, "credit": 0} for each in self.sales]
        credit_lines(self.business, read_choice({}, MONDAY.date()), Earner(), rows)


@pytest.fixture
def world(business: Business, number: TrackingNumber) -> World:
    phones = [PhoneNumber(f"+1415555{1000 + each}") for each in IDS]
    people = [find_or_add_contact(business=business, phone=each, at=MONDAY) for each in phones]
    first, *others = [each.person_id for each in people]
    Person.objects.filter(id__in=others).update(merged_into=first)
    PersonMerge.objects.bulk_create(
        PersonMerge(business=business, survivor_id=first, absorbed_id=each, at=MONDAY)
        for each in others
    )
    add_default_types(business=business, at=MONDAY)
    kind = ConversionType.objects.filter(business=business).first()
    sales = [_sale(kind, each.person_id, n) for n, each in enumerate(people)]
    for row in Conversion.objects.bulk_create(sales):
        back = _sale(kind, row.person_id, row.pk + MANY)
        back.sale = row
        back.save()
    found = World(business, number, people, sales, [])
    found.queue()
    found.said.extend(Message.objects.order_by("id"))
    return found


def _sale(kind: ConversionType | None, person_id: int, number: int) -> Conversion:
    assert kind is not None
    return Conversion(
        business_id=kind.business_id,
        type=kind,
        person_id=person_id,
        sender="api",
        sender_key=f"s-{number}",
        once_per=Repeats.PERSON,
        value_minor=100,
        at=MONDAY,
        received_at=MONDAY,
    )


def _person(world: World) -> Person:
    return world.people[0].person


CASES: dict[str, Callable[[World], object]] = {
    "texts of a campaign": World.queue,
    "texts that are cancelled": World.cancel,
    "threads of who wrote": World.open,
    "threads of contacts": lambda world: conversations_of(world.business, IDS),
    "what was said before": World.look_back,
    "keys": lambda world: contacts.identities(world.business, _person(world)),
    "merges": lambda world: contacts.merges(world.business, _person(world)),
    "people of outside clicks": World.name,
    "visits": lambda world: visitors.timeline_entries(world.business, IDS),
    "ways in": lambda world: visitors.way_names(world.business, IDS),
    "ways in of a table": lambda world: _called(world.business, "source", IDS),
    "conversions": lambda world: conversions.timeline_entries(world.business, IDS),
    "clicks of conversions": lambda world: _links_of_clicks(world.business, [*map(str, IDS)]),
    "conversions of a page": World.look_who_converted,
    "credits": World.credit,
    "people of rows": lambda world: _people(world.business, set(IDS)),
    "taps of links": lambda world: links.taps_by_link(world.business, IDS),
    "taps of a campaign": lambda world: links.taps_by_variant(world.business, 7),
    "links of keys": lambda world: list(links.links_by_key(world.business, [*map(str, IDS)])),
    "link of a key": lambda world: links.find_link(world.business, "mine"),
    "checks of links": lambda world: links.last_checks(world.business, IDS),
    "requests of codes": lambda world: _requests(world.business, [*map(str, IDS)]),
}


@pytest.mark.parametrize("case", CASES)
def test_no_business_is_read_for_some_rows_of_it(world: World, case: str) -> None:
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        CASES[case](world)
    found = [each["sql"] for each in asked.captured_queries]
    looked = [sql for sql in found if re.match(r"SELECT .* FROM ", sql)]
    assert any(f'"{table}"' in sql for sql in looked for table in TABLES_OF_MANY)
    for sql in looked:
        assert not read_whole(sql), sql


def test_what_reads_a_business_is_seen(world: World) -> None:
    """As these tests would say it of any of the above."""
    rows = Message.objects.filter(business=world.business, conversation_id__in=IDS)
    with CaptureQueriesContext(connection) as asked:
        list(rows.order_by("-at"))
    assert read_whole(asked.captured_queries[0]["sql"])


def read_whole(sql: str) -> list[str]:
    """The tables of many rows of which a statement reads all that a business has, or all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")
        assert cursor.fetchone() == (0,), "plans by statistics say nothing of those without"
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        steps = [row[3] for row in cursor.fetchall()]
    whole = [step for step in steps if step.startswith("SCAN ") or step.endswith("(business_id=?)")]
    return [table for step in whole if (table := step.split()[1]) in TABLES_OF_MANY]
