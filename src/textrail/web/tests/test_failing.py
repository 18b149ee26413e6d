"""The page of a failure of ours: it looks like the others, and what failed cannot keep it away."""

from __future__ import annotations

import re

from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver
from pytest_django import Settings

HASHED = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}


def failed() -> str:
    """What is answered where a view failed; without a database, for these tests have none."""
    answer = get_resolver().resolve_error_handler(500)(RequestFactory().get("/b/harbor-hvac/"))
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 500
    return answer.content.decode()


def test_it_says_what_to_do_also_where_no_file_was_hashed(settings: Settings) -> None:
    settings.STORAGES = {**configured.STORAGES, **HASHED}
    page = failed()
    assert "Nothing that was saved before is lost." in page
    assert "tell whoever runs this installation" in page
    assert '<a class="button" href="/">' in page


def test_it_looks_like_the_other_pages() -> None:
    page = failed()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert {"web/tokens.css", "web/base.css", "web/parts.css", "web/shell.css"} <= set(files)
    assert [file for file in files if finders.find(file) is None] == []
    assert '<meta name="color-scheme" content="light dark">' in page
