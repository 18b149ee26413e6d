"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.numbers import pages

app_name = "numbers"
urlpatterns = [
    path("numbers/", pages.numbers, name="numbers"),
    path("numbers/new/", pages.new_number, name="new"),
    path("numbers/connections/", pages.carriers, name="carriers"),
    path("numbers/<int:number_id>/", pages.number, name="number"),
    path("numbers/<int:number_id>/edit/", pages.edit, name="edit"),
    path("numbers/<int:number_id>/connect/", pages.connect, name="connect"),
    path("numbers/<int:number_id>/release/", pages.release, name="release"),
]
