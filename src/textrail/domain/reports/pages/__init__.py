"""The reports as pages. One address is one question."""

from textrail.domain.reports.pages.credits import credits_behind
from textrail.domain.reports.pages.dashboard import dashboard
from textrail.domain.reports.pages.models import models
from textrail.domain.reports.pages.news import news
from textrail.domain.reports.pages.parts import part

__all__ = ["credits_behind", "dashboard", "models", "news", "part"]
