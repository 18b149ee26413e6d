"""What the list says of threads of before: whose their last line is, and where a text only waits to
leave. Campaigns' texts are no lines of a thread."""

from django.db import migrations
from django.db.models import Exists, OuterRef

BATCH = 5000
NOT_SENT = "Not sent: "


def mark_ours(apps, schema_editor):
    threads, texts = apps.get_model("inbox", "Conversation"), apps.get_model("inbox", "Message")
    said = texts.objects.filter(conversation=OuterRef("pk"), at=OuterRef("last_at"))
    left = said.filter(direction="outbound", kind="chat").exclude(
        status__in=("scheduled", "cancelled")
    )
    done = 0  # up to this id; the next one may be far away
    while found := list(threads.objects.filter(id__gt=done).order_by("id").values("id")[:BATCH]):
        last = found[-1]["id"]
        some = threads.objects.filter(id__gt=done, id__lte=last, last_ours=False)
        some = some.filter(Exists(left)).exclude(last_line="")
        some.exclude(last_line__startswith=NOT_SENT).update(last_ours=True)
        done = last


def open_scheduled(apps, schema_editor):
    threads, texts = apps.get_model("inbox", "Conversation"), apps.get_model("inbox", "Message")
    waiting = texts.objects.filter(status="scheduled", kind="chat", conversation__opened_at=None)
    for thread_id, number_id, at in waiting.order_by("-at").values_list(
        "conversation_id", "number_id", "at"
    ):
        threads.objects.filter(id=thread_id, opened_at=None).update(
            opened_at=at, last_at=at, number_id=number_id
        )


class Migration(migrations.Migration):
    atomic = False  # a batch at a time, so that nobody waits for all of them

    dependencies = [
        ("inbox", "0013_campaign_pauses"),
    ]

    operations = [
        migrations.RunPython(mark_ours, migrations.RunPython.noop),
        migrations.RunPython(open_scheduled, migrations.RunPython.noop),
    ]
