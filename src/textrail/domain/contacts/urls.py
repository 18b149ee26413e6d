"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.contacts import consent_pages, identity_pages, pages

app_name = "contacts"
urlpatterns = [
    path("contacts/", pages.contacts, name="contacts"),
    path("contacts/import/", pages.import_list, name="import"),
    path("contacts/seeds/", pages.seeds, name="seeds"),
    path("contacts/shared-keys/", identity_pages.shared_keys, name="shared_keys"),
    path("contacts/shared-keys/<int:identity_id>/", identity_pages.decide, name="decide"),
    path("consent/", consent_pages.ledger, name="consent"),
    path("consent/rules/", consent_pages.rules_page, name="consent_rules"),
    path("consent/scope/", consent_pages.scope, name="consent_scope"),
    path("consent/of/<str:phone>/", consent_pages.number, name="consent_number"),
    path("consent/of/<str:phone>/record/", consent_pages.record, name="consent_record"),
    path("consent/export.csv", consent_pages.export, {"form": "csv"}, name="consent_csv"),
    path("consent/export.json", consent_pages.export, {"form": "json"}, name="consent_json"),
    path("consent/print/", consent_pages.export, {"form": "page"}, name="consent_print"),
    path("people/merges/<int:merge_id>/split/", identity_pages.split, name="split"),
    path("contacts/<int:contact_id>/", pages.contact, name="contact"),
    path("contacts/<int:contact_id>/save/", pages.save, name="save"),
    path("contacts/<int:contact_id>/place/", pages.place, name="place"),
    path("contacts/<int:contact_id>/seed/", pages.seed, name="seed"),
]
