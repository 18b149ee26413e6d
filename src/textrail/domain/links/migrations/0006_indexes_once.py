"""Drop the indexes that say no more than how another one begins, and those for LIKE.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again and make their unique indexes anew."""

import django.db.models.deletion
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("links_click_business_id_0eca2ef2", "links_click", "business_id"),
    ("links_handout_business_id_5a4e041f", "links_handout", "business_id"),
    ("links_link_business_id_9a8ed2ec", "links_link", "business_id"),
    ("links_linkcheck_link_id_cb2d9fe0", "links_linkcheck", "link_id"),
    ("links_store_business_id_ad589022", "links_store", "business_id"),
]
# Table, column, name of the constraint, name of the index for LIKE.
UNIQUE = [
    ("links_click", "click_id", "click_once", "links_click_click_id_bf9431dd_like"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("links", "0001_squashed_0005_handout_progress"),
    ]

    operations = [
        indexes.ByName(
            database_operations=[
                *indexes.drop(INDEXES),
                indexes.name_unique(UNIQUE),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='click',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='click',
                    name='click_id',
                    field=models.CharField(max_length=24),
                ),
                migrations.AlterField(
                    model_name='handout',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='link',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='linkcheck',
                    name='link',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='links.link'),
                ),
                migrations.AlterField(
                    model_name='store',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AddConstraint(
                    model_name='click',
                    constraint=models.UniqueConstraint(fields=('click_id',), name='click_once'),
                ),
            ],
        ),
    ]
