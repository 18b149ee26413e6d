"""Ladders do not depend on the order of reports; timelines lose nothing; bytes beat headers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.carriers.contract import CallOutcome, DeliveryStatus
from textrail.domain.inbox import rules
from textrail.domain.inbox.models import CallStatus, MessageStatus
from textrail.vocabulary.errors import Malformed

START = datetime(2026, 3, 2, tzinfo=UTC)
reported = st.sampled_from(get_args(DeliveryStatus))
statuses = st.sampled_from([status.value for status in MessageStatus])


def climbed(current: str, report: str) -> str:
    """What the conditional update of a report leaves."""
    return report if current in rules.below(report) else current


@pytest.mark.parametrize(
    ("current", "report", "result"),
    [
        ("queued", "accepted", "accepted"),
        ("handing_over", "sent", "sent"),
        ("sent", "accepted", "sent"),
        ("delivered", "sent", "delivered"),
        ("delivered", "failed", "delivered"),
        ("delivered", "undelivered", "delivered"),
        ("undelivered", "delivered", "delivered"),
        ("failed", "delivered", "delivered"),
        ("failed", "sent", "failed"),
        ("undelivered", "failed", "undelivered"),
        ("failed", "accepted", "failed"),
        ("refused", "delivered", "delivered"),
        ("received", "delivered", "received"),
    ],
)
def test_a_status_only_climbs(current: str, report: str, result: str) -> None:
    assert climbed(current, report) == result


@given(statuses, st.lists(reported, max_size=6))
def test_the_order_of_reports_does_not_matter(start: str, reports: list[str]) -> None:
    outcomes = {reduce(climbed, order, start) for order in permutations(reports[:4])}
    assert len(outcomes) == 1


def test_every_status_has_its_rung() -> None:
    assert {rules.rank(status) for status in MessageStatus} == set(range(len(MessageStatus)))
    outcomes = set(get_args(CallOutcome))
    assert outcomes == set(CallStatus.values)
    assert set(rules.calls_below("answered")) == outcomes - {"answered"}


@pytest.mark.parametrize(
    ("body", "files", "line"),
    [
        ("Hi\n\n  there ", 0, "Hi there"),
        ("", 1, "Attachment"),
        (" \n", 3, "3 attachments"),
        ("x" * 200, 0, "x" * 159 + "…"),
        ("", 0, ""),
    ],
)
def test_the_line_of_a_thread(body: str, files: int, line: str) -> None:
    assert rules.first_line(body, files=files) == line


@given(st.text(alphabet=st.characters(), max_size=2000))
def test_a_line_fits_its_column_and_can_be_stored(body: str) -> None:
    line = rules.first_line(rules.storable(body))
    assert len(line) <= rules.LONGEST_LINE
    assert "\0" not in line
    line.encode()


def test_half_an_emoji_and_a_nul_are_made_storable() -> None:
    assert rules.storable("a\0b\ud83d") == "ab\ufffd"
    assert rules.storable("\ud83d\ude00") == "😀"


def test_what_cannot_be_sent_is_malformed() -> None:
    for body in ("", " \n ", "😀" * 1601):
        with pytest.raises(Malformed) as refused:
            rules.check_body(body, files=0)
        assert refused.value.hint
    assert rules.check_body("😀" * 1600, files=0)
    assert rules.check_body("", files=1) == ""


def test_machines_and_loops_get_no_automatic_answer() -> None:
    assert rules.may_answer("+14155550199", answered_lately=0)
    assert not rules.may_answer("72345", answered_lately=0)
    assert not rules.may_answer("ACME", answered_lately=0)
    assert not rules.may_answer("+14155550199", answered_lately=rules.ANSWERS_PER_HOUR)


def test_the_network_answers_stop_on_toll_free_numbers() -> None:
    def answer(intent: str, phone: str) -> str | None:
        return rules.consent_answer(intent, business="Harbor", phone=phone)  # type: ignore[arg-type]

    assert answer("opt_out", "+18885550100") is None
    assert answer("help", "+18885550100") is not None
    assert "START" in (answer("opt_out", "+14155550100") or "")


@dataclass(frozen=True)
class Moment:
    at: datetime
    key: str


def moments(group: int) -> st.SearchStrategy[list[Moment]]:
    seconds = st.lists(st.integers(0, 40), max_size=20, unique=True)
    return seconds.map(
        lambda drawn: [
            Moment(START + timedelta(seconds=second), f"{group}-{index}")
            for index, second in enumerate(sorted(drawn))
        ]
    )


@given(moments(1), moments(2), st.integers(2, 12))
def test_paging_a_timeline_shows_each_entry_once(
    first: list[Moment], second: list[Moment], limit: int
) -> None:
    seen: list[Moment] = []
    before: datetime | None = None
    while True:
        groups = [
            [entry for entry in group if before is None or entry.at < before][-limit - 1 :]
            for group in (first, second)
        ]
        stretch = rules.merge(groups, limit=limit)
        seen = [*stretch.entries, *seen]
        if stretch.before is None:
            break
        before = stretch.before
    assert sorted(entry.key for entry in seen) == sorted(e.key for e in [*first, *second])
    assert [entry.at for entry in seen] == sorted(entry.at for entry in seen)


def test_days_are_those_of_the_business() -> None:
    late = Moment(datetime(2026, 3, 3, 4, 30, tzinfo=UTC), "late")  # 23:30 on Monday in New York
    early = Moment(datetime(2026, 3, 3, 5, 30, tzinfo=UTC), "early")
    old = Moment(datetime(2025, 12, 24, 12, tzinfo=UTC), "old")
    days = rules.by_day(
        [old, late, early], zone=ZoneInfo("America/New_York"), today=date(2026, 3, 3)
    )
    assert [day.label for day in days] == ["Wednesday, 24 December 2025", "Yesterday", "Today"]


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\xef\xbb\xbfBEGIN:VCARD\r\n", "text/vcard"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>", None),
        (b"<svg xmlns=", None),
        (b"GIF", None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"", None),
    ],
)
def test_a_type_is_what_the_bytes_say(data: bytes, content_type: str | None) -> None:
    assert rules.sniff(data) == content_type
    if content_type:
        assert rules.suffix(content_type)
