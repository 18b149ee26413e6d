"""Nothing that a campaign emits says who it was sent to: no address, no log line, no referrer.

People with names, phones and e-mail addresses that are easy to look for, and ids that cannot be
met by chance, get a campaign, tap, forward and buy. Then everything that went out of the house is
searched for all of them, in every spelling that a careless programmer might have thought of.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx
import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from tests.journeys.conftest import MAYA, House
from tests.journeys.sending import TEXT, send
from textrail.analytics.catalogue import live_files
from textrail.analytics.contract import FeedTable
from textrail.analytics.models import Watermark
from textrail.carriers.simulator.network import Chaos
from textrail.carriers.simulator.shop import Shopper
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, Recipient, Variant
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact, Person, Tag
from textrail.domain.contacts.rules import NewContact
from textrail.domain.conversions.models import Conversion
from textrail.domain.inbox.models import Conversation, Message
from textrail.domain.links import actions as links
from textrail.domain.links import queries
from textrail.domain.links.models import Canary, Click, Code, Link
from textrail.domain.links.rules.qr import qr_svg
from textrail.domain.reports.columns import TABLES
from textrail.project.demo.inprocess import InProcess
from textrail.vocabulary.ids import CODE_ALPHABET
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = "maya.alvarez@quillfeather.example"
PEOPLE = (
    (PhoneNumber("+13525550188"), "Zebediah Quillfeather"),
    (PhoneNumber("+13525550189"), "Åsa Þórsdóttir"),
)
SEED = PhoneNumber("+13525550190")
FIRST_ID = 7_310_254_101
APART = 1_000_003  # between the ids of two tables, so that each is unmistakable
ADDRESS = re.compile(r"https?://\S+")


@dataclass
class Emitted:
    """What left the house, each under the name of where it was seen."""

    seen: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, *texts: str) -> None:
        self.seen += [(where, text) for text in texts]

    def leaks(self, secrets: Iterable[str]) -> list[tuple[str, str, str]]:
        """Where one of the secrets shows, in which spelling."""
        everything = "\n".join(text for _, text in self.seen).lower()
        spelled = {form.lower() for secret in secrets for form in spellings(secret)}
        found = [form for form in spelled if form in everything]
        return [
            (where, form, text)
            for form in found
            for where, text in self.seen
            if form in text.lower()
        ]


class Listener(httpx.BaseTransport):
    """Writes down the addresses of all requests of the stage, and the headers of all answers."""

    def __init__(self, transport: InProcess, emitted: Emitted, door: str) -> None:
        self._transport = transport
        self._emitted = emitted
        self._door = urlsplit(door).netloc
        self.policies: set[str | None] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._emitted.add("address of a request", str(request.url))
        self._emitted.add("referrer", request.headers.get("referer", ""))
        answer = self._transport.handle_request(request)
        if request.url.netloc.decode() == self._door:
            told = [f"{name}: {value}" for name, value in answer.headers.items()]
            self._emitted.add("header of the door", *told)
            self._emitted.add("body of the door", answer.text)
            if answer.is_redirect:
                self.policies.add(answer.headers.get("referrer-policy"))
        return answer


@pytest.fixture(autouse=True)
def unmistakable_ids(transactional_db: None) -> Iterator[None]:
    """Every table counts from a large number of its own, before anybody writes a row."""
    starts = {
        model._meta.db_table: FIRST_ID + place * APART
        for place, model in enumerate(apps.get_models(include_auto_created=True))
        if model._meta.app_label not in {"sessions", "contenttypes"}
        and model._meta.pk is not None
        and model._meta.pk.column == "id"
        and model._meta.pk.get_internal_type() == "BigAutoField"
    }
    with connection.cursor() as cursor:
        for table, start in starts.items():
            if connection.vendor == "postgresql":
                cursor.execute(f"SELECT setval({sequence_of(table)}, %s)", [start])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, start]
                )
    for fed in TABLES:
        if isinstance(fed, FeedTable):  # else the feed would look for millions of rows below
            row_id = starts[fed.model._meta.db_table]
            Watermark.objects.create(table=fed.name, version=fed.version, row_id=row_id)
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in starts:
                cursor.execute(f"SELECT setval({sequence_of(table)}, 1, false)")
        else:
            cursor.execute("DELETE FROM sqlite_sequence")


def sequence_of(table: str) -> str:
    return f"pg_get_serial_sequence('{table}', 'id')"


@pytest.fixture
def emitted(house: House, caplog: pytest.LogCaptureFixture) -> Emitted:
    """Everything is listened to from here on, the most talkative log lines included."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.Logger.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    return Emitted()


