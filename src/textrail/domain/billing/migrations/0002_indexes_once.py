"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("billing_ledgerentry_transaction_id_6585e310", "billing_ledgerentry", "transaction_id"),
    ("billing_payment_account_id_411a2f8d", "billing_payment", "account_id"),
    ("billing_rate_account_id_13a7c700", "billing_rate", "account_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("billing", "0001_initial"),
    ]

    operations = [
        indexes.ByName(
            database_operations=indexes.drop(INDEXES),
            state_operations=[
                migrations.AlterField(
                    model_name='ledgerentry',
                    name='transaction',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='billing.transaction'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='account',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='accounts.account'),
                ),
                migrations.AlterField(
                    model_name='rate',
                    name='account',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rates', to='accounts.account'),
                ),
            ],
        ),
    ]
