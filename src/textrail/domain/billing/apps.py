from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "textrail.domain.billing"
    label = "billing"
