from django.apps import AppConfig


class ConversionsConfig(AppConfig):
    name = "textrail.domain.conversions"
    label = "conversions"
