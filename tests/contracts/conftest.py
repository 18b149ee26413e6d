"""A real door on a loopback port, which the libraries of others report to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection as database

from textrail.domain.accounts.actions import create_api_key
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions, rules, tasks
from textrail.domain.conversions.models import Conversion
from textrail.edge.tests.conftest import database_url
from textrail.edge.tests.served import Served, serving
from textrail.journal.opening import open_store
from textrail.journal.port import Store
from textrail.outbox.contract import Context
from textrail.vocabulary import arrivals
from textrail.vocabulary.arrivals import IntakeArrival
from textrail.vocabulary.clock import ManualClock

Counted = Callable[[], list[tuple[str, str, int, str]]]


@pytest.fixture
def key(transactional_db: None, business: Business, clock: ManualClock) -> str:
    return create_api_key(business=business, name="Shop", at=clock.now()).plain


@pytest.fixture
def store(tmp_path: Path, transactional_db: None) -> Iterator[Store]:
    store = open_store(path=tmp_path / "arrivals.db", database_url=database_url())
    store.trim(through=2**60, before=2**60)
    yield store
    store.close()


@pytest.fixture
def door(store: Store, tmp_path: Path) -> Iterator[Served]:
    house = Path(str(database.settings_dict["NAME"]))
    arrivals_db = tmp_path / "arrivals.db"
    with serving(house=house, arrivals=arrivals_db, database_url=database_url()) as served:
        yield served


def kept(store: Store) -> list[IntakeArrival]:
    return [arrivals.decode_intake(arrival.body) for arrival in store.read(after=0, limit=1000)]


@pytest.fixture
def counted(
    store: Store, key: str, business: Business, context: Context, clock: ManualClock
) -> Counted:
    """Does the worker's part with everything that came; what counts then, oldest first: sender,
    type, value in cents, order."""
    actions.add_default_types(business=business, at=clock.now())
    form = rules.TypeDraft("Sign up", "lead", "Sign up", 14)
    actions.add_type(business=business, form=form, at=clock.now())

    def counted() -> list[tuple[str, str, int, str]]:
        tasks.record_intake(context, store.read(after=0, limit=1000))
        rows = Conversion.objects.order_by("id")
        return list(rows.values_list("sender", "type__event", "value_minor", "order_ref"))

    return counted
