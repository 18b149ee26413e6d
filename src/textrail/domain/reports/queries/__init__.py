"""Questions to the columns, and the names of what they are about. Business first, always."""

from textrail.domain.reports.queries.channel_credits import ChannelCredit, channel_credits
from textrail.domain.reports.queries.channels import Channel, channels
from textrail.domain.reports.queries.comparing import Compared, Comparison, compare_models
from textrail.domain.reports.queries.credited import (
    CreditPage,
    credit_page,
    earner_names,
)
from textrail.domain.reports.queries.dashboard import Figures, Overview, overview
from textrail.domain.reports.queries.journeys import Journeys, journeys
from textrail.domain.reports.queries.kinds import kinds
from textrail.domain.reports.queries.news import News, identity_news
from textrail.domain.reports.queries.options import Options, options
from textrail.domain.reports.queries.paths import Path, path
from textrail.domain.reports.queries.rankings import Rankings, Row, rankings
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.tags import TagRow, tags
from textrail.domain.reports.queries.timing import (
    MEASURES,
    Hours,
    Measure,
    hours,
    time_to_convert,
)
from textrail.domain.reports.queries.wholes import Whole

__all__ = [
    "MEASURES",
    "Channel",
    "ChannelCredit",
    "Compared",
    "Comparison",
    "CreditPage",
    "Figures",
    "Hours",
    "Journeys",
    "Measure",
    "News",
    "Options",
    "Overview",
    "Path",
    "Rankings",
    "Reading",
    "Row",
    "TagRow",
    "Whole",
    "channel_credits",
    "channels",
    "compare_models",
    "credit_page",
    "earner_names",
    "hours",
    "identity_news",
    "journeys",
    "kinds",
    "options",
    "overview",
    "path",
    "rankings",
    "tags",
    "time_to_convert",
]
