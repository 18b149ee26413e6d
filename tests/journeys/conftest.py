"""A journey goes through the real doors: the door's application, the journal, the worker's intake
and outbox, the feed, and the simulated carrier, on one clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from conftest import MONDAY
from django.db import connection as database

from textrail.analytics import feed
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.conversions import actions as conversions
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.reports.columns import TABLES
from textrail.project import settings
from textrail.project.config import Config
from textrail.project.demo.stage import Stage
from textrail.vocabulary.phone import PhoneNumber

MAYA = PhoneNumber("+17275550142")


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a journey touches. `write_key` is the shop's."""

    config: Config
    stage: Stage
    business: Business
    owner: User
    number: TrackingNumber
    maya: Contact
    write_key: str

    def settle(self, wait: timedelta = timedelta(minutes=3)) -> None:
        """Let that much time pass, with all that falls due in it, and feed the columns."""
        self.stage.play(self.stage.clock.now() + wait, lambda moment: None)
        feed.feed_once(self.config.columns_folder, TABLES, self.stage.clock.now())


@pytest.fixture
def config(transactional_db: None, tmp_path: Path) -> Config:
    """The configuration of the test run, with empty arrivals and columns of its own."""
    base = settings.CONFIG
    if not base.on_postgresql:
        for leftover in base.data.glob("arrivals.db*"):
            leftover.unlink()
        for leftover in base.data.glob("simulator.db*"):
            leftover.unlink()
        return base
    name = database.settings_dict["NAME"]
    url = base.database_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS journal_arrival")
    for leftover in base.data.glob("simulator.db*"):
        leftover.unlink()
    return replace(base, database_url=url)


@pytest.fixture
def house(config: Config, business: Business, ada: User) -> Iterator[House]:
    """Harbor HVAC with one number, one customer and a shop that knows the write key."""
    with Stage(config, MONDAY) as stage:
        conversions.add_default_types(business=business, at=MONDAY)
        connection = numbers.connect_carrier(
            business=business,
            carrier="simulator",
            account_ref="SIM1",
            secret="journey-secret",
            seal=stage.context.seal,
            at=MONDAY,
        )
        number = numbers.add_number(
            business=business,
            connection=connection,
            phone="+14155550100",
            name="Billboard I-80",
            source_name="Billboard",
            at=MONDAY,
        )
        maya = contacts.find_or_add_contact(
            business=business, phone=MAYA, name="Maya Alvarez", at=MONDAY
        )
        key = accounts.create_api_key(business=business, name="Shop", at=MONDAY, actor=ada)
        stage.world.configure_shop(f"{config.links_url}/v1/track", key.plain)
        stage.world.switch_on(MAYA)  # her texts arrive, whatever the network's dice say
        stage.settle()
        yield House(config, stage, business, ada, number, maya, key.plain)
