from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "textrail.domain.hooks"
    label = "hooks"
