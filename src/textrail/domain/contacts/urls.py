"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.contacts import pages

app_name = "contacts"
urlpatterns = [
    path("contacts/", pages.contacts, name="contacts"),
    path("contacts/import/", pages.import_list, name="import"),
    path("contacts/seeds/", pages.seeds, name="seeds"),
    path("contacts/<int:contact_id>/", pages.contact, name="contact"),
    path("contacts/<int:contact_id>/save/", pages.save, name="save"),
    path("contacts/<int:contact_id>/place/", pages.place, name="place"),
    path("contacts/<int:contact_id>/seed/", pages.seed, name="seed"),
]
