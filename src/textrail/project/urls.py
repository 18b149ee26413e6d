"""Every page of the house. The door's addresses are in textrail.edge."""

from __future__ import annotations

from django.urls import include, path

_ROOMS = [
    path("", include(f"textrail.domain.{room}.urls"))
    for room in (
        "accounts",
        "contacts",
        "numbers",
        "links",
        "inbox",
        "conversions",
        "campaigns",
        "reports",
    )
]

urlpatterns = [
    path("", include("textrail.domain.accounts.entrance_urls")),
    path("", include("textrail.domain.inbox.root_urls")),
    path("b/<slug:business>/", include(_ROOMS)),
]
