"""The index of words, which each database has in its own way, and what threads knew before it."""

from django.db import migrations

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE IF NOT EXISTS inbox_words USING fts5("
        "words, content='', detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")"
    ],
    "postgresql": [
        "CREATE TABLE IF NOT EXISTS inbox_words (message_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX IF NOT EXISTS inbox_words_in ON inbox_words USING gin (words)"
        " WITH (fastupdate = off)",
    ],
}
FILL = (
    "UPDATE inbox_conversation SET tail = (SELECT substr(phone, length(phone) - 3)"
    " FROM contacts_contact WHERE contacts_contact.id = contact_id)",
    "UPDATE inbox_conversation SET has_texts = true WHERE id IN"
    " (SELECT conversation_id FROM inbox_message WHERE direction = 'inbound')",
    "UPDATE inbox_conversation SET has_calls = true WHERE id IN"
    " (SELECT conversation_id FROM inbox_call)",
    "UPDATE inbox_conversation SET inbound ="
    " (SELECT count(*) FROM inbox_message m WHERE m.conversation_id = inbox_conversation.id"
    " AND m.direction = 'inbound')"
    " + (SELECT count(*) FROM inbox_call c WHERE c.conversation_id = inbox_conversation.id"
    " AND c.status IN ('missed', 'voicemail'))",
    "UPDATE inbox_conversation SET inbound = unread WHERE inbound < unread",
    "UPDATE inbox_conversation SET inbound_at = last_at WHERE inbound > 0",
    # Until now a thread was read for all or for none.
    "INSERT INTO inbox_readfloor (user_id, business_id, at)"
    " SELECT user_id, business_id, CURRENT_TIMESTAMP FROM accounts_membership",
    "INSERT INTO inbox_reading (user_id, conversation_id, seen)"
    " SELECT m.user_id, c.id, c.inbound - c.unread FROM inbox_conversation c"
    " JOIN accounts_membership m ON m.business_id = c.business_id WHERE c.unread > 0",
)


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS inbox_words")


class Migration(migrations.Migration):

    dependencies = [("inbox", "0005_answers"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(create, drop),
        *[migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in FILL],
    ]
