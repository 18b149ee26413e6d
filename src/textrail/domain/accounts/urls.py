"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.accounts import pages

app_name = "accounts"
urlpatterns = [
    path("settings/", pages.settings, name="settings"),
    path("settings/business/", pages.business, name="business"),
    path("settings/members/", pages.members, name="members"),
    path("settings/members/<int:member_id>/role/", pages.change_role, name="change_role"),
    path("settings/members/<int:member_id>/invite/", pages.invite, name="invite"),
    path("settings/members/<int:member_id>/remove/", pages.remove_member, name="remove_member"),
    path("settings/keys/", pages.keys, name="keys"),
    path("settings/keys/<int:key_id>/revoke/", pages.revoke_key, name="revoke_key"),
    path("settings/keys/<int:key_id>/answers/", pages.key_answers, name="key_answers"),
    path("settings/audit/", pages.audit, name="audit"),
]
