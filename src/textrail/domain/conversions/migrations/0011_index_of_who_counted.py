from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversions", "0010_events_without_a_type"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="conversion",
            index=models.Index("person", models.F("type") + 0, name="conversion_person_and_type"),
        ),
        migrations.RemoveIndex(
            model_name="conversion",
            name="conversion_of_person",
        ),
    ]
