"""Drop the index that PostgreSQL has for LIKE, by its name: Django would write the table anew on
SQLite, and make its unique index anew on PostgreSQL."""

from django.db import migrations, models

from textrail.outbox import indexes

# Table, column, name of the constraint, name of the index for LIKE.
UNIQUE = [
    ("outbox_work", "key", "work_once", "outbox_work_key_9c8fd983_like"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0003_lines"),
    ]

    operations = [
        indexes.ByName(
            database_operations=[indexes.name_unique(UNIQUE)],
            state_operations=[
                migrations.AlterField(
                    model_name='work',
                    name='key',
                    field=models.CharField(max_length=120, null=True),
                ),
                migrations.AddConstraint(
                    model_name='work',
                    constraint=models.UniqueConstraint(fields=('key',), name='work_once'),
                ),
            ],
        ),
    ]
