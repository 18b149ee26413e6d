"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("contacts_consentevent_business_id_6f67d453", "contacts_consentevent", "business_id"),
    ("contacts_tag_business_id_ca3e33a4", "contacts_tag", "business_id"),
    ("contacts_contact_tags_contact_id_ff2c136b", "contacts_contact_tags", "contact_id"),
]
UNIQUE = "contacts_contact_tags_contact_id_tag_id_bd41f44b_uniq"


def name_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # on SQLite it is an index, and the same
        rename = 'ALTER TABLE "contacts_contact_tags" RENAME CONSTRAINT'
        schema_editor.execute(f'{rename} "{UNIQUE}" TO "tagged_once"')


def unname_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        rename = 'ALTER TABLE "contacts_contact_tags" RENAME CONSTRAINT'
        schema_editor.execute(f'{rename} "tagged_once" TO "{UNIQUE}"')


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("contacts", "0005_reviews_by_phone"),
    ]

    operations = [
        indexes.ByName(
            database_operations=[*indexes.drop(INDEXES), migrations.RunPython(name_constraint, unname_constraint)],
            state_operations=[
                migrations.AlterField(
                    model_name='consentevent',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='tag',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.CreateModel(
                    name='Tagging',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.contact')),
                        ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.tag')),
                    ],
                    options={
                        'db_table': 'contacts_contact_tags',
                    },
                ),
                migrations.AlterField(
                    model_name='contact',
                    name='tags',
                    field=models.ManyToManyField(blank=True, related_name='contacts', through='contacts.Tagging', to='contacts.tag'),
                ),
                migrations.AddConstraint(
                    model_name='tagging',
                    constraint=models.UniqueConstraint(fields=('contact', 'tag'), name='tagged_once'),
                ),
            ],
        ),
    ]
