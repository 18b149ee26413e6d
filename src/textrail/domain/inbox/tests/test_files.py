"""Files that anybody may ask for."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["%00", "a%00b", "%ED%A0%80", "a" * 65, "caf%C3%A9"])
def test_an_address_that_is_no_token_never_reaches_the_database(
    token: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get(f"/media/{token}").status_code == 404
