from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "textrail.domain.accounts"
    label = "accounts"
