from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "textrail.analytics"
    label = "analytics"
