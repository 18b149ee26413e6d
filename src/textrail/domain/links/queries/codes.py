"""Looking at codes: which are taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from itertools import islice

from django.db import connection

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Code

_LOOKUP = 250_000  # codes per statement
_FEW = 900


def taken_codes(codes: Iterable[str]) -> set[str]:
    """Those of `codes` that lead somewhere already, of any business: codes share one space."""
    postgresql = connection.vendor == "postgresql"
    given = (
        "jsonb_array_elements_text(%s) AS given(value)" if postgresql else "json_each(%s) AS given"
    )
    statement = (
        f"SELECT given.value FROM {given}"  # noqa: S608 -- one of the two above
        " WHERE EXISTS (SELECT 1 FROM links_code WHERE code = given.value)"
    )
    taken: set[str] = set()
    waiting = iter(codes)
    with connection.cursor() as cursor:
        while block := list(islice(waiting, _LOOKUP)):
            cursor.execute(statement, [json.dumps(block)])
            taken.update(row[0] for row in cursor.fetchall())
    return taken


def own_codes(business: Business, codes: Collection[str]) -> set[str]:
    """Those of `codes` that lead to a link of this business."""
    found: set[str] = set()
    waiting = iter(codes)
    while block := list(islice(waiting, _FEW)):
        rows = Code.objects.filter(code__in=block, link__business=business)
        found.update(rows.values_list("code", flat=True))
    return found
