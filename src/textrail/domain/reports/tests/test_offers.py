"""What pages of reports offer: only to whom the next page is allowed."""

from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business, User

pytestmark = pytest.mark.django_db


def test_only_who_may_upload_is_offered_to_where_nothing_cost(
    business: Business, client: Client, as_ada: Client, vi: User, bo: User
) -> None:
    address = f"/b/{business.slug}/reports/cost/"
    assert "Upload a file" in as_ada.get(address).text
    for user in (vi, bo):
        client.force_login(user)
        page = client.get(address).text
        assert "Upload a file" not in page
        assert "which an admin uploads" in page
