from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "textrail.domain.contacts"
    label = "contacts"
