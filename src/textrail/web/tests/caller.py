"""A program with a key of a business, before the API."""

from __future__ import annotations

import json
from typing import Any

from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business


class Caller:
    def __init__(self, business: Business, name: str = "Web shop") -> None:
        made = accounts.create_api_key(business=business, name=name, at=MONDAY, opens_api=True)
        self._client = Client(raise_request_exception=False)
        self._headers = {"authorization": f"Bearer {made.plain}"}

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> Any:
        return self._client.generic(
            method,
            f"/api/v1{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers=self._headers | (headers or {}),
            query_params=query or None,
        )

    def get(self, path: str, **query: object) -> Any:
        return self.call("GET", path, None, None, **query)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body, named)

    def patch(self, path: str, body: object) -> Any:
        return self.call("PATCH", path, body)


def code(answer: Any) -> tuple[int, str]:
    """The status of a refusal and its code."""
    return answer.status_code, answer.json()["error"]["code"]
