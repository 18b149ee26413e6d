import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("conversions", "0001_initial"),
        ("conversions", "0002_types_refunds_and_rates"),
        ("conversions", "0003_imports_of_three_kinds"),
        ("conversions", "0004_failed_refunds"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("contacts", "0001_squashed_0008_consent_in_one_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversionType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("purchase", "Purchase"),
                            ("lead", "Lead"),
                            ("engagement", "Engagement"),
                            ("call", "Phone call"),
                            ("custom", "Custom"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("event", "An event that is sent"),
                            ("call", "A call on a tracking number"),
                            ("text", "A text to a tracking number"),
                        ],
                        db_default="event",
                        default="event",
                        max_length=5,
                    ),
                ),
                ("event", models.CharField(blank=True, max_length=120)),
                (
                    "refund_event",
                    models.CharField(blank=True, db_default="", default="", max_length=120),
                ),
                (
                    "value_rule",
                    models.CharField(
                        choices=[
                            ("property", "What the event says"),
                            ("fixed", "The same amount each time"),
                            ("none", "No value"),
                        ],
                        db_default="property",
                        default="property",
                        max_length=8,
                    ),
                ),
                (
                    "value_property",
                    models.CharField(blank=True, db_default="", default="", max_length=60),
                ),
                ("fixed_minor", models.BigIntegerField(db_default=0, default=0)),
                (
                    "fixed_currency",
                    models.CharField(blank=True, db_default="", default="", max_length=3),
                ),
                ("window_days", models.PositiveSmallIntegerField(default=30)),
                ("view_days", models.PositiveSmallIntegerField(db_default=1, default=1)),
                (
                    "repeats",
                    models.CharField(
                        choices=[
                            ("always", "Every time"),
                            ("order", "Once for each order"),
                            ("person", "Once for each person"),
                        ],
                        db_default="order",
                        default="order",
                        max_length=6,
                    ),
                ),
                ("least_seconds", models.PositiveIntegerField(db_default=0, default=0)),
                ("answered_only", models.BooleanField(db_default=False, default=False)),
                ("is_touchpoint", models.BooleanField(db_default=True, default=True)),
                ("ended_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(("event", ""), _negated=True),
                        fields=("business", "event"),
                        name="one_type_per_event",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("refund_event", ""), _negated=True),
                        fields=("business", "refund_event"),
                        name="one_type_per_refund_event",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(max_length=20)),
                ("sender_key", models.CharField(max_length=255)),
                ("order_ref", models.CharField(blank=True, max_length=120)),
                (
                    "once_per",
                    models.CharField(
                        choices=[
                            ("always", "Every time"),
                            ("order", "Once for each order"),
                            ("person", "Once for each person"),
                        ],
                        db_default="order",
                        default="order",
                        max_length=6,
                    ),
                ),
                ("value_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("given_minor", models.BigIntegerField(null=True)),
                (
                    "given_currency",
                    models.CharField(blank=True, db_default="", default="", max_length=3),
                ),
                ("rate_day", models.DateField(null=True)),
                ("click_id", models.CharField(blank=True, max_length=24)),
                ("origin_id", models.BigIntegerField(null=True)),
                ("properties", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversions",
                        to="contacts.person",
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="conversions.conversion",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversions",
                        to="conversions.conversiontype",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "-at", "-id"], name="conversion_newest"),
                    models.Index(fields=["person", "at"], name="conversion_of_person"),
                    models.Index(
                        condition=models.Q(("order_ref", ""), _negated=True),
                        fields=["type", "order_ref"],
                        name="conversion_of_order",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "sender", "sender_key"), name="conversion_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("order_ref", ""), _negated=True), ("once_per", "order")
                        ),
                        fields=("type", "order_ref"),
                        name="order_once_per_type",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("once_per", "person")),
                        fields=("type", "person"),
                        name="person_once_per_type",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("per_euro", models.DecimalField(decimal_places=8, max_digits=15)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "currency"), name="one_rate_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversions", "Conversions"),
                            ("clicks", "Clicks of other channels"),
                            ("costs", "Costs"),
                        ],
                        db_default="conversions",
                        default="conversions",
                        max_length=11,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("token", models.CharField(max_length=40, unique=True)),
                ("layout", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("looking", "Not started"),
                            ("waiting", "Waiting"),
                            ("working", "Working"),
                            ("ready", "Done"),
                            ("failed", "Stopped"),
                        ],
                        max_length=8,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("size", models.BigIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("row", models.PositiveIntegerField(default=0)),
                ("recorded", models.PositiveIntegerField(default=0)),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("parked", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("replaced", models.PositiveIntegerField(db_default=0, default=0)),
                ("passed", models.PositiveIntegerField(db_default=0, default=0)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "-id"], name="import_newest")],
            },
        ),
        migrations.CreateModel(
            name="OrderAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("alias", models.CharField(max_length=120)),
                ("order_ref", models.CharField(max_length=120)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "order_ref"], name="alias_of_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("business", "alias"), name="alias_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(max_length=20)),
                ("sender_key", models.CharField(max_length=255)),
                ("event", models.JSONField()),
                ("name", models.CharField(blank=True, max_length=120)),
                ("order_ref", models.CharField(blank=True, max_length=120)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("refund_early", "Its sale has not come yet"),
                            ("refund_refused", "A refund that cannot be"),
                            ("rate_missing", "No exchange rate"),
                            ("unreadable", "Cannot be read"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sentence", models.CharField(max_length=300)),
                ("hint", models.CharField(blank=True, max_length=300)),
                ("received_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "-id"], name="parked_newest"),
                    models.Index(
                        fields=["business", "reason", "order_ref"], name="parked_by_reason"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "sender", "sender_key"), name="parked_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(max_length=20)),
                ("sender_key", models.CharField(max_length=255)),
                ("minor", models.BigIntegerField()),
                ("is_total", models.BooleanField()),
                ("undoes", models.CharField(blank=True, db_default="", default="", max_length=255)),
                ("received_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="conversions.conversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "sender", "sender_key"), name="refund_notice_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RefusedRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("sentence", models.CharField(max_length=300)),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="conversions.import",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("origin", "row"), name="refused_row_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Shop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("stripe", "Stripe"), ("shopify", "Shopify")], max_length=8
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("token", models.CharField(max_length=40, unique=True)),
                ("secret", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnmatchedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=120)),
                ("count", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("business", "event"), name="unmatched_once")
                ],
            },
        ),
    ]
