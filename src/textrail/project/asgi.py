"""The pages as an ASGI application, for Granian and any other server."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")

pages = get_asgi_application()
