"""Every page of the house. The door's addresses are in textrail.edge."""

from __future__ import annotations

import importlib

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []
for _room in (
    "accounts",
    "contacts",
    "numbers",
    "links",
    "inbox",
    "conversions",
    "campaigns",
    "reports",
):  # TEMPORARY
    try:
        importlib.import_module(f"textrail.domain.{_room}.urls")
        urlpatterns.append(path("b/<slug:business>/", include(f"textrail.domain.{_room}.urls")))
    except ImportError:
        pass
