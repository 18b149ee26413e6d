import hashlib
import json
from datetime import UTC

import django.db.models.deletion
from django.db import migrations, models


def canonical(event, previous):
    """The canonical form of version 1, as `rules/chain.py` has it."""
    fields = {
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "business": event.business_id,
        "by": "",
        "kind": event.kind,
        "message": event.message_id,
        "phone": event.phone,
        "previous": previous,
        "proof": "",
        "reason": "",
        "sequence": event.sequence,
        "source": event.source,
        "verdict": "",
        "version": 1,
        "words": event.words,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def chain_what_is_there(apps, schema_editor):
    """Put the events of each business into one chain, in the order in which they were written."""
    ConsentEvent = apps.get_model("contacts", "ConsentEvent")
    ConsentChain = apps.get_model("contacts", "ConsentChain")
    ends = {}
    waiting = []
    for event in ConsentEvent.objects.order_by("business_id", "id").iterator(chunk_size=2000):
        sequence, previous = ends.get(event.business_id, (0, ""))
        event.sequence, event.previous = sequence + 1, previous
        event.hash = hashlib.sha256(canonical(event, previous).encode()).hexdigest()
        ends[event.business_id] = (event.sequence, event.hash)
        waiting.append(event)
        if len(waiting) == 500:
            ConsentEvent.objects.bulk_update(waiting, ["sequence", "previous", "hash"])
            waiting = []
    ConsentEvent.objects.bulk_update(waiting, ["sequence", "previous", "hash"], batch_size=200)
    ConsentChain.objects.bulk_create(
        ConsentChain(business_id=business_id, length=length, hash=last)
        for business_id, (length, last) in ends.items()
    )


class Migration(migrations.Migration):


    dependencies = [
        ('accounts', '0003_lenient_keys'),
        ('contacts', '0006_name_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='consentevent',
            name='by',
            field=models.CharField(blank=True, db_default='', default='', max_length=120),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='proof',
            field=models.CharField(blank=True, db_default='', default='', max_length=500),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='verdict',
            field=models.CharField(blank=True, db_default='', default='', max_length=16),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='sequence',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='previous',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='consentevent',
            name='hash',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='consentevent',
            name='kind',
            field=models.CharField(choices=[('opt_in', 'Opted in'), ('opt_out', 'Opted out'), ('held', 'Held for review'), ('reviewed', 'Reviewed')], max_length=8),
        ),
        migrations.CreateModel(
            name='ConsentChain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('length', models.BigIntegerField(default=0)),
                ('hash', models.CharField(blank=True, max_length=64)),
                ('business', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to='accounts.business')),
            ],
        ),
        migrations.CreateModel(
            name='ConsentScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revoke_all', models.BooleanField(default=False)),
                ('changed_by', models.CharField(blank=True, max_length=120)),
                ('changed_at', models.DateTimeField()),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to='accounts.account')),
            ],
        ),
        migrations.CreateModel(
            name='ConsentReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(max_length=16)),
                ('suppressed', models.BooleanField()),
                ('held_until', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('left', models.BooleanField(null=True)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.business')),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review', to='contacts.consentevent')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('decided_at__isnull', True)), fields=['business', 'phone'], name='consent_to_review')],
            },
        ),
        migrations.AddField(
            model_name='suppression',
            name='account',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='accounts.account'),
        ),
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account', 'phone'], name='suppressed_by_account'),
        ),
        migrations.RunPython(chain_what_is_there, migrations.RunPython.noop),
    ]
