"""Calls that were ringing before a call got its look, and would stay “Calling now”, get one."""

from django.db import migrations

from textrail.vocabulary.clock import SystemClock

LOOK = "inbox.look_up_call"
SOON = 0  # the lane


def enqueue_looks(apps, schema_editor):
    work, calls = apps.get_model("outbox", "Work"), apps.get_model("inbox", "Call")
    looked_at = {row["call_id"] for row in _payloads(work)}
    ringing = calls.objects.filter(status="ringing", ended_at=None).values_list("id", flat=True)
    now = SystemClock().now()
    work.objects.bulk_create(
        (
            work(kind=LOOK, payload={"call_id": call_id}, lane=SOON, run_at=now, created_at=now)
            for call_id in ringing
            if call_id not in looked_at
        ),
        batch_size=1000,
    )


def _payloads(work):
    return work.objects.filter(kind=LOOK).values_list("payload", flat=True)


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0011_last_ours"),
        ("outbox", "0003_lines"),
    ]

    operations = [migrations.RunPython(enqueue_looks, migrations.RunPython.noop)]
