"""Makes the demo happen: six weeks of Harbor Heating & Air, through the doors."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from textrail.domain.accounts.models import Business
from textrail.project.config import Config
from textrail.project.demo import billing, files, people, setting, signs, story, visits
from textrail.project.demo.stage import Stage
from textrail.vocabulary.clock import SystemClock

DONE = "demo-is-filled"
ZONE = ZoneInfo("America/New_York")


def fill_once(config: Config) -> None:
    """Fill the demo unless it was filled before; says how long it takes while it does."""
    mark = config.data / DONE
    if mark.exists():
        return
    if Business.objects.exists():
        sys.exit(
            f"{config.data} holds businesses already, or a demo that broke off.\n"
            "Run `make clean-demo`, or set TEXTRAIL_DATA to an empty folder."
        )
    began = time.monotonic()
    now = SystemClock().now()
    print("Filling the demo: six weeks of a business, through the doors. One to two minutes.")
    with Stage(config, now - story.WEEKS) as stage:
        cast = setting.prepare(stage, config)
        stage.settle()
        billing.prepare(stage, cast, config)
        signs.prepare(stage, cast)
        signs.plan_signs(stage, cast)
        visits.prepare(stage, cast)
        people.plan_days(stage, cast)
        people.plan_campaigns(stage, cast)
        files.plan_files(stage, cast)
        stage.play(now, _Progress(now - story.WEEKS, now))
    mark.write_text(now.isoformat())
    print(f"\rFilled in {time.monotonic() - began:.0f} s.{' ' * 50}")


class _Progress:
    """One line that says which day it is in the story."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._end, self._shown = start, end, -1

    def __call__(self, moment: datetime) -> None:
        share = int(100 * ((moment - self._start) / (self._end - self._start)))
        if share > self._shown:
            self._shown = share
            day = moment.astimezone(ZONE).strftime("%A, %-d %B")
            print(f"\r{share:3d} %  {day:<30}", end="", flush=True)
