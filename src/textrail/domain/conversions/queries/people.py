"""Looking at the conversions of people about whom something was learnt late."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from textrail.domain import bulk
from textrail.domain.accounts.models import Business


def conversions_of_people(
    business: Business, person_ids: Collection[int], since: datetime, until: datetime
) -> int:
    """How many conversions from `since` to before `until` these persons have: those of
    `contacts.queries.identity_changes` may be credited in another way than they were."""
    statement = (
        "SELECT COUNT(*) FROM conversions_conversion"
        " WHERE business_id = %s AND at >= %s AND at < %s AND person_id IN ({values})"
    )
    period = (bulk.moment(since), bulk.moment(until))
    return sum(row[0] for row in bulk.found(statement, person_ids, business.pk, *period))
