"""Files that wait for their carrier: while our own key is missing, and when the account is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from textrail.carriers.contract import InboundText, Media, RecordingReport
from textrail.domain.inbox import tasks
from textrail.domain.inbox.models import Attachment, Recording
from textrail.domain.inbox.tests.conftest import DANA, FakeCarrier, WorkOff
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox import table
from textrail.vocabulary.clock import ManualClock

pytestmark = pytest.mark.django_db
PICTURE, SOUND = "https://c/picture", "https://c/sound"

Arrive = Callable[..., None]


@pytest.fixture(autouse=True)
def waiting(
    number: TrackingNumber, arrive: Arrive, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture and a voicemail that nobody has fetched yet."""
    work = {"inbox.fetch_media": tasks.fetch_media, "inbox.fetch_recording": tasks.fetch_recording}
    monkeypatch.setattr(table, "_wiring", table.Wiring(work=work))
    carrier.media = {PICTURE: b"GIF89a", SOUND: b"RIFF\0\0\0\0WAVEfmt " + bytes(40)}
    media = [Media(PICTURE, "image/gif")]
    arrive(number.connection_id, InboundText("SM1", DANA, number.phone, "Look", media))
    arrive(number.connection_id, RecordingReport("RE1", "CA1", SOUND))


def test_files_wait_until_somebody_brings_the_key_back(
    number: TrackingNumber, work_off: WorkOff, clock: ManualClock
) -> None:
    rows = Connection.objects.filter(id=number.connection_id)
    sealed = rows.get().secret
    rows.update(secret="sealed with another key")
    work_off()
    rows.update(secret=sealed)
    clock.advance(timedelta(minutes=5))
    work_off()
    assert Attachment.objects.get().content_type == "image/gif"
    assert Recording.objects.get().content_type == "audio/wav"


def test_files_of_an_account_that_was_removed_say_so(
    number: TrackingNumber, work_off: WorkOff, clock: ManualClock
) -> None:
    numbers.release_number(number=number, at=clock.now())
    numbers.remove_connection(connection=number.connection, at=clock.now())
    work_off()
    problem = "The carrier account that has it was removed."
    assert Attachment.objects.get().problem == problem
    assert Recording.objects.get().problem == problem
