from django.urls import path

from textrail.domain.reports import pages

app_name = "reports"
urlpatterns = [
    path("reports/", pages.dashboard, name="dashboard"),
    path("reports/credits/", pages.credits_behind, name="credits"),
    path("reports/conversions/<int:conversion_id>/", pages.conversion_path, name="path"),
]
