"""Every question that the pages of the reports ask, whatever pages there are, on every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import time_machine
from conftest import MONDAY
from django.test import Client
from django.urls import reverse

from tests.engines.conftest import Columns, answers, differences, is_slow
from tests.engines.made_up import write_columns
from textrail.analytics.attribution import VIEWS, Scope, explain
from textrail.analytics.engine import AnyEngine, Engine, Files, Query, Result
from textrail.analytics.models import Chunk
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, CampaignStatus, CampaignType, Variant
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.reports import urls
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.pages.parts import PARTS
from textrail.domain.reports.queries import WHATS, reading

pytestmark = pytest.mark.django_db
CHOICES = (
    "?period=90",
    "?period=90&model=w_shaped&window=30",
    "?period=90&model=markov",
    "?period=90&model=linear&views=1&repeats=collapsed&tag=1&type=1&compare=year&show=revenue",
)
# The lists behind numbers that name something.
LISTS = (
    *("path=sms,email", "channel=sms&role=assists&repeats=unique", "kind=test&model=decay"),
    *("took=3&took_from=first", "weekday=0&hour=9&origin=all", "way_source=google&model=linear"),
    *("kind=campaign&model=shapley", "kind=promotion&model=linear"),
    "way_source=google&way_medium=cpc&model=shapley",
    *("via_way_source=google&model=linear", "origin=texts&model=shapley"),
)
# What an engine is asked that takes seconds for each question: lists, rankings and paths, and what
# a team model weighs beside channels.
FEW = (f"credits/{CHOICES[0]}", f"paths/{CHOICES[0]}", f"texts/{CHOICES[2]}")


class Recorder:
    """DuckDB, and what it was asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.asked: dict[str, Query] = {}
        self.files: Files = {}

    def ask(self, query: Query, files: Files) -> Result:
        self._remember(query, files)
        return self._engine.ask(query, files)

    def columns(self, query: Query, files: Files) -> pa.Table:
        self._remember(query, files)
        return self._engine.columns(query, files)

    def _remember(self, query: Query, files: Files) -> None:
        self.asked[f"{query.sql}{sorted(query.used.items(), key=str)}"] = query
        self.files = files


@pytest.fixture
def recorder(
    business: Business, number: TrackingNumber, columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Recorder]:
    """Behind the pages of a business with a full folder of columns, on a Monday in March."""
    add_campaigns(number)
    for table, paths in write_columns(columns.folder, business_id=business.pk).items():
        for path in paths:
            name = str(Path(path).relative_to(columns.folder))
            Chunk.objects.create(table=table, path=name, rows=1, bytes=1, created_at=MONDAY)
    recorder = Recorder(Engine(columns.folder, TABLES, VIEWS))
    monkeypatch.setattr(reading, "_engine", lambda *_: recorder)
    with time_machine.travel(MONDAY, tick=False):
        yield recorder


def add_campaigns(number: TrackingNumber) -> None:
    """Those of the columns: one with a type, one that tests wordings, and one that is neither."""
    for id_, type_ in enumerate((CampaignType.PROMOTION, "", ""), start=1):
        Campaign.objects.create(
            id=id_,
            business=number.business,
            name=f"Campaign {id_}",
            type=type_,
            number=number,
            status=CampaignStatus.SENT,
            created_at=MONDAY,
        )
    Variant.objects.bulk_create(Variant(campaign_id=2, label=label, body="Hi") for label in "AB")


def addresses(business: Business, choices: Sequence[str]) -> list[str]:
    """Of everything that the reports show without being told which conversion."""
    plain = [
        reverse(f"reports:{pattern.name}", kwargs={"business": business.slug})
        for pattern in urls.urlpatterns
        if "<" not in str(pattern.pattern)
    ]
    parts = [
        reverse("reports:part", kwargs={"business": business.slug, "key": part.key})
        for part in PARTS
    ]
    lists = [
        reverse("reports:happened", kwargs={"business": business.slug, "key": what})
        for what in WHATS
    ]
    behind = reverse("reports:credits", kwargs={"business": business.slug})
    return [
        *(place + choice for place in [*plain, *parts, *lists] for choice in choices),
        *(f"{behind}{choices[0]}&{narrowed}" for narrowed in LISTS),
    ]


def test_pages_get_duckdbs_answers(
    recorder: Recorder, as_ada: Client, business: Business, other: AnyEngine
) -> None:
    shown = addresses(business, CHOICES)
    if is_slow(other):
        shown = [each for each in shown if each.endswith(FEW) and "/happened/" not in each]
    for address in shown:
        as_ada.get(address)
    everything = Scope(business_id=business.pk, from_ms=0, until_ms=2**60, with_views=True)
    for conversion_id in (17,) if is_slow(other) else (17, 23):
        asked_of_one = replace(everything, conversion_id=conversion_id)
        explain(lambda query: recorder.ask(query, recorder.files), asked_of_one)
    questions = dict(recorder.asked)
    assert len(questions) > (5 if is_slow(other) else 10)
    found = answers(other, questions, recorder.files)
    wrong = {
        name: different
        for name, query in questions.items()
        if (
            different := differences(
                in_one_order(recorder.ask(query, recorder.files)), in_one_order(found[name])
            )
        )
    }
    assert wrong == {}


def in_one_order(result: Result | Exception) -> Result | Exception:
    """Pages sort what they do not ask to be sorted."""
    if isinstance(result, Exception):
        return result
    return Result(result.columns, sorted(result.rows, key=repr))
