"""An index that PostgreSQL needs to find numbers by how they begin; SQLite has one in that order."""

from django.db import migrations

NAME = "contact_number_begins"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE INDEX {NAME} ON contacts_contact (business_id, phone varchar_pattern_ops)"
        )


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_squashed_0008_consent_in_one_chain")]

    operations = [migrations.RunPython(create, drop)]
