"""The pages as an ASGI application, for Granian and any other server."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler

from textrail.project.processes import die_with_parent


def pages() -> ASGIHandler:
    """The application of a pages process, configured by the environment."""
    die_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    return get_asgi_application()
