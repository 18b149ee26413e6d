from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "textrail.project"
    label = "project"

    def ready(self) -> None:
        from django.conf import settings

        from textrail.outbox import table
        from textrail.project import carrier_desks, wiring

        table.wire(wiring.WIRING)
        wiring.introduce_rooms()
        carrier_desks.register_desks(settings.CONFIG)
