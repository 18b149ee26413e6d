from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "textrail.project"
    label = "project"

    def ready(self) -> None:
        from textrail.outbox import table

        try:
            from textrail.project import wiring
        except (ImportError, AttributeError):  # TEMPORARY while rooms are being written
            from textrail.outbox.table import Wiring

            names = [
                "numbers.connect_number",
                "inbox.hand_over",
                "inbox.fetch_media",
                "campaigns.plan",
                "campaigns.queue_batch",
                "campaigns.settle",
            ]
            table.wire(Wiring(work={name: lambda context, task: None for name in names}))
            return
        table.wire(wiring.WIRING)
        wiring.register_timeline()
