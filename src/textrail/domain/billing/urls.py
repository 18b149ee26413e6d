"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.billing import pages

app_name = "billing"
urlpatterns = [
    path("settings/billing/", pages.overview, name="overview"),
    path("settings/billing/prepaid/", pages.prepaid, name="prepaid"),
    path("settings/billing/low-line/", pages.low_line, name="low_line"),
    path("settings/billing/ledger/", pages.ledger, name="ledger"),
    path("settings/billing/ledger.csv", pages.ledger_csv, name="ledger_csv"),
    path("settings/billing/rates/", pages.rates, name="rates"),
    path("settings/billing/rates.csv", pages.rates_csv, name="rates_csv"),
    path("settings/billing/rates/set/", pages.set_rate, name="set_rate"),
    path("settings/billing/rates/load/", pages.load_rates, name="load_rates"),
    path("settings/billing/funds/", pages.funds, name="funds"),
    path("settings/billing/funds/correct/", pages.correct, name="correct"),
    path("settings/billing/funds/stripe/", pages.connect_stripe, name="connect_stripe"),
    path("settings/billing/funds/stripe/end/", pages.end_stripe, name="end_stripe"),
]
