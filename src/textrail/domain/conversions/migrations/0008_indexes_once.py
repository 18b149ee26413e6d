"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("conversions_import_business_id_c50bd705", "conversions_import", "business_id"),
    ("conversions_parkedreport_business_id_af3a9442", "conversions_parkedreport", "business_id"),
    ("conversions_refusedrow_origin_id_2992832a", "conversions_refusedrow", "origin_id"),
    ("conversions_unmatchedevent_business_id_3b417379", "conversions_unmatchedevent", "business_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("conversions", "0007_who_counts_once"),
    ]

    operations = [
        indexes.ByName(
            database_operations=indexes.drop(INDEXES),
            state_operations=[
                migrations.AlterField(
                    model_name='import',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='parkedreport',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='refusedrow',
                    name='origin',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refusals', to='conversions.import'),
                ),
                migrations.AlterField(
                    model_name='unmatchedevent',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
            ],
        ),
    ]
