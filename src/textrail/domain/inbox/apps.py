from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "textrail.domain.inbox"
    label = "inbox"
