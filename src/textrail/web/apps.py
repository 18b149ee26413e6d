from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "textrail.web"
    label = "web"