def test_nothing_that_a_campaign_emits_says_who_it_was_sent_to(
    house: House, emitted: Emitted, caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    listener = Listener(house.stage.transport, emitted, house.config.links_url)
    house.stage.transport = listener  # type: ignore[assignment]
    campaign = send(house, audience(house), [TEXT, "{name}, look here: {link} It ends today."])
    listen_to_texts(house, emitted)
    tap_forward_and_buy(house, emitted)
    house.settle()
    for chaos in (Chaos(cut_off=1.0), Chaos(broken=1.0), Chaos(unavailable=1.0)):
        house.stage.world.misbehave(chaos)
        send(house, Tag.objects.get())
    show_the_link(house, campaign, emitted, client)
    for record in caplog.records:
        emitted.add(f"log of {record.name}", record.getMessage(), caplog.handler.format(record))

    assert Click.objects.filter(verdict="human").count() >= 2
    assert Conversion.objects.count() == 1
    assert Message.objects.filter(status__in=("queued", "handing_over")).exists()
    assert listener.policies == {"no-referrer"}
    assert len(emitted.seen) > 100
    assert emitted.leaks(people()) == []
    assert emitted.leaks(ids()) == []


def test_the_columns_name_nobody(house: House, emitted: Emitted) -> None:
    send(house, audience(house))
    tap_forward_and_buy(house, emitted)
    house.settle()
    columns = Emitted()
    for table, files in live_files(house.config.columns_folder).items():
        for file in files:
            rows = pq.read_table(file).to_pylist()
            columns.add(table, *(str(value) for row in rows for value in row.values()))
            columns.add(table, file)
    assert len(columns.seen) > 100
    assert columns.leaks(people()) == []
    whose = [*Contact.objects.values_list("id", flat=True)]
    whose += Person.objects.values_list("id", flat=True)
    assert columns.leaks(map(str, whose)) == []


def audience(house: House) -> Tag:
    """Maya with an e-mail address, two people with names to look for, and a seed."""
    now = house.stage.clock.now()
    rows = [NewContact(phone=phone, name=name, tags=("all",)) for phone, name in PEOPLE]
    contacts.add_contacts(business=house.business, rows=rows, at=now)
    contacts.edit_contact(
        business=house.business,
        contact=house.maya,
        name=house.maya.name,
        email=MAIL,
        tags=["all"],
        at=now,
    )
    contacts.add_seed(business=house.business, phone=SEED, network="T-Mobile", at=now)
    for phone, _ in PEOPLE:
        house.stage.world.switch_on(phone, previews=True)
    return Tag.objects.get(business=house.business, name="all")


def listen_to_texts(house: House, emitted: Emitted) -> None:
    """The addresses in the texts. Their words may greet people by name; their links may not."""
    for phone in (MAYA, *(phone for phone, _ in PEOPLE), SEED):
        for text in house.stage.world.inbox(phone):
            emitted.add("address in a text", *ADDRESS.findall(text.body))


def tap_forward_and_buy(house: House, emitted: Emitted) -> None:
    """Two people tap; one of them sends the link on to somebody; one buys, with all she is asked
    for; somebody tries codes that were never sent."""
    world, http = house.stage.world, house.stage.http
    for phone in (MAYA, PEOPLE[0][0]):
        (address,) = ADDRESS.findall(world.inbox(phone)[-1].body)
        landing = world.tap(phone, address)
        emitted.add("landing", landing)
        http.get(landing.partition("#")[0], headers={"referer": address})
        http.head(address)
        if phone == MAYA:
            shopper = Shopper("Maya Alvarez", MAIL, MAYA, urlsplit(landing).query)
            world.buy("spring-tune-up", shopper)
    http.get(address, headers={"user-agent": "Mozilla/5.0 (forwarded)"})
    http.get(f"{house.config.links_url}/{Canary.objects.earliest('id').code}")
    http.get(f"{house.config.links_url}/Unknown1")


def show_the_link(house: House, campaign: Campaign, emitted: Emitted, client: Client) -> None:
    """A short address for anyone, and its QR code, which says that and nothing else."""
    link = queries.link(house.business, campaign.variants.earliest("id").link_id or 0)
    code = links.share_code(link=link, at=house.stage.clock.now())
    short = f"{house.config.links_url}/{code.code}"
    emitted.add("short address", short)
    client.force_login(house.owner)
    drawn = client.get(f"/b/{house.business.slug}/links/{link.pk}/qr.svg")
    assert drawn.content == qr_svg(short)


def people() -> list[str]:
    names = [part for _, name in PEOPLE for part in name.split()]
    phones = [MAYA, SEED, *(phone for phone, _ in PEOPLE)]
    return ["Maya", "Alvarez", "Maya Alvarez", *names, MAIL, *phones]


def ids() -> list[str]:
    """The ids of everything that a campaign is about. All are large, so that none is met by
    chance."""
    models = (Business, Contact, Person, Tag, Campaign, Variant, Recipient, Conversation, Message)
    found = [
        pk
        for model in (*models, Link, Code, Click)
        for pk in model.objects.values_list("id", flat=True)
    ]
    assert min(found) > FIRST_ID
    return [str(pk) for pk in found]


def spellings(secret: str) -> set[str]:
    """A secret as it is, quoted, without its signs, in other bases, encoded and hashed."""
    plain = {secret, quote(secret, safe="")}
    if secret.startswith("+"):
        plain |= phone_spellings(secret)
    if secret.isdecimal():
        plain |= {format(int(secret), "x"), *(in_base(int(secret), digits) for digits in BASES)}
    hidden = {
        form for word in plain for form in (*encoded(word), *hashed(word), *hashed(word.lower()))
    }
    return {form for form in plain | hidden if len(form) > 3}


def phone_spellings(phone: str) -> set[str]:
    digits = phone[1:]
    area, office, line = digits[1:4], digits[4:7], digits[7:]
    parts = (area, office, line)
    national = {digits[1:], *(sign.join(parts) for sign in "-. "), f"({area}) {office}-{line}"}
    return {digits, f"00{digits}", digits[::-1], *national, f"{office}-{line}", f"{office}{line}"}


def encoded(word: str) -> set[str]:
    """Base64 at each of the three places where it may begin, base32, hexadecimal."""
    raw = word.encode()
    found = {raw.hex(), base64.b32encode(raw).decode().rstrip("=")}
    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + raw).decode().rstrip("=")
        inner = whole[(4 * lead + 2) // 3 : -1]
        if len(inner) > 5:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def hashed(word: str) -> set[str]:
    """The start of each hash that people call anonymous, in hexadecimal and in base64."""
    found = set()
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, word.encode(), usedforsecurity=False).digest()
        found |= {digest.hex()[:12], base64.urlsafe_b64encode(digest).decode()[:10]}
        found.add(base64.b64encode(digest).decode()[:10])
    return found


