"""Every page of the house. The door's addresses are in textrail.edge."""

from __future__ import annotations

from django.urls import include, path

from textrail.project.api import api_urls

_ROOMS = [
    path("", include(f"textrail.domain.{room}.urls"))
    for room in (
        "accounts",
        "billing",
        "contacts",
        "numbers",
        "visitors",
        "links",
        "inbox",
        "conversions",
        "campaigns",
        "hooks",
        "reports",
    )
]

urlpatterns = [
    path("", include("textrail.domain.accounts.entrance_urls")),
    path("", include("textrail.domain.inbox.root_urls")),
    path("", include("textrail.domain.numbers.root_urls")),
    path("b/<slug:business>/", include(_ROOMS)),
    path("api/", include(api_urls())),
]
