import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import textrail.vocabulary.ids


class Migration(migrations.Migration):
    replaces = [
        ("contacts", "0001_initial"),
        ("contacts", "0002_routing_and_verdicts"),
        ("contacts", "0003_people_apart"),
        ("contacts", "0004_keys_kept_hashed"),
        ("contacts", "0005_untaggings"),
        ("contacts", "0006_name_words"),
        ("contacts", "0007_consent_chain"),
        ("contacts", "0008_consent_in_one_chain"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentChain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("length", models.BigIntegerField(default=0)),
                ("hash", models.CharField(blank=True, max_length=64)),
                (
                    "business",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConsentEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opt_in", "Opted in"),
                            ("opt_out", "Opted out"),
                            ("held", "Held for review"),
                            ("reviewed", "Reviewed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("source", models.CharField(max_length=40)),
                ("words", models.CharField(blank=True, max_length=320)),
                ("message_id", models.BigIntegerField(null=True)),
                ("verdict", models.CharField(blank=True, db_default="", default="", max_length=16)),
                ("reason", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("by", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("proof", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("at", models.DateTimeField()),
                ("sequence", models.BigIntegerField()),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "phone", "-id"], name="consent_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "sequence"), name="consent_in_one_chain"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("suppressed", models.BooleanField()),
                ("held_until", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("left", models.BooleanField(null=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="review",
                        to="contacts.consentevent",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("decided_at__isnull", True)),
                        fields=["business", "phone"],
                        name="consent_to_review",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentScope",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revoke_all", models.BooleanField(default=False)),
                ("changed_by", models.CharField(blank=True, max_length=120)),
                ("changed_at", models.DateTimeField()),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("country", models.CharField(blank=True, db_default="", default="", max_length=2)),
                ("region", models.CharField(blank=True, db_default="", default="", max_length=80)),
                ("city", models.CharField(blank=True, db_default="", default="", max_length=80)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                (
                    "time_zone",
                    models.CharField(blank=True, db_default="", default="", max_length=60),
                ),
                (
                    "indexed_name",
                    models.CharField(blank=True, db_default="", default="", max_length=120),
                ),
                (
                    "seed_network",
                    models.CharField(blank=True, db_default="", default="", max_length=40),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "name"], name="contact_by_name"),
                    models.Index(
                        condition=models.Q(("seed_network", ""), _negated=True),
                        fields=["business"],
                        name="contact_seeds",
                    ),
                    models.Index(
                        condition=models.Q(("name", models.F("indexed_name")), _negated=True),
                        fields=["business", "id"],
                        name="contact_name_to_index",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "phone"), name="one_contact_per_phone"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Identity",
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
                            ("phone", "Phone"),
                            ("email", "Email"),
                            ("customer_id", "Customer Id"),
                            ("visitor_id", "Visitor Id"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                ("first_seen_at", models.DateTimeField()),
                ("learnt", models.CharField(blank=True, db_default="", default="", max_length=120)),
                (
                    "standing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Joins people"),
                            ("shared", "Shared by too many"),
                            ("apart", "Kept apart"),
                            ("allowed", "Allowed"),
                        ],
                        db_default="",
                        default="",
                        max_length=7,
                    ),
                ),
                ("customers", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("emails", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("phones", models.PositiveSmallIntegerField(db_default=0, default=0)),
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
                        condition=models.Q(("standing", ""), _negated=True),
                        fields=["business"],
                        name="ruled_keys",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityLimits",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_id", models.PositiveSmallIntegerField()),
                ("email", models.PositiveSmallIntegerField()),
                ("phone", models.PositiveSmallIntegerField()),
                ("visitor_id", models.PositiveSmallIntegerField()),
                (
                    "business",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="KeyRuling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("", "Joins people"),
                            ("shared", "Shared by too many"),
                            ("apart", "Kept apart"),
                            ("allowed", "Allowed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("people", models.PositiveIntegerField()),
                ("why", models.CharField(blank=True, max_length=200)),
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
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rulings",
                        to="contacts.identity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(max_length=40)),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.business",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_words",
                        to="contacts.contact",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["business", "word", "contact"],
                        name="contacts_by_word",
                        opclasses=["int8_ops", "varchar_pattern_ops", "int8_ops"],
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token",
                    models.BigIntegerField(
                        default=textrail.vocabulary.ids.new_person_token, unique=True
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="contacts.person",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="identity",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identities",
                to="contacts.person",
            ),
        ),
        migrations.CreateModel(
            name="Contradiction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evidence", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.person",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="contacts.person",
            ),
        ),
        migrations.CreateModel(
            name="PersonMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("evidence", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "absorbed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges",
                        to="contacts.person",
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.identity",
                    ),
                ),
                (
                    "other_key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.identity",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["business", "at"], name="merges_by_time")],
            },
        ),
        migrations.CreateModel(
            name="PersonSplit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=200)),
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
                    "merge",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="split",
                        to="contacts.personmerge",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("since", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.account",
                    ),
                ),
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
                        condition=models.Q(("account__isnull", False)),
                        fields=["account", "phone"],
                        name="suppressed_by_account",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("business", "phone"), name="suppressed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("business", "name"), name="tag_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="tags",
            field=models.ManyToManyField(blank=True, related_name="contacts", to="contacts.tag"),
        ),
        migrations.CreateModel(
            name="Untagging",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tagging_id", models.BigIntegerField(unique=True)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("business", "kind", "value"), name="one_person_per_key"
            ),
        ),
    ]
