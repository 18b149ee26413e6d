"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.visitors.pages import channels, sites

app_name = "visitors"
urlpatterns = [
    path("settings/sites/", sites.sites, name="sites"),
    path("settings/sites/<int:site_id>/", sites.site, name="site"),
    path("settings/sites/<int:site_id>/state/", sites.site_state, name="site_state"),
    path("settings/sites/<int:site_id>/end/", sites.end_site, name="end_site"),
    path("settings/channels/", channels.channels, name="channels"),
    path("settings/channels/new/", channels.new_rule, name="new_channel_rule"),
    path("settings/channels/<int:rule_id>/", channels.rule, name="channel_rule"),
    path("settings/channels/<int:rule_id>/up/", channels.raise_rule, name="raise_channel_rule"),
    path(
        "settings/channels/<int:rule_id>/remove/",
        channels.remove_rule,
        name="remove_channel_rule",
    ),
]
