"""The cast of every test: Ada owns Harbor HVAC, Max administers it, Bo is an agent, Vi only looks.
Cy owns another business and must never see theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection as database
from django.db.models.signals import post_migrate
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings

from textrail.domain.accounts.models import Account, Business, Membership, User
from textrail.domain.accounts.rules import Role
from textrail.domain.inbox import word_index
from textrail.domain.inbox.models import QuietRule
from textrail.domain.numbers.models import Connection, Source, TrackingNumber
from textrail.outbox.contract import Context
from textrail.project import settings as project_settings
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.sealing import Seal

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PASSWORD = "a-long-test-password"


def tries(examples: int) -> int:
    """How many examples of a property are tried: on PostgreSQL, which comes second, a quarter."""
    return examples // 4 if project_settings.CONFIG.on_postgresql else examples


def differing(*values: str) -> Sequence[str]:
    """Values that make no difference to what the database is asked, but to what asks the columns:
    all are tried on SQLite, and the first on PostgreSQL."""
    return values[:1] if project_settings.CONFIG.on_postgresql else values


# Where a test that asks the database says so by a mark or a fixture. The door and the journal have
# ways of their own.
_OPEN_ABOUT_IT = ("analytics", "atlas", "carriers", "domain", "outside", "vocabulary", "web")
_DATABASES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database, or the same of any, is tried once, on SQLite. Tests that mostly wait
    begin first, so that nobody waits for them at the end."""
    items.sort(key=lambda item: "_kill_" not in item.name)
    if project_settings.CONFIG.on_postgresql:
        once = {each for each in items if _asks_nothing(each)}
        config.hook.pytest_deselected(items=list(once))
        items[:] = [each for each in items if each not in once]


def _asks_nothing(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    place = item.path.relative_to(item.config.rootpath).parts
    if place[:2] == ("tests", "architecture"):
        return place[2] != "test_indexes.py"
    if place[2] not in _OPEN_ABOUT_IT:
        return False
    if item.cls is not None and issubclass(item.cls, TransactionTestCase):
        return False
    marked = item.get_closest_marker("django_db") is not None
    return not marked and _DATABASES.isdisjoint(item.fixturenames)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Put the test database where the door looks for the house."""
    database = django_settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        database["TEST"]["NAME"] = project_settings.CONFIG.house_db


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The PostgreSQL of a test run is thrown away whole; its database need not be dropped first."""
    return project_settings.CONFIG.on_postgresql


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """After a test that commits, all tables are emptied. Django would then write its list of models
    and their permissions anew, of which nothing of ours knows; and PostgreSQL is slow to truncate a
    hundred tables of which few have rows."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)

    def deletes(self: object, style: object, tables: list[str], **_: object) -> list[str]:
        first = "SET LOCAL session_replication_role = replica"  # no look at foreign keys
        each = (f'DELETE FROM "{table}"' for table in tables)  # noqa: S608
        return [";".join([first, *each])]

    with pytest.MonkeyPatch.context() as patch:
        if project_settings.CONFIG.on_postgresql:
            patch.setattr(type(database.ops), "sql_flush", deletes)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The index of words, which is no model: it is there without migrations, too."""
    with django_db_blocker.unblock():
        word_index.create()


@pytest.fixture(autouse=True)
def plain_static(settings: Settings) -> None:
    """Pages render without a collected manifest of static files."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def quick_hashing(settings: Settings) -> None:
    """Argon2 is slow on purpose; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def clock() -> ManualClock:
    """Monday, 2 March 2026, 10:00 in New York."""
    return ManualClock(MONDAY)


@pytest.fixture
def seal() -> Seal:
    return Seal(project_settings.CONFIG.secret_key())


@pytest.fixture
def context(clock: ManualClock, seal: Seal, tmp_path: Path) -> Context:
    """What tasks are given, with no carrier behind it; a test puts in the one that it needs."""
    return Context(
        clock=clock,
        doors={},
        clients={},
        seal=seal,
        links_url="http://127.0.0.1:8001",
        pages_url="http://127.0.0.1:8000",
        media_folder=tmp_path / "media",
    )


def make_business(name: str, slug: str) -> Business:
    """Its texts leave at any hour: tests of quiet hours switch those on."""
    account = Account.objects.create(name=name, created_at=MONDAY)
    business = Business.objects.create(account=account, name=name, slug=slug, created_at=MONDAY)
    QuietRule.objects.create(business=business, kept=False)
    return business


def make_member(business: Business, name: str, role: Role) -> User:
    user = User.objects.create_user(f"{name.lower()}@{business.slug}.example", PASSWORD, name=name)
    Membership.objects.create(user=user, business=business, role=role, created_at=MONDAY)
    return user


@pytest.fixture
def business(db: None) -> Business:
    return make_business("Harbor HVAC", "harbor-hvac")


@pytest.fixture
def other_business(db: None) -> Business:
    return make_business("Cy’s Cycles", "cys-cycles")


@pytest.fixture
def ada(business: Business) -> User:
    return make_member(business, "Ada", Role.OWNER)


@pytest.fixture
def max_(business: Business) -> User:
    return make_member(business, "Max", Role.ADMIN)


@pytest.fixture
def bo(business: Business) -> User:
    return make_member(business, "Bo", Role.AGENT)


@pytest.fixture
def vi(business: Business) -> User:
    return make_member(business, "Vi", Role.VIEWER)


@pytest.fixture
def cy(other_business: Business) -> User:
    return make_member(other_business, "Cy", Role.OWNER)


@pytest.fixture
def as_ada(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def connection(business: Business, seal: Seal) -> Connection:
    return Connection.objects.create(
        business=business,
        carrier="simulator",
        account_ref="SIM",
        secret=seal.close("simulator-secret"),
        created_at=MONDAY,
    )


@pytest.fixture
def number(business: Business, connection: Connection) -> TrackingNumber:
    """The number on Harbor HVAC's billboard."""
    source = Source.objects.create(business=business, name="Billboard", channel="offline")
    return TrackingNumber.objects.create(
        business=business,
        connection=connection,
        source=source,
        phone="+14155550100",
        name="Billboard I-80",
        created_at=MONDAY,
    )
