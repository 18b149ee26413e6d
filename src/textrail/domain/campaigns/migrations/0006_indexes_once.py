"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("campaigns_campaign_business_id_2af77d3f", "campaigns_campaign", "business_id"),
    ("campaigns_recipient_campaign_id_20a372e5", "campaigns_recipient", "campaign_id"),
    ("campaigns_variant_campaign_id_49b0ca6e", "campaigns_variant", "campaign_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("campaigns", "0005_pausing"),
    ]

    operations = [
        indexes.ByName(
            database_operations=indexes.drop(INDEXES),
            state_operations=[
                migrations.AlterField(
                    model_name='campaign',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='recipient',
                    name='campaign',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='campaigns.campaign'),
                ),
                migrations.AlterField(
                    model_name='variant',
                    name='campaign',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='campaigns.campaign'),
                ),
            ],
        ),
    ]
