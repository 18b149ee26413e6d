"""History is judged again without losing what was thought before, and killed at any point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction

from textrail.analytics import feed
from textrail.analytics.catalogue import live_files
from textrail.analytics.engine import Engine, Query
from textrail.atlas import Atlas
from textrail.domain.accounts.models import Business
from textrail.domain.links import actions, queries
from textrail.domain.links.actions import NewCode, rejudging
from textrail.domain.links.columns import TABLES
from textrail.domain.links.models import Click, Link, PastVerdict
from textrail.domain.links.rules import RULESET
from textrail.domain.links.tasks import record_clicks
from textrail.domain.links.tests.conftest import IPHONE, PIXEL, Door, sent_by
from textrail.domain.links.tests.test_judging import PREVIEWS, SCANNERS
from textrail.outbox.contract import Context
from textrail.project import rejudging as command
from textrail.project import settings
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import NotFound

pytestmark = pytest.mark.usefixtures("wiring")

Told = list[tuple[str, list[str], int]]


def told() -> Told:
    return list(Click.objects.order_by("id").values_list("verdict", "reasons", "ruleset"))


def rejudge(
    clock: ManualClock,
    *,
    business: Business | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> list[rejudging.Batch]:
    return list(
        rejudging.rejudge(
            atlas=Atlas(),
            secure=False,
            at=clock.now(),
            business=business,
            everything=everything,
            dry_run=dry_run,
        )
    )


@pytest.fixture
def history(context: Context, door: Door, link: Link, code: str) -> Told:
    """Clicks of every kind as today's ruleset judges them, then put back to what ruleset 1 thought
    of them: a browser with a language was a person."""
    codes = [f"many{turn:04d}" for turn in range(12)]
    actions.store_codes([NewCode(each, link.pk, None, None) for each in codes])
    bare = [pair for pair in sent_by(IPHONE) if pair[0] not in {"Accept", "Accept-Language"}]
    clicks = [
        door.click(code),
        door.click(code, seconds=4),
        door.click(code, agent=PREVIEWS["imessage"], seconds=40),
        door.click(code, agent=PIXEL, address="198.51.100.7", seconds=50, method="HEAD"),
        door.click(code, agent=SCANNERS["python"], seconds=60),
        door.click(code, headers=bare, seconds=70),
        door.click(link.share_code, seconds=80),
        *(door.click(each, seconds=100 + turn) for turn, each in enumerate(codes)),
        door.click(link.share_code, seconds=1000),
        door.click(link.share_code, seconds=1010),
    ]
    with transaction.atomic():  # of whoever moves the cursor
        record_clicks(context, clicks)
    judged = told()
    Click.objects.filter(verdict__in=["unknown", "duplicate"]).update(
        verdict="human", reasons=["phone_browser"]
    )
    Click.objects.update(ruleset=1)
    return judged


@pytest.mark.parametrize("batch", [1, 2, 5, 1000])
def test_history_is_judged_as_if_it_were_recorded_today(
    history: Told, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Whatever the size of the batches, repeats and bursts across them are found."""
    monkeypatch.setattr(rejudging, "BATCH", batch)
    before = told()
    steps = rejudge(clock)
    assert told() == history
    assert steps[-1].done == steps[-1].total == len(history)
    kept = PastVerdict.objects.order_by("click_id").values_list("verdict", "reasons", "ruleset")
    assert list(kept) == before
    assert set(PastVerdict.objects.values_list("replaced_at", flat=True)) == {clock.now()}


def test_old_verdicts_stay_readable(
    history: Told, clock: ManualClock, business: Business, other_business: Business
) -> None:
    before = told()
    rejudge(clock)
    click = Click.objects.earliest("id")
    past = queries.past_verdicts(business, click)
    assert [(one.verdict, one.reasons, one.ruleset) for one in past] == before[:1]
    assert queries.past_verdicts(other_business, click) == []


