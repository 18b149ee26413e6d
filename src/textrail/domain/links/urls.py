"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.links import pages

app_name = "links"
urlpatterns = [
    path("links/", pages.links, name="links"),
    path("links/new/", pages.new_link, name="new"),
    path("links/<int:link_id>/", pages.link, name="link"),
    path("links/<int:link_id>/taps/", pages.taps, name="taps"),
    path("links/<int:link_id>/share/", pages.share, name="share"),
    path("links/<int:link_id>/archive/", pages.archive, name="archive"),
]
