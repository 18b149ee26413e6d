from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "textrail.project"
    label = "project"

    def ready(self) -> None:
        from django.conf import settings

        from textrail.outbox import table
        from textrail.project import desks, wiring

        table.wire(wiring.WIRING)
        wiring.register_timeline()
        desks.register_desks(settings.CONFIG)
