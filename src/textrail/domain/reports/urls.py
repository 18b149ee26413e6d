from django.urls import path

from textrail.domain.reports import pages, path_pages
from textrail.domain.reports.exports import pages as exports

app_name = "reports"
urlpatterns = [
    path("reports/", pages.dashboard, name="dashboard"),
    path("reports/parts/<slug:key>/", pages.part, name="part"),
    path("reports/news/", pages.news, name="news"),
    path("reports/models/", pages.models, name="models"),
    path("reports/credits/", pages.credits_behind, name="credits"),
    path("reports/happened/<slug:key>/", pages.happened, name="happened"),
    path("reports/export/", exports.dashboard_file, name="export"),
    path("reports/credits/export/", exports.credits_file, name="credits_export"),
    path("reports/cost/", pages.spending, name="spending"),
    path("reports/cost/export/", exports.spending_file, name="spending_export"),
    path("reports/happened/<slug:key>/export/", exports.happened_file, name="happened_export"),
    path("reports/conversions/<int:conversion_id>/", path_pages.conversion_path, name="path"),
    path("reports/conversions/<int:conversion_id>/export/", exports.path_file, name="path_export"),
]
