import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("visitors", "0001_initial"),
        ("visitors", "0002_outside_clicks_and_costs"),
        ("visitors", "0003_sites_sessions_and_channel_rules"),
        ("visitors", "0004_visit_of_an_outside_click"),
        ("visitors", "0005_costs_set_aside"),
        ("visitors", "0006_ways_seen_on_a_day"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("contacts", "0001_squashed_0008_consent_in_one_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="Site",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=40, unique=True)),
                ("hosts", models.TextField(blank=True)),
                ("takes_purchases", models.BooleanField(default=False)),
                ("heeds_signals", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("first_seen_at", models.DateTimeField(null=True)),
                ("last_seen_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Traffic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=120)),
                ("medium", models.CharField(blank=True, max_length=120)),
                ("campaign", models.CharField(blank=True, max_length=120)),
                ("term", models.CharField(blank=True, max_length=120)),
                ("content", models.CharField(blank=True, max_length=120)),
                ("channel", models.CharField(max_length=24)),
                ("seen_on", models.DateField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_on__isnull", False)),
                        fields=["business", "seen_on"],
                        name="traffic_of_a_day",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "source", "medium", "campaign", "term", "content"),
                        name="traffic_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("visitor", models.CharField(max_length=32)),
                ("started_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("pages", models.PositiveIntegerField(default=1)),
                ("host", models.CharField(blank=True, max_length=120)),
                ("path", models.CharField(blank=True, max_length=300)),
                ("referrer", models.CharField(blank=True, max_length=120)),
                ("click_id", models.CharField(blank=True, max_length=24)),
                ("device", models.CharField(blank=True, max_length=40)),
                ("os", models.CharField(blank=True, max_length=40)),
                ("verdict", models.CharField(max_length=8)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="contacts.person",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="visitors.site"
                    ),
                ),
                (
                    "traffic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="visitors.traffic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["business", "visitor", "started_at"], name="session_of_visitor"
                    ),
                    models.Index(fields=["person", "started_at"], name="session_of_person"),
                    models.Index(fields=["business", "started_at"], name="session_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutsideClick",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("visit_id", models.BigIntegerField(null=True)),
                ("sender", models.CharField(blank=True, max_length=20)),
                ("sender_key", models.CharField(max_length=255)),
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
                        related_name="outside_clicks",
                        to="contacts.person",
                    ),
                ),
                (
                    "traffic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outside_clicks",
                        to="visitors.traffic",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "at"], name="outside_click_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "sender", "sender_key"), name="outside_click_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CostEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day_at", models.DateTimeField()),
                ("minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("clicks", models.BigIntegerField()),
                ("impressions", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "traffic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cost_entries",
                        to="visitors.traffic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("account", models.CharField(blank=True, max_length=60)),
                ("part", models.CharField(blank=True, max_length=64)),
                ("origin", models.CharField(max_length=24)),
                (
                    "set_aside_by",
                    models.CharField(blank=True, db_default="", default="", max_length=24),
                ),
                ("given_minor", models.BigIntegerField()),
                ("given_currency", models.CharField(max_length=3)),
                ("minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("rate_day", models.DateField(null=True)),
                ("clicks", models.BigIntegerField(default=0)),
                ("impressions", models.BigIntegerField(default=0)),
                ("told_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "traffic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="costs",
                        to="visitors.traffic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("minor", None)),
                        fields=["business"],
                        name="cost_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "day", "traffic", "account", "part"), name="cost_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChannelRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=80)),
                ("conditions", models.JSONField()),
                ("channel", models.CharField(max_length=24)),
                ("channel_name", models.CharField(blank=True, max_length=40)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "position"], name="channel_rule_order")
                ],
            },
        ),
        migrations.CreateModel(
            name="PageView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
                ("host", models.CharField(blank=True, max_length=120)),
                ("path", models.CharField(blank=True, max_length=300)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="visitors.session",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="page_view_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("business", "key"), name="page_view_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AdClick",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("value", models.CharField(max_length=255)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ad_clicks",
                        to="visitors.session",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "value"], name="ad_click_by_value"),
                    models.Index(fields=["at"], name="ad_click_by_time"),
                ],
            },
        ),
    ]
