from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "textrail.domain.reports"
    label = "reports"
