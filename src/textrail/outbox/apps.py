from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "textrail.outbox"
    label = "outbox"
