"""The reports as pages. One address is one question."""

from textrail.domain.reports.pages.credits import credits_behind
from textrail.domain.reports.pages.dashboard import dashboard
from textrail.domain.reports.pages.happened import happened
from textrail.domain.reports.pages.models import models
from textrail.domain.reports.pages.news import news
from textrail.domain.reports.pages.parts import part
from textrail.domain.reports.pages.spending import spending

__all__ = ["credits_behind", "dashboard", "happened", "models", "news", "part", "spending"]
