"""Keys that only serve to match are kept hashed, as `keeping` does it; phones stay readable.

There is no way back: a hash does not tell the key. The keys work as before, both ways.
"""

import hmac
from base64 import urlsafe_b64encode

from django.conf import settings
from django.db import migrations

BATCH = 2_000


def hash_keys(apps, schema_editor):
    Identity = apps.get_model("contacts", "Identity")
    pepper = hmac.digest(settings.SECRET_KEY.encode(), b"textrail:identity", "sha256")
    rows = Identity.objects.exclude(kind="phone").order_by("id")
    last = 0
    while batch := list(rows.filter(id__gt=last)[:BATCH]):
        for row in batch:
            told = f"{row.business_id}:{row.kind}:{row.value}".encode()
            mac = hmac.digest(pepper, told, "sha256")[:16]
            row.value = urlsafe_b64encode(mac).decode("ascii")
        Identity.objects.bulk_update(batch, ["value"], batch_size=400)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_people_apart")]

    operations = [migrations.RunPython(hash_keys, migrations.RunPython.noop)]
