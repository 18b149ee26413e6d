"""Drop the indexes that say no more than how another one begins.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("visitors_adclick_business_id_ce1382ec", "visitors_adclick", "business_id"),
    ("visitors_channelrule_business_id_5674ed11", "visitors_channelrule", "business_id"),
    ("visitors_outsideclick_business_id_1a8b7f86", "visitors_outsideclick", "business_id"),
    ("visitors_session_business_id_27909df7", "visitors_session", "business_id"),
    ("visitors_session_person_id_f922e4fe", "visitors_session", "person_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("contacts", "0001_squashed_0008_consent_in_one_chain"),
        ("visitors", "0007_indexes_of_page_views"),
    ]

    operations = [
        indexes.ByName(
            database_operations=indexes.drop(INDEXES),
            state_operations=[
                migrations.AlterField(
                    model_name='adclick',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='channelrule',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='outsideclick',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='session',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='session',
                    name='person',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='contacts.person'),
                ),
            ],
        ),
    ]
