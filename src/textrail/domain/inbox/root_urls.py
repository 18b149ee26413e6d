"""Addresses that belong to no business, mounted at the root."""

from django.urls import path

from textrail.domain.inbox import pages

app_name = "inbox_root"
urlpatterns = [
    path("media/<str:token>", pages.public_file, name="public_file"),
    path("operator/unclaimed/", pages.unclaimed, name="unclaimed"),
]
