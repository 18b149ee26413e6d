"""The pages as an ASGI application, for any server."""

from __future__ import annotations

import importlib
import os
import warnings

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler


def pages() -> ASGIHandler:
    """The application of a pages process, configured by the environment."""
    # WhiteNoise hands over open files; Django reads them in a thread, and says so each time.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    application = get_asgi_application()
    importlib.import_module("altair")  # takes most of a second: now, not at the first dashboard
    return application
