"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.hooks import pages

app_name = "hooks"
urlpatterns = [
    path("settings/webhooks/", pages.endpoints, name="endpoints"),
    path("settings/webhooks/new/", pages.new, name="new"),
    path("settings/webhooks/<int:endpoint_id>/", pages.endpoint, name="endpoint"),
    path("settings/webhooks/<int:endpoint_id>/edit/", pages.edit, name="edit"),
    path("settings/webhooks/<int:endpoint_id>/switch/", pages.switch, name="switch"),
    path("settings/webhooks/<int:endpoint_id>/secret/", pages.secret, name="secret"),
    path("settings/webhooks/<int:endpoint_id>/test/", pages.test, name="test"),
    path("settings/webhooks/<int:endpoint_id>/replay/", pages.replay_failed, name="replay_failed"),
    path("settings/webhooks/deliveries/<int:delivery_id>/", pages.delivery, name="delivery"),
    path("settings/webhooks/deliveries/<int:delivery_id>/replay/", pages.replay, name="replay"),
]
