from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "textrail.domain.links"
    label = "links"
