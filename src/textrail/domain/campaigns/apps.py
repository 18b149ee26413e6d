from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "textrail.domain.campaigns"
    label = "campaigns"
