"""A fragment is never kept by the browser, or Back would show it in the place of the page."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_only_fragments_are_kept_out_of_the_cache(as_ada: Client) -> None:
    address = "/b/harbor-hvac/conversations/"
    fragment = as_ada.get(address, headers={"HX-Request": "true"})
    page = as_ada.get(address)
    assert fragment["Cache-Control"] == "no-store"
    assert "no-store" not in page.headers.get("Cache-Control", "")
