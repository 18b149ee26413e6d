"""Questions to the columns, and the names of what they are about. Business first, always."""

from textrail.domain.reports.queries.channel_credits import ChannelCredit, channel_credits
from textrail.domain.reports.queries.channels import Channel, channels
from textrail.domain.reports.queries.comparing import Compared, Comparison, compare_models
from textrail.domain.reports.queries.credited import (
    CreditPage,
    InAll,
    credit_page,
    credited_in_all,
    earner_names,
)
from textrail.domain.reports.queries.dashboard import (
    Figures,
    Overview,
    left_out,
    newest_day,
    overview,
)
from textrail.domain.reports.queries.happened import (
    TOLD_BY,
    WHATS,
    What,
    every_happening,
    happened_in_all,
    happening_page,
)
from textrail.domain.reports.queries.journeys import Journeys, every_path, journeys
from textrail.domain.reports.queries.kinds import kinds
from textrail.domain.reports.queries.known import narrowed_names, read_question
from textrail.domain.reports.queries.news import News, identity_news
from textrail.domain.reports.queries.options import Options, options
from textrail.domain.reports.queries.paths import Path, path
from textrail.domain.reports.queries.rankings import Rankings, Row, rankings
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.spending import Spent, spending
from textrail.domain.reports.queries.tags import TagRow, tags
from textrail.domain.reports.queries.timing import (
    MEASURES,
    Hours,
    Measure,
    hours,
    time_to_convert,
)
from textrail.domain.reports.queries.ways import WayRow, ways
from textrail.domain.reports.queries.wholes import Whole
from textrail.domain.reports.traits import DIMENSIONS, Dimension

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "TOLD_BY",
    "WHATS",
    "Channel",
    "ChannelCredit",
    "Compared",
    "Comparison",
    "CreditPage",
    "Dimension",
    "Figures",
    "Hours",
    "InAll",
    "Journeys",
    "Measure",
    "News",
    "Options",
    "Overview",
    "Path",
    "Rankings",
    "Reading",
    "Row",
    "Spent",
    "TagRow",
    "WayRow",
    "What",
    "Whole",
    "channel_credits",
    "channels",
    "compare_models",
    "credit_page",
    "credited_in_all",
    "earner_names",
    "every_happening",
    "every_path",
    "happened_in_all",
    "happening_page",
    "hours",
    "identity_news",
    "journeys",
    "kinds",
    "left_out",
    "narrowed_names",
    "newest_day",
    "options",
    "overview",
    "path",
    "rankings",
    "read_question",
    "spending",
    "tags",
    "time_to_convert",
    "ways",
]
