"""Questions to the columns, and the names of what they are about. Business first, always."""

from textrail.domain.reports.queries.credited import (
    CreditPage,
    Earner,
    credit_page,
    earner_names,
    read_earner,
)
from textrail.domain.reports.queries.dashboard import Figures, Overview, overview
from textrail.domain.reports.queries.paths import Path, path
from textrail.domain.reports.queries.rankings import Rankings, Row, rankings
from textrail.domain.reports.queries.reading import Reading, complete_through

__all__ = [
    "CreditPage",
    "Earner",
    "Figures",
    "Overview",
    "Path",
    "Rankings",
    "Reading",
    "Row",
    "complete_through",
    "credit_page",
    "earner_names",
    "overview",
    "path",
    "rankings",
    "read_earner",
]
