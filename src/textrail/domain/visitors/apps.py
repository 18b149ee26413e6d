from django.apps import AppConfig


class VisitorsConfig(AppConfig):
    name = "textrail.domain.visitors"
    label = "visitors"
