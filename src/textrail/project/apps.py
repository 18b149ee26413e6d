from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "textrail.project"
    label = "project"

    def ready(self) -> None:
        from textrail.outbox import table
        from textrail.project import wiring

        table.wire(wiring.WIRING)
        wiring.register_timeline()