LETTERS = "abcdefghijklmnopqrstuvwxyz"
BASES = (
    f"0123456789{LETTERS}",
    f"0123456789{LETTERS}{LETTERS.upper()}",
    f"0123456789{LETTERS.upper()}{LETTERS}",
    f"{LETTERS.upper()}{LETTERS}0123456789",
    CODE_ALPHABET,
)


def in_base(number: int, digits: str) -> str:
    written = ""
    while number:
        number, place = divmod(number, len(digits))
        written = digits[place] + written
    return written


@pytest.mark.parametrize(
    "leak",
    [
        "https://go.example/abc?to=17275550142",
        "https://go.example/abc?to=%2B17275550142",
        "https://go.example/727-555-0142",
        f"https://go.example/{base64.urlsafe_b64encode(b'c:+17275550142').decode()}",
        f"https://go.example/{hashlib.sha256(b'+17275550142').hexdigest()}",
        f"https://go.example/{hashlib.md5(b'17275550142', usedforsecurity=False).hexdigest()[:16]}",
        "work inbox.hand_over failed for maya alvarez",
        f"https://shop.example/?e={quote(MAIL)}",
        f"https://shop.example/?e={hashlib.sha1(MAIL.encode(), usedforsecurity=False).hexdigest()}",
    ],
)
def test_the_search_would_find_a_leak(leak: str) -> None:
    emitted = Emitted()
    emitted.add("leak", leak)
    assert emitted.leaks(["Maya Alvarez", MAIL, MAYA]) != []


@pytest.mark.parametrize("digits", [*BASES, "0123456789", "0123456789abcdef"])
def test_the_search_would_find_an_id(digits: str) -> None:
    emitted = Emitted()
    emitted.add("leak", f"https://go.example/{in_base(FIRST_ID, digits)}")
    assert emitted.leaks([str(FIRST_ID)]) != []
    assert emitted.leaks([str(FIRST_ID + 1)]) == []
