import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import textrail.vocabulary.ids

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE IF NOT EXISTS inbox_words USING fts5("
        "words, content='', detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")"
    ],
    "postgresql": [
        "CREATE TABLE IF NOT EXISTS inbox_words"
        " (message_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX IF NOT EXISTS inbox_words_in ON inbox_words USING gin (words)"
        " WITH (fastupdate = off)",
    ],
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS inbox_words")


class Migration(migrations.Migration):
    replaces = [
        ("inbox", "0001_initial"),
        ("inbox", "0002_calls_and_recordings"),
        ("inbox", "0003_talk"),
        ("inbox", "0004_threads"),
        ("inbox", "0005_answers"),
        ("inbox", "0006_word_index"),
        ("inbox", "0007_receipts_looked_up"),
        ("inbox", "0008_recording_newest"),
        ("inbox", "0009_sent_once"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("contacts", "0001_squashed_0008_consent_in_one_chain"),
        ("numbers", "0001_squashed_0005_call_flow_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_at", models.DateTimeField()),
                ("last_line", models.CharField(blank=True, max_length=160)),
                ("unread", models.PositiveIntegerField(default=0)),
                ("inbound", models.PositiveIntegerField(db_default=0, default=0)),
                ("inbound_at", models.DateTimeField(null=True)),
                ("waiting_since", models.DateTimeField(null=True)),
                ("has_texts", models.BooleanField(db_default=False, default=False)),
                ("has_calls", models.BooleanField(db_default=False, default=False)),
                ("tail", models.CharField(blank=True, db_default="", default="", max_length=4)),
                ("opened_at", models.DateTimeField(null=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversation",
                        to="contacts.contact",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="numbers.trackingnumber",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("opened_at__isnull", False)),
                        fields=["business", "-last_at", "-id"],
                        name="thread_newest",
                    ),
                    models.Index(
                        condition=models.Q(("opened_at__isnull", False)),
                        fields=["business", "number", "-last_at", "-id"],
                        name="thread_of_number",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("assignee__isnull", False), ("opened_at__isnull", False)
                        ),
                        fields=["business", "assignee", "-last_at", "-id"],
                        name="thread_of_assignee",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("opened_at__isnull", False), ("waiting_since__isnull", False)
                        ),
                        fields=["business", "-last_at", "-id"],
                        name="thread_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("has_calls", True), ("opened_at__isnull", False)),
                        fields=["business", "-last_at", "-id"],
                        name="thread_with_calls",
                    ),
                    models.Index(
                        condition=models.Q(("has_texts", True), ("opened_at__isnull", False)),
                        fields=["business", "-last_at", "-id"],
                        name="thread_with_texts",
                    ),
                    models.Index(fields=["business", "inbound_at"], name="thread_inbound"),
                    models.Index(fields=["business", "tail"], name="thread_by_tail"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("carrier_ref", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ringing", "Ringing"),
                            ("answered", "Answered"),
                            ("missed", "Missed"),
                            ("voicemail", "Voicemail"),
                            ("failed", "Failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("duration_seconds", models.PositiveIntegerField(default=0)),
                ("voicemail", models.TextField(blank=True)),
                ("turns", models.JSONField(default=dict)),
                ("waiting", models.CharField(blank=True, max_length=10)),
                ("answered_by", models.CharField(blank=True, max_length=32)),
                ("ended_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "call_flow",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="numbers.callflow",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="contacts.contact",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="numbers.trackingnumber",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="contacts.person",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="numbers.source",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="inbox.conversation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["conversation", "at", "id"], name="call_in_thread"),
                    models.Index(fields=["business", "-id"], name="call_newest"),
                    models.Index(fields=["business", "-at", "-id"], name="call_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number", "carrier_ref"), name="call_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key_name",
                    models.CharField(blank=True, db_default="", default="", max_length=80),
                ),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="inbox.conversation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["conversation", "at", "id"], name="assignment_in_thread"),
                    models.Index(fields=["business", "-id"], name="assignment_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FirstAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="first_answers",
                        to="inbox.conversation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "at", "seconds"], name="first_answers")
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("inbound", "Inbound"), ("outbound", "Outbound")], max_length=8
                    ),
                ),
                ("kind", models.CharField(default="chat", max_length=12)),
                ("body", models.TextField(blank=True)),
                ("segments", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("scheduled", "Scheduled"),
                            ("queued", "Waiting"),
                            ("handing_over", "Handing over"),
                            ("accepted", "Accepted"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("undelivered", "Not delivered"),
                            ("failed", "Failed"),
                            ("refused", "Not sent"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=14,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=20)),
                ("error", models.CharField(blank=True, max_length=200)),
                (
                    "reference",
                    models.CharField(
                        default=textrail.vocabulary.ids.new_token, max_length=40, unique=True
                    ),
                ),
                ("carrier_ref", models.CharField(blank=True, max_length=64)),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("variant_id", models.BigIntegerField(null=True)),
                (
                    "key_name",
                    models.CharField(blank=True, db_default="", default="", max_length=80),
                ),
                ("at", models.DateTimeField()),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("look_up_at", models.DateTimeField(null=True)),
                ("search_part", models.BigIntegerField(null=True)),
                ("leaves_at", models.DateTimeField(null=True)),
                ("answer_id", models.BigIntegerField(null=True)),
                (
                    "answered_on",
                    models.CharField(blank=True, db_default="", default="", max_length=12),
                ),
                (
                    "because",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
                (
                    "again_of",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="again",
                        to="inbox.message",
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="contacts.contact",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="inbox.conversation",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="numbers.trackingnumber",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="contacts.person",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="numbers.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["conversation", "at", "id"], name="message_in_thread"),
                    models.Index(fields=["campaign_id", "status"], name="message_of_campaign"),
                    models.Index(fields=["business", "-id"], name="message_newest"),
                    models.Index(fields=["business", "-at", "-id"], name="message_by_time"),
                    models.Index(fields=["carrier_ref"], name="message_by_carrier_ref"),
                    models.Index(
                        condition=models.Q(("look_up_at__isnull", False)),
                        fields=["look_up_at"],
                        name="message_to_look_up",
                    ),
                    models.Index(
                        condition=models.Q(("answered_on", "stopped")),
                        fields=["business", "-id"],
                        name="message_stopped",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("search_part__isnull", True),
                            models.Q(("kind", "campaign"), _negated=True),
                        ),
                        fields=["business", "id"],
                        name="message_to_index",
                    ),
                    models.Index(
                        condition=models.Q(("status", "scheduled")),
                        fields=["conversation", "leaves_at"],
                        name="message_scheduled",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("carrier_ref", ""), _negated=True),
                        fields=("number", "carrier_ref"),
                        name="carrier_message_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("again_of__isnull", False)),
                        fields=("again_of",),
                        name="tried_again_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content_type", models.CharField(max_length=80)),
                ("remote_url", models.TextField(blank=True)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("bytes", models.PositiveIntegerField(default=0)),
                (
                    "token",
                    models.CharField(
                        default=textrail.vocabulary.ids.new_token, max_length=40, unique=True
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=120)),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=120)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="inbox.message",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key_name",
                    models.CharField(blank=True, db_default="", default="", max_length=80),
                ),
                ("body", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="inbox.conversation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["conversation", "at", "id"], name="note_in_thread"),
                    models.Index(fields=["business", "-id"], name="note_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuickReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("body", models.CharField(max_length=1600)),
                ("created_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "name"), name="one_quick_reply_per_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuietRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kept", models.BooleanField(default=True)),
                ("opens", models.PositiveSmallIntegerField(default=0)),
                ("closes", models.PositiveSmallIntegerField(default=24)),
                (
                    "business",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReadFloor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.business",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "business"), name="one_floor_per_member"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen", models.PositiveIntegerField()),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="inbox.conversation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "conversation"), name="one_reading_per_member"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("scheduled", "Scheduled"),
                            ("queued", "Waiting"),
                            ("handing_over", "Handing over"),
                            ("accepted", "Accepted"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("undelivered", "Not delivered"),
                            ("failed", "Failed"),
                            ("refused", "Not sent"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=14,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=20)),
                ("segments", models.PositiveSmallIntegerField(null=True)),
                ("price_micros", models.BigIntegerField(default=0)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipts",
                        to="inbox.message",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "-id"], name="receipt_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "status"), name="one_receipt_per_status"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recording",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("call_ref", models.CharField(max_length=64)),
                ("carrier_ref", models.CharField(max_length=64)),
                ("remote_url", models.TextField(blank=True)),
                ("duration_seconds", models.PositiveIntegerField(default=0)),
                ("is_voicemail", models.BooleanField(default=False)),
                ("transcript", models.TextField(blank=True)),
                ("content_type", models.CharField(blank=True, max_length=40)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("bytes", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recordings",
                        to="inbox.call",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="numbers.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "-id"], name="recording_newest"),
                    models.Index(
                        condition=models.Q(("call__isnull", True)),
                        fields=["connection", "call_ref"],
                        name="recording_early",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "carrier_ref"), name="recording_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("texts", models.PositiveIntegerField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "-id"], name="search_newest_part")],
            },
        ),
        migrations.CreateModel(
            name="SentOnce",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.business",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inbox.message",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("business", "key"), name="sent_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Unclaimed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("carrier", models.CharField(max_length=12)),
                ("carrier_ref", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=8)),
                ("sender", models.CharField(max_length=32)),
                ("recipient", models.CharField(max_length=32)),
                ("body", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="numbers.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("carrier", "carrier_ref"), name="unclaimed_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AutoAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("keyword", "Keyword"),
                            ("in_hours", "Business hours"),
                            ("after_hours", "After hours"),
                            ("first_text", "First contact"),
                            ("always", "Every text"),
                            ("missed_call", "Missed call"),
                        ],
                        max_length=12,
                    ),
                ),
                ("keywords", models.CharField(blank=True, default="", max_length=400)),
                ("body", models.CharField(max_length=640)),
                ("enabled", models.BooleanField(default=True)),
                ("period_hours", models.PositiveSmallIntegerField(default=12)),
                ("quiet_minutes", models.PositiveSmallIntegerField(default=0)),
                ("after_voicemail", models.BooleanField(default=True)),
                ("tag", models.CharField(blank=True, default="", max_length=40)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="numbers.trackingnumber",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="numbers.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number", None), ("source", None), _connector="OR"),
                        name="answer_has_one_scope",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("number__isnull", False),
                            models.Q(("trigger", "keyword"), _negated=True),
                        ),
                        fields=("number", "trigger"),
                        name="one_answer_per_trigger",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("source__isnull", False),
                            models.Q(("trigger", "keyword"), _negated=True),
                        ),
                        fields=("source", "trigger"),
                        name="one_answer_per_source",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("number", None),
                            ("source", None),
                            models.Q(("trigger", "keyword"), _negated=True),
                        ),
                        fields=("business", "trigger"),
                        name="one_answer_of_business",
                    ),
                ],
            },
        ),
        migrations.RunPython(
            code=create,
            reverse_code=drop,
        ),
    ]