def test_judging_again_what_is_judged_changes_nothing(history: Told, clock: ManualClock) -> None:
    rejudge(clock)
    kept = PastVerdict.objects.count()
    assert rejudge(clock) == []
    steps = rejudge(clock, everything=True)
    assert sum(len(step.clicks) for step in steps) == len(history)
    assert not [one for step in steps for one in step.clicks if one.is_news]
    assert (told(), PastVerdict.objects.count()) == (history, kept)


def test_a_dry_run_says_the_same_and_writes_nothing(
    history: Told, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejudging, "BATCH", 3)
    before = told()
    steps = rejudge(clock, dry_run=True)
    would = [
        (one.judgement.verdict, list(one.judgement.reasons), RULESET)
        for step in steps
        for one in step.clicks
    ]
    assert would == history
    assert told() == before
    assert not PastVerdict.objects.exists()


def test_only_the_clicks_of_one_business(
    history: Told, clock: ManualClock, business: Business, other_business: Business
) -> None:
    before = told()
    assert rejudge(clock, business=other_business) == []
    assert told() == before
    rejudge(clock, business=business)
    assert told() == history


def killed_after(clock: ManualClock, monkeypatch: pytest.MonkeyPatch, *, statements: int) -> None:
    """Die in the middle of a batch, before the n-th kind of verdict is written."""
    written = 0
    write = rejudging._write

    class Killed(BaseException):
        pass

    def dying(judged: Sequence[rejudging.Rejudged], **rest: object) -> None:
        nonlocal written
        written += 1
        write(judged, **rest)  # type: ignore[arg-type]
        if written > statements:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rejudging, "_write", dying)
        with pytest.raises(Killed):
            rejudge(clock)


@pytest.mark.parametrize("statements", [0, 1, 4])
def test_a_kill_loses_nothing_and_writes_nothing_twice(
    history: Told, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, statements: int
) -> None:
    monkeypatch.setattr(rejudging, "BATCH", 4)
    killed_after(clock, monkeypatch, statements=statements)
    done = Click.objects.filter(ruleset=RULESET).count()
    assert (done, PastVerdict.objects.count()) == (4 * statements, 4 * statements)
    rejudge(clock)
    assert told() == history
    assert PastVerdict.objects.count() == len(history)
    assert PastVerdict.objects.values("click").distinct().count() == len(history)


def test_clicks_that_come_meanwhile_are_left_alone(
    history: Told, context: Context, door: Door, code: str, clock: ManualClock
) -> None:
    run = rejudging.rejudge(atlas=Atlas(), secure=False, at=clock.now())
    next(run)
    record_clicks(context, [door.click(code, seconds=5000)])
    list(run)
    assert not PastVerdict.objects.filter(click=Click.objects.latest("id")).exists()


def people_in_columns(folder: Path) -> int:
    query = Query("SELECT COUNT(*) FROM clicks WHERE verdict = 'human'")
    engine = Engine(folder.absolute(), TABLES, {}, memory="256MB")
    return int(engine.ask(query, live_files(folder)).rows[0][0])


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_changed_and_the_columns_follow(
    history: Told, clock: ManualClock, tmp_path: Path, business: Business
) -> None:
    config = replace(settings.CONFIG, data=tmp_path)
    feed.feed_once(config.columns_folder, TABLES, clock.now())
    people = [verdict for verdict, _, _ in history].count("human")
    assert people_in_columns(config.columns_folder) > people
    lines = list(command.run(config, dry_run=True))
    assert any(line.startswith("human") and "duplicate" in line for line in lines)
    assert lines[-1].endswith("would change their verdict.")
    assert people_in_columns(config.columns_folder) > people
    lines = list(command.run(config, business=business.slug))
    assert f"{len(history):,} of {len(history):,} clicks" in lines
    assert "tapped less than" in "".join(lines)
    assert people_in_columns(config.columns_folder) == people
    assert next(command.run(config)).startswith("Every click is judged")
    with pytest.raises(NotFound, match="no business “nobody”"):
        list(command.run(config, business="nobody"))
