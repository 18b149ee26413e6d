"""The files of the demo are read as the exports that they imitate."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from conftest import MONDAY

from textrail.domain.conversions.rules.headings import guess_platform
from textrail.domain.conversions.rules.imports import look
from textrail.domain.conversions.rules.previewing import preview
from textrail.domain.conversions.rules.rows import Around
from textrail.project.demo.files import google_costs, meta_costs
from textrail.vocabulary.csv_reading import Detector

DAYS = [MONDAY - timedelta(days=day) for day in range(20, 0, -1)]
AROUND = Around("America/New_York", "US", "USD", MONDAY)


@pytest.mark.parametrize(
    ("text", "platform", "passed"),
    [
        (google_costs(DAYS, random.Random(1)), "Google Ads", 1),
        (meta_costs(DAYS, random.Random(1)), "Meta", 0),
    ],
)
def test_a_file_of_the_demo_is_taken_as_it_is(text: str, platform: str, passed: int) -> None:
    detector = Detector()
    detector.feed(text.encode())
    seen = look(text.encode(), detector.writing(), kind="costs", name="export.csv")
    found = guess_platform("costs", seen.headings, "export.csv")
    assert found is not None
    assert found.name == platform
    read = preview(seen, seen.layout, AROUND)
    assert read.refused == 0
    assert read.looked >= len(DAYS) + passed
