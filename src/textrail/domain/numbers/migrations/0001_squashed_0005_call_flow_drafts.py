import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import textrail.vocabulary.ids


class Migration(migrations.Migration):
    replaces = [
        ("numbers", "0001_initial"),
        ("numbers", "0002_carrier_desk"),
        ("numbers", "0003_hours"),
        ("numbers", "0004_call_flows"),
        ("numbers", "0005_call_flow_drafts"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallFlow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("flow", models.TextField()),
                ("draft", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(("archived_at", None)),
                        fields=("business", "name"),
                        name="call_flow_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "carrier",
                    models.CharField(
                        choices=[
                            ("simulator", "Simulated carrier"),
                            ("twilio", "Twilio"),
                            ("telnyx", "Telnyx"),
                            ("kannel", "Kannel"),
                        ],
                        max_length=12,
                    ),
                ),
                ("account_ref", models.CharField(blank=True, max_length=200)),
                ("secret", models.TextField()),
                (
                    "token",
                    models.CharField(
                        default=textrail.vocabulary.ids.new_token, max_length=40, unique=True
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("is_well", models.BooleanField(default=True)),
                ("health", models.CharField(blank=True, max_length=300)),
                ("health_hint", models.CharField(blank=True, max_length=300)),
                ("balance_micros", models.BigIntegerField(null=True)),
                ("balance_currency", models.CharField(blank=True, max_length=3)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Hours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("opening", models.TextField()),
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
                    models.UniqueConstraint(fields=("business", "name"), name="hours_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Sound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "token",
                    models.CharField(
                        default=textrail.vocabulary.ids.new_token, max_length=40, unique=True
                    ),
                ),
                ("content_type", models.CharField(max_length=40)),
                ("path", models.CharField(max_length=200)),
                ("bytes", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("channel", models.CharField(default="offline", max_length=40)),
                ("source", models.CharField(blank=True, max_length=80)),
                ("medium", models.CharField(blank=True, max_length=80)),
                ("campaign", models.CharField(blank=True, max_length=120)),
                ("keyword", models.CharField(blank=True, max_length=120)),
                ("content", models.CharField(blank=True, max_length=120)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("business", "name"), name="source_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackingNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=80)),
                ("sms_enabled", models.BooleanField(default=True)),
                ("sms_capable", models.BooleanField(default=True)),
                ("mms_capable", models.BooleanField(default=True)),
                ("voice_capable", models.BooleanField(default=True)),
                (
                    "registration",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known"),
                            ("pending", "Waiting"),
                            ("approved", "Registered"),
                            ("failed", "Turned down"),
                            ("not_needed", "Not needed"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("registration_note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("connected_at", models.DateTimeField(null=True)),
                ("connect_problem", models.CharField(blank=True, max_length=200)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "at_carrier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Kept there"),
                            ("asked", "Being given back"),
                            ("given_back", "Given back"),
                            ("failed", "Not given back"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
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
                        related_name="numbers",
                        to="numbers.callflow",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="numbers",
                        to="numbers.connection",
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="numbers",
                        to="numbers.hours",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="numbers",
                        to="numbers.source",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "name"], name="number_by_name")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("phone",),
                        name="one_holder_per_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=80)),
                ("source_name", models.CharField(max_length=80)),
                ("channel", models.CharField(max_length=40)),
                ("sms_enabled", models.BooleanField()),
                ("sms_capable", models.BooleanField()),
                ("mms_capable", models.BooleanField()),
                ("voice_capable", models.BooleanField()),
                ("monthly_micros", models.BigIntegerField(null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("buying", "Being bought"),
                            ("bought", "Bought"),
                            ("failed", "Not bought"),
                        ],
                        default="buying",
                        max_length=8,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("ordered_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="orders",
                        to="numbers.connection",
                    ),
                ),
                (
                    "ordered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="numbers.trackingnumber",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "buying")),
                        fields=("phone",),
                        name="one_order_per_number",
                    )
                ],
            },
        ),
    ]
