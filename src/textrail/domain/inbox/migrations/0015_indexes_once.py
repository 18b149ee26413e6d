"""Drop the indexes that say no more than how another one begins, and those for LIKE.

By their names: Django would write the tables anew on SQLite, and on PostgreSQL check their foreign
keys again and make their unique indexes anew."""

import django.db.models.deletion
import textrail.vocabulary.ids
from django.db import migrations, models

from textrail.outbox import indexes

# With the table and the column, of which they would be made again.
INDEXES = [
    ("inbox_assignment_business_id_bedba4ab", "inbox_assignment", "business_id"),
    ("inbox_assignment_conversation_id_11c0515c", "inbox_assignment", "conversation_id"),
    ("inbox_call_business_id_d5f2dd20", "inbox_call", "business_id"),
    ("inbox_call_conversation_id_ad8e0e6b", "inbox_call", "conversation_id"),
    ("inbox_call_number_id_b0bb512f", "inbox_call", "number_id"),
    ("inbox_firstanswer_business_id_4e614099", "inbox_firstanswer", "business_id"),
    ("inbox_message_business_id_d80846ea", "inbox_message", "business_id"),
    ("inbox_message_conversation_id_37bc0d72", "inbox_message", "conversation_id"),
    ("inbox_note_business_id_c39ce4cb", "inbox_note", "business_id"),
    ("inbox_note_conversation_id_f93b3385", "inbox_note", "conversation_id"),
    ("inbox_quickreply_business_id_8ec59e8a", "inbox_quickreply", "business_id"),
    ("inbox_receipt_business_id_44556718", "inbox_receipt", "business_id"),
    ("inbox_receipt_message_id_7cdce347", "inbox_receipt", "message_id"),
    ("inbox_recording_business_id_e89020fb", "inbox_recording", "business_id"),
    ("inbox_recording_connection_id_494acdab", "inbox_recording", "connection_id"),
    ("inbox_searchpart_business_id_7d171bf4", "inbox_searchpart", "business_id"),
]
# Table, column, name of the constraint, name of the index for LIKE.
UNIQUE = [
    ("inbox_attachment", "token", "attachment_once", "inbox_attachment_token_c21b1927_like"),
    ("inbox_message", "reference", "message_once", "inbox_message_reference_ce4b8982_like"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_squashed_0004_account_notice"),
        ("inbox", "0014_lines_of_ours"),
        ("numbers", "0001_squashed_0005_call_flow_drafts"),
    ]

    operations = [
        indexes.ByName(
            database_operations=[
                *indexes.drop(INDEXES),
                indexes.name_unique(UNIQUE),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='assignment',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='assignment',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='inbox.conversation'),
                ),
                migrations.AlterField(
                    model_name='attachment',
                    name='token',
                    field=models.CharField(default=textrail.vocabulary.ids.new_token, max_length=40),
                ),
                migrations.AlterField(
                    model_name='call',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='call',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='inbox.conversation'),
                ),
                migrations.AlterField(
                    model_name='call',
                    name='number',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='numbers.trackingnumber'),
                ),
                migrations.AlterField(
                    model_name='firstanswer',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='inbox.conversation'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='reference',
                    field=models.CharField(default=textrail.vocabulary.ids.new_token, max_length=40),
                ),
                migrations.AlterField(
                    model_name='note',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='note',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='inbox.conversation'),
                ),
                migrations.AlterField(
                    model_name='quickreply',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='receipt',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='receipt',
                    name='message',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='inbox.message'),
                ),
                migrations.AlterField(
                    model_name='recording',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AlterField(
                    model_name='recording',
                    name='connection',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='numbers.connection'),
                ),
                migrations.AlterField(
                    model_name='searchpart',
                    name='business',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.business'),
                ),
                migrations.AddConstraint(
                    model_name='attachment',
                    constraint=models.UniqueConstraint(fields=('token',), name='attachment_once'),
                ),
                migrations.AddConstraint(
                    model_name='message',
                    constraint=models.UniqueConstraint(fields=('reference',), name='message_once'),
                ),
            ],
        ),
    ]
