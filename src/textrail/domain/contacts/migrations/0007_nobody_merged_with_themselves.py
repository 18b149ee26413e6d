"""Delete the merges of a person with themselves, which late taps wrote down and which say nothing."""

from django.db import migrations
from django.db.models import F


def delete(apps, schema_editor):
    merges = apps.get_model("contacts", "PersonMerge")
    merges.objects.filter(survivor=F("absorbed")).delete()


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_indexes_once")]

    operations = [migrations.RunPython(delete, migrations.RunPython.noop)]
