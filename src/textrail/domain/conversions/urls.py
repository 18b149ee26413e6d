"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.conversions import pages

app_name = "conversions"
urlpatterns = [
    path("conversions/", pages.conversions, name="conversions"),
    path("conversions/types/", pages.types, name="types"),
    path("conversions/types/new/", pages.new_type, name="new_type"),
    path("conversions/types/<int:type_id>/", pages.edit_type, name="type"),
    path("conversions/send/", pages.send, name="send"),
]
