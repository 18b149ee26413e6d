"""Addresses that belong to no business, mounted at the root."""

from __future__ import annotations

from django.urls import path

from textrail.domain.numbers import pages

app_name = "numbers_root"
urlpatterns = [path("sounds/<str:token>", pages.public_sound, name="public_sound")]
