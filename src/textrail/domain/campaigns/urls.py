"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.campaigns import pages
from textrail.domain.campaigns.pages import filing, halting

app_name = "campaigns"
urlpatterns = [
    path("campaigns/", pages.campaigns, name="campaigns"),
    path("campaigns/new/", pages.new, name="new"),
    path("campaigns/preview/", pages.preview, name="preview"),
    path("campaigns/<int:campaign_id>/", pages.campaign, name="campaign"),
    path("campaigns/<int:campaign_id>/edit/", pages.edit, name="edit"),
    path("campaigns/<int:campaign_id>/start/", pages.start, name="start"),
    path("campaigns/<int:campaign_id>/check/", pages.check, name="check"),
    path("campaigns/<int:campaign_id>/send-anyway/", pages.send_anyway, name="send_anyway"),
    path("campaigns/<int:campaign_id>/reopen/", pages.reopen, name="reopen"),
    path("campaigns/<int:campaign_id>/pause/", halting.pause, name="pause"),
    path("campaigns/<int:campaign_id>/go-on/", halting.go_on, name="go_on"),
    path("campaigns/<int:campaign_id>/stop/", halting.stop, name="stop"),
    path("campaigns/<int:campaign_id>/type/", filing.file_under, name="type"),
    path("campaigns/<int:campaign_id>/discard/", pages.discard, name="discard"),
]
