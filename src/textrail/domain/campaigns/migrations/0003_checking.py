from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_routing_and_verdicts")]

    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("checking", "Checking links"),
                    ("held", "Held back"),
                    ("planning", "Preparing"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                ],
                max_length=10,
            ),
        ),
    ]
