from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("links", "0002_routing_and_verdicts")]

    operations = [
        migrations.AddField(
            model_name="linkcheck",
            name="part",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
    ]
