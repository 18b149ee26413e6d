from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('numbers', '0004_call_flows'),
    ]

    operations = [
        migrations.AddField(
            model_name='callflow',
            name='draft',
            field=models.TextField(blank=True),
        ),
    ]
