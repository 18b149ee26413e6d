"""Looking at imported files and at the rows of them that were refused."""

from __future__ import annotations

from collections.abc import Iterator

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import Import, RefusedRow
from textrail.domain.finding import the_one

PAGE = 50
SHOWN = 200


def imports(business: Business) -> list[Import]:
    """The newest files, with who uploaded them."""
    rows = Import.objects.filter(business=business).select_related("created_by")
    return list(rows.order_by("-id")[:PAGE])


def import_(business: Business, import_id: int) -> Import:
    rows = Import.objects.filter(business=business, id=import_id)
    rows = rows.select_related("business", "created_by")
    return the_one(rows, "There is no such file.", hint="Upload it again.")


def refused_rows(business: Business, row: Import) -> list[RefusedRow]:
    """The first rows of a file that were refused, in their order."""
    found = RefusedRow.objects.filter(origin__business=business, origin=row)
    return list(found.order_by("row")[:SHOWN])


def all_refused_rows(business: Business, row: Import) -> Iterator[RefusedRow]:
    """All rows of a file that were refused, as far as they are kept, in their order."""
    found = RefusedRow.objects.filter(origin__business=business, origin=row)
    return found.order_by("row").iterator(chunk_size=500)
