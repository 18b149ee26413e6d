import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("links", "0001_initial"),
        ("links", "0002_routing_and_verdicts"),
        ("links", "0003_check_part"),
        ("links", "0004_seeds"),
        ("links", "0005_handout_progress"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("contacts", "0001_squashed_0008_consent_in_one_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="Domain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=253, unique=True)),
                ("code_length", models.PositiveSmallIntegerField(default=8)),
                ("is_default", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=200)),
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
                        condition=models.Q(("is_default", True)),
                        fields=("business",),
                        name="one_default_domain",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("external_key", models.CharField(blank=True, default="", max_length=255)),
                ("destination", models.TextField()),
                ("utm_source", models.CharField(blank=True, max_length=120)),
                ("utm_medium", models.CharField(blank=True, max_length=120)),
                ("utm_campaign", models.CharField(blank=True, max_length=120)),
                ("utm_term", models.CharField(blank=True, max_length=120)),
                ("utm_content", models.CharField(blank=True, max_length=120)),
                ("landing", models.TextField()),
                ("rules", models.JSONField(default=list)),
                ("expires_at", models.DateTimeField(null=True)),
                ("click_limit", models.PositiveIntegerField(null=True)),
                ("fallback", models.TextField(blank=True, default="")),
                ("route", models.TextField(blank=True, default="")),
                ("share_code", models.CharField(blank=True, max_length=100)),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("variant_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="links.domain",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "-id"], name="link_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_key", ""), _negated=True),
                        fields=("business", "external_key"),
                        name="link_key_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Handout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("token", models.CharField(max_length=40, unique=True)),
                ("columns", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "Working"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("size", models.BigIntegerField(default=0)),
                ("read", models.BigIntegerField(default=0)),
                ("written", models.BigIntegerField(default=0)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("made", models.PositiveIntegerField(default=0)),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("opted_out", models.PositiveIntegerField(default=0)),
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
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handouts",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "-id"], name="handout_newest")],
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=100)),
                ("contact_id", models.BigIntegerField(null=True)),
                ("message_id", models.BigIntegerField(null=True)),
                (
                    "link",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("code",), name="code_once")],
            },
        ),
        migrations.CreateModel(
            name="Click",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=100)),
                ("click_id", models.CharField(max_length=24, unique=True)),
                ("at", models.DateTimeField()),
                ("message_id", models.BigIntegerField(null=True)),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("variant_id", models.BigIntegerField(null=True)),
                ("method", models.CharField(max_length=8)),
                ("address", models.CharField(max_length=45)),
                ("headers", models.JSONField(default=list)),
                ("device", models.CharField(blank=True, max_length=40)),
                ("os", models.CharField(blank=True, max_length=40)),
                ("browser", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("region", models.CharField(blank=True, default="", max_length=80)),
                ("city", models.CharField(blank=True, default="", max_length=80)),
                ("asn", models.BigIntegerField(null=True)),
                ("network", models.CharField(blank=True, default="", max_length=80)),
                ("routed", models.JSONField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("human", "Person"),
                            ("preview", "Preview"),
                            ("scanner", "Scanner"),
                            ("prefetch", "Prefetch"),
                            ("duplicate", "Duplicate"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("ruleset", models.PositiveSmallIntegerField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="clicks",
                        to="contacts.contact",
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
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clicks",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["link", "-id"], name="click_of_link"),
                    models.Index(fields=["business", "-id"], name="click_newest"),
                    models.Index(fields=["code", "at"], name="click_of_code"),
                    models.Index(fields=["address", "at"], name="click_of_address"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Canary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="canaries",
                        to="links.link",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LinkCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("part", models.CharField(blank=True, default="", max_length=200)),
                ("address", models.TextField()),
                ("problem", models.CharField(blank=True, max_length=40)),
                ("sentence", models.CharField(blank=True, max_length=300)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("hops", models.JSONField(default=list)),
                ("lost", models.JSONField(default=list)),
                ("milliseconds", models.PositiveIntegerField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["link", "-id"], name="check_newest")],
            },
        ),
        migrations.CreateModel(
            name="PastVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("human", "Person"),
                            ("preview", "Preview"),
                            ("scanner", "Scanner"),
                            ("prefetch", "Prefetch"),
                            ("duplicate", "Duplicate"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("ruleset", models.PositiveSmallIntegerField()),
                ("replaced_at", models.DateTimeField()),
                (
                    "click",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_verdicts",
                        to="links.click",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeedCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=100)),
                ("contact_id", models.BigIntegerField()),
                ("message_id", models.BigIntegerField()),
                ("network", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.business",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "at"], name="seed_code_newest")],
                "constraints": [models.UniqueConstraint(fields=("code",), name="seed_code_once")],
            },
        ),
        migrations.CreateModel(
            name="Store",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                ("destination", models.TextField()),
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
                    models.UniqueConstraint(fields=("business", "name"), name="store_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UtmConvention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sources", models.JSONField(default=list)),
                ("mediums", models.JSONField(default=list)),
                ("campaign_pattern", models.CharField(blank=True, max_length=120)),
                ("require_content", models.BooleanField(default=False)),
                (
                    "business",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
    ]
