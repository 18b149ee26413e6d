"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("accounts_auditentry_business_id_3cdc30c9", "accounts_auditentry", "business_id"),
    ("accounts_membership_user_id_487fb39e", "accounts_membership", "user_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
    ]

    operations = [
        indexes.ByName(
            database_operations=indexes.drop(INDEXES),
            state_operations=[
                migrations.AlterField(
                    model_name='auditentry',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='membership',
                    name='user',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.user'),
                ),
            ],
        ),
    ]
