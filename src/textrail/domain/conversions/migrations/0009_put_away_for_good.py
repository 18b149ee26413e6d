from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversions", "0008_indexes_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="parkedreport",
            name="reason",
            field=models.CharField(
                choices=[
                    ("refund_early", "Its sale has not come yet"),
                    ("refund_refused", "A refund that cannot be"),
                    ("rate_missing", "No exchange rate"),
                    ("unreadable", "Cannot be read"),
                    ("put_away", "Put away"),
                ],
                max_length=16,
            ),
        ),
    ]
