from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0007: PostgreSQL changes no table whose rows the same transaction wrote."""

    dependencies = [
        ('contacts', '0007_consent_chain'),
    ]

    operations = [
        migrations.AlterField(
            model_name='consentevent',
            name='sequence',
            field=models.BigIntegerField(),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.UniqueConstraint(fields=('business', 'sequence'), name='consent_in_one_chain'),
        ),
    ]
