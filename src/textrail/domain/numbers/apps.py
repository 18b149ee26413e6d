from django.apps import AppConfig


class NumbersConfig(AppConfig):
    name = "textrail.domain.numbers"
    label = "numbers"
